"""An autoscaler over time: what its controller makes of a load, look by look. Pure, and a model, not a measurement.

The loop is the one of the real controller: each look keeps the recommendation of the metrics, takes the highest (down) or
lowest (up) of the stabilization window, and goes no further than the policies allow for what was scaled within their
periods. https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/podautoscaler/horizontal.go

The load falls at 0, just after a look, and stays; a recommendation may depend on the time and on how many replicas share it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.diagnosis.evidence_objects import ScalerMetric, ScalingPolicy
from bot.diagnosis.scaling.arithmetic import UTILIZATION, VALUE, tally
from bot.diagnosis.scaling.behaviour import DISABLED, MIN, PERCENT, Behaviour, Rules

LOOK = 15.0
_HORIZON = 12 * 3600.0

Recommend = Callable[[float, int], int]


@dataclass(frozen=True, slots=True)
class Bounds:
    minimum: int
    maximum: int

    def clamp(self, count: int) -> int:
        return max(self.minimum, min(count, self.maximum))


@dataclass(frozen=True, slots=True)
class Run:
    """`steps` are (seconds, replicas) from 0 on, one for each change. `settled`: nothing changed any more in the end."""

    steps: tuple[tuple[float, int], ...]
    settled: bool = True

    @property
    def seconds(self) -> float:
        """Until the last change."""
        return self.steps[-1][0]

    @property
    def ends_at(self) -> int:
        return self.steps[-1][1]

    def at(self, seconds: float) -> int:
        return next(replicas for since, replicas in reversed(self.steps) if since <= seconds)


def simulate(
    behaviour: Behaviour, bounds: Bounds, start: int, recommend: Recommend, horizon: float = _HORIZON
) -> Run:
    """From `start` replicas until nothing has changed for longer than the controller remembers, or until `horizon`."""
    controller = _Controller(behaviour, bounds, {start: 0.0})
    replicas, asked = start, start
    steps = [(0.0, start)]
    quiet, now = 0.0, 0.0
    while now < horizon:
        now += LOOK
        wanted = recommend(now, replicas)
        after = controller.look(now, replicas, wanted)
        if after != replicas:
            steps.append((now, after))
        if after != replicas or wanted != asked:
            quiet = now
        replicas, asked = after, wanted
        if now - quiet > controller.memory:
            return Run(tuple(steps))
    return Run(tuple(steps), settled=False)


def steady(count: int) -> Recommend:
    """The metrics ask for the same all the time, however many replicas there are."""
    return lambda _now, _replicas: count


def shared(metrics: Sequence[ScalerMetric], at: int, behaviour: Behaviour) -> Recommend:
    """The load as `metrics` show it at `at` replicas, spread evenly over however many there are later.

    A target of kind Value is no share of a replica: it stays. A utilization is a whole number, as in the controller.
    """

    def recommend(_now: float, replicas: int) -> int:
        spread = [_spread(metric, at / max(replicas, 1)) for metric in metrics]
        holder = tally(spread, replicas, behaviour).holder
        return replicas if holder is None else holder.count

    return recommend


def _spread(metric: ScalerMetric, factor: float) -> ScalerMetric:
    if metric.current is None or metric.target_kind == VALUE:
        return metric
    each = metric.current * factor
    return replace(metric, current=math.floor(each) if metric.target_kind == UTILIZATION else each)


@dataclass(slots=True)
class _Controller:
    """What the controller remembers. Of each recommendation only the last time matters: a window asks for the newest."""

    behaviour: Behaviour
    bounds: Bounds
    recommended: dict[int, float]
    changes: list[tuple[float, int]] = field(default_factory=list)

    @property
    def memory(self) -> float:
        rules = (self.behaviour.down, self.behaviour.up)
        periods = (policy.period for rule in rules for policy in rule.policies)
        return max(*periods, *(rule.window for rule in rules)) + LOOK

    def look(self, now: float, replicas: int, wanted: int) -> int:
        if not self.bounds.minimum <= replicas <= self.bounds.maximum:
            after = self.bounds.clamp(replicas)  # at once, whatever the behaviour says
        else:
            after = self._limited(now, replicas, self._stabilized(now, replicas, wanted))
        if after != replicas:
            kept = [change for change in self.changes if change[0] > now - self.memory]
            self.changes = [*kept, (now, after - replicas)]
        return after

    def _stabilized(self, now: float, replicas: int, wanted: int) -> int:
        up = self._recent(now, self.behaviour.up.window, wanted)
        down = self._recent(now, self.behaviour.down.window, wanted)
        self.recommended[wanted] = now
        return min(max(replicas, min(up)), max(down))

    def _recent(self, now: float, window: int, wanted: int) -> list[int]:
        return [wanted, *(count for count, at in self.recommended.items() if at > now - window)]

    def _limited(self, now: float, replicas: int, wanted: int) -> int:
        if wanted > replicas:
            most = max(self._limit(now, replicas, self.behaviour.up, 1), replicas)
            return min(wanted, self.bounds.maximum, most)
        if wanted < replicas:
            least = min(self._limit(now, replicas, self.behaviour.down, -1), replicas)
            return max(wanted, self.bounds.minimum, least)
        return replicas

    def _limit(self, now: float, replicas: int, rules: Rules, direction: int) -> int:
        """How far the policies let the count go; `direction` is 1 for up and -1 for down."""
        if rules.select == DISABLED:
            return replicas
        allowed = [
            _allowed(policy, replicas - self._changed(now, policy.period), direction)
            for policy in rules.policies
        ]
        least_change = rules.select == MIN
        return min(allowed) if least_change is (direction > 0) else max(allowed)

    def _changed(self, now: float, period: int) -> int:
        return sum(change for at, change in self.changes if at > now - period)


def _allowed(policy: ScalingPolicy, base: int, direction: int) -> int:
    """From `base`, the count at the start of the policy's period. Up is rounded up, down is cut off."""
    if policy.kind != PERCENT:
        return base + direction * policy.value
    share = base * (1 + direction * policy.value / 100)
    return math.ceil(share) if direction > 0 else int(share)
