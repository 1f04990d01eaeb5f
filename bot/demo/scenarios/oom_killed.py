"""Prometheus is killed for memory while it replays its write-ahead log; the operator owns the StatefulSet."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.demo.builders import App, crashing, ended, node, pod_alert, running
from bot.demo.world import Act, Metric, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, ObjectNote, PodTemplate, Probe

_NODE = "worker-b2"
_MI = 2**20
_LIMIT = 512 * _MI
_PROMETHEUS = ContainerSpec(
    "prometheus",
    "quay.io/prometheus/prometheus:v3.5.0",
    "main",
    args=(
        "--config.file=/etc/prometheus/config_out/prometheus.env.yaml",
        "--storage.tsdb.retention.time=15d",
    ),
    requests={"cpu": "200m", "memory": "400Mi"},
    limits={"memory": "512Mi"},
    probes=(
        Probe("startup", 0, 15, 3, 60, "http-get :9090/-/ready"),
        Probe("readiness", 0, 5, 3, 3, "http-get :9090/-/ready"),
    ),
)
_RELOADER = ContainerSpec(
    "config-reloader",
    "quay.io/prometheus-operator/prometheus-config-reloader:v0.85.0",
    "main",
    limits={"cpu": "10m", "memory": "50Mi"},
)
_LOG = """
time={at} level=INFO source=main.go:1544 msg="updated GOGC" old=100 new=75
time={at} level=INFO source=main.go:685 msg="Leaving GOMAXPROCS=4: CPU quota undefined"
time={at} level=INFO source=main.go:708 msg="Starting Prometheus Server" mode=server version="(version=3.5.0)"
time={at} level=INFO source=head.go:657 msg="Replaying on-disk memory mappable chunks if any" component=tsdb
time={at} level=INFO source=head.go:744 msg="On-disk memory mappable chunks replay completed" component=tsdb duration=1.912s
time={at} level=INFO source=head.go:752 msg="Replaying WAL, this may take a while" component=tsdb
time={at} level=INFO source=head.go:825 msg="WAL segment loaded" component=tsdb segment=1871 maxSegment=1904 duration=2.31s
time={at} level=INFO source=head.go:825 msg="WAL segment loaded" component=tsdb segment=1872 maxSegment=1904 duration=2.58s
time={at} level=INFO source=head.go:825 msg="WAL segment loaded" component=tsdb segment=1873 maxSegment=1904 duration=2.77s
"""


def _memory(now: datetime) -> Callable[[float], float]:
    """Grows to the limit within a minute of each start; the kernel never lets it pass."""
    begin = (now - timedelta(minutes=30)).timestamp()

    def value(at: float) -> float:
        return min(_LIMIT * 0.99, 180 * _MI + 6 * _MI * ((at - begin) % 75)) if at > begin else 470.0 * _MI

    return value


def _acts(now: datetime) -> tuple[Act, ...]:
    app = App("monitoring", "prometheus-k8s", "StatefulSet", {"operator.prometheus.io/name": "k8s"})
    template = PodTemplate(
        (_PROMETHEUS, _RELOADER),
        service_account="prometheus-k8s",
        mounts=("secret/prometheus-k8s", "configmap/prometheus-k8s-rulefiles-0", "pvc/prometheus-k8s-db"),
    )
    created = now - timedelta(days=200)
    begun = now - timedelta(minutes=31)
    end = ended("OOMKilled", 137, now - timedelta(seconds=70), after=timedelta(seconds=48))
    pod = app.pod(
        "0",
        now - timedelta(days=11),
        _NODE,
        crashing(_PROMETHEUS, "prometheus-k8s-0", end, restarts=9),
        running(_RELOADER, now - timedelta(days=11)),
    )
    workload = replace(
        app.workload(template, created, desired=1, ready=0),
        owner="Prometheus/k8s",
        managers=("PrometheusOperator",),
    )
    line = (now - timedelta(seconds=75)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    labels = {"namespace": "monitoring", "pod": "prometheus-k8s-0", "container": "prometheus"}
    world = World(
        (
            Place(
                workload,
                (pod,),
                (app.revision("5b7d8c9f4", 14, now - timedelta(days=11), template, 1),),
                (app.log("0", "prometheus", _LOG.format(at=line), previous=True),),
                (
                    app.warning(
                        "0",
                        "BackOff",
                        "Back-off restarting failed container prometheus in pod prometheus-k8s-0",
                        count=61,
                        first=begun,
                        last=now - timedelta(seconds=30),
                    ),
                ),
            ),
        ),
        (node(_NODE, now - timedelta(days=200), cpu="8", memory="32Gi"),),
        (
            ObjectNote(
                "ConfigMap",
                "monitoring",
                "prometheus-k8s-rulefiles-0",
                created,
                now - timedelta(minutes=52),
                "PrometheusOperator",
            ),
            ObjectNote("Secret", "monitoring", "prometheus-k8s", created, now - timedelta(minutes=52)),
        ),
        metrics=(
            Metric("container_memory_working_set_bytes", labels, _memory(now)),
            Metric("kube_pod_container_resource_limits", {**labels, "resource": "memory"}, lambda _: _LIMIT),
        ),
    )
    alert = pod_alert(app, "0", "prometheus", now - timedelta(minutes=16), reason="CrashLoopBackOff")
    return (Act("Prometheus is killed while it replays its log", (alert,), world),)


SCENARIO = Scenario(
    "oom-killed", "Prometheus is OOMKilled at 512Mi in its WAL replay, every time it starts", _acts
)
