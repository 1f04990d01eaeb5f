"""prometheus_oomkilled: its table, its words, and where its fixes last."""

import pytest

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed
from bot.diagnosis.checking import check_catalog
from bot.model import Verdict
from runbooks.prometheus_oomkilled import RUNBOOK, decide
from tests.runbooks.prometheus_cases import ALL_CASES, OWNERS, Case


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_found_by(case: Case) -> None:
    case.check()


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_answers_for_every_cause_exactly_once(case: Case) -> None:
    _findings, defects = completed(RUNBOOK, decide(case.of))

    assert defects == ()


def test_each_cause_is_seen_found_and_seen_ruled_out() -> None:
    verdicts: dict[str, set[Verdict]] = {}
    for case in ALL_CASES:
        verdicts.setdefault(case.cause, set()).add(case.verdict)

    assert set(verdicts) == {cause.id for cause in RUNBOOK.causes}
    assert all(seen == set(Verdict) for seen in verdicts.values())


async def test_keeps_the_contract() -> None:
    assert await check_catalog([RUNBOOK]) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everything_is_worded(language: str) -> None:
    words = Words(language)
    said = missing_words_of_runbook(words, RUNBOOK.name, (cause.id for cause in RUNBOOK.causes))
    for of in (*(case.of for case in ALL_CASES), *OWNERS.values()):
        for finding in decide(of):
            said.extend(missing_words(words, finding, of.scene.target))

    assert list(dict.fromkeys(said)) == []
