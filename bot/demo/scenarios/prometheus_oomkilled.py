"""Prometheus of a Helm chart dies at 512Mi in the replay of its log; with 1Gi in the values of ArgoCD it comes up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.demo.builders import App, crashing, ended, node, over, pod_alert, running
from bot.demo.world import Act, Metric, Place, Scenario, World
from bot.diagnosis.evidence import ContainerSpec, ObjectNote, PodTemplate, Point, Series, SeriesSet
from bot.diagnosis.evidence_objects import ApplicationState, Deployed, WalReplayState
from bot.diagnosis.looks_metrics import WalReplayOf
from bot.diagnosis.prometheus_memory.queries import Questions

_MI = 2**20
_NODE = "worker-d1"
_APPLICATION = "wealist-monitoring-prod"
_APP = App("wealist-prod", "prometheus", labels={"app.kubernetes.io/managed-by": "Helm"})
_OLD, _NEW = "6c8f9d7b54-q8w2z", "79d4b8c6f5-m4k7x"
_LOG = """
ts={at} caller=main.go:627 level=info msg="Starting Prometheus Server" mode=server version="(version=2.55.1)"
ts={at} caller=head.go:627 level=info component=tsdb msg="Replaying on-disk memory mappable chunks if any"
ts={at} caller=head.go:709 level=info component=tsdb msg="On-disk memory mappable chunks replay completed" duration=3.1s
ts={at} caller=head.go:721 level=info component=tsdb msg="Replaying WAL, this may take a while"
ts={at} caller=head.go:793 level=info component=tsdb msg="WAL segment loaded" segment=311 maxSegment=348
ts={at} caller=head.go:793 level=info component=tsdb msg="WAL segment loaded" segment=312 maxSegment=348
ts={at} caller=head.go:793 level=info component=tsdb msg="WAL segment loaded" segment=313 maxSegment=348
"""


def _spec(limit: str) -> ContainerSpec:
    return ContainerSpec(
        "prometheus",
        "prom/prometheus:v2.55.1",
        "main",
        args=("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
        requests={"cpu": "100m", "memory": "256Mi"},
        limits={"cpu": "500m", "memory": limit},
    )


def _place(now: datetime, *, healed: bool) -> Place:
    spec = _spec("1Gi" if healed else "512Mi")
    template = PodTemplate(
        (spec,), service_account="prometheus", mounts=("configmap/prometheus-config", "pvc/prometheus-data")
    )
    created = now - timedelta(days=20)
    tracked = f"{_APPLICATION}:apps/Deployment:{_APP.namespace}/{_APP.name}"
    workload = replace(
        _APP.workload(template, created, desired=1, ready=int(healed)),
        annotations={"argocd.argoproj.io/tracking-id": tracked},
        managers=("argocd-controller",),
    )
    if healed:
        pod = _APP.pod(_NEW, now, _NODE, running(spec, now))
        return Place(workload, (pod,), (_APP.revision("79d4b8c6f5", 4, now, template, 1),))
    end = ended("OOMKilled", 137, now - timedelta(seconds=150), after=timedelta(seconds=34))
    pod = _APP.pod(_OLD, created, _NODE, crashing(spec, f"prometheus-{_OLD}", end, restarts=11))
    back_off = f"Back-off restarting failed container prometheus in pod prometheus-{_OLD}"
    begun, last = now - timedelta(minutes=40), now - timedelta(seconds=20)
    at = (now - timedelta(seconds=155)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return Place(
        workload,
        (pod,),
        (_APP.revision("6c8f9d7b54", 3, created, template, 1),),
        (_APP.log(_OLD, "prometheus", _LOG.format(at=at), previous=True),),
        (_APP.warning(_OLD, "BackOff", back_off, count=83, first=begun, last=last),),
    )


def _application(*deployed: Deployed) -> ApplicationState:
    return ApplicationState(
        "argocd",
        _APPLICATION,
        "wealist-prod",
        "Synced",
        "Healthy" if len(deployed) > 1 else "Degraded",
        deployed[-1].revision,
        "Succeeded",
        "successfully synced (all tasks run)",
        deployed[-1].at,
        deployed[-1].at,
        history=deployed,
        repo="https://git.example/wealist-argo-helm.git",
        path="k8s/helm/charts/wealist-monitoring",
        automated=True,
        helm=True,
        value_files=("values.yaml", "prod.yaml"),
        self_heal=True,
    )


def _memory(now: datetime) -> Callable[[float], float]:
    """Steady until a restart 40 minutes ago; since then each start climbs to the limit, which nothing passes."""
    begin = (now - timedelta(minutes=40)).timestamp()

    def value(at: float) -> float:
        return 455.0 * _MI if at < begin else min(510.0, 140 + 8.5 * ((at - begin) % 47)) * _MI

    return value


def _broken(now: datetime, places: tuple[Place, ...], before: Deployed) -> World:
    pod, changed = f"prometheus-{_OLD}", now - timedelta(minutes=52)
    labels = {"namespace": _APP.namespace, "pod": pod, "container": "prometheus"}
    peak = SeriesSet((Series(labels, (Point(now, 510.0 * _MI),)),))
    itself = {**labels, "instance": "10.0.4.17:9090", "job": "prometheus"}
    return World(
        places,
        (node(_NODE, now - timedelta(days=60), cpu="2", memory="7Gi"),),
        (
            ObjectNote(
                "ConfigMap", _APP.namespace, "prometheus-config", before.at, changed, "argocd-controller"
            ),
        ),
        applications=(_application(before),),
        metrics=(
            Metric("container_memory_working_set_bytes", labels, _memory(now)),
            Metric(
                "kube_pod_container_resource_limits", {**labels, "resource": "memory"}, lambda _: 512 * _MI
            ),
            Metric("prometheus_tsdb_head_series", itself, lambda _: 48_200),
            Metric("prometheus_tsdb_wal_storage_size_bytes", itself, lambda _: 2_310 * _MI),
        ),
        answers={
            Questions(_APP.namespace, (pod,), "prometheus").peak: peak,
            WalReplayOf(): WalReplayState(291, 348, 313),
        },
    )


def _acts(now: datetime) -> tuple[Act, ...]:
    before = Deployed(now - timedelta(days=20), "7b2e91d04c6f58a3e1907d2b4c8f6a5e3d1b0c97", 12)
    after = Deployed(now + timedelta(seconds=15), "e04a7c3b9d1f62850b7e4c3a9d8f1e6b5a2c0d73", 13)
    alert = pod_alert(_APP, _OLD, "prometheus", now - timedelta(minutes=25), reason="CrashLoopBackOff")
    broken = _broken(now, (_place(now, healed=False),), before)
    healed = World((_place(now, healed=True),), broken.nodes, applications=(_application(before, after),))
    return (
        Act("Prometheus is killed in the replay of its log", (alert,), broken),
        Act(
            "the limit in the values is 1Gi: resolved",
            over((alert,), now + timedelta(seconds=30)),
            healed,
            after=32,
        ),
    )


SCENARIO = Scenario(
    "prometheus-oomkilled", "Prometheus of a Helm chart needs more than 512Mi to replay its log", _acts
)
