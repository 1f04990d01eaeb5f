"""Why does an autoscaler keep more replicas than the load needs?  Alerts: KubeHpaMaxedOut, KubeHpaReplicasMismatch,
and a team's own about HPAs or slow scale-down.

It reads the autoscaler as its controller does: the arithmetic of each metric, the behaviour with its defaults, and what the
controller says in its conditions. Both today's behaviour and a quicker one are simulated.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.evidence_objects import ScalerState
from bot.diagnosis.findings import Answer
from bot.diagnosis.reads import (
    APPLICATION_READ,
    BUDGET_READ,
    EVENT_READ,
    JOB_READ,
    METRICS,
    POD_READ,
    QUOTA_READ,
    SCALER_READ,
    SERVICE_READ,
    WORKLOAD_READ,
)
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.scaling.limits import pdb_or_quota
from bot.diagnosis.scaling.looking import HPA, Found, find_scaler, look_around_scaler
from bot.diagnosis.scaling.situation import Around, Situation
from bot.diagnosis.scaling.slowness import (
    at_min_replicas,
    behavior_too_slow,
    metric_holds_it_up,
    scale_down_disabled,
    stabilization_window,
)
from bot.diagnosis.scaling.trouble import metrics_missing, replicas_fought_by_gitops
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Cause, Finding, Target

NAME = "hpa_slow_scale_down"

# That the count is what the metrics ask for, or soon will be, is news only to who asks about the autoscaler.
_NO_TROUBLE = frozenset({"metric-holds-it-up", "stabilization-window", "at-min-replicas"})

Judge = Callable[[Situation, Answer], Finding]

# In this order of weight: what explains others stands before what it explains.
_JUDGES: tuple[tuple[str, Judge], ...] = (
    ("metrics-missing", metrics_missing),
    ("scale-down-disabled", scale_down_disabled),
    ("replicas-fought-by-gitops", replicas_fought_by_gitops),
    ("metric-holds-it-up", metric_holds_it_up),
    ("behavior-too-slow", behavior_too_slow),
    ("stabilization-window", stabilization_window),
    ("pdb-or-quota", pdb_or_quota),
    ("at-min-replicas", at_min_replicas),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """`scaler` is None where nothing scales the target; `around` is None where there is no scaler to look around."""

    scaler: Found
    around: Around | None = None


async def collect(target: Target, sources: Sources) -> Evidence:
    scaler, workload = await find_scaler(target, sources)
    if not isinstance(scaler, ScalerState):
        return Evidence(scaler)
    return Evidence(scaler, await look_around_scaler(scaler, workload, sources))


def decide(evidence: Evidence) -> list[Finding]:
    return [
        _judged(evidence, judge, Answer(NAME, cause, weight=len(_JUDGES) - place))
        for place, (cause, judge) in enumerate(_JUDGES)
    ]


def _judged(evidence: Evidence, judge: Judge, answer: Answer) -> Finding:
    scaler, around = evidence.scaler, evidence.around
    if isinstance(scaler, Unavailable):
        return answer.not_checked(scaler)
    if scaler is None or around is None:
        return answer.ruled_out({"scaler": ""})
    return judge(Situation(scaler, around), answer)


def applies(workload: WorkloadState) -> bool:
    """An autoscaler has scaled it, and it is well: what crashes has another trouble first."""
    scaled = any(writer.subresource == "scale" for writer in workload.replica_writers)
    return scaled and (workload.desired or 0) > 1 and workload.ready == workload.desired


RUNBOOK = Runbook(
    name=NAME,
    alerts=(
        'alertname=~"(?:.*[a-z0-9_:-])?H(?:PA|pa)(?:[A-Z0-9_:-].*)?"',
        'alertname=~"(?:.*[_:-])?hpa(?:[_:-].*)?"',
        'alertname=~"(?i:.*horizontal[_-]?pod[_-]?autoscal.*)"',
        'alertname=~"(?i).*scale[_-]?down.*", alertname!~"(?i).*(cluster|node|kafka|keda).*"',
    ),
    causes=tuple(
        Cause(cause, benign=cause in _NO_TROUBLE, explains=("scaler-limited",)) for cause, _judge in _JUDGES
    ),
    reads=(
        SCALER_READ,
        WORKLOAD_READ,
        POD_READ,
        JOB_READ,
        SERVICE_READ,
        EVENT_READ,
        APPLICATION_READ,
        BUDGET_READ,
        QUOTA_READ,
        METRICS,
    ),
    collect=collect,
    decide=decide,
    applies=applies,
    kinds=(HPA,),
)
