"""From what was seen to a list of changes in the window around the start of the trouble, newest first. Pure.

A change is listed only with a time that something recorded. What could not be looked at comes out as gaps; an object
that is not there is no gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.diagnosis.evidence import EventNote, ObjectNote, Revision, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState
from bot.diagnosis.grants import missing
from bot.diagnosis.revisions import differences
from bot.diagnosis.sources import Unavailable
from bot.model import Change, Missing, Reason, Source

BEFORE = timedelta(hours=24)
AFTER = timedelta(minutes=10)
MOST_CHANGES = 30
MOST_DIFFERENCES = 10
MOST_NODES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What was answered; None where there was nothing to ask. `left_out` counts references beyond the bound."""

    workload: WorkloadState | Unavailable | None = None
    revisions: tuple[Revision, ...] | Unavailable | None = None
    events: tuple[EventNote, ...] | Unavailable | None = None
    configuration: tuple[ObjectNote | Unavailable, ...] = ()
    scalers: tuple[ScalerState, ...] | Unavailable | None = None
    scaling: tuple[tuple[EventNote, ...] | Unavailable, ...] = ()
    application: ApplicationState | Unavailable | None = None
    nodes: tuple[ObjectNote, ...] | Unavailable | None = None
    left_out: int = 0


def find_changes(seen: Seen, since: datetime) -> tuple[Change, ...]:
    first, last = since - BEFORE, since + AFTER
    found = [
        change
        for change in (
            *_rollouts(seen),
            *_configuration(seen.configuration),
            *_scaled(seen),
            *_deployed(seen.application),
            *_joined(seen.nodes, first, last),
        )
        if first <= change.at <= last
    ]
    # The order of equal times is the order above, so that the same input gives the same list.
    return tuple(sorted(found, key=lambda change: change.at, reverse=True)[:MOST_CHANGES])


def find_gaps(seen: Seen) -> tuple[Missing, ...]:
    answers = (
        seen.workload,
        seen.revisions,
        seen.events,
        *seen.configuration,
        seen.scalers,
        *seen.scaling,
        seen.application,
        seen.nodes,
    )
    gaps = [
        missing(answer)
        for answer in answers
        if isinstance(answer, Unavailable)
        and (answer.reason is not Reason.NOT_FOUND or answer is seen.workload)
    ]
    if seen.left_out:
        detail = f"{seen.left_out} more ConfigMaps and Secrets were not looked at"
        gaps.append(Missing(Source.KUBERNETES, Reason.NOT_READY, "get", "configmaps", detail=detail))
    return tuple(dict.fromkeys(gaps))


def _rollouts(seen: Seen) -> Iterator[Change]:
    if isinstance(seen.workload, WorkloadState) and seen.workload.created_at:
        yield Change(seen.workload.created_at, _name(seen.workload), "created")
    if not isinstance(seen.revisions, tuple) or not isinstance(seen.workload, WorkloadState):
        return
    newest_first = sorted(seen.revisions, key=lambda revision: -revision.number)
    for after, before in pairwise(newest_first):
        at = _rolled_at(after, before, seen.events)
        if at is not None:
            yield from _revision(_name(seen.workload), before, after, at)


def _rolled_at(
    after: Revision, before: Revision, events: tuple[EventNote, ...] | Unavailable | None
) -> datetime | None:
    """When `after` was rolled out.

    A rollback takes the old ReplicaSet up again, with its old creation time and a new number: only an event still
    knows when that was.
    """
    if after.created_at is None or before.created_at is None or after.created_at >= before.created_at:
        return after.created_at
    if not isinstance(events, tuple):
        return None
    scaled_up = (
        event.first_at
        for event in events
        if event.reason == "ScalingReplicaSet"
        and after.name in event.message
        and event.first_at is not None
        and event.first_at >= before.created_at
    )
    return min(scaled_up, default=None)


def _revision(name: str, before: Revision, after: Revision, at: datetime) -> Iterator[Change]:
    found = differences(before.template, after.template)
    for difference in found[:MOST_DIFFERENCES]:
        yield Change(at, name, difference.key, {**difference.facts, "revision": after.number})
    if len(found) > MOST_DIFFERENCES:
        yield Change(at, name, "more", {"count": len(found) - MOST_DIFFERENCES, "revision": after.number})
    if not found:
        yield Change(at, name, "rollout", {"revision": after.number, "why": after.change_cause})


def _configuration(notes: tuple[ObjectNote | Unavailable, ...]) -> Iterator[Change]:
    for note in notes:
        if isinstance(note, Unavailable):
            continue
        name = f"{note.kind}/{note.name}"
        if note.changed_at is not None and note.changed_at != note.created_at:
            yield Change(note.changed_at, name, "configuration-changed", {"by": note.changed_by})
        if note.created_at is not None:
            yield Change(note.created_at, name, "configuration-created")


def _scaled(seen: Seen) -> Iterator[Change]:
    """The events say how far; without them, the autoscaler still says when it last acted."""
    told: set[str] = set()
    for events in seen.scaling:
        for event in events if isinstance(events, tuple) else ():
            at = event.last_at or event.first_at
            if event.reason == "SuccessfulRescale" and at is not None:
                told.add(event.object)
                yield Change(at, event.object, "rescaled", {"message": event.message})
    for scaler in seen.scalers if isinstance(seen.scalers, tuple) else ():
        name = f"HorizontalPodAutoscaler/{scaler.name}"
        if scaler.last_scaled_at is not None and name not in told:
            facts = {"desired": scaler.desired, "minimum": scaler.minimum, "maximum": scaler.maximum}
            yield Change(scaler.last_scaled_at, name, "scaled", facts)


def _deployed(application: ApplicationState | Unavailable | None) -> Iterator[Change]:
    if not isinstance(application, ApplicationState):
        return
    name = f"Application/{application.name}"
    for entry in application.history:
        if entry.at is not None:
            yield Change(entry.at, name, "deployed", {"revision": entry.revision[:12], "id": entry.id})
    at = application.finished_at or application.started_at
    if at is not None and application.phase in {"Failed", "Error"}:
        yield Change(at, name, "sync-failed", {"message": application.message[:300]})


def _joined(
    nodes: tuple[ObjectNote, ...] | Unavailable | None, first: datetime, last: datetime
) -> Iterator[Change]:
    if not isinstance(nodes, tuple):
        return
    joined = sorted(
        (
            (note.created_at, note.name)
            for note in nodes
            if note.created_at and first <= note.created_at <= last
        ),
        reverse=True,
    )
    for at, name in joined[:MOST_NODES_NAMED]:
        yield Change(at, f"Node/{name}", "node-joined")
    if len(joined) > MOST_NODES_NAMED:
        at = joined[MOST_NODES_NAMED][0]
        yield Change(at, "Node", "nodes-joined", {"count": len(joined) - MOST_NODES_NAMED})


def _name(workload: WorkloadState) -> str:
    return f"{workload.target.kind}/{workload.target.name}"
