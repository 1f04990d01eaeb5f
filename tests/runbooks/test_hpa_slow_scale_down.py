"""hpa_slow_scale_down: the table, what it proposes and where, what it looks at, and the words of all of it."""

from dataclasses import replace

import pytest

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed, ordered
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.evidence import Marks
from bot.diagnosis.evidence_objects import ScalerState
from runbooks.hpa_slow_scale_down import RUNBOOK, Evidence, decide
from tests.diagnosis.scaling.builders import SLOW, scaler
from tests.runbooks.hpa_cases import (
    ARGO,
    AT_MAXIMUM,
    AT_MINIMUM,
    CONFIRMED,
    FED,
    FOUGHT,
    HELD_AT_4,
    LIKELY,
    RULED_OUT,
    SEED,
    Case,
    found,
    history,
    seen,
)
from tests.runbooks.hpa_slowness_cases import SLOWNESS
from tests.runbooks.hpa_trouble_cases import TROUBLE
from tests.runbooks.table import verdicts
from tests.snapshots import TARGET

CASES = [*SLOWNESS, *TROUBLE]
HELM = Marks(annotations={"meta.helm.sh/release-name": "web"})
GIT = Marks(annotations=ARGO)
KEDA = Marks(owner="ScaledObject/web")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_found_by(case: Case) -> None:
    case.check()


def test_every_cause_is_told_from_what_looks_like_it() -> None:
    told = verdicts(CASES)

    assert set(told) == {cause.id for cause in RUNBOOK.causes}
    assert all({CONFIRMED, RULED_OUT} <= found for found in told.values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answers_for_every_cause_exactly_once(case: Case) -> None:
    _findings, defects = completed(RUNBOOK, decide(case.of))

    assert defects == ()


async def test_keeps_the_contract() -> None:
    assert await check_catalog([RUNBOOK]) == []


# -- what is found first, and what is not found


def _found(of: Evidence) -> list[str]:
    return [one.cause for one in ordered(decide(of)) if one.verdict in {CONFIRMED, LIKELY}]


def test_the_seed_is_slow_and_waits_for_its_window() -> None:
    assert _found(SEED) == ["behavior-too-slow", "stabilization-window"]


@pytest.mark.parametrize(
    ("of", "causes"),
    [
        (FED, []),
        (AT_MINIMUM, ["at-min-replicas"]),
        (HELD_AT_4, ["metric-holds-it-up"]),
        (AT_MAXIMUM, ["metric-holds-it-up"]),
    ],
    ids=["fed", "minimum", "memory", "maximum"],
)
def test_nothing_else_is_found(of: Evidence, causes: list[str]) -> None:
    assert _found(of) == causes


def test_a_fight_explains_more_than_a_window() -> None:
    assert _found(FOUGHT) == ["replicas-fought-by-gitops", "stabilization-window"]


def test_without_prometheus_nothing_is_lost_but_a_picture() -> None:
    with_history = seen(scaler(scale_down=SLOW), history=history(4, 10, 10))

    assert {one.verdict for one in decide(SEED)} == {CONFIRMED, RULED_OUT}
    assert [chart.key for chart in found(SEED, "behavior-too-slow").charts] == ["scale-down"]
    assert [chart.key for chart in found(with_history, "behavior-too-slow").charts] == [
        "scale-down",
        "replicas",
    ]


def test_the_picture_shows_both_behaviours() -> None:
    (chart,) = found(SEED, "behavior-too-slow").charts
    today, proposed = chart.curves

    assert [curve.step for curve in chart.curves] == [True, True]
    assert (chart.unit, chart.relative, chart.levels) == ("replicas", True, {"minimum": 1})
    assert list(proposed.points) == [(0, 10), (120, 5), (180, 2), (780, 2)]
    assert [today.points[0], today.points[1], today.points[-1]] == [(0, 10), (300, 9), (780, 2)]


# -- words


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everything_is_worded(language: str) -> None:
    words = Words(language)
    said = missing_words_of_runbook(words, RUNBOOK.name, (cause.id for cause in RUNBOOK.causes))
    marked = [
        Evidence(replace(case.of.scaler, marks=marks), case.of.around)
        for case in CASES
        if case.verdict is CONFIRMED and isinstance(case.of.scaler, ScalerState)
        for marks in (HELM, GIT, KEDA)
    ]
    for of in [*(case.of for case in CASES), *marked, seen(scaler(scale_down=SLOW), history=history(1, 2))]:
        for finding in decide(of):
            said.extend(missing_words(words, finding, TARGET))

    assert list(dict.fromkeys(said)) == []


@pytest.mark.parametrize(
    ("of", "cause", "title"),
    [
        (
            SEED,
            "behavior-too-slow",
            "Deployment web scales down slowly, 10 → 2: 12 min today, 3 min with the change",
        ),
        (
            HELD_AT_4,
            "metric-holds-it-up",
            "web-hpa: (68 % × 4) / 80 % = 3.4 → 4: memory holds it at 4; CPU alone would give 2",
        ),
        (
            AT_MAXIMUM,
            "metric-holds-it-up",
            "web-hpa is at its maximum of 10: (95 % × 10) / 70 % = 13.57 → 14: CPU asks for 14",
        ),
    ],
    ids=["slow", "memory", "maximum"],
)
def test_titles(of: Evidence, cause: str, title: str) -> None:
    assert Words("en").finding(found(of, cause), TARGET).title == title
