"""What each metric alone would give, which one wins, and how values are written."""

from typing import Any

import pytest

from bot.diagnosis.evidence_objects import ScalerMetric
from bot.diagnosis.scaling.arithmetic import amount, name, tally
from bot.diagnosis.scaling.behaviour import DEFAULT, Behaviour, Rules
from tests.diagnosis.scaling.builders import metric

EAGER = Behaviour(Rules(300, "Max", DEFAULT.down.policies, 0.0), DEFAULT.up)


def queue(current: float, target: float, target_kind: str) -> ScalerMetric:
    return metric("queue", current, target, kind="External", target_kind=target_kind)


@pytest.mark.parametrize(
    ("one", "current", "exact", "count", "within"),
    [
        (metric("memory", 68, 80), 4, 3.4, 4, False),
        (metric("cpu", 30, 70), 4, 1.714, 2, False),
        (metric("cpu", 95, 70), 10, 13.571, 14, False),
        (metric("cpu", 63, 70), 4, 3.6, 4, True),
        (metric("cpu", 64, 70), 20, 18.286, 20, True),
        (metric("cpu", 62, 70), 20, 17.714, 18, False),
        (metric("cpu", 77, 70), 20, 22.0, 20, True),
        (metric("cpu", 0, 70), 5, 0.0, 0, False),
        (metric("memory", 300 * 2**20, 100 * 2**20, target_kind="AverageValue"), 2, 6.0, 6, False),
        (queue(120, 30, "AverageValue"), 3, 12.0, 12, False),
        (queue(5, 100, "Value"), 6, 0.3, 1, False),
    ],
    ids=str,
)
def test_desired(one: ScalerMetric, current: int, exact: float, count: int, within: bool) -> None:
    (wish,) = tally([one], current, DEFAULT).wishes

    assert (round(wish.exact, 3), wish.count, wish.within) == (exact, count, within)


def test_a_rule_has_its_own_tolerance() -> None:
    one = metric("cpu", 64, 70)

    assert [tally([one], 20, behaviour).wishes[0].count for behaviour in (DEFAULT, EAGER)] == [20, 19]


def test_the_largest_wins() -> None:
    found = tally([metric("cpu", 30, 70), metric("memory", 68, 80)], 4, DEFAULT)

    assert found.holder is not None
    assert (found.holder.metric.name, found.holder.count) == ("memory", 4)
    assert [(wish.metric.name, wish.count) for wish in found.others] == [("cpu", 2)]


@pytest.mark.parametrize("one", [metric("cpu", None, 70), metric("cpu", 30, None), metric("cpu", 30, 0)])
def test_what_is_not_said_is_unknown(one: ScalerMetric) -> None:
    found = tally([one], 4, DEFAULT)

    assert (found.wishes, found.unknown, found.holder) == ((), (one,), None)


@pytest.mark.parametrize(
    ("called", "more", "value", "written"),
    [
        ("cpu", {}, 68.0, "68 %"),
        ("cpu", {"target_kind": "AverageValue"}, 0.35, "350m"),
        ("cpu", {"target_kind": "AverageValue"}, 1.5, "1.5"),
        ("memory", {"target_kind": "AverageValue"}, 512.0 * 2**20, "512Mi"),
        ("memory", {"target_kind": "AverageValue"}, 1.5 * 2**30, "1.5Gi"),
        ("memory", {"target_kind": "AverageValue"}, 100.0, "100"),
        ("rps", {"kind": "Pods", "target_kind": "AverageValue"}, 1234.5, "1234.5"),
        ("rps", {"kind": "Pods", "target_kind": "AverageValue"}, 12345678.0, "12345678"),
        ("cpu", {}, None, ""),
    ],
)
def test_amounts(called: str, more: dict[str, Any], value: float | None, written: str) -> None:
    assert amount(metric(called, value, 1, **more), value) == written


def test_names() -> None:
    assert name(metric("cpu", 1, 1)) == "CPU"
    assert name(metric("cpu", 1, 1, kind="ContainerResource", container="app")) == "CPU (app)"
    assert name(metric("cpu", 1, 1, kind="External")) == "cpu"
