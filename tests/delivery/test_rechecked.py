"""Re-checks in words: the brief line, names and units of numbers, and what is not known."""

from dataclasses import replace

import pytest

from bot.delivery.rechecked import brief, is_fixed, word_recheck
from bot.delivery.view import view
from bot.delivery.words import Words
from bot.model import Difference, IncidentState, Outcome, Recheck, Rechecked, Verdict
from tests.delivery.builders import DIAGNOSIS, OOM, RECHECK, START, TARGET, an_incident, diagnosed
from tests.delivery.catalogue import CASES, sights
from tests.delivery.conftest import words_in

GONE = replace(OOM, verdict=Verdict.RULED_OUT)
OVER = replace(diagnosed(an_incident(IncidentState.RESOLVED), DIAGNOSIS), rechecks=(RECHECK,))


def line(*rechecks: Recheck, language: str = "en") -> str:
    words = words_in(language)
    return brief(tuple(word_recheck(recheck, words) for recheck in rechecks), words)


def one(outcome: Outcome, *differences: Difference) -> Recheck:
    return Recheck(TARGET, START, (Rechecked(outcome, GONE, differences),))


@pytest.mark.parametrize(
    ("name", "before", "after", "text"),
    [
        ("limit", 536870912, 1073741824, "memory limit 512Mi → 1Gi"),
        ("limit", "512Mi", "1Gi", "memory limit 512Mi → 1Gi"),
        ("limit_bytes", 536870912, 1073741824, "memory limit 512Mi → 1Gi"),
        ("window", 300, 120, "stabilization window 5 min → 2 min"),
        ("current", 10, 2, "replicas 10 → 2"),
        ("today_seconds", 720, 180, "scale-down time 12 min → 3 min"),
        ("head_bytes", 1073741824, 0, "head 1Gi → 0"),
        ("start_seconds", 300, 45.0, "start 5 min → 45 s"),
        ("cpu_percent", 99.5, 12, "cpu 99.5% → 12%"),
        ("sdk_version", "1.26.0", "1.32.0", "sdk version 1.26.0 → 1.32.0"),
        ("rate", 0.125, 2.0, "rate 0.125 → 2"),
        ("start_seconds", "5m", "2m", "start 5m → 2m"),
    ],
)
def test_numbers_are_named_and_measured(
    name: str, before: float | str, after: float | str, text: str
) -> None:
    (outcome,) = word_recheck(one(Outcome.FIXED, Difference(name, before, after)), words_in("en")).outcomes
    assert [difference.text for difference in outcome.differences] == [text]


def test_what_has_no_name_is_no_number_for_a_reader_and_each_name_stands_once() -> None:
    names = ("proposed", "limit_bytes", "limit", "bytes_per_series")
    differences = tuple(Difference(name, "1Gi", "2Gi") for name in names)
    (outcome,) = word_recheck(one(Outcome.FIXED, *differences), words_in("en")).outcomes
    assert [difference.text for difference in outcome.differences] == ["memory limit 1Gi → 2Gi"]


def test_every_number_that_is_told_has_a_name_in_every_language() -> None:
    """Over every number of every runbook's findings."""
    told: dict[str, set[str]] = {"en": set(), "ko": set()}
    names = {
        name
        for case in CASES
        for finding in sights()[case.runbook].ill.findings
        for name, fact in finding.facts.items()
        if isinstance(fact, int | float) and not isinstance(fact, bool)
    }
    for language, own in told.items():
        words = Words(language)
        facts = words.dictionary.own("common", "facts")
        differences = tuple(Difference(name, 1, 2) for name in sorted(names | set(facts)))
        (outcome,) = word_recheck(one(Outcome.FIXED, *differences), words).outcomes
        own |= {shown.difference.name for shown in outcome.differences}
        assert all(shown.text.startswith(tuple(facts.values())) for shown in outcome.differences)
    assert told["en"] == told["ko"]
    assert set(told["ko"]) > {"limit", "restarts", "window"}


def test_the_brief_line_tells_three_numbers_the_known_ones_first() -> None:
    names = ("zeta", "restarts", "alpha", "ready", "limit")
    assert line(one(Outcome.STILL_THERE, *(Difference(name, 1, 2) for name in names))) == (
        "Checked again – still there: container killed for memory (memory limit 1 → 2, ready pods 1 → 2, restarts 1 → 2)"
    )


def test_two_targets_are_told_apart() -> None:
    other = replace(one(Outcome.STILL_THERE), target=replace(TARGET, name="chat"))
    assert line(one(Outcome.FIXED), other) == (
        "Checked again – fixed: container killed for memory, board-service; "
        "still there: container killed for memory, chat"
    )


def test_of_many_the_first_are_named() -> None:
    many = Recheck(TARGET, START, (Rechecked(Outcome.NEW, OOM),) * 5)
    assert line(many).endswith(", container killed for memory and 2 more")


@pytest.mark.parametrize(
    ("unchecked", "said"),
    [
        (0, "nothing found"),
        (1, "nothing found, 1 cause could not be checked"),
        (3, "nothing found, 3 causes could"),
    ],
)
def test_nothing_is_said_with_what_could_not_be_seen(unchecked: int, said: str) -> None:
    assert line(Recheck(TARGET, START, (), unchecked)).startswith(f"Checked again – {said}")


def test_nobody_looked_again() -> None:
    assert line() == ""


def test_what_nobody_answered_for_is_said_so() -> None:
    unanswered = Recheck(TARGET, START, (Rechecked(Outcome.UNKNOWN, replace(OOM, missing=None)),))
    (outcome,) = word_recheck(unanswered, words_in("en")).outcomes
    assert (outcome.word, outcome.text) == ("not known whether fixed", "It was not looked for this time.")


def test_nobody_is_told_to_do_what_is_done(words: Words) -> None:
    headline = view(OVER, words).headline
    assert headline is not None
    assert headline.title.startswith("Container app is killed")
    assert headline.todos == ()
    still = replace(OVER, rechecks=(one(Outcome.STILL_THERE),))
    told = view(still, words).headline
    assert told is not None
    assert told.fix


def test_fixed_is_said_of_one_cause_of_one_target() -> None:
    assert is_fixed(OVER, TARGET, "example", "oom-killed")
    assert not is_fixed(OVER, TARGET, "example", "bad-image")
    assert not is_fixed(OVER, replace(TARGET, name="chat"), "example", "oom-killed")


def test_every_outcome_has_its_word_in_every_language(language: str) -> None:
    words = words_in(language)
    told = {outcome: words.common("outcomes", outcome.value) for outcome in Outcome}
    assert len(set(told.values())) == len(Outcome)
    if language == "ko":
        assert not any(word.isascii() for word in told.values())


def test_json_holds_the_numbers_as_they_are(words: Words) -> None:
    document = word_recheck(RECHECK, words).to_json()
    fixed, unknown, new = document["findings"]
    assert (document["at"], document["target"]["name"]) == ("2026-01-01T03:20:00Z", "board-service")
    assert (fixed["outcome"], unknown["outcome"], new["outcome"]) == ("fixed", "unknown", "new")
    assert fixed["differences"][0] == {
        "name": "limit",
        "before": 536870912,
        "after": 1073741824,
        "text": "memory limit 512Mi → 1Gi",
    }
    assert unknown["missing"]["reason"] == "forbidden"
