"""A diagnosis made again: what is fixed, still there, unknown or new, and which numbers moved."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.diagnosis.recheck import compare, worth_a_recheck
from bot.model import (
    Diagnosis,
    Difference,
    Fact,
    Finding,
    Fix,
    Layer,
    Missing,
    Observation,
    Outcome,
    Reason,
    Recheck,
    Rechecked,
    Source,
    Target,
    Verdict,
)
from tests.snapshots import NOW

TARGET = Target("prod", "shop", "Deployment", "board")
MISSING = Missing(Source.KUBERNETES, Reason.FORBIDDEN, "get", "pods", "shop")
FIXES = (Fix("raise", Layer.HELM, lasting=True),)
SEEN = (Observation(Source.KUBERNETES, "last-state"),)


def finding(verdict: Verdict, cause: str = "oom", **facts: Fact) -> Finding:
    missing = MISSING if verdict is Verdict.NOT_CHECKED else None
    return Finding("triage", cause, verdict, facts, missing=missing)


def diagnosis(*findings: Finding, minutes: int = 0) -> Diagnosis:
    return Diagnosis(TARGET, ("triage",), findings, at=NOW + timedelta(minutes=minutes))


def told(before: Finding, *after: Finding) -> tuple[Rechecked, ...]:
    return compare(diagnosis(before), diagnosis(*after)).findings


@pytest.mark.parametrize("before", [Verdict.CONFIRMED, Verdict.LIKELY])
@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (Verdict.RULED_OUT, Outcome.FIXED),
        (Verdict.CONFIRMED, Outcome.STILL_THERE),
        (Verdict.LIKELY, Outcome.STILL_THERE),
        (Verdict.NOT_CHECKED, Outcome.UNKNOWN),
    ],
)
def test_what_has_become_of_a_finding(before: Verdict, after: Verdict, outcome: Outcome) -> None:
    (one,) = told(finding(before), finding(after))
    assert one.outcome is outcome
    assert one.finding == finding(after)


@pytest.mark.parametrize("before", [Verdict.RULED_OUT, Verdict.NOT_CHECKED])
@pytest.mark.parametrize("after", list(Verdict))
def test_what_was_not_found_is_told_only_if_it_is_now(before: Verdict, after: Verdict) -> None:
    outcomes = [one.outcome for one in told(finding(before), finding(after))]
    assert outcomes == ([Outcome.NEW] if after in {Verdict.CONFIRMED, Verdict.LIKELY} else [])


def test_a_cause_that_nobody_answers_for_now_is_unknown_and_never_fixed() -> None:
    was = finding(Verdict.CONFIRMED, limit="512Mi")
    assert told(replace(was, missing=MISSING)) == (Rechecked(Outcome.UNKNOWN, was),)


def test_a_cause_of_the_same_name_in_another_runbook_is_another() -> None:
    other = replace(finding(Verdict.RULED_OUT), runbook="another")
    assert [one.outcome for one in told(finding(Verdict.CONFIRMED), other)] == [Outcome.UNKNOWN]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (7, 0),
        (0.5, 0.25),
        (1, 1.5),
        ("512Mi", "1Gi"),
        ("512Mi", 1073741824),
        ("250m", "1"),
        ("80%", "12.5%"),
        ("1.26.0", "v1.32.0"),
    ],
)
def test_numbers_that_moved(before: Fact, after: Fact) -> None:
    (one,) = told(finding(Verdict.CONFIRMED, x=before), finding(Verdict.RULED_OUT, x=after))
    assert one.differences == (Difference("x", before, after),)  # type: ignore[arg-type]  # numbers all of them


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (7, 7),
        (1, 1.0),
        ("2026-01-01T03:12:00Z", "2026-01-01T04:12:00Z"),
        ("2026-01-01", "2026-01-02"),
        ("board-7d9f8c6b5d-x2k9p", "board-7d9f8c6b5d-zz9pl"),
        ("7d9f8c6b5d", "5c4b7d8f9"),
        ("10.0.0.1:5432", "10.0.0.2:5432"),
        (True, False),
        (None, 3),
        ("512Mi", None),
        ("board", "board_db"),
        ((1, 2), (1, 3)),
        ("9" * 50, "8" * 50),
    ],
)
def test_names_times_and_what_is_not_known_are_no_numbers(before: Fact, after: Fact) -> None:
    (one,) = told(finding(Verdict.CONFIRMED, x=before), finding(Verdict.CONFIRMED, x=after))
    assert one.differences == ()


def test_only_facts_of_both_are_told_in_one_order() -> None:
    before = finding(Verdict.CONFIRMED, restarts=7, limit="512Mi", gone=1)
    after = finding(Verdict.RULED_OUT, limit="1Gi", restarts=0, added=1)
    (one,) = told(before, after)
    assert [each.name for each in one.differences] == ["limit", "restarts"]


def test_what_is_unknown_has_no_numbers() -> None:
    (one,) = told(finding(Verdict.CONFIRMED, x=1), finding(Verdict.NOT_CHECKED, x=2))
    assert one.differences == ()


def test_earlier_findings_come_first_and_only_what_is_told_is_kept() -> None:
    whole = replace(finding(Verdict.CONFIRMED, "b"), fixes=FIXES, evidence=SEEN)
    before = diagnosis(finding(Verdict.CONFIRMED, "a"), finding(Verdict.LIKELY, "c"))
    after = diagnosis(whole, finding(Verdict.RULED_OUT, "c"), finding(Verdict.CONFIRMED, "a"), minutes=9)
    assert compare(before, after) == Recheck(
        TARGET,
        NOW + timedelta(minutes=9),
        (
            Rechecked(Outcome.STILL_THERE, finding(Verdict.CONFIRMED, "a")),
            Rechecked(Outcome.FIXED, finding(Verdict.RULED_OUT, "c")),
            Rechecked(Outcome.NEW, replace(finding(Verdict.CONFIRMED, "b"), fixes=FIXES)),
        ),
    )


def test_what_could_not_be_looked_for_is_counted() -> None:
    blind = diagnosis(*(finding(Verdict.NOT_CHECKED, cause) for cause in "ab"))
    assert compare(diagnosis(), blind) == Recheck(TARGET, NOW, (), 2)


def test_a_diagnosis_that_found_nothing_is_not_worth_it() -> None:
    assert worth_a_recheck(diagnosis(finding(Verdict.RULED_OUT), finding(Verdict.LIKELY, "b")))
    assert not worth_a_recheck(diagnosis(finding(Verdict.RULED_OUT), finding(Verdict.NOT_CHECKED, "b")))
