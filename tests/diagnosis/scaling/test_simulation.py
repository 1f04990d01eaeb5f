"""The simulation against what the real controller did, against single rules, and against what must always hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.diagnosis.evidence_objects import ScalingPolicy, ScalingRules
from bot.diagnosis.scaling.arithmetic import VALUE
from bot.diagnosis.scaling.behaviour import DEFAULT, Behaviour, Rules, merged
from bot.diagnosis.scaling.simulation import LOOK, Bounds, Run, shared, simulate, steady
from tests.diagnosis.scaling.builders import CPU, metric

SAMPLE = json.loads((Path(__file__).parents[2] / "samples/hpa_reference.json").read_text())


def behaviour(down: dict[str, Any] | None) -> Behaviour:
    if down is None:
        return DEFAULT
    policies = tuple(
        ScalingPolicy(one["type"], one["value"], one["periodSeconds"]) for one in down["policies"]
    )
    written = ScalingRules(down["stabilizationWindowSeconds"], down["selectPolicy"], policies)
    return Behaviour(merged(written, DEFAULT.down), DEFAULT.up)


def down(select: str, *policies: ScalingPolicy, window: int = 0) -> Behaviour:
    return Behaviour(Rules(window, select, policies), DEFAULT.up)


@pytest.mark.parametrize("case", sorted(SAMPLE["cases"]))
def test_as_the_real_controller_did(case: str) -> None:
    """Whatever count was seen when, the simulation has it within one look, and no other."""
    known = SAMPLE["cases"][case]
    made = behaviour(known["scaleDown"])
    run = simulate(made, Bounds(known["minReplicas"], 10), 10, shared([CPU], 10, made))

    assert [count for _, count in run.steps] == [count for _, count in known["timeline"]]
    for (simulated, _), (seen, _) in zip(run.steps, known["timeline"], strict=True):
        assert abs(simulated - seen) <= SAMPLE["sync_period_s"]


HALF, TWO, ONE = ScalingPolicy("Percent", 50, 60), ScalingPolicy("Pods", 2, 60), ScalingPolicy("Pods", 1, 15)


@pytest.mark.parametrize(
    ("made", "start", "goal", "steps"),
    [
        pytest.param(down("Max", HALF), 9, 1, [(15, 4), (75, 2), (135, 1)], id="a share is cut off"),
        pytest.param(down("Max", HALF, TWO), 3, 1, [(15, 1)], id="the most of several"),
        pytest.param(down("Min", HALF, TWO), 10, 6, [(15, 8), (75, 6)], id="the least of several"),
        pytest.param(down("Max", ONE), 4, 2, [(15, 3), (30, 2)], id="one each look"),
        pytest.param(down("Disabled", HALF), 9, 1, [], id="disabled"),
        pytest.param(down("Max", HALF, window=60), 4, 2, [(60, 2)], id="the window first"),
        pytest.param(DEFAULT, 2, 9, [(15, 6), (30, 9)], id="up: four pods or twice as many"),
        pytest.param(DEFAULT, 6, 30, [(15, 12), (30, 20)], id="up to the maximum"),
        pytest.param(DEFAULT, 25, 1, [(15, 20), (300, 2)], id="above the maximum at once"),
        pytest.param(DEFAULT, 1, 1, [(15, 2)], id="below the minimum at once"),
    ],
)
def test_steps(made: Behaviour, start: int, goal: int, steps: list[tuple[int, int]]) -> None:
    bounds = Bounds(2, 20) if made is DEFAULT else Bounds(1, 20)

    assert simulate(made, bounds, start, steady(goal)).steps == ((0, start), *steps)


def test_the_highest_of_the_window_counts() -> None:
    """A short peak during the window starts it again."""
    made = Behaviour(Rules(120, "Max", DEFAULT.down.policies), DEFAULT.up)

    run = simulate(made, Bounds(1, 10), 10, lambda now, _: 6 if now == 60 else 2)

    assert run.steps == ((0, 10), (120, 6), (180, 2))


def test_it_stops_within_the_tolerance() -> None:
    """From 20 pods the load of 10 is reached one by one: at 11 each is within a tenth of its target."""
    made = down("Max", ONE)

    assert simulate(made, Bounds(1, 20), 20, shared([metric("cpu", 35, 70)], 20, made)).ends_at == 11


def test_a_value_is_no_share_of_a_replica() -> None:
    queue = metric("queue", 30, 100, kind="External", target_kind=VALUE)
    made = down("Max", ScalingPolicy("Percent", 100, 15))

    run = simulate(made, Bounds(1, 10), 10, shared([queue], 10, made))

    assert run.steps == ((0, 10), (15, 3), (30, 1))


def test_nothing_is_left_where_nothing_is_needed() -> None:
    """A minimum of 0 is allowed where a metric is not the pods' own."""
    queue = metric("queue", 0, 100, kind="External", target_kind=VALUE)
    made = down("Max", ScalingPolicy("Percent", 100, 15))

    assert simulate(made, Bounds(0, 10), 4, shared([queue, CPU], 4, made)).steps == ((0, 4), (15, 1))
    assert simulate(made, Bounds(0, 10), 4, shared([queue], 4, made)).steps == ((0, 4), (15, 0))


def test_what_never_settles_says_so() -> None:
    made = down("Max", ScalingPolicy("Pods", 1, 1800))

    run = simulate(made, Bounds(1, 100), 100, steady(1))

    assert not run.settled
    assert run.ends_at > 1


def test_at() -> None:
    run = Run(((0.0, 10), (300.0, 9), (360.0, 8)))

    assert [run.at(seconds) for seconds in (0, 299, 300, 1000)] == [10, 10, 9, 8]


policies = st.builds(
    ScalingPolicy, st.sampled_from(["Pods", "Percent"]), st.integers(1, 100), st.integers(1, 120)
)
rules = st.builds(
    Rules,
    st.integers(0, 600),
    st.sampled_from(["Max", "Min"]),
    st.lists(policies, min_size=1, max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(rules, st.integers(1, 40), st.integers(1, 40), st.integers(1, 5))
def test_a_fallen_load_is_followed_down_and_no_further(
    one: Rules, start: int, goal: int, minimum: int
) -> None:
    start, goal = max(start, goal, minimum), min(start, goal)
    run = simulate(Behaviour(one, DEFAULT.up), Bounds(minimum, 40), start, steady(goal))
    counts = [count for _, count in run.steps]

    assert counts == sorted(counts, reverse=True)
    assert min(counts) >= minimum
    assert run.ends_at == max(goal, minimum)
    assert run.settled
    assert all(seconds % LOOK == 0 for seconds, _ in run.steps)
    assert len(run.steps) == 1 or run.steps[1][0] >= one.window


@settings(max_examples=30, deadline=None)
@given(rules, st.integers(2, 30), st.integers(1, 69))
def test_a_shared_load_ends_near_its_target(one: Rules, start: int, percent: int) -> None:
    """Where it ends, the load asks for no change, whatever way led there."""
    made = Behaviour(one, DEFAULT.up)
    recommend = shared([metric("cpu", percent, 70)], start, made)
    run = simulate(made, Bounds(1, 30), start, recommend)

    assert run.settled
    assert max(1, recommend(0, run.ends_at)) == run.ends_at
