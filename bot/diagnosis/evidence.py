"""Snapshots: the small frozen types that every source returns in place of its API objects.

Standard library only. Every string in here has passed redaction in `bot/clients`; nothing here holds a secret.
A field that a source did not say is None or empty, never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import Target

# What stands in place of a secret that a client took out.
REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class Termination:
    """How a container ended. `signal` is 0 where the runtime gave none."""

    reason: str
    exit_code: int
    signal: int = 0
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resources:
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContainerState:
    """One container of one pod. `state` is running, waiting, terminated or unknown; `role` is main, init or sidecar.

    `resources` is what it really has: an autoscaler, a LimitRange or a resize may have made it differ from the template.
    """

    name: str
    image: str
    role: str
    state: str
    ready: bool
    restarts: int
    waiting_reason: str = ""
    waiting_message: str = ""
    started_at: datetime | None = None
    terminated: Termination | None = None
    last_terminated: Termination | None = None
    resources: Resources = Resources()


@dataclass(frozen=True, slots=True)
class Condition:
    """A status condition of any object, `status` being True, False or Unknown as the API says it."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PodState:
    """`limited_by` is who wrote resources into it that its template does not have: its kind, and `/name` if known."""

    namespace: str
    name: str
    uid: str
    phase: str
    node: str
    ready: bool
    created_at: datetime | None
    containers: tuple[ContainerState, ...]
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    message: str = ""
    deleting: bool = False
    owner: str = ""
    limited_by: str = ""


@dataclass(frozen=True, slots=True)
class PodList:
    """`more` counts those beyond the page that was read; of a few that were asked for it only tells that there are more."""

    pods: tuple[PodState, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class EnvVar:
    """One `env` entry. `value` is redacted where it may be a secret; `source` is like `secret/NAME/KEY`,
    `configmap/NAME/KEY`, `field/PATH` or `resource/NAME`, else empty.
    """

    name: str
    value: str
    source: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EnvSource:
    """One `envFrom` entry: all keys of a ConfigMap or Secret, each with `prefix` before its name."""

    kind: str
    name: str
    prefix: str = ""
    optional: bool = False

    def __str__(self) -> str:
        """Like `configmap/NAME`, with what is special about it."""
        more = (f"prefix {self.prefix}" if self.prefix else "", "optional" if self.optional else "")
        said = ", ".join(word for word in more if word)
        return f"{self.kind.lower()}/{self.name}" + (f" ({said})" if said else "")


@dataclass(frozen=True, slots=True)
class Probe:
    kind: str
    initial_delay: int
    period: int
    timeout: int
    failures: int
    what: str


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container of a pod template. `env_from` is in list order: a later source wins over an earlier one."""

    name: str
    image: str
    role: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvSource, ...] = ()
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """What a workload runs. `mounts` are like `configmap/NAME`, `secret/NAME`, `pvc/NAME`."""

    containers: tuple[ContainerSpec, ...]
    service_account: str = ""
    mounts: tuple[str, ...] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells who will put an object back. `managers` are field managers; `owner` is the controller, `Kind/name`."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    managers: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who last wrote a field, from managedFields. `subresource` is `scale` for an autoscaler."""

    manager: str
    at: datetime | None
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class WorkloadState:
    """The top-level owner of a target, or a bare Pod, whose `selector` is empty.

    `updated`, `ready` and `available` are None where the kind does not have them. `replica_writers` are those who own
    `spec.replicas`, newest first.
    """

    target: Target
    uid: str
    selector: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    created_at: datetime | None
    template: PodTemplate
    desired: int | None = None
    ready: int | None = None
    updated: int | None = None
    available: int | None = None
    generation: int = 0
    observed_generation: int = 0
    paused: bool = False
    conditions: tuple[Condition, ...] = ()
    owner: str = ""
    managers: tuple[str, ...] = ()
    replica_writers: tuple[Writer, ...] = ()

    @property
    def marks(self) -> Marks:
        return Marks(self.labels, self.annotations, self.managers, self.owner)


@dataclass(frozen=True, slots=True)
class WorkloadList:
    workloads: tuple[WorkloadState, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Revision:
    """One ReplicaSet or ControllerRevision of a workload."""

    name: str
    number: int
    created_at: datetime | None
    template: PodTemplate
    replicas: int | None = None
    change_cause: str = ""


@dataclass(frozen=True, slots=True)
class EventNote:
    """A Kubernetes event, already folded by the API server (`count`)."""

    type: str
    reason: str
    message: str
    object: str
    count: int
    first_at: datetime | None
    last_at: datetime | None
    reporter: str = ""


@dataclass(frozen=True, slots=True)
class ObjectNote:
    """Metadata of any object, never its content. `changed_at` is the newest managedFields time, `keys` are the names
    under `data` as far as managedFields tell them, and `owner` is the controller, `Kind/name`.
    """

    kind: str
    namespace: str
    name: str
    created_at: datetime | None
    changed_at: datetime | None
    changed_by: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True, slots=True)
class NodeState:
    name: str
    created_at: datetime | None
    conditions: tuple[Condition, ...]
    unschedulable: bool = False
    taints: tuple[str, ...] = ()
    kubelet: str = ""
    architecture: str = ""
    heard_at: datetime | None = None
    allocatable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogTail:
    """The last lines of one container's log, redacted. `cut` says that earlier lines were left out."""

    pod: str
    container: str
    previous: bool
    lines: tuple[str, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    labels: Mapping[str, str]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class SeriesSet:
    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()
