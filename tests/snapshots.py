"""Snapshots for tests of runbooks: a healthy Deployment with its pods, and small changes to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.diagnosis.evidence import (
    Condition,
    ContainerSpec,
    ContainerState,
    EventNote,
    LogTail,
    NodeState,
    PodList,
    PodState,
    PodTemplate,
    Revision,
    Termination,
    WorkloadState,
)
from bot.diagnosis.scene import Events, Scene, Tail
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source, Target

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
TARGET = Target("default", "shop", "Deployment", "web")
FORBIDDEN = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "pods", "shop")
NO_EVENTS = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "events", "shop")


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def ended(
    code: int, reason: str = "Error", *, minutes: float = 2, ran: float = 5, **more: Any
) -> Termination:
    """`ran` is for how many seconds."""
    finished = ago(minutes)
    return Termination(
        reason, code, started_at=finished - timedelta(seconds=ran), finished_at=finished, **more
    )


def running(
    name: str = "app", *, last: Termination | None = None, ready: bool = True, **more: Any
) -> ContainerState:
    values: dict[str, Any] = {
        "role": "main",
        "restarts": 1 if last else 0,
        "image": "shop/web:1.4.2",
        "started_at": ago(1),
        **more,
    }
    return ContainerState(name=name, state="running", ready=ready, last_terminated=last, **values)


def waiting(
    reason: str, message: str = "", *, last: Termination | None = None, **more: Any
) -> ContainerState:
    values: dict[str, Any] = {
        "name": "app",
        "role": "main",
        "restarts": 7 if last else 0,
        "image": "shop/web:1.4.2",
        **more,
    }
    return ContainerState(
        state="waiting",
        ready=False,
        waiting_reason=reason,
        waiting_message=message,
        last_terminated=last,
        **values,
    )


def looping(code: int, reason: str = "Error", **more: Any) -> ContainerState:
    return waiting("CrashLoopBackOff", "back-off 5m0s", last=ended(code, reason), **more)


def terminated(code: int, reason: str = "Error", **more: Any) -> ContainerState:
    values: dict[str, Any] = {"name": "app", "role": "main", "restarts": 0, "image": "shop/web:1.4.2", **more}
    return ContainerState(state="terminated", ready=False, terminated=ended(code, reason), **values)


def pod(*containers: ContainerState, name: str = "web-7d9-a", **more: Any) -> PodState:
    found = containers or (running(),)
    values: dict[str, Any] = {
        "phase": "Running",
        "node": "node-1",
        "owner": "ReplicaSet/web-7d9",
        "ready": all(container.ready for container in found if container.role != "init"),
        **more,
    }
    return PodState("shop", name, f"uid-{name}", created_at=ago(60), containers=found, **values)


def event(
    reason: str, message: str = "", *, about: str = "Pod/web-7d9-a", minutes: float = 1, **more: Any
) -> EventNote:
    values: dict[str, Any] = {"type": "Warning", "count": 3, **more}
    return EventNote(
        reason=reason,
        message=message,
        object=about,
        first_at=ago(minutes + 5),
        last_at=ago(minutes),
        **values,
    )


def spec(image: str = "shop/web:1.4.2", name: str = "app", **more: Any) -> ContainerSpec:
    return ContainerSpec(name, image, "main", **more)


def template(*specs: ContainerSpec, **more: Any) -> PodTemplate:
    return PodTemplate(specs or (spec(),), **more)


def revision(number: int, found: PodTemplate, *, minutes: float, name: str = "") -> Revision:
    return Revision(name or f"web-rs{number}", number, ago(minutes), found)


def workload(**more: Any) -> WorkloadState:
    values: dict[str, Any] = {
        "target": TARGET,
        "labels": {},
        "annotations": {},
        "template": template(),
        "desired": 2,
        "ready": 2,
        "updated": 2,
        "available": 2,
        **more,
    }
    return WorkloadState(uid="uid-web", selector="app=web", created_at=ago(60 * 24 * 30), **values)


def node(name: str = "node-1", *bad: Condition, **more: Any) -> NodeState:
    ready = () if any(c.type == "Ready" for c in bad) else (Condition("Ready", "True", "KubeletReady"),)
    return NodeState(name, ago(60 * 24 * 30), (*ready, *bad), **more)


def tail(*lines: str, container: str = "app", pod_name: str = "web-7d9-a") -> Tail:
    return Tail(pod_name, container, LogTail(pod_name, container, previous=True, lines=lines))


def scene(*pods: PodState, **more: Any) -> Scene:
    """A healthy Deployment of these pods (two when none is given); keywords replace parts of it."""
    healthy = Scene(
        target=TARGET,
        workload=workload(),
        pods=PodList(pods or (pod(), pod(name="web-7d9-b"))),
        revisions=(),
        nodes=(node(),),
    )
    return replace(healthy, **more)


def events(*notes: EventNote, gap: Unavailable | None = None) -> Events:
    return Events(notes, gap)
