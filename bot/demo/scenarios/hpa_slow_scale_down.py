"""Ten pods stay after the traffic fell: the autoscaler takes one a minute, after five minutes. Then its behaviour is changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.demo.bodies import Draft
from bot.demo.builders import App, node, over, running
from bot.demo.world import Act, Metric, Place, Scenario, World
from bot.diagnosis.evidence import Condition, ContainerSpec, EventNote, Marks, PodTemplate, Writer
from bot.diagnosis.evidence_objects import ScalerMetric, ScalerState, ScalingPolicy, ScalingRules

_APP = App("wealist-prod", "auth-service")
_HPA = "auth-service-hpa"
_NODES = ("worker-c1", "worker-c2")
_DIGEST = "5d8c9b7f64"
_SUFFIXES = ("t8w2x", "q4n7z", "b6k9d", "m2v5h", "x7c4l", "f9r2p", "w5j8s", "d3g6t", "k8h4n", "z2l7b")
_SPEC = ContainerSpec(
    "auth-service",
    "registry.example/auth-service:2.1.0",
    "main",
    requests={"cpu": "100m", "memory": "128Mi"},
    limits={"cpu": "500m", "memory": "512Mi"},
)
_OLD = ScalingRules(300, "Min", (ScalingPolicy("Pods", 1, 60),))
_NEW = ScalingRules(120, "Max", (ScalingPolicy("Percent", 50, 60), ScalingPolicy("Pods", 2, 60)))
_HELM = {"meta.helm.sh/release-name": "auth-service", "meta.helm.sh/release-namespace": "wealist-prod"}
_STABILIZED = (
    "recent recommendations were higher than current one, applying the highest recent recommendation"
)


def _scaler(now: datetime, rules: ScalingRules, replicas: int, cpu: float, able: str) -> ScalerState:
    return ScalerState(
        _APP.namespace,
        _HPA,
        _APP.kind,
        _APP.name,
        minimum=1,
        maximum=10,
        current=replicas,
        desired=replicas,
        last_scaled_at=now - timedelta(minutes=31),
        conditions=(
            Condition("AbleToScale", "True", able, _STABILIZED, now - timedelta(days=90)),
            Condition("ScalingActive", "True", "ValidMetricFound", "", now - timedelta(days=90)),
            Condition("ScalingLimited", "False", "DesiredWithinRange", "", now - timedelta(minutes=3)),
        ),
        metrics=(
            ScalerMetric("Resource", "cpu", "Utilization", 70, cpu),
            ScalerMetric("Resource", "memory", "Utilization", 80, 15 * 10 / replicas),
        ),
        scale_down=rules,
        marks=Marks(annotations=_HELM, managers=("helm",)),
    )


def _place(now: datetime, scaler: ScalerState) -> Place:
    template, since = PodTemplate((_SPEC,), service_account="auth-service"), now - timedelta(minutes=31)
    created = now - timedelta(days=90)
    workload = replace(
        _APP.workload(template, created, desired=scaler.current, ready=scaler.current),
        annotations=_HELM,
        managers=("helm", "kube-controller-manager"),
        replica_writers=(Writer("kube-controller-manager", scaler.last_scaled_at, "scale"),),
    )
    pods = tuple(
        _APP.pod(f"{_DIGEST}-{suffix}", since, _NODES[place % 2], running(_SPEC, since))
        for place, suffix in enumerate(_SUFFIXES[: scaler.current])
    )
    rescaled = EventNote(
        "Normal",
        "SuccessfulRescale",
        "New size: 10; reason: cpu resource utilization (percentage of request) above target",
        f"HorizontalPodAutoscaler/{_HPA}",
        1,
        since,
        since,
        "horizontal-pod-autoscaler",
    )
    revision = _APP.revision(_DIGEST, 4, now - timedelta(days=2), template, scaler.current)
    return Place(workload, pods, (revision,), events=(rescaled,), scalers=(scaler,))


def _count(now: datetime, falls_to: int) -> Callable[[float], float]:
    """Four pods, then ten when the traffic came; fewer only once they were taken away."""
    rose, fell = (now - timedelta(minutes=31)).timestamp(), now.timestamp()
    return lambda at: 4 if at < rose else 10 if at <= fell else falls_to


def _acts(now: datetime) -> tuple[Act, ...]:
    nodes = tuple(node(name, now - timedelta(days=120), cpu="4", memory="16Gi") for name in _NODES)
    labels = {"namespace": _APP.namespace, "horizontalpodautoscaler": _HPA, "job": "kube-state-metrics"}

    def world(rules: ScalingRules, replicas: int, cpu: float, able: str) -> World:
        counted = Metric(
            "kube_horizontalpodautoscaler_status_current_replicas", labels, _count(now, replicas)
        )
        place = _place(now, _scaler(now, rules, replicas, cpu, able))
        return World((place,), nodes, metrics=(counted,))

    alert = Draft(
        {"alertname": "HpaScaleDownSlow", "severity": "warning", **labels, "prometheus": "monitoring/k8s"},
        now - timedelta(minutes=1),
        {"description": f"HPA {_APP.namespace}/{_HPA} keeps 10 replicas at 13 % of CPU."},
    )
    return (
        Act("the traffic fell, ten pods stay", (alert,), world(_OLD, 10, 13, "ScaleDownStabilized")),
        Act(
            "the new behaviour is merged: resolved",
            over((alert,), now + timedelta(seconds=30)),
            world(_NEW, 2, 65, "ReadyForNewScale"),
            after=32,
        ),
    )


SCENARIO = Scenario(
    "hpa-slow-scale-down", "An autoscaler takes away one pod a minute, after five minutes of waiting", _acts
)
