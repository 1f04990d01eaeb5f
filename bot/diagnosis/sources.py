"""Look-ups as values: what can be asked of a source, what permission it needs, and what an answer may be.

A look is a small frozen value. Whoever answers it (a client, the demo, a test, a replayed bundle) gets the same value,
so memoising, single flight, time-outs, permissions, metrics and recording are each done once, in the engine.
Nothing here does I/O.
"""

from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from bot.diagnosis.commands import TIMES_ONLY, kubectl, promtool
from bot.diagnosis.evidence import (
    ApplicationState,
    EventNote,
    LogTail,
    NodeState,
    ObjectNote,
    PodList,
    Revision,
    ScalerState,
    SeriesSet,
    ServiceState,
    WorkloadState,
)
from bot.model import Reason, Source, Target

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Read:
    """A permission. For Kubernetes: API group, resources and verbs; `cluster_wide` where a Role cannot give it."""

    source: Source
    group: str = ""
    resources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("get", "list")
    cluster_wide: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A look-up that gave nothing, and why. It is evidence: a cause that needed it is *not checked*."""

    source: Source
    reason: Reason
    verb: str = ""
    resource: str = ""
    namespace: str = ""
    detail: str = ""
    group: str = ""


class Look(Generic[T_co]):
    """A question to a source. Subclasses are frozen dataclasses; `read` is the permission it needs."""

    __slots__ = ()
    read: ClassVar[Read]

    def reproduce(self) -> str:
        """The command that asks the same question by hand, safe to paste; empty where there is none."""
        return ""


class Sources(Protocol):
    """What a runbook sees of the world. Never raises for a failed look-up; refuses what the runbook did not declare."""

    async def look(self, look: Look[T]) -> T | Unavailable: ...


POD_READ = Read(Source.KUBERNETES, "", ("pods",), why="container states, exit codes and restarts")
POD_LOGS = Read(Source.KUBERNETES, "", ("pods/log",), ("get",), why="the last lines before a container died")
EVENT_READ = Read(Source.KUBERNETES, "", ("events",), ("list",), why="warnings about the target")
WORKLOAD_READ = Read(
    Source.KUBERNETES,
    "apps",
    ("deployments", "statefulsets", "daemonsets", "replicasets", "controllerrevisions"),
    why="rollout state and earlier revisions",
)
JOB_READ = Read(Source.KUBERNETES, "batch", ("jobs", "cronjobs"), why="state of jobs")
SCALER_READ = Read(
    Source.KUBERNETES, "autoscaling", ("horizontalpodautoscalers",), why="scaling before the alert"
)
NODE_READ = Read(
    Source.KUBERNETES, "", ("nodes",), cluster_wide=True, why="node conditions, and nodes that joined"
)
CONFIG_READ = Read(Source.KUBERNETES, "", ("configmaps",), ("get",), why="when a ConfigMap changed")
SECRET_META = Read(
    Source.KUBERNETES,
    "",
    ("secrets",),
    ("get",),
    why="when a Secret changed; only metadata is asked for, never data",
)
SERVICE_READ = Read(Source.KUBERNETES, "", ("services",), ("get",), why="which pods stand behind a Service")
APPLICATION_READ = Read(
    Source.KUBERNETES, "argoproj.io", ("applications",), why="sync state and history of ArgoCD applications"
)
METRICS = Read(Source.PROMETHEUS, why="metrics of the target")


@dataclass(frozen=True, slots=True)
class FindTargets(Look[tuple[Target, ...]]):
    """Workloads called `name` (with optional namespace and kind), or nearest names when none is."""

    read: ClassVar[Read] = WORKLOAD_READ
    name: str
    namespace: str = ""
    kind: str = ""

    def reproduce(self) -> str:
        kinds = self.kind.lower() or "deployments,statefulsets,daemonsets"
        only = f"--field-selector=metadata.name={self.name}"
        return kubectl("get", kinds, only, namespace=self.namespace, everywhere=True)


@dataclass(frozen=True, slots=True)
class WorkloadOf(Look[WorkloadState]):
    """The top-level owner of a pod, the scale target of an HPA, the pods behind a Service, or the workload itself."""

    read: ClassVar[Read] = WORKLOAD_READ
    target: Target

    def reproduce(self) -> str:
        what = f"{self.target.kind.lower()}/{self.target.name}"
        return kubectl("get", what, "--output=yaml", namespace=self.target.namespace)


@dataclass(frozen=True, slots=True)
class PodsOf(Look[PodList]):
    """Pods of a workload, by its selector (or one pod by name when `pod` is set)."""

    read: ClassVar[Read] = POD_READ
    namespace: str
    selector: str = ""
    pod: str = ""

    def reproduce(self) -> str:
        what = (f"pod/{self.pod}",) if self.pod else ("pods", f"--selector={self.selector}")
        return kubectl("get", *what, "--output=wide", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class LogOf(Look[LogTail]):
    read: ClassVar[Read] = POD_LOGS
    namespace: str
    pod: str
    container: str
    previous: bool = False
    lines: int = 200

    def reproduce(self) -> str:
        which = ("--previous",) if self.previous else ()
        rest = (f"--container={self.container}", *which, f"--tail={self.lines}")
        return kubectl("logs", f"pod/{self.pod}", *rest, namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class EventsOf(Look[tuple[EventNote, ...]]):
    """Events of one object, by exact field selector. `warnings_only` leaves Normal events out."""

    read: ClassVar[Read] = EVENT_READ
    namespace: str
    kind: str
    name: str
    warnings_only: bool = True

    def reproduce(self) -> str:
        chosen = f"involvedObject.kind={self.kind},involvedObject.name={self.name}"
        chosen += ",type=Warning" if self.warnings_only else ""
        return kubectl(
            "get", "events", f"--field-selector={chosen}", namespace=self.namespace, everywhere=True
        )


@dataclass(frozen=True, slots=True)
class RevisionsOf(Look[tuple[Revision, ...]]):
    """ReplicaSets or ControllerRevisions that the workload owns, newest first."""

    read: ClassVar[Read] = WORKLOAD_READ
    target: Target
    uid: str
    selector: str

    def reproduce(self) -> str:
        what = f"{self.target.kind.lower()}/{self.target.name}"
        return kubectl("rollout", "history", what, namespace=self.target.namespace)


@dataclass(frozen=True, slots=True)
class NodeOf(Look[NodeState]):
    read: ClassVar[Read] = NODE_READ
    name: str

    def reproduce(self) -> str:
        return kubectl("describe", f"node/{self.name}")


@dataclass(frozen=True, slots=True)
class NodesJoined(Look[tuple[ObjectNote, ...]]):
    """Metadata of all nodes; the reader compares creation times."""

    read: ClassVar[Read] = NODE_READ

    def reproduce(self) -> str:
        return kubectl("get", "nodes", "--sort-by=.metadata.creationTimestamp")


@dataclass(frozen=True, slots=True)
class ConfigMapNote(Look[ObjectNote]):
    read: ClassVar[Read] = CONFIG_READ
    namespace: str
    name: str

    def reproduce(self) -> str:
        return kubectl("get", f"configmap/{self.name}", TIMES_ONLY, namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class SecretNote(Look[ObjectNote]):
    read: ClassVar[Read] = SECRET_META
    namespace: str
    name: str

    def reproduce(self) -> str:
        return kubectl("get", f"secret/{self.name}", TIMES_ONLY, namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class ScalersOf(Look[tuple[ScalerState, ...]]):
    """HPAs of a namespace that scale this workload, or the one HPA called `name`."""

    read: ClassVar[Read] = SCALER_READ
    namespace: str
    kind: str = ""
    workload: str = ""
    name: str = ""

    def reproduce(self) -> str:
        what = f"hpa/{self.name}" if self.name else "hpa"
        return kubectl("get", what, "--output=wide", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class ServiceOf(Look[ServiceState]):
    read: ClassVar[Read] = SERVICE_READ
    namespace: str
    name: str

    def reproduce(self) -> str:
        return kubectl("get", f"service/{self.name}", "--output=wide", namespace=self.namespace)


@dataclass(frozen=True, slots=True)
class ApplicationOf(Look[ApplicationState]):
    """An ArgoCD Application by name, in any namespace unless one is given, read from its custom resource."""

    read: ClassVar[Read] = APPLICATION_READ
    name: str
    namespace: str = ""

    def reproduce(self) -> str:
        kind = "applications.argoproj.io"
        if self.namespace:
            return kubectl("get", f"{kind}/{self.name}", "--output=yaml", namespace=self.namespace)
        only = f"--field-selector=metadata.name={self.name}"
        return kubectl("get", kind, only, "--output=yaml", everywhere=True)


@dataclass(frozen=True, slots=True)
class InstantQuery(Look[SeriesSet]):
    read: ClassVar[Read] = METRICS
    expr: str
    at: float | None = None

    def reproduce(self) -> str:
        return promtool("instant", self.expr)


@dataclass(frozen=True, slots=True)
class RangeQuery(Look[SeriesSet]):
    read: ClassVar[Read] = METRICS
    expr: str
    start: float
    end: float
    step: float

    def reproduce(self) -> str:
        start, end, step = f"--start={self.start:.0f}", f"--end={self.end:.0f}", f"--step={self.step:.0f}s"
        return promtool("range", self.expr, start, end, step)


class Answerer(Protocol):
    """Who answers the looks of one source of one cluster: a client, the demo, a fake or a replayed bundle."""

    async def answer(self, look: Look[T]) -> T | Unavailable: ...
