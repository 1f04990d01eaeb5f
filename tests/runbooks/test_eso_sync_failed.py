"""The table of eso_sync_failed, the order of its findings, and the words of every one of them."""

import shlex
import subprocess

import pytest

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed, ordered
from bot.diagnosis.checking import check_catalog
from bot.model import Verdict
from runbooks.eso_sync_failed import RUNBOOK, decide
from tests.diagnosis.external_secrets.builders import (
    DEAD,
    FAILED,
    GONE,
    SEED,
    crds,
    failing,
    of_app,
    situation,
    store,
)
from tests.runbooks.eso_case import CONFIRMED, RULED_OUT, Case, found
from tests.runbooks.eso_cases import CASES
from tests.runbooks.eso_store_cases import AWS, INVALID
from tests.runbooks.table import verdicts


@pytest.mark.parametrize("case", CASES, ids=str)
def test_found_by(case: Case) -> None:
    case.check()


def test_every_cause_is_told_from_what_looks_like_it() -> None:
    told = verdicts(CASES)

    assert set(told) == {cause.id for cause in RUNBOOK.causes}
    assert all(seen >= {CONFIRMED, RULED_OUT, Verdict.NOT_CHECKED} for seen in told.values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answers_for_every_cause_exactly_once(case: Case) -> None:
    assert completed(RUNBOOK, decide(case.of))[1] == ()


async def test_keeps_the_contract() -> None:
    assert await check_catalog([RUNBOOK]) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everything_is_worded(language: str) -> None:
    words = Words(language)
    said = missing_words_of_runbook(words, RUNBOOK.name, (cause.id for cause in RUNBOOK.causes))
    for case in CASES:
        for finding in decide(case.of):
            said.extend(missing_words(words, finding, case.of.target))

    assert list(dict.fromkeys(said)) == []


def test_what_is_pasted_is_a_command() -> None:
    words = Words("en")
    commands = {
        command
        for case in CASES
        for finding in decide(case.of)
        for fix in words.finding(finding, case.of.target).fixes
        for command in fix.commands
    }
    script = "\n".join(sorted(commands))
    read = subprocess.run(["/bin/bash", "-n"], input=script, text=True, capture_output=True, check=False)

    assert (read.returncode, read.stderr) == (0, "")
    assert all(shlex.split(command) for command in commands)
    assert len(commands) > 10


def test_what_explains_stands_before_what_it_explains() -> None:
    of = situation(crds=crds(), converters=(GONE,), stores=(store(INVALID),), secrets=(failing(AWS),))

    causes = [finding.cause for finding in ordered(decide(of)) if finding.verdict is CONFIRMED]

    assert causes == ["conversion-webhook-dead", "store-invalid", "provider-denied"]


def test_applications_that_fail_by_one_webhook_have_one_root() -> None:
    mine, other = (
        found(SEED, "conversion-webhook-dead"),
        found(of_app(FAILED, crds=crds(), converters=(GONE,)), "conversion-webhook-dead"),
    )

    assert mine.root == "conversion webhook eso/eso-webhook"
    assert mine.trouble == other.trouble != ""


def test_the_title_counts_and_names() -> None:
    worded = Words("en").finding(found(SEED, "conversion-webhook-dead"), SEED.target)

    assert worded.title == "3 CRDs are converted by Service eso/eso-webhook, which does not exist"
    assert DEAD in worded.detail
    assert "v1beta1 is no longer served" in worded.detail


def test_a_gap_names_its_grant() -> None:
    case = next(case for case in CASES if case.name == "CRDs may not be read")
    missing = found(case.of, case.cause).missing

    assert missing is not None
    assert "resources: [customresourcedefinitions]" in missing.grant


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_evidence_gives_the_same_findings(case: Case) -> None:
    assert decide(case.of) == decide(case.of)
