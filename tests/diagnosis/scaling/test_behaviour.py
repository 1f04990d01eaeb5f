"""Kubernetes' defaults are merged in field by field."""

import pytest

from bot.diagnosis.evidence_objects import ScalingPolicy, ScalingRules
from bot.diagnosis.scaling.behaviour import DEFAULT, Rules, behaviour_of, merged
from tests.diagnosis.scaling.builders import DISABLED, SLOW, scaler

TEN = (ScalingPolicy("Percent", 10, 60),)
ALL = (ScalingPolicy("Percent", 100, 15),)


@pytest.mark.parametrize(
    ("written", "rules"),
    [
        (None, Rules(300, "Max", ALL)),
        (ScalingRules(), Rules(300, "Max", ALL)),
        (ScalingRules(window=0), Rules(0, "Max", ALL)),
        (ScalingRules(policies=TEN), Rules(300, "Max", TEN)),
        (ScalingRules(select="Min"), Rules(300, "Min", ALL)),
        (ScalingRules(tolerance=0.0), Rules(300, "Max", ALL, 0.0)),
        (DISABLED, Rules(300, "Disabled", ALL)),
        (SLOW, Rules(300, "Min", (ScalingPolicy("Pods", 1, 60),))),
    ],
)
def test_scaling_down(written: ScalingRules | None, rules: Rules) -> None:
    assert merged(written, DEFAULT.down) == rules


def test_each_direction_has_its_own_default() -> None:
    found = behaviour_of(scaler(scale_down=SLOW))

    assert found.down.window == 300
    assert (found.up.window, found.up.select) == (0, "Max")
    assert set(found.up.policies) == {ScalingPolicy("Pods", 4, 15), ScalingPolicy("Percent", 100, 15)}
