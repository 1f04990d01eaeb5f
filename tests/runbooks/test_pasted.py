"""What people paste from a fix: a step is a command alone, or a sentence without one in it.

Told apart as the message in Slack tells them apart, over every fix that the tables of the runbooks bring about.
"""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import pytest

from bot.delivery.steps import command_of, is_command
from bot.delivery.words import Words
from bot.model import Finding
from runbooks.catalog import CATALOG
from tests.diagnosis.external_secrets.builders import app, of_app
from tests.runbooks.eso_cases import CASES as SECRETS
from tests.runbooks.portal_cases import CASES as PORTAL
from tests.runbooks.prometheus_cases import ALL_CASES as PROMETHEUS
from tests.runbooks.telemetry_cases import CASES as TELEMETRY
from tests.runbooks.test_crashloop_db_auth import CASES as DATABASE
from tests.runbooks.test_eso_immutable import CLAIMS, PORT, SELECTOR
from tests.runbooks.test_eso_logins import CHAIN, ENTRA, EXPIRED, GOOGLE, WEB, unlet_store
from tests.runbooks.test_hpa_slow_scale_down import CASES as SCALING
from tests.runbooks.test_triage_around import ALL_CASES as TRIAGE
from tests.snapshots import TARGET

DECIDE: dict[str, Callable[[Any], list[Finding]]] = {runbook.name: runbook.decide for runbook in CATALOG}
TABLES: dict[str, list[Any]] = {
    "crashloop_db_auth": [case.of for case in DATABASE],
    "eso_sync_failed": [
        *(case.of for case in SECRETS),
        *(of_app(app("Failed", message)) for message in (SELECTOR, CLAIMS, PORT)),
        *(
            unlet_store(message, account="shop/reader", project="p-1")
            for message in (WEB, CHAIN, ENTRA, EXPIRED, GOOGLE)
        ),
    ],
    "hpa_slow_scale_down": [case.of for case in SCALING],
    "otel_schema_conflict": [case.of for case in TELEMETRY],
    "portal_metrics_zero": [case.of for case in PORTAL],
    "prometheus_oomkilled": [case.of for case in PROMETHEUS],
    "triage": [case.of for case in TRIAGE],
}
# In a sentence: the start of a command, which somebody would have to cut out.
_EMBEDDED = re.compile(r"\b(?:kubectl|argocd app|promtool|psql|vault|gcloud|helm|flux|curl) [a-z-]")


def findings(runbook: str) -> Iterator[Finding]:
    for of in TABLES[runbook]:
        yield from (one for one in DECIDE[runbook](of) if one.fixes)


@cache
def pasted(runbook: str, language: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Of every fix its commands and its steps to verify."""
    words = Words(language)
    worded = (words.finding(finding, TARGET) for finding in findings(runbook))
    return tuple((fix.commands, fix.verify) for one in worded for fix in one.fixes)


def all_of(runbook: str, language: str = "en") -> Iterable[str]:
    return dict.fromkeys(line for both in pasted(runbook, language) for lines in both for line in lines)


def test_every_runbook_has_a_table_here() -> None:
    assert set(TABLES) == set(DECIDE)
    assert all(len(pasted(runbook, "en")) > 5 for runbook in TABLES)


@cache
def commands(runbook: str) -> tuple[str, ...]:
    """All that is shown to be pasted: of fixes, of steps to verify, and what shows the evidence again."""
    words = Words("en")
    fixes = [one for one in all_of(runbook) if is_command(one)]
    fixes += [command for both in pasted(runbook, "en") for command in both[0]]
    worded = (words.finding(finding, TARGET) for of in TABLES[runbook] for finding in DECIDE[runbook](of))
    seen = (evidence.reproduce for one in worded for evidence in one.evidence)
    return tuple(filter(None, dict.fromkeys((*fixes, *seen))))


# As somebody types, neither knows comments: zsh by default, bash without interactive_comments.
SHELLS = {
    "bash": ("bash", "--norc", "+O", "interactive_comments"),
    "zsh": ("zsh", "-f", "+o", "interactivecomments"),
}


@pytest.mark.programs
@pytest.mark.timeout(60)
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("runbook", TABLES)
def test_the_shell_reads_what_is_a_command(runbook: str, shell: str) -> None:
    script = "\n".join(commands(runbook))
    read = subprocess.run(
        (*SHELLS[shell], "-n"), input=script, text=True, capture_output=True, check=False, timeout=50
    )

    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("runbook", TABLES)
def test_no_command_holds_a_comment(runbook: str) -> None:
    """An interactive zsh would run it."""
    for command in commands(runbook):
        assert command_of(command).remark == ""
        assert shlex.split(command, comments=True) == shlex.split(command)


@pytest.mark.parametrize("runbook", TABLES)
def test_a_step_is_a_command_or_a_sentence(runbook: str) -> None:
    """A word of one language would make a difference between the two: whatever is pasted is the same in both."""
    for english, korean in zip(pasted(runbook, "en"), pasted(runbook, "ko"), strict=True):
        assert english[0] == korean[0]
        assert len(english[1]) == len(korean[1])
        for one, other in zip(english[1], korean[1], strict=True):
            assert is_command(one) == is_command(other)
            if is_command(one):
                assert one == other
            else:
                assert [_EMBEDDED.search(step) for step in (one, other)] == [None, None], one


@pytest.mark.parametrize(
    ("step", "embedded"),
    [
        ("The pods are new: kubectl rollout status deployment/web", True),
        ("ArgoCD shows it as Synced", False),
        ("The log of a new pod no longer misses it", False),
    ],
)
def test_what_is_embedded_is_seen(step: str, embedded: bool) -> None:
    assert bool(_EMBEDDED.search(step)) is embedded
