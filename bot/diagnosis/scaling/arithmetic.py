"""How many replicas each metric of an autoscaler asks for: desired = ceil(current × value / target). Pure.

The largest wins. A ratio within the tolerance of 1 leaves the count as it is.
https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.evidence_objects import ScalerMetric
from bot.diagnosis.scaling.behaviour import Behaviour

UTILIZATION, AVERAGE, VALUE = "Utilization", "AverageValue", "Value"
RESOURCES = frozenset({"Resource", "ContainerResource"})
_BYTES = frozenset({"memory", "ephemeral-storage"})
_UNITS = (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


@dataclass(frozen=True, slots=True)
class Wish:
    """What one metric alone would give. `exact` is before rounding; `within` says that the tolerance kept the count."""

    metric: ScalerMetric
    exact: float
    count: int
    within: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """All metrics at `current` replicas. `unknown` are those whose value or target the status does not say."""

    current: int
    wishes: tuple[Wish, ...]
    unknown: tuple[ScalerMetric, ...]

    @property
    def holder(self) -> Wish | None:
        """The metric that asks for most, the first of several that ask alike."""
        return max(self.wishes, key=lambda wish: wish.count, default=None)

    @property
    def others(self) -> tuple[Wish, ...]:
        holder = self.holder
        return tuple(wish for wish in self.wishes if wish is not holder)


def tally(metrics: Sequence[ScalerMetric], current: int, behaviour: Behaviour) -> Tally:
    wishes, unknown = list[Wish](), list[ScalerMetric]()
    for metric in metrics:
        if metric.current is None or not metric.target:
            unknown.append(metric)
        else:
            wishes.append(_wish(metric, metric.current / metric.target, current, behaviour))
    return Tally(current, tuple(wishes), tuple(unknown))


def _wish(metric: ScalerMetric, ratio: float, current: int, behaviour: Behaviour) -> Wish:
    exact = ratio * current
    within = 1.0 - behaviour.down.tolerance <= ratio <= 1.0 + behaviour.up.tolerance
    return Wish(metric, exact, current if within else math.ceil(exact), within)


def name(metric: ScalerMetric) -> str:
    called = "CPU" if metric.kind in RESOURCES and metric.name == "cpu" else metric.name
    return f"{called} ({metric.container})" if metric.container else called


def amount(metric: ScalerMetric, value: float | None) -> str:
    """A value or a target as a person writes it: `68 %`, `350m`, `512Mi`; empty where there is none."""
    if value is None:
        return ""
    if metric.target_kind == UTILIZATION:
        return f"{value:g} %"
    if metric.kind in RESOURCES and metric.name == "cpu" and value < 1:
        return f"{round(value * 1000)}m"
    if metric.kind in RESOURCES and metric.name in _BYTES:
        return _bytes(value)
    return f"{round(value, 3):.12g}"


def _bytes(value: float) -> str:
    unit, size = next(((unit, size) for unit, size in _UNITS if value >= size), ("", 1))
    return f"{round(value / size, 1):g}{unit}"
