"""Every runbook's message in every state: golden in both languages, short at the top, and readable at a glance."""

import pytest

from tests.delivery.catalogue import CASES, Case, states
from tests.delivery.conftest import layouts_in
from tests.delivery.golden import blocks_of, check, readable

# Importing the package `kubernetes` takes a second, and the first test looks at every cluster.
pytestmark = pytest.mark.timeout(30)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.runbook)


@every_case
def test_messages_are_as_they_were(case: Case, language: str) -> None:
    written, told = [], set[str]()
    for state, incident in states(case).items():
        parts = layouts_in(language).parts(incident)
        written.append(f"=== {state}\n\n{readable(parts, told)}\n")
        told |= blocks_of(parts)
    check(f"messages/{case.runbook}-{language}.txt", "".join(written))
