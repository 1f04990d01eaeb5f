"""Looking for what changed before the trouble began; `timeline` picks what lies in the window and words nothing either.

The number of look-ups is bounded, whatever the workload refers to, and all of them run at once.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from bot.diagnosis.evidence import EventNote, PodTemplate, Revision, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState
from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    NodesJoined,
    RevisionsOf,
    ScalersOf,
    SecretNote,
)
from bot.diagnosis.ownership import application_of
from bot.diagnosis.reads import (
    APPLICATION_READ,
    CONFIG_READ,
    EVENT_READ,
    JOB_READ,
    NODE_READ,
    POD_READ,
    ROLLOUT_READ,
    SCALER_READ,
    SECRET_META,
    SERVICE_READ,
    WORKLOAD_READ,
)
from bot.diagnosis.sources import Sources, Unavailable
from bot.diagnosis.timeline import Seen, find_changes, find_gaps
from bot.model import Change, Missing, Target

MOST_REFERENCES = 12
# Their revisions are ReplicaSets; those of the other revised kinds are ControllerRevisions.
REVISED_BY_SETS = frozenset({"Deployment", "Rollout"})
REVISED_KINDS = REVISED_BY_SETS | {"StatefulSet", "DaemonSet"}
SCALABLE_KINDS = frozenset({"Deployment", "Rollout", "StatefulSet", "ReplicaSet"})

WORKLOAD_KINDS = frozenset(
    {
        "CronJob",
        "DaemonSet",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Job",
        "Pod",
        "ReplicaSet",
        "Rollout",
        "Service",
        "StatefulSet",
    }
)
CHANGE_READS = (
    WORKLOAD_READ,
    ROLLOUT_READ,
    POD_READ,
    JOB_READ,
    EVENT_READ,
    CONFIG_READ,
    SECRET_META,
    SCALER_READ,
    SERVICE_READ,
    NODE_READ,
    APPLICATION_READ,
)


async def what_changed(
    target: Target, workload: WorkloadState | Unavailable | None, sources: Sources, since: datetime
) -> tuple[tuple[Change, ...], tuple[Missing, ...]]:
    """Newest first, with what could not be looked at."""
    seen = await look_for_changes(target, workload, sources)
    return find_changes(seen, since), find_gaps(seen)


async def look_for_changes(
    target: Target, workload: WorkloadState | Unavailable | None, sources: Sources
) -> Seen:
    """One chain of at most two look-ups: the scalers, then their events."""
    if not isinstance(workload, WorkloadState):
        name = target.name if target.kind == "Application" else ""
        nodes, application = await asyncio.gather(
            sources.look(NodesJoined()), _application(name, target.namespace, sources)
        )
        return Seen(workload=workload, nodes=nodes, application=application)
    owner = workload.target
    notes = referenced(owner.namespace, workload.template)
    tracked = application_of(workload.labels, workload.annotations, workload.managers)
    revisions, events, configuration, scaled, application, nodes = await asyncio.gather(
        _revisions(workload, sources),
        sources.look(EventsOf(owner.namespace, owner.kind, owner.name, warnings_only=False)),
        asyncio.gather(*(sources.look(note) for note in notes[:MOST_REFERENCES])),
        _scaling(owner, sources),
        _application(tracked, "", sources),
        sources.look(NodesJoined()),
    )
    return Seen(
        workload=workload,
        revisions=revisions,
        events=events,
        configuration=tuple(configuration),
        scalers=scaled[0],
        scaling=scaled[1],
        application=application,
        nodes=nodes,
        left_out=max(len(notes) - MOST_REFERENCES, 0),
    )


def referenced(namespace: str, template: PodTemplate) -> tuple[ConfigMapNote | SecretNote, ...]:
    """The look-ups for ConfigMaps and Secrets that the pods read, in the order of the template, each once."""
    return tuple(
        ConfigMapNote(namespace, name) if kind == "configmap" else SecretNote(namespace, name)
        for kind, name in dict.fromkeys(_references(template))
        if kind in {"configmap", "secret"}
    )


def _references(template: PodTemplate) -> Iterator[tuple[str, str]]:
    for spec in template.containers:
        for source in spec.env_from:
            yield source.kind.lower(), source.name
        for entry in spec.env:
            kind, _, rest = entry.source.partition("/")
            yield kind, rest.partition("/")[0]
    for mount in template.mounts:
        kind, _, name = mount.partition("/")
        yield kind, name


async def _revisions(workload: WorkloadState, sources: Sources) -> tuple[Revision, ...] | Unavailable | None:
    if workload.target.kind not in REVISED_KINDS:
        return None
    return await sources.look(RevisionsOf(workload.target, workload.uid, workload.selector))


async def _application(name: str, namespace: str, sources: Sources) -> ApplicationState | Unavailable | None:
    return await sources.look(ApplicationOf(name, namespace)) if name else None


async def _scaling(
    owner: Target, sources: Sources
) -> tuple[tuple[ScalerState, ...] | Unavailable | None, tuple[tuple[EventNote, ...] | Unavailable, ...]]:
    if owner.kind not in SCALABLE_KINDS:
        return None, ()
    scalers = await sources.look(ScalersOf(owner.namespace, owner.kind, owner.name))
    if isinstance(scalers, Unavailable):
        return scalers, ()
    # Two autoscalers on one workload are already a mistake; more would only be noise.
    events = [
        EventsOf(owner.namespace, "HorizontalPodAutoscaler", scaler.name, warnings_only=False)
        for scaler in scalers[:2]
    ]
    return scalers, tuple(await asyncio.gather(*(sources.look(look) for look in events)))
