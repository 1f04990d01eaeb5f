"""Observations of a scene: what was seen, as facts, with the command that shows it again. Pure; judges nothing.

Their sentences stand under `observations` of the runbook that uses them.
"""

from datetime import datetime

from bot.diagnosis.containers import Place, row
from bot.diagnosis.evidence import EventNote, LogTail, NodeState, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState
from bot.diagnosis.happenings import fold, last_time
from bot.diagnosis.looks import ApplicationOf, EventsOf, LogOf, NodeOf, PodsOf, WorkloadOf
from bot.diagnosis.scene import Scene
from bot.diagnosis.signatures import ErrorLine
from bot.model import Facts, Observation, Source

_LAST_LINES = 5
_MOST_ROWS = 8


def instant(at: datetime | None) -> str:
    """A time as a fact; empty where there is none."""
    return "" if at is None else at.isoformat()


def container_state(place: Place) -> Observation:
    ended = place.ended
    return Observation(
        Source.KUBERNETES,
        "container-state",
        row(place),
        PodsOf(place.pod.namespace, pod=place.pod.name).reproduce(),
        ended.finished_at if ended is not None else None,
    )


def log_lines(namespace: str, log: LogTail, error: ErrorLine | None) -> Observation:
    """The lines around the error, or the last ones where none looks like it."""
    look = LogOf(namespace, log.pod, log.container, log.previous)
    lines = error.context if error is not None else tuple(line[:500] for line in log.lines[-_LAST_LINES:])
    facts: Facts = {
        "pod": log.pod,
        "container": log.container,
        "previous": log.previous,
        "error": "" if error is None else error.text,
        "lines": lines,
        "cut": log.cut,
    }
    return Observation(Source.KUBERNETES, "log", facts, look.reproduce())


def event(namespace: str, note: EventNote) -> Observation:
    kind, _, name = note.object.partition("/")
    facts: Facts = {
        "object": note.object,
        "reason": note.reason,
        "message": note.message,
        "count": max(note.count, 1),
        "last_at": instant(last_time(note)),
    }
    look = EventsOf(namespace, kind, name, warnings_only=False)
    return Observation(Source.KUBERNETES, "event", facts, look.reproduce(), last_time(note))


def warnings(scene: Scene) -> Observation | None:
    """All warnings folded by reason; None where there was none or not all could be asked."""
    rows = fold(scene.events.notes)
    if not rows:
        return None
    kind, _, name = str(rows[0]["object"]).partition("/")
    look = EventsOf(scene.target.namespace, kind, name)
    facts: Facts = {"rows": rows[:_MOST_ROWS], "more": max(len(rows) - _MOST_ROWS, 0)}
    return Observation(Source.KUBERNETES, "warning-events", facts, look.reproduce())


def rollout(workload: WorkloadState) -> Observation:
    progressing = next((c for c in workload.conditions if c.type == "Progressing"), None)
    facts: Facts = {
        "kind": workload.target.kind,
        "name": workload.target.name,
        "desired": workload.desired,
        "updated": workload.updated,
        "ready": workload.ready,
        "available": workload.available,
        "generation": workload.generation,
        "observed_generation": workload.observed_generation,
        "paused": workload.paused,
        "progressing": "" if progressing is None else progressing.reason,
    }
    return Observation(Source.KUBERNETES, "rollout-state", facts, WorkloadOf(workload.target).reproduce())


def node(state: NodeState) -> Observation:
    facts: Facts = {
        "node": state.name,
        "unschedulable": state.unschedulable,
        "taints": state.taints,
        "conditions": tuple(
            {
                "type": c.type,
                "status": c.status,
                "reason": c.reason,
                "message": c.message,
                "since": instant(c.changed_at),
            }
            for c in state.conditions
        ),
    }
    return Observation(Source.KUBERNETES, "node-state", facts, NodeOf(state.name).reproduce())


def application(state: ApplicationState) -> Observation:
    facts: Facts = {
        "application": state.name,
        "sync": state.sync,
        "health": state.health,
        "phase": state.phase,
        "message": state.message,
        "revision": state.revision[:12],
        "out_of_sync": state.out_of_sync[:10],
    }
    look = ApplicationOf(state.name, state.namespace)
    return Observation(Source.KUBERNETES, "application-state", facts, look.reproduce(), state.finished_at)
