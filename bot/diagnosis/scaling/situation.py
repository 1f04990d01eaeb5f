"""What is known of one autoscaler and of what stands around it, and what follows at once: who asks for what, what waits.

Pure. Nothing here gives a verdict.
"""

from dataclasses import dataclass
from functools import cached_property

from bot.diagnosis.evidence import Condition, EventNote, PodList, SeriesSet, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, BudgetState, QuotaState, ScalerState
from bot.diagnosis.scaling.arithmetic import Tally, name, tally
from bot.diagnosis.scaling.behaviour import DISABLED, Behaviour, behaviour_of
from bot.diagnosis.scaling.proposal import Comparison, compare
from bot.diagnosis.scaling.simulation import shared, steady
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Reason, Source, Target


@dataclass(frozen=True, slots=True)
class Around:
    """`application` is None where ArgoCD tracks nothing here, `pods` where the workload selects none.

    `refusals` are events of the workload, `events` those of the autoscaler.
    """

    workload: WorkloadState | Unavailable
    application: ApplicationState | Unavailable | None
    pods: PodList | Unavailable | None
    refusals: tuple[EventNote, ...] | Unavailable
    events: tuple[EventNote, ...] | Unavailable
    budgets: tuple[BudgetState, ...] | Unavailable
    quotas: tuple[QuotaState, ...] | Unavailable
    history: SeriesSet | Unavailable


@dataclass(frozen=True)
class Situation:
    """No slots: what is worked out once is kept."""

    scaler: ScalerState
    around: Around

    @cached_property
    def behaviour(self) -> Behaviour:
        return behaviour_of(self.scaler)

    @cached_property
    def current(self) -> int:
        """An autoscaler that has not looked yet says 0; then the workload says how many there are."""
        workload = self.around.workload
        if self.scaler.current or isinstance(workload, Unavailable) or self.scaler.conditions:
            return self.scaler.current
        return workload.desired or 0

    @cached_property
    def tally(self) -> Tally:
        return tally(self.scaler.metrics, self.current, self.behaviour)

    @cached_property
    def wanted(self) -> int | None:
        """What the metrics ask for, within the bounds; None where that is not known.

        `status.desiredReplicas` is what window and policies have left of it: it tells only when it is lower already.
        """
        holder = self.tally.holder
        if not self.current:
            return None
        if holder is not None and not self.tally.unknown:
            return max(self.scaler.minimum, min(holder.count, self.scaler.maximum))
        return self.scaler.desired if 0 < self.scaler.desired < self.current else None

    @property
    def at_minimum(self) -> bool:
        return 0 < self.current <= self.scaler.minimum

    @property
    def at_maximum(self) -> bool:
        return self.current >= self.scaler.maximum > self.scaler.minimum

    @property
    def disabled(self) -> bool:
        return self.behaviour.down.select == DISABLED

    @property
    def blind(self) -> Condition | None:
        """The controller cannot tell what is wanted. ScalingDisabled is a workload at zero on purpose."""
        active = self.condition("ScalingActive")
        failed = active is not None and active.status == "False" and active.reason != "ScalingDisabled"
        return active if failed else None

    @property
    def waits(self) -> bool:
        """Fewer replicas are wanted than there are, and may be."""
        return self.wanted is not None and self.wanted < self.current and not self.at_minimum

    @cached_property
    def comparison(self) -> Comparison:
        """From now to what is wanted. A share of the load is only known where every metric says its value."""
        if self.tally.wishes and not self.tally.unknown:
            load = shared(self.scaler.metrics, self.current, self.behaviour)
        else:
            load = steady(self.current if self.wanted is None else self.wanted)
        return compare(self.scaler, self.current, load)

    def condition(self, kind: str) -> Condition | None:
        return next((one for one in self.scaler.conditions if one.type == kind), None)

    @property
    def gap(self) -> Unavailable:
        """What the status does not say."""
        lacking = ", ".join(name(metric) for metric in self.tally.unknown) or "any metric"
        return Unavailable(
            Source.KUBERNETES,
            Reason.NOT_READY,
            "get",
            "horizontalpodautoscalers",
            self.scaler.namespace,
            f"the status of {self.scaler.name} holds no value of {lacking}",
            "autoscaling",
        )

    @property
    def scaled(self) -> Target:
        workload = self.around.workload
        if isinstance(workload, WorkloadState):
            return workload.target
        return Target("", self.scaler.namespace, self.scaler.target_kind, self.scaler.target_name)

    @property
    def facts(self) -> Facts:
        """What every sentence may name."""
        return {
            "scaler": self.scaler.name,
            "namespace": self.scaler.namespace,
            "workload_kind": self.scaled.kind,
            "workload_name": self.scaled.name,
            "workload": f"{self.scaled.kind.lower()}/{self.scaled.name}",
            "current": self.current,
            "wanted": self.wanted,
            "minimum": self.scaler.minimum,
            "maximum": self.scaler.maximum,
        }
