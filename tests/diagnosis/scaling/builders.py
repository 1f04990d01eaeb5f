"""Autoscalers for tests: one that waits to go from 10 to 2 under the behaviour of the seed, and small changes to it."""

from typing import Any

from bot.diagnosis.evidence import Condition
from bot.diagnosis.evidence_objects import ScalerMetric, ScalerState, ScalingPolicy, ScalingRules
from tests.snapshots import ago

SLOW = ScalingRules(300, "Min", (ScalingPolicy("Pods", 1, 60),))
QUICK = ScalingRules(120, "Max", (ScalingPolicy("Percent", 50, 60), ScalingPolicy("Pods", 2, 60)))
DISABLED = ScalingRules(None, "Disabled")
WAITING = Condition(
    "AbleToScale",
    "True",
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
    ago(120),
)
READY = Condition(
    "AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size", ago(120)
)
ACTIVE = Condition(
    "ScalingActive", "True", "ValidMetricFound", "the HPA was able to successfully calculate", ago(120)
)
WITHIN = Condition(
    "ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the range", ago(120)
)
TOO_FAST = Condition(
    "ScalingLimited", "True", "ScaleDownLimit", "decreasing faster than the maximum scale rate", ago(3)
)


def metric(name: str, current: float | None, target: float | None, **more: Any) -> ScalerMetric:
    values: dict[str, Any] = {"kind": "Resource", "target_kind": "Utilization", **more}
    return ScalerMetric(name=name, target=target, current=current, **values)


CPU = metric("cpu", 13, 70)
BUSY = metric("cpu", 95, 70)
MEMORY = metric("memory", 15, 80)
HELD = metric("memory", 85, 80)


def scaler(*metrics: ScalerMetric, **more: Any) -> ScalerState:
    values: dict[str, Any] = {
        "namespace": "shop",
        "name": "web-hpa",
        "target_kind": "Deployment",
        "target_name": "web",
        "minimum": 1,
        "maximum": 10,
        "current": 10,
        "desired": 10,
        "last_scaled_at": ago(30),
        "conditions": (WAITING, ACTIVE, WITHIN),
        "metrics": metrics or (CPU, MEMORY),
        **more,
    }
    return ScalerState(**values)
