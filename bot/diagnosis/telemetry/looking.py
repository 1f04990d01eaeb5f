"""Looks at the start of logs: of the target's containers, and where they tell of a conflict, of one pod of each neighbour.

What telemetry says it says once, when the process starts, however long ago: the head of the log has it, the tail not.
Judges nothing; where there is nothing to look for, nobody else's log is read. Looks do not grow with the number of pods.
"""

import asyncio
from dataclasses import dataclass, replace

from bot.diagnosis.changes import WORKLOAD_KINDS
from bot.diagnosis.evidence import (
    ContainerState,
    LogTail,
    PodList,
    PodState,
    SeriesSet,
    WorkloadList,
    WorkloadState,
)
from bot.diagnosis.looks import MOST_PODS, LogHead, LogOf, PodsOf, SiblingsOf, WorkloadOf
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.naming import some
from bot.diagnosis.sources import Sources, Unavailable
from bot.diagnosis.telemetry.conflict import conflict_in
from bot.model import Reason, Source, Target

MOST_NEIGHBOURS = 12
PODS_OF_A_NEIGHBOUR = 5  # they run one version, so any tells
_MOST_CONTAINERS = 3
# The collector's and Tempo's own count of what arrives; the names of both generations.
ARRIVING = (
    "sum by (job) (rate({__name__=~"
    '"otelcol_receiver_accepted_spans|otelcol_receiver_accepted_spans_total|tempo_distributor_spans_received_total"}[5m]))'
)
# The names of what Tempo's generator and the collector's connector make of spans: only they know whose spans they are.
_BY_SERVICE = '{{__name__=~"traces_spanmetrics_calls_total|traces_span_metrics_calls_total|calls_total",{label}="{service}"}}[5m]'
_SERVICE = "OTEL_SERVICE_NAME"


@dataclass(frozen=True, slots=True)
class Log:
    """`container` is as it stood when its log was read."""

    look: LogOf | LogHead
    container: ContainerState
    tail: LogTail | Unavailable


@dataclass(frozen=True, slots=True)
class Neighbour:
    name: str
    log: LogTail | Unavailable


@dataclass(frozen=True, slots=True)
class Evidence:
    target: Target
    workload: WorkloadState | Unavailable
    pods: PodList | Unavailable
    logs: tuple[Log, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    unseen: int = 0
    neighbours_gap: Unavailable | None = None
    arriving: SeriesSet | Unavailable | None = None
    own_spans: SeriesSet | Unavailable | None = None


async def look_at_telemetry(target: Target, sources: Sources) -> Evidence:
    if target.kind not in WORKLOAD_KINDS:
        gap = Unavailable(
            Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods", target.namespace, "it is no workload"
        )
        return Evidence(target, gap, gap)
    workload = await sources.look(WorkloadOf(target))
    if isinstance(workload, Unavailable):
        return Evidence(target, workload, workload)
    # Listing the neighbours costs one look; reading their logs is left for when there is something to look for.
    (pods, logs), listed = await asyncio.gather(
        _own(workload, sources), sources.look(SiblingsOf(workload.target.namespace))
    )
    seen = Evidence(workload.target, workload, pods, logs)
    if not any(isinstance(log.tail, LogTail) and conflict_in(log.tail) for log in logs):
        return seen
    (neighbours, unseen), arriving, own_spans = await asyncio.gather(
        _neighbours(workload, listed, sources),
        sources.look(InstantQuery(ARRIVING)),
        sources.look(InstantQuery(spans_of(workload))),
    )
    return replace(
        seen,
        neighbours=neighbours,
        unseen=unseen,
        neighbours_gap=listed if isinstance(listed, Unavailable) else None,
        arriving=arriving,
        own_spans=own_spans,
    )


def spans_of(workload: WorkloadState) -> str:
    """How many spans of this program arrive each second, for whoever counts them by service."""
    told = (
        entry.value
        for spec in workload.template.containers
        if spec.role == "main"
        for entry in spec.env
        if entry.name == _SERVICE and entry.value
    )
    service = next(told, workload.target.name).replace("\\", "").replace('"', "").replace("\n", "")
    either = (_BY_SERVICE.format(label=label, service=service) for label in ("service", "service_name"))
    return f"sum({' or '.join(f'rate({one})' for one in either)})"


async def _own(workload: WorkloadState, sources: Sources) -> tuple[PodList | Unavailable, tuple[Log, ...]]:
    pods = await _pods(workload, sources)
    pod = _telling(pods.pods) if isinstance(pods, PodList) else None
    if pod is None:
        return pods, ()
    looks: list[tuple[LogOf | LogHead, ContainerState]] = []
    for container in [one for one in pod.containers if one.role != "init"][:_MOST_CONTAINERS]:
        if container.last_terminated is not None:
            looks.append((LogOf(pod.namespace, pod.name, container.name, previous=True), container))
        if container.state == "running" or container.terminated is not None:
            looks.append((LogHead(pod.namespace, pod.name, container.name), container))
    tails = await asyncio.gather(*(sources.look(look) for look, _ in looks))
    return pods, tuple(Log(look, of, tail) for (look, of), tail in zip(looks, tails, strict=True))


async def _pods(workload: WorkloadState, sources: Sources, limit: int = MOST_PODS) -> PodList | Unavailable:
    owner = workload.target
    if owner.kind == "Pod":
        return await sources.look(PodsOf(owner.namespace, pod=owner.name))
    if not workload.selector:
        detail = f"{some(owner.kind)} selects no pods"
        return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "list", "pods", owner.namespace, detail)
    return await sources.look(PodsOf(owner.namespace, workload.selector, limit=limit))


def _telling(pods: tuple[PodState, ...]) -> PodState | None:
    """One that does not run well before one that does; of equals the youngest."""
    lived = [pod for pod in pods if not pod.deleting and any(_lived(one) for one in pod.containers)]
    return max(
        lived,
        key=lambda pod: (not pod.ready, pod.created_at is not None, pod.created_at, pod.name),
        default=None,
    )


def _lived(container: ContainerState) -> bool:
    return container.state == "running" or bool(container.terminated or container.last_terminated)


async def _neighbours(
    workload: WorkloadState, listed: WorkloadList | Unavailable, sources: Sources
) -> tuple[tuple[Neighbour, ...], int]:
    if isinstance(listed, Unavailable):
        return (), 0
    others = [
        one for one in listed.workloads if one.target != workload.target and one.desired and one.selector
    ]
    chosen = others[:MOST_NEIGHBOURS]
    logs = await asyncio.gather(*(_head(one, sources) for one in chosen))
    found = tuple(
        Neighbour(one.target.name, log) for one, log in zip(chosen, logs, strict=True) if log is not None
    )
    return found, len(others) - len(chosen) + listed.more


async def _head(workload: WorkloadState, sources: Sources) -> LogTail | Unavailable | None:
    pods = await _pods(workload, sources, PODS_OF_A_NEIGHBOUR)
    if isinstance(pods, Unavailable):
        return pods
    pod = _telling(pods.pods)
    main = next((one for one in pod.containers if one.role == "main" and _lived(one)), None) if pod else None
    if pod is None or main is None:
        return None
    if main.state != "running" and main.last_terminated is not None:
        return await sources.look(LogOf(pod.namespace, pod.name, main.name, previous=True))
    return await sources.look(LogHead(pod.namespace, pod.name, main.name))
