"""What is proposed, what it gains, and when today's behaviour counts as slow."""

from typing import Any

import pytest

from bot.diagnosis.evidence_objects import ScalingPolicy, ScalingRules
from bot.diagnosis.scaling.behaviour import DEFAULT
from bot.diagnosis.scaling.proposal import DOWN, compare, propose
from bot.diagnosis.scaling.simulation import steady
from tests.diagnosis.scaling.builders import QUICK, SLOW, scaler

OWN_UP = ScalingRules(60, "Max", (ScalingPolicy("Pods", 1, 60),))


def test_the_seed() -> None:
    found = compare(scaler(scale_down=SLOW), 10, steady(2))

    assert (found.today.seconds, found.proposed.seconds, found.default.seconds) == (720, 180, 300)
    assert found.slow


@pytest.mark.parametrize(
    ("rules", "start", "goal", "slow"),
    [
        pytest.param(None, 10, 2, False, id="the default is no one's fault"),
        pytest.param(None, 3, 2, False, id="not for one pod either"),
        pytest.param(QUICK, 10, 2, False, id="the proposal itself"),
        pytest.param(ScalingRules(window=1800), 10, 2, True, id="a long window alone"),
        pytest.param(
            ScalingRules(window=300, policies=(ScalingPolicy("Pods", 4, 60),)), 10, 2, True, id="two steps"
        ),
        pytest.param(
            ScalingRules(window=0, policies=(ScalingPolicy("Pods", 1, 60),)), 3, 2, False, id="one quick step"
        ),
        pytest.param(
            ScalingRules(window=0, policies=(ScalingPolicy("Pods", 1, 60),)), 40, 2, True, id="many steps"
        ),
        pytest.param(
            ScalingRules(policies=(ScalingPolicy("Percent", 10, 60),)), 8, 2, True, id="a tenth each time"
        ),
        pytest.param(
            ScalingRules(policies=(ScalingPolicy("Pods", 1, 1800),)), 60, 2, True, id="no end in sight"
        ),
    ],
)
def test_slow(rules: ScalingRules | None, start: int, goal: int, slow: bool) -> None:
    assert compare(scaler(scale_down=rules, maximum=60), start, steady(goal)).slow is slow


def test_a_shorter_window_and_a_tolerance_stay() -> None:
    down = propose(scaler(scale_down=ScalingRules(window=30, tolerance=0.05))).down

    assert (down.window, down.policies, down.tolerance) == (30, DOWN, 0.05)


@pytest.mark.parametrize(("up", "kept"), [(None, DEFAULT.up.policies), (OWN_UP, OWN_UP.policies)])
def test_scaling_up_is_as_quick_as_it_was(up: Any, kept: Any) -> None:
    assert propose(scaler(scale_down=SLOW, scale_up=up)).up.policies == kept
