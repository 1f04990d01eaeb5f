"""Looks at what the scene leaves out of a Prometheus: its custom resource, its metrics, how its lives began. Judges nothing.

Nothing waits for the logs of the scene: the longest chain is workload, pods, and then all the rest at once.
"""

import asyncio
from dataclasses import dataclass

from bot.diagnosis.changes import WORKLOAD_KINDS
from bot.diagnosis.containers import places, worst, worst_pods
from bot.diagnosis.evidence import EventNote, LogTail, PodList, PodState, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, PrometheusState
from bot.diagnosis.looks import ApplicationOf, EventsOf, LogHead, PodsOf, WorkloadOf
from bot.diagnosis.looks_metrics import WalReplayOf
from bot.diagnosis.looks_objects import PrometheusOf
from bot.diagnosis.ownership import application_of
from bot.diagnosis.prometheus_memory.exam import Metrics, Sight
from bot.diagnosis.prometheus_memory.program import Program, program_in, program_of
from bot.diagnosis.prometheus_memory.queries import QUERY_SECONDS, RUNNING_QUERIES, SERIES, WAL, Questions
from bot.diagnosis.scene import look_around
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Target


@dataclass(frozen=True, slots=True)
class _Pods:
    heads: tuple[LogTail | Unavailable, ...] = ()
    metrics: Metrics | None = None
    node_events: tuple[EventNote, ...] | Unavailable = ()


Above = tuple[PrometheusState | Unavailable | None, ApplicationState | Unavailable | None]


async def look_at_prometheus(target: Target, sources: Sources) -> Sight:
    """The scene asks for the workload and the pods as well: a view asks each once."""
    if target.kind not in WORKLOAD_KINDS:
        return Sight(await look_around(target, sources))
    scene, ((resource, application), of_pods) = await asyncio.gather(
        look_around(target, sources), _around(target, sources)
    )
    return Sight(scene, resource, application, of_pods.heads, of_pods.metrics, of_pods.node_events)


async def _around(target: Target, sources: Sources) -> tuple[Above, _Pods]:
    workload = await sources.look(WorkloadOf(target))
    return await asyncio.gather(_resource(workload, sources), _of_pods(target, workload, sources))


async def _resource(workload: WorkloadState | Unavailable, sources: Sources) -> Above:
    """What the operator was told, and who told it."""
    if isinstance(workload, Unavailable) or not workload.owner.startswith("Prometheus/"):
        return None, None
    name = workload.owner.partition("/")[2]
    resource = await sources.look(PrometheusOf(workload.target.namespace, name))
    if isinstance(resource, Unavailable):
        return resource, None
    marks = resource.marks
    application = application_of(marks.labels, marks.annotations, marks.managers)
    return resource, await sources.look(ApplicationOf(application)) if application else None


async def _of_pods(target: Target, workload: WorkloadState | Unavailable, sources: Sources) -> _Pods:
    look = _pods_of(target, workload)
    found = await sources.look(look) if look is not None else None
    pods = found.pods if isinstance(found, PodList) else ()
    program = program_of(workload) if isinstance(workload, WorkloadState) else program_in(pods)
    if program is None or not pods:
        return _Pods()
    return _Pods(
        *await asyncio.gather(
            _heads(pods, program, sources), _metrics(pods, program, sources), _node_events(pods, sources)
        )
    )


def _pods_of(target: Target, workload: WorkloadState | Unavailable) -> PodsOf | None:
    """The same look that the scene makes."""
    if isinstance(workload, Unavailable):
        return PodsOf(target.namespace, pod=target.name) if target.kind == "Pod" else None
    place = workload.target
    if place.kind == "Pod":
        return PodsOf(place.namespace, pod=place.name)
    return PodsOf(place.namespace, workload.selector) if workload.selector else None


async def _heads(
    pods: tuple[PodState, ...], program: Program, sources: Sources
) -> tuple[LogTail | Unavailable, ...]:
    """At its start it tells which queries the last death cut off."""
    own = (place for place in places(pods) if place.container.name == program.container and place.ended)
    looks = [
        LogHead(place.pod.namespace, place.pod.name, program.container, previous)
        for place in worst(own, 1)
        for previous in ((True, False) if place.container.state == "running" else (True,))
    ]
    return tuple(await asyncio.gather(*(sources.look(look) for look in looks)))


async def _metrics(pods: tuple[PodState, ...], program: Program, sources: Sources) -> Metrics:
    ask = Questions(pods[0].namespace, tuple(pod.name for pod in pods), program.container)
    queries = (ask.working_set, ask.peak, ask.limits, SERIES, WAL, RUNNING_QUERIES, QUERY_SECONDS)
    (working_set, peak, limits, series, wal, running, seconds), replay = await asyncio.gather(
        asyncio.gather(*(sources.look(query) for query in queries)), sources.look(WalReplayOf())
    )
    return Metrics(working_set, peak, limits, series, wal, running, seconds, replay)


async def _node_events(pods: tuple[PodState, ...], sources: Sources) -> tuple[EventNote, ...] | Unavailable:
    """Only there does it stand when the kernel kills for the whole node."""
    node = worst_pods(pods, 1)[0].node
    return await sources.look(EventsOf("", "Node", node, warnings_only=False)) if node else ()
