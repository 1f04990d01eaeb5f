"""Snapshots of what stands around workloads: scalers, services, applications, configuration and custom resources.

The same promises hold as in `evidence`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.diagnosis.evidence import Condition, Marks


@dataclass(frozen=True, slots=True)
class ConfigMapState:
    """Values are redacted by the name of their key and by their content; long ones are shortened."""

    namespace: str
    name: str
    values: Mapping[str, str]
    marks: Marks = field(default_factory=Marks)
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class EndpointsState:
    """Addresses behind a Service."""

    namespace: str
    service: str
    ready: int
    not_ready: int = 0


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A PodDisruptionBudget. `selector` is ready for a labelSelector parameter; numbers are as the status says them."""

    namespace: str
    name: str
    selector: str
    minimum: str = ""
    most_unavailable: str = ""
    healthy: int = 0
    wanted: int = 0
    allowed: int = 0


@dataclass(frozen=True, slots=True)
class QuotaState:
    namespace: str
    name: str
    hard: Mapping[str, str]
    used: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CrdVersion:
    """`schema` is a digest: two versions with the same digest validate the same objects."""

    name: str
    served: bool
    storage: bool
    schema: str = ""


@dataclass(frozen=True, slots=True)
class CrdState:
    """A CustomResourceDefinition. `webhook_service` is `namespace/name`, empty where conversion calls no Service."""

    name: str
    kind: str
    versions: tuple[CrdVersion, ...]
    strategy: str
    webhook_service: str = ""
    webhook_url: str = ""
    stored_versions: tuple[str, ...] = ()
    marks: Marks = field(default_factory=Marks)
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretKey:
    """One entry of an ExternalSecret's `spec.data`: which remote value becomes which key."""

    key: str
    remote: str = ""
    property: str = ""


@dataclass(frozen=True, slots=True)
class ExternalSecretState:
    """`secret` is the name of the Secret it makes; `open_ended` where dataFrom or a template adds keys not listed.

    `policy` is how it makes it: Owner, Orphan, Merge into one that others make, or None.
    """

    namespace: str
    name: str
    version: str
    store_kind: str
    store: str
    secret: str
    keys: tuple[SecretKey, ...] = ()
    open_ended: bool = False
    conditions: tuple[Condition, ...] = ()
    refreshed_at: datetime | None = None
    refresh_interval: str = ""
    marks: Marks = field(default_factory=Marks)
    policy: str = "Owner"


@dataclass(frozen=True, slots=True)
class StoreState:
    """A SecretStore or ClusterSecretStore; `provider` is the key below spec.provider, such as `aws`.

    `login` is who it says it logs in as, by name only: `method`, `mount`, `role`, `account`, `project`, where said.
    """

    kind: str
    namespace: str
    name: str
    version: str
    provider: str
    conditions: tuple[Condition, ...] = ()
    marks: Marks = field(default_factory=Marks)
    login: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PrometheusState:
    """A `Prometheus` custom resource. Limits and requests are of its container `prometheus`, as the resource says them."""

    namespace: str
    name: str
    version: str = ""
    replicas: int | None = None
    limits: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, str] = field(default_factory=dict)
    route_prefix: str = ""
    external_url: str = ""
    retention: str = ""
    marks: Marks = field(default_factory=Marks)


@dataclass(frozen=True, slots=True)
class WalReplayState:
    """Segments; `current` reaches `last` when the replay is done. `done` where Prometheus says nothing is replayed."""

    first: int
    last: int
    current: int


@dataclass(frozen=True, slots=True)
class AddressState:
    """What answered at an address. `is_api`: it was the API of a Prometheus. Where it was not, `found_at` is the address
    on the same server at which the API does answer; empty where it was not found.
    """

    url: str
    status: int
    is_api: bool
    found_at: str = ""


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """`kind` is Pods or Percent."""

    kind: str
    value: int
    period: int


@dataclass(frozen=True, slots=True)
class ScalingRules:
    """One direction of an HPA's behaviour as it is written; None and empty where the default holds."""

    window: int | None = None
    select: str = ""
    policies: tuple[ScalingPolicy, ...] = ()
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class ScalerMetric:
    """One metric of an HPA. `kind` is Resource, ContainerResource, Pods, Object or External.

    `target_kind` is Utilization (percent), AverageValue or Value; `target` and `current` are in that unit as plain
    numbers (cores, bytes, percent), None where not said.
    """

    kind: str
    name: str
    target_kind: str
    target: float | None
    current: float | None = None
    container: str = ""


@dataclass(frozen=True, slots=True)
class ScalerState:
    """A HorizontalPodAutoscaler. `scale_down` and `scale_up` are as written, without the defaults."""

    namespace: str
    name: str
    target_kind: str
    target_name: str
    minimum: int
    maximum: int
    current: int
    desired: int
    last_scaled_at: datetime | None
    conditions: tuple[Condition, ...] = ()
    metrics: tuple[ScalerMetric, ...] = ()
    scale_down: ScalingRules | None = None
    scale_up: ScalingRules | None = None
    marks: Marks = field(default_factory=Marks)


@dataclass(frozen=True, slots=True)
class ServiceState:
    namespace: str
    name: str
    selector: str
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployed:
    """One entry of an ArgoCD Application's history."""

    at: datetime | None
    revision: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class AppResource:
    """A resource of an Application: how it is, or what the last sync said of it. `status` is as ArgoCD writes it.

    `version` is that of its manifest in what the last sync said.
    """

    group: str
    kind: str
    namespace: str
    name: str
    status: str
    message: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationState:
    """An ArgoCD Application, read from its custom resource.

    `resources` are those that are not in order, `sync_results` those that the last operation failed on. `parameters`
    and `value_files` are of its Helm source; values are redacted.
    """

    namespace: str
    name: str
    project: str
    sync: str
    health: str
    revision: str
    phase: str
    message: str
    started_at: datetime | None
    finished_at: datetime | None
    history: tuple[Deployed, ...] = ()
    conditions: tuple[Condition, ...] = ()
    out_of_sync: tuple[str, ...] = ()
    repo: str = ""
    path: str = ""
    automated: bool = False
    resources: tuple[AppResource, ...] = ()
    sync_results: tuple[AppResource, ...] = ()
    helm: bool = False
    value_files: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    self_heal: bool = False
