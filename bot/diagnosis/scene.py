"""What stands around a target: its workload, pods, logs, events, nodes and earlier revisions. Looks; judges nothing.

At most three look-ups wait for each other (workload, pods, the rest), and their number does not grow with the number
of pods. A field that was not answered holds why; one that makes no sense for the kind of target says so.
"""

import asyncio
from dataclasses import dataclass
from typing import TypeVar

from bot.diagnosis.changes import REVISED_BY_SETS, REVISED_KINDS, SCALABLE_KINDS, WORKLOAD_KINDS
from bot.diagnosis.containers import Place, places, worst, worst_pods
from bot.diagnosis.evidence import EventNote, LogTail, NodeState, PodList, PodState, Revision, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState
from bot.diagnosis.explaining import Explained
from bot.diagnosis.looks import (
    ApplicationOf,
    EventsOf,
    LogOf,
    NodeOf,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    WorkloadOf,
)
from bot.diagnosis.naming import some
from bot.diagnosis.ownership import application_of
from bot.diagnosis.sources import Look, Sources, Unavailable
from bot.model import Reason, Source, Target

T = TypeVar("T")

MOST_LOGS = 4
MOST_PODS = 3
MOST_NODES = 3


@dataclass(frozen=True, slots=True)
class Tail:
    """The log of one container, or why there is none."""

    pod: str
    container: str
    log: LogTail | Unavailable


@dataclass(frozen=True, slots=True)
class Events:
    """Events of several objects together. `gap` is the first object's that could not be looked at."""

    notes: tuple[EventNote, ...] = ()
    gap: Unavailable | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """`application` is None where ArgoCD tracks nothing here; `explained` is what need not be told any more."""

    target: Target
    workload: WorkloadState | Unavailable
    pods: PodList | Unavailable
    revisions: tuple[Revision, ...] | Unavailable
    application: ApplicationState | Unavailable | None = None
    logs: tuple[Tail, ...] = ()
    events: Events = Events()
    nodes: tuple[NodeState | Unavailable, ...] = ()
    scalers: tuple[ScalerState, ...] | Unavailable = ()
    explained: tuple[Explained, ...] = ()


async def look_around(target: Target, sources: Sources) -> Scene:
    if target.kind not in WORKLOAD_KINDS:
        return await _without_workload(target, sources)
    workload = await sources.look(WorkloadOf(target))
    pods, revisions, application = await asyncio.gather(
        _pods(target, workload, sources), _revisions(workload, sources), _application(workload, sources)
    )
    listed = pods.pods if isinstance(pods, PodList) else ()
    shown = worst_pods(listed, MOST_PODS)
    logs, events, nodes, scalers = await asyncio.gather(
        _logs(listed, sources),
        _events(_objects(target, workload, revisions, shown), sources),
        _nodes(shown, sources),
        _scalers(workload, sources),
    )
    return Scene(target, workload, pods, revisions, application, logs, events, nodes, scalers)


async def _without_workload(target: Target, sources: Sources) -> Scene:
    """A Node, a claim, an Application, or anything else that runs no pods of its own."""
    events, node, application = await asyncio.gather(
        _events([(target.kind, target.name, target.namespace)], sources),
        _if_kind("Node", target, NodeOf(target.name), sources),
        _if_kind("Application", target, ApplicationOf(target.name, target.namespace), sources),
    )
    what = some(target.kind)
    return Scene(
        target=target,
        workload=_nothing(target, "workloads", f"{what} is no workload"),
        pods=_nothing(target, "pods", f"no pods are looked at for {what}"),
        revisions=(),
        application=application or _nothing(target, "applications", f"nothing tells which tracks {what}"),
        events=events,
        scalers=_nothing(target, "horizontalpodautoscalers", f"{what} is not scaled"),
        nodes=() if node is None else (node,),
    )


async def _if_kind(kind: str, target: Target, look: Look[T], sources: Sources) -> T | Unavailable | None:
    return await sources.look(look) if target.kind == kind else None


def _nothing(target: Target, resource: str, detail: str) -> Unavailable:
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", resource, target.namespace, detail)


async def _pods(
    target: Target, workload: WorkloadState | Unavailable, sources: Sources
) -> PodList | Unavailable:
    namespace = target.namespace
    if isinstance(workload, Unavailable):
        # The pod an alert names can be read even where its owner cannot.
        return await sources.look(PodsOf(namespace, pod=target.name)) if target.kind == "Pod" else workload
    owner = workload.target
    if owner.kind == "Pod":
        return await sources.look(PodsOf(owner.namespace, pod=owner.name))
    if not workload.selector:
        return _nothing(target, "pods", f"{some(owner.kind)} selects no pods")
    return await sources.look(PodsOf(owner.namespace, workload.selector))


async def _revisions(
    workload: WorkloadState | Unavailable, sources: Sources
) -> tuple[Revision, ...] | Unavailable:
    if isinstance(workload, Unavailable) or workload.target.kind not in REVISED_KINDS:
        return ()
    return await sources.look(RevisionsOf(workload.target, workload.uid, workload.selector))


async def _scalers(
    workload: WorkloadState | Unavailable, sources: Sources
) -> tuple[ScalerState, ...] | Unavailable:
    if isinstance(workload, Unavailable):
        return workload
    owner = workload.target
    if owner.kind not in SCALABLE_KINDS:
        return ()
    return await sources.look(ScalersOf(owner.namespace, owner.kind, owner.name))


async def _application(
    workload: WorkloadState | Unavailable, sources: Sources
) -> ApplicationState | Unavailable | None:
    if isinstance(workload, Unavailable):
        return workload
    name = application_of(workload.labels, workload.annotations, workload.managers)
    return await sources.look(ApplicationOf(name)) if name else None


async def _logs(pods: tuple[PodState, ...], sources: Sources) -> tuple[Tail, ...]:
    chosen = worst((place for place in places(pods) if place.lived), MOST_LOGS)
    return tuple(await asyncio.gather(*(log_of(place, sources) for place in chosen)))


async def log_of(place: Place, sources: Sources) -> Tail:
    """The life that ended last: the previous one, unless the container has ended and was not started again."""
    pod, container = place.pod, place.container
    previous = container.terminated is None and container.last_terminated is not None
    look = LogOf(pod.namespace, pod.name, container.name, previous)
    log = await sources.look(look)
    if previous and isinstance(log, Unavailable) and log.reason is Reason.NOT_FOUND:
        # The kubelet has already removed the dead container; what runs now may repeat the error.
        log = await sources.look(LogOf(pod.namespace, pod.name, container.name))
    return Tail(pod.name, container.name, log)


def _objects(
    target: Target,
    workload: WorkloadState | Unavailable,
    revisions: tuple[Revision, ...] | Unavailable,
    pods: tuple[PodState, ...],
) -> list[tuple[str, str, str]]:
    """(kind, name, namespace) of everything whose events matter, each once."""
    objects = [(target.kind, target.name, target.namespace)]
    if isinstance(workload, WorkloadState):
        owner = workload.target
        objects.append((owner.kind, owner.name, owner.namespace))
        if owner.kind in REVISED_BY_SETS and isinstance(revisions, tuple) and revisions:
            newest = max(revisions, key=lambda revision: revision.number)
            objects.append(("ReplicaSet", newest.name, owner.namespace))
    objects.extend(("Pod", pod.name, pod.namespace) for pod in pods)
    return list(dict.fromkeys(objects))


async def _events(objects: list[tuple[str, str, str]], sources: Sources) -> Events:
    """Normal events too: that a probe killed a container is not a warning."""
    looks = [
        EventsOf(namespace, kind, name, warnings_only=False)
        for kind, name, namespace in objects
        if kind and name
    ]
    answers = await asyncio.gather(*(sources.look(look) for look in looks))
    notes = (note for answer in answers if isinstance(answer, tuple) for note in answer)
    gap = next((answer for answer in answers if isinstance(answer, Unavailable)), None)
    return Events(tuple(dict.fromkeys(notes)), gap)


async def _nodes(pods: tuple[PodState, ...], sources: Sources) -> tuple[NodeState | Unavailable, ...]:
    names = list(dict.fromkeys(pod.node for pod in pods if pod.node))[:MOST_NODES]
    return tuple(await asyncio.gather(*(sources.look(NodeOf(name)) for name in names)))
