"""Looks at a workload that a database may refuse: its scene, its settings, and who else fails alike. Judges nothing.

The settings are looked at while pods and logs are. Siblings are searched only when a log of the target says why.
"""

import asyncio
from dataclasses import replace

from bot.diagnosis.changes import WORKLOAD_KINDS
from bot.diagnosis.containers import places
from bot.diagnosis.database.refusal import Trouble
from bot.diagnosis.database.shown import server_of
from bot.diagnosis.database.situation import Evidence, refused, running_again
from bot.diagnosis.environment import Settings
from bot.diagnosis.evidence import ObjectNote, PodList, WorkloadState
from bot.diagnosis.evidence_objects import EndpointsState
from bot.diagnosis.looks import LogOf, SecretNote, ServiceOf, WorkloadOf
from bot.diagnosis.looks_objects import EndpointsOf
from bot.diagnosis.naming import some
from bot.diagnosis.scene import Scene, Tail, look_around
from bot.diagnosis.settings_of import look_at_settings
from bot.diagnosis.siblings import look_at_siblings
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Reason, Source, Target

_MOST_HANGING = 2
_MOST_MOUNTED = 6


async def look_for_refusals(target: Target, sources: Sources) -> Evidence:
    scene, settings = await asyncio.gather(look_around(target, sources), _settings(target, sources))
    seen = Evidence(scene, settings, await _hanging(scene, sources))
    seen = replace(seen, present=await _present(seen, sources))
    found = refused(seen)
    if found is None or found.settled or not isinstance(scene.workload, WorkloadState):
        return seen
    place = scene.workload.target
    siblings, endpoints = await asyncio.gather(
        look_at_siblings(place, sources), _endpoints(place.namespace, seen, sources)
    )
    return replace(seen, siblings=siblings, endpoints=endpoints)


async def _settings(target: Target, sources: Sources) -> Settings | Unavailable:
    if target.kind not in WORKLOAD_KINDS:
        detail = f"{some(target.kind)} has no settings"
        place = target.namespace
        return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "workloads", place, detail)
    workload = await sources.look(WorkloadOf(target))
    if isinstance(workload, Unavailable):
        return workload
    held, mounted = await asyncio.gather(
        look_at_settings(workload.target.namespace, workload.template, sources),
        _mounted(workload, sources),
    )
    return replace(held, secrets={**mounted, **held.secrets})


async def _mounted(workload: WorkloadState, sources: Sources) -> dict[str, ObjectNote | Unavailable]:
    """Secrets that a program reads from files; a password may be among them."""
    names = [mount.partition("/")[2] for mount in workload.template.mounts if mount.startswith("secret/")]
    names = names[:_MOST_MOUNTED]
    place = workload.target.namespace
    notes = await asyncio.gather(*(sources.look(SecretNote(place, name)) for name in names))
    return dict(zip(names, notes, strict=True))


async def _hanging(scene: Scene, sources: Sources) -> tuple[Tail, ...]:
    """Init containers that run and let nothing else start: they wait, often for a database."""
    if not isinstance(scene.pods, PodList):
        return ()
    waiting = sorted(
        (
            place
            for place in places(pod for pod in scene.pods.pods if not pod.ready and not pod.deleting)
            if place.container.role == "init" and place.container.state == "running"
        ),
        key=lambda place: (place.pod.name, place.container.name),
    )
    seen = {(tail.pod, tail.container) for tail in scene.logs}
    chosen = [p for p in waiting if (p.pod.name, p.container.name) not in seen][:_MOST_HANGING]
    logs = await asyncio.gather(
        *(sources.look(LogOf(p.pod.namespace, p.pod.name, p.container.name)) for p in chosen)
    )
    return tuple(Tail(p.pod.name, p.container.name, log) for p, log in zip(chosen, logs, strict=True))


async def _present(seen: Evidence, sources: Sources) -> tuple[Tail, ...]:
    """What containers log that were refused in the life before: at most as many as logs were read."""
    chosen = running_again(seen)
    logs = await asyncio.gather(
        *(sources.look(LogOf(p.pod.namespace, p.pod.name, p.container.name)) for p in chosen)
    )
    return tuple(Tail(p.pod.name, p.container.name, log) for p, log in zip(chosen, logs, strict=True))


async def _endpoints(namespace: str, seen: Evidence, sources: Sources) -> EndpointsState | Unavailable | None:
    """Whether anything stands behind the Service that could not be reached."""
    found = refused(seen)
    if found is None or found.refusal.trouble is not Trouble.NETWORK:
        return None
    server = server_of(found, namespace)
    if server.service is None:
        return None
    service, endpoints = await asyncio.gather(
        sources.look(ServiceOf(*server.service)), sources.look(EndpointsOf(*server.service))
    )
    absent = isinstance(service, Unavailable) and service.reason is Reason.NOT_FOUND
    empty = isinstance(endpoints, EndpointsState) and not (endpoints.ready or endpoints.not_ready)
    # No list of endpoints is long enough to tell a Service without pods from no Service.
    return service if absent and empty and isinstance(service, Unavailable) else endpoints
