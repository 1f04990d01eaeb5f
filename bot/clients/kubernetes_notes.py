"""From events, nodes, scalers, services, applications and metadata of the API to snapshots.

Pure, and never raises for any JSON.
"""

from collections.abc import Iterable, Iterator

from bot.clients.kubernetes_json import (
    Json,
    count,
    pairs,
    part,
    rows,
    said,
    text,
    texts,
    when,
)
from bot.clients.kubernetes_pods import conditions
from bot.clients.kubernetes_workloads import EPOCH, hints
from bot.diagnosis.evidence import Condition, EventNote, NodeState, ObjectNote
from bot.diagnosis.evidence_objects import ApplicationState, Deployed, ScalerState, ServiceState


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
    """A write of the status is not a change: kubelets and controllers make one every few seconds."""
    metadata = part(item, "metadata")
    changed, manager = max(
        (
            (at, text(entry.get("manager")))
            for entry in rows(metadata, "managedFields")
            if text(entry.get("subresource")) != "status" and (at := when(entry.get("time"))) is not None
        ),
        default=(None, ""),
    )
    return ObjectNote(
        kind=kind,
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        created_at=when(metadata.get("creationTimestamp")),
        changed_at=changed,
        changed_by=manager,
        labels=hints(metadata.get("labels")),
        annotations=hints(metadata.get("annotations")),
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
        allocatable=pairs(status.get("allocatable")),
    )


def _taint(taint: Json) -> str:
    """As kubectl writes it: `key=value:NoSchedule`."""
    value = text(taint.get("value"))
    return f"{text(taint.get('key'))}{'=' if value else ''}{value}:{text(taint.get('effect'))}"


def scaler_state(scaler: Json) -> ScalerState:
    metadata, spec, status = part(scaler, "metadata"), part(scaler, "spec"), part(scaler, "status")
    reference = part(spec, "scaleTargetRef")
    return ScalerState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        target_kind=text(reference.get("kind")),
        target_name=text(reference.get("name")),
        minimum=count(spec.get("minReplicas"), 1),
        maximum=count(spec.get("maxReplicas")),
        current=count(status.get("currentReplicas")),
        desired=count(status.get("desiredReplicas")),
        last_scaled_at=when(status.get("lastScaleTime")),
        conditions=conditions(status),
    )


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


def application_state(application: Json) -> ApplicationState:
    metadata, spec, status = (part(application, key) for key in ("metadata", "spec", "status"))
    operation = part(status, "operationState")
    source = next(
        iter([*rows(spec, "sources"), *([part(spec, "source")] if part(spec, "source") else [])]), {}
    )
    return ApplicationState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        project=text(spec.get("project")),
        sync=text(part(status, "sync").get("status")),
        health=text(part(status, "health").get("status")),
        revision=_revision(part(status, "sync")),
        phase=text(operation.get("phase")),
        message=said(operation.get("message")),
        started_at=when(operation.get("startedAt")),
        finished_at=when(operation.get("finishedAt")),
        history=tuple(_history(status)),
        conditions=tuple(_application_conditions(status)),
        out_of_sync=tuple(_out_of_sync(status)),
        repo=said(source.get("repoURL"), 300),
        path=text(source.get("path")) or text(source.get("chart")),
        automated=isinstance(part(spec, "syncPolicy").get("automated"), dict),
    )


def _revision(item: Json) -> str:
    """One revision, or those of an application with several sources."""
    return text(item.get("revision")) or ", ".join(texts(item.get("revisions")))


def _history(status: Json) -> Iterator[Deployed]:
    """Newest first; ArgoCD keeps the oldest first."""
    for item in reversed(rows(status, "history")):
        yield Deployed(when(item.get("deployedAt")), _revision(item), count(item.get("id")))


def _application_conditions(status: Json) -> Iterator[Condition]:
    """An ArgoCD condition has no status: it is there or it is not."""
    for item in rows(status, "conditions"):
        message = said(item.get("message"))
        yield Condition(text(item.get("type")), "True", "", message, when(item.get("lastTransitionTime")))


def _out_of_sync(status: Json) -> Iterator[str]:
    for item in rows(status, "resources"):
        if text(item.get("status")) == "OutOfSync":
            yield f"{text(item.get('kind'))}/{text(item.get('name'))}"
