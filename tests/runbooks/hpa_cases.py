"""Evidence and cases of hpa_slow_scale_down: autoscalers with what stands around them, and what a case is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.diagnosis.evidence import Condition, EventNote, Point, Series, SeriesSet, Writer
from bot.diagnosis.evidence_objects import (
    ApplicationState,
    BudgetState,
    QuotaState,
    ScalerState,
)
from bot.diagnosis.scaling.situation import Around
from bot.diagnosis.sources import Unavailable
from bot.model import Finding, Reason, Source, Verdict
from runbooks.hpa_slow_scale_down import Evidence, decide
from tests.diagnosis.scaling.builders import (
    ACTIVE,
    BUSY,
    QUICK,
    READY,
    SLOW,
    WITHIN,
    metric,
    scaler,
)
from tests.runbooks.table import Row, one
from tests.snapshots import NOW, ago, workload

CONFIRMED, LIKELY = Verdict.CONFIRMED, Verdict.LIKELY
RULED_OUT, NOT_CHECKED = Verdict.RULED_OUT, Verdict.NOT_CHECKED

NO_SCALERS = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "horizontalpodautoscalers", "shop")
NO_QUOTAS = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "resourcequotas", "shop")
NO_METRICS = Unavailable(Source.PROMETHEUS, Reason.NOT_CONFIGURED)

ARGO = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}
APPLICATION = ApplicationState(
    "argocd", "shop", "default", "Synced", "Healthy", "abc", "Succeeded", "", ago(60), ago(60), self_heal=True
)
BY_SCALER = Writer("kube-controller-manager", ago(30), "scale")
BY_ARGO = Writer("argocd-controller", ago(2))
CREATED = ago(60 * 24 * 30)


def around(**more: Any) -> Around:
    values: dict[str, Any] = {
        "workload": workload(desired=10, ready=10, replica_writers=(BY_SCALER,)),
        "application": None,
        "pods": None,
        "refusals": (),
        "events": (),
        "budgets": (),
        "quotas": (),
        "history": NO_METRICS,
        **more,
    }
    return Around(**values)


def seen(of: ScalerState, **more: Any) -> Evidence:
    return Evidence(of, around(**more))


def rescaled(size: int, why: str, minutes: float) -> EventNote:
    text = f"New size: {size}; reason: {why}"
    about = "HorizontalPodAutoscaler/web-hpa"
    return EventNote("Normal", "SuccessfulRescale", text, about, 1, ago(minutes), ago(minutes))


UP = rescaled(10, "cpu resource utilization (percentage of request) above target", 3)
DOWN = rescaled(10, "All metrics below target", 3)


def history(*counts: float) -> SeriesSet:
    began = NOW - timedelta(minutes=len(counts) - 1)
    points = tuple(Point(began + timedelta(minutes=at), count) for at, count in enumerate(counts))
    return SeriesSet((Series({}, points),))


def blind(reason: str, message: str) -> tuple[Condition, ...]:
    return (READY, Condition("ScalingActive", "False", reason, message, ago(20)))


REFUSED = Condition(
    "ReplicaFailure",
    "True",
    "FailedCreate",
    'pods "web-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=6, limited: pods=6',
)
FULL = QuotaState("shop", "compute", {"pods": "6"}, {"pods": "6"})
WIDE = workload(desired=10, ready=10, replica_writers=(BY_SCALER,))
TEN = BudgetState("shop", "web-pdb", "app=web", minimum="10", healthy=10, wanted=10)


class Case(Row[Evidence]):
    def findings(self) -> list[Finding]:
        return decide(self.of)


def found(of: Evidence, cause: str) -> Finding:
    return one(decide(of), cause)


SEED = seen(scaler(scale_down=SLOW))
AT_MINIMUM = seen(scaler(scale_down=SLOW, current=2, desired=2, minimum=2, conditions=(READY, ACTIVE)))
HELD_AT_4 = seen(
    scaler(
        metric("cpu", 30, 70),
        metric("memory", 68, 80),
        current=4,
        desired=4,
        conditions=(READY, ACTIVE, WITHIN),
    )
)
AT_MAXIMUM = seen(scaler(BUSY, conditions=(READY, ACTIVE)))
FED = seen(scaler(metric("cpu", 68, 70), current=4, desired=4, conditions=(READY, ACTIVE, WITHIN)))
NOT_YET = seen(scaler(metric("cpu", None, 70), current=0, desired=0, last_scaled_at=None, conditions=()))
FOUGHT_OVER = scaler(scale_down=QUICK)
FOUGHT_FOR = replace(WIDE, replica_writers=(BY_ARGO,), annotations=ARGO)
FOUGHT = seen(FOUGHT_OVER, workload=FOUGHT_FOR, application=APPLICATION)
