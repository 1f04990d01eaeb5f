"""What is seen of a Prometheus that dies: short ways to write it down, for the tests of prometheus_oomkilled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.diagnosis.evidence import (
    Condition,
    ContainerSpec,
    ContainerState,
    LogTail,
    Marks,
    NodeState,
    Point,
    Series,
    SeriesSet,
    WorkloadState,
)
from bot.diagnosis.evidence_objects import ApplicationState, PrometheusState, WalReplayState
from bot.diagnosis.prometheus_memory.exam import Metrics, Sight
from bot.diagnosis.scene import Scene, Tail
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source, Target
from tests.snapshots import (
    NOW,
    ended,
    event,
    looping,
    pod,
    running,
    scene,
    template,
    workload,
)

MI, GI = 2**20, 2**30
IMAGE = "quay.io/prometheus/prometheus:v2.55.1"
POD = "mon-prom-0"
AT = Target("default", "metrics", "StatefulSet", "mon-prom")
NO_METRICS = Unavailable(Source.PROMETHEUS, Reason.UNREACHABLE, "query", detail="connection refused")
NO_LOGS = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "pods/log", "metrics")
NO_NODE = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "nodes")

REPLAYING = (
    'ts=2026-01-01T03:08:01Z caller=main.go:627 level=info msg="Starting Prometheus Server"',
    'ts=2026-01-01T03:08:02Z caller=head.go:752 level=info component=tsdb msg="Replaying WAL, this may take a while"',
    'ts=2026-01-01T03:08:05Z caller=head.go:825 level=info component=tsdb msg="WAL segment loaded" segment=41 maxSegment=97',
)
READY = (
    *REPLAYING,
    'ts=2026-01-01T03:08:09Z caller=head.go:862 level=info component=tsdb msg="WAL replay completed" total_replay_duration=7s',
    'ts=2026-01-01T03:08:10Z caller=main.go:1280 level=info msg="Server is ready to receive web requests."',
)
TOO_MANY = 'ts=2026-01-01T03:09:10Z caller=api.go:1 level=warn msg="query processing would load too many samples into memory in query execution"'
UNFINISHED = (
    "ts=2026-01-01T03:08:01Z caller=query_logger.go:93 level=info component=activeQueryTracker"
    " msg=\"These queries didn't finish in prometheus' last run:\""
    ' queries="[{\\"query\\":\\"sum(rate(http_requests_total[30d]))\\",\\"timestamp_sec\\":1767236800}]"'
)
LIVENESS = (
    event(
        "Killing", "Container srv failed liveness probe, will be restarted", about=f"Pod/{POD}", type="Normal"
    ),
    event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503", about=f"Pod/{POD}"),
)
STARTUP = (
    event(
        "Killing", "Container srv failed startup probe, will be restarted", about=f"Pod/{POD}", type="Normal"
    ),
    event(
        "Unhealthy",
        "Startup probe failed: HTTP probe failed with statuscode: 503",
        about=f"Pod/{POD}",
        count=60,
    ),
)
LOW = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi."
EVICTION = event("Evicted", LOW, about=f"Pod/{POD}")
SYSTEM_OOM = event(
    "SystemOOM",
    "System OOM encountered, victim process: prometheus, pid: 4711",
    about="Node/node-1",
    minutes=2,
)
PRESSURE = Condition(
    "MemoryPressure", "True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory"
)


def served(
    image: str = IMAGE, *, limit: str = "512Mi", args: Sequence[str] = (), **more: Any
) -> ContainerSpec:
    """The container is called `srv`: its name tells nothing."""
    limits = {"memory": limit} if limit else {}
    given = tuple(args) or ("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/data")
    return ContainerSpec("srv", image, "main", args=given, limits=limits, **more)


def owned(*specs: ContainerSpec, **more: Any) -> WorkloadState:
    """Without an owner, an object that somebody applied by hand."""
    values: dict[str, Any] = {"target": AT, "template": template(*(specs or (served(),))), **more}
    return workload(**values)


def died(code: int = 137, reason: str = "OOMKilled", **more: Any) -> ContainerState:
    return looping(code, reason, name="srv", image=IMAGE, **more)


def again(code: int = 137, reason: str = "OOMKilled", *, minutes: float = 300) -> ContainerState:
    """It was killed hours ago and has run since."""
    return running("srv", image=IMAGE, last=ended(code, reason, minutes=minutes))


def of_pod(*containers: ContainerState, **more: Any) -> Any:
    return replace(pod(*containers, name=POD, owner="StatefulSet/mon-prom", **more), namespace="metrics")


def log(*lines: str, cut: bool = False) -> tuple[Tail, ...]:
    return (Tail(POD, "srv", LogTail(POD, "srv", previous=True, lines=lines, cut=cut)),)


def around(*containers: ContainerState, **more: Any) -> Scene:
    values: dict[str, Any] = {"target": AT, "workload": owned(), "logs": log(*READY), **more}
    return scene(of_pod(*(containers or (died(),))), **values)


def series(*values: float, step: float = 300, of: Mapping[str, str] | None = None) -> SeriesSet:
    """The last value is of now."""
    named = of or {"namespace": "metrics", "pod": POD, "container": "srv"}
    ages = range(len(values) - 1, -1, -1)
    points = tuple(
        Point(NOW - timedelta(seconds=step * age), value) for age, value in zip(ages, values, strict=True)
    )
    return SeriesSet((Series(named, points),))


def metrics(**more: Any) -> Metrics:
    """A steady Prometheus of 20 000 series that was seen with 500Mi."""
    steady: dict[str, Any] = {
        "working_set": series(300.0 * MI, 420.0 * MI, 500.0 * MI, step=60),
        "peak": series(500.0 * MI),
        "limits": series(512.0 * MI),
        "series": series(*[20_000.0] * 60),
        "wal": series(300.0 * MI),
        "running": series(1.0, 2.0, 1.0),
        "seconds": series(0.1, 0.2),
        "replay": WalReplayState(0, 97, 97),
        **more,
    }
    return Metrics(**steady)


def blind() -> Metrics:
    return Metrics(*[NO_METRICS] * 8)


def sight(of: Scene | None = None, **more: Any) -> Sight:
    return Sight(around() if of is None else of, **{"metrics": metrics(), **more})


GROWN = metrics(series=series(*[20_000.0] * 60, *[90_000.0] * 12))
SHORT = metrics(series=series(*[120_000.0] * 60))
ITSELF = {"instance": "localhost:9090", "job": "prometheus"}
OTHERS = {"namespace": "elsewhere", "pod": "prometheus-0"}
DOUBTFUL = metrics(
    **{name: series(*[120_000.0] * 60, of=ITSELF) for name in ("series", "running", "seconds", "wal")}
)
ELSEWHERE = metrics(
    series=series(*[20_000.0] * 60, *[90_000.0] * 12, of=OTHERS), running=series(20.0, of=OTHERS)
)


def replay(**more: Any) -> Sight:
    return sight(around(logs=log(*REPLAYING)), **more)


RESOURCE = PrometheusState("metrics", "k8s", "v2.55.1", 1, {"memory": "512Mi"}, retention="15d")
OPERATED = owned(owner="Prometheus/k8s")
STACK = Marks(
    {"app.kubernetes.io/managed-by": "Helm", "chart": "kube-prometheus-stack-65.1.0", "release": "mon"},
    {"meta.helm.sh/release-name": "mon", "meta.helm.sh/release-namespace": "metrics"},
)
TRACKED = {"argocd.argoproj.io/tracking-id": "observability:apps/StatefulSet:metrics/mon-prom"}
APPLICATION = ApplicationState(
    "argocd", "observability", "default", "Synced", "Healthy", "abc", "Succeeded", "", None, None,
    repo="https://git.example/charts.git", path="charts/observability", helm=True,
    value_files=("values.yaml", "prod.yaml"),
)  # fmt: skip

# Every kind of owner, for the words and the layers of fixes.
SMALL_NODE = NodeState("node-1", NOW, (Condition("Ready", "True"),), allocatable={"memory": "900Mi"})
OWNERS: dict[str, Sight] = {
    "by hand": replay(),
    "Helm": sight(around(workload=owned(annotations=STACK.annotations, labels={**STACK.labels, "chart": "prometheus-25.0.0"}),
                         logs=log(*REPLAYING))),
    "ArgoCD, Helm": sight(around(workload=owned(annotations=TRACKED), application=APPLICATION, logs=log(*REPLAYING))),
    "ArgoCD, a parameter": sight(
        around(workload=owned(annotations=TRACKED), logs=log(*REPLAYING),
               application=replace(APPLICATION, parameters={"prometheus.resources.limits.memory": "512Mi"}))),
    "ArgoCD, manifests": sight(around(workload=owned(annotations=TRACKED), logs=log(*REPLAYING),
                                      application=replace(APPLICATION, helm=False, value_files=()))),
    "operator": sight(around(workload=OPERATED, logs=log(*REPLAYING), nodes=(SMALL_NODE,)), resource=RESOURCE),
    "operator, Helm": sight(around(workload=OPERATED, logs=log(*REPLAYING)), resource=replace(RESOURCE, marks=STACK)),
    "operator, ArgoCD": sight(
        around(workload=OPERATED, logs=log(*REPLAYING)),
        resource=replace(RESOURCE, marks=Marks({}, TRACKED)), application=replace(APPLICATION, helm=False)),
    "operator, unread": sight(
        around(workload=OPERATED, logs=log(*REPLAYING)),
        resource=Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "prometheuses", "metrics")),
    "agent": sight(around(workload=owned(owner="PrometheusAgent/edge"), logs=log(*REPLAYING))),
    "another operator": sight(around(workload=owned(owner="Observability/main"), logs=log(*REPLAYING))),
    "operator above": sight(around(workload=OPERATED, logs=log(*REPLAYING)),
                            resource=replace(RESOURCE, marks=Marks(owner="MonitoringStack/obs"))),
}  # fmt: skip
