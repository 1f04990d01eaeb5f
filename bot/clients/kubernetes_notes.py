"""From events, nodes, services and metadata of the API to snapshots.

Pure, and never raises for any JSON.
"""

from collections.abc import Iterable

from bot.clients.kubernetes_fields import EPOCH, data_keys, last_change
from bot.clients.kubernetes_json import (
    Json,
    count,
    owner_name,
    pairs,
    part,
    rows,
    said,
    text,
    when,
)
from bot.clients.kubernetes_pods import conditions
from bot.clients.kubernetes_workloads import hints
from bot.diagnosis.evidence import EventNote, NodeState, ObjectNote
from bot.diagnosis.evidence_objects import ServiceState


def event_note(event: Json) -> EventNote:
    """Both generations of events: `count` and `lastTimestamp`, or `series` and `eventTime`."""
    about, series = part(event, "involvedObject"), part(event, "series")
    first = when(event.get("firstTimestamp")) or when(event.get("eventTime"))
    last = when(series.get("lastObservedTime")) or when(event.get("lastTimestamp")) or first
    created = when(part(event, "metadata").get("creationTimestamp"))
    return EventNote(
        type=text(event.get("type")),
        reason=text(event.get("reason")),
        message=said(event.get("message")),
        object=f"{text(about.get('kind'))}/{text(about.get('name'))}",
        count=max(count(series.get("count")), count(event.get("count")), 1),
        first_at=first or created,
        last_at=last or created,
        reporter=text(part(event, "source").get("component")) or text(event.get("reportingComponent")),
    )


def newest_events(events: Iterable[Json]) -> tuple[EventNote, ...]:
    notes = (event_note(event) for event in events)
    return tuple(sorted(notes, key=lambda note: (note.last_at or EPOCH, note.reason), reverse=True))


def object_note(kind: str, item: Json) -> ObjectNote:
    metadata = part(item, "metadata")
    changed_at, changed_by = last_change(metadata)
    return ObjectNote(
        kind=kind,
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        created_at=when(metadata.get("creationTimestamp")),
        changed_at=changed_at,
        changed_by=changed_by,
        labels=hints(metadata.get("labels")),
        annotations=hints(metadata.get("annotations")),
        keys=data_keys(metadata),
        owner=owner_name(metadata),
    )


def node_state(node: Json) -> NodeState:
    metadata, spec, status = part(node, "metadata"), part(node, "spec"), part(node, "status")
    return NodeState(
        name=text(metadata.get("name")),
        created_at=when(metadata.get("creationTimestamp")),
        conditions=conditions(status),
        unschedulable=spec.get("unschedulable") is True,
        taints=tuple(_taint(taint) for taint in rows(spec, "taints")),
        kubelet=text(part(status, "nodeInfo").get("kubeletVersion")),
        architecture=text(part(status, "nodeInfo").get("architecture")),
        heard_at=max(
            (at for item in rows(status, "conditions") if (at := when(item.get("lastHeartbeatTime")))),
            default=None,
        ),
        allocatable=pairs(status.get("allocatable")),
    )


def _taint(taint: Json) -> str:
    """As kubectl writes it: `key=value:NoSchedule`."""
    value = text(taint.get("value"))
    return f"{text(taint.get('key'))}{'=' if value else ''}{value}:{text(taint.get('effect'))}"


def service_state(service: Json) -> ServiceState:
    metadata, spec = part(service, "metadata"), part(service, "spec")
    selector = pairs(spec.get("selector"))
    return ServiceState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        selector=",".join(f"{key}={value}" for key, value in sorted(selector.items())),
        ports=tuple(_port(port) for port in rows(spec, "ports")),
    )


def _port(port: Json) -> str:
    """`http 80 → 8080/TCP`, the name left out where there is none."""
    number = text(port.get("port"))
    behind = text(port.get("targetPort")) or number
    return f"{text(port.get('name'))} {number} → {behind}/{text(port.get('protocol')) or 'TCP'}".strip()
