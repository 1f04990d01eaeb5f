"""Looks at workloads and what stands around them: pods, logs, events, nodes, scalers, services, applications.

Values only: each names the permission it needs and the command that asks the same by hand. Nothing here does I/O.
"""

from dataclasses import dataclass
from typing import ClassVar

from bot.diagnosis.commands import TIMES_ONLY, kubectl
from bot.diagnosis.evidence import (
    EventNote,
    LogTail,
    NodeState,
    ObjectNote,
    PodList,
    Revision,
    WorkloadList,
    WorkloadState,
)
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState, ServiceState
from bot.diagnosis.reads import (
    APPLICATION_READ,
    CONFIG_READ,
    EVENT_READ,
    NODE_READ,
    POD_LOGS,
    POD_READ,
    SCALER_READ,
    SECRET_META,
    SERVICE_READ,
    WORKLOAD_READ,
)
from bot.diagnosis.sources import Look, Read
from bot.model import Target


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
class SiblingsOf(Look[WorkloadList]):
    """The workloads of one kind in a namespace, by name, at most `limit`; their number does not grow with pods."""

    read: ClassVar[Read] = WORKLOAD_READ
    namespace: str
    kind: str = "Deployment"
    limit: int = 100

    def reproduce(self) -> str:
        return kubectl("get", f"{self.kind.lower()}s", "--output=wide", namespace=self.namespace)


MOST_PODS = 500


@dataclass(frozen=True, slots=True)
class PodsOf(Look[PodList]):
    """Pods of a workload, by its selector (or one pod by name when `pod` is set).

    Where a few speak for all, `limit` keeps a big workload from costing more than a small one.
    """

    read: ClassVar[Read] = POD_READ
    namespace: str
    selector: str = ""
    pod: str = ""
    limit: int = MOST_PODS

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
class LogHead(Look[LogTail]):
    """The first lines of a log: what a process said when it started, however long ago. `cut`: there are later ones."""

    read: ClassVar[Read] = POD_LOGS
    namespace: str
    pod: str
    container: str
    previous: bool = False
    kibibytes: int = 64

    def reproduce(self) -> str:
        which = ("--previous",) if self.previous else ()
        rest = (f"--container={self.container}", *which, f"--limit-bytes={self.kibibytes * 1024}")
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
