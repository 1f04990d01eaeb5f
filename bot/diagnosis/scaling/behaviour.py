"""An autoscaler's `behavior` as its controller sees it: what is written, with Kubernetes' defaults for what is not. Pure.

https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#default-behavior
"""

from dataclasses import dataclass

from bot.diagnosis.evidence_objects import ScalerState, ScalingPolicy, ScalingRules

MAX, MIN, DISABLED = "Max", "Min", "Disabled"
PERCENT, PODS = "Percent", "Pods"
# A flag of the controller manager; managed clusters keep it.
TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Rules:
    """One direction, complete. `window` is in seconds; `select` is Max, Min or Disabled."""

    window: int
    select: str
    policies: tuple[ScalingPolicy, ...]
    tolerance: float = TOLERANCE


@dataclass(frozen=True, slots=True)
class Behaviour:
    down: Rules
    up: Rules


DEFAULT = Behaviour(
    down=Rules(300, MAX, (ScalingPolicy(PERCENT, 100, 15),)),
    up=Rules(0, MAX, (ScalingPolicy(PODS, 4, 15), ScalingPolicy(PERCENT, 100, 15))),
)


def behaviour_of(scaler: ScalerState) -> Behaviour:
    return Behaviour(merged(scaler.scale_down, DEFAULT.down), merged(scaler.scale_up, DEFAULT.up))


def merged(written: ScalingRules | None, default: Rules) -> Rules:
    """Field by field, as the API server fills a rule that is partly written; a list of policies is one field."""
    if written is None:
        return default
    return Rules(
        default.window if written.window is None else written.window,
        written.select or default.select,
        written.policies or default.policies,
        default.tolerance if written.tolerance is None else written.tolerance,
    )
