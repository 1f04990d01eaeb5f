"""Scalers: metrics as plain numbers, behaviour as it is written, and who else writes the count of replicas."""

from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes_scalers import plain, scaler_state
from bot.diagnosis.evidence import WorkloadState, Writer
from bot.diagnosis.evidence_objects import ScalerMetric, ScalingPolicy, ScalingRules
from bot.diagnosis.looks import ScalersOf, WorkloadOf
from bot.diagnosis.sources import Unavailable
from bot.model import Target
from tests.builders import NOW, Object, ago, deployment
from tests.builders_around import hpa
from tests.clients.cluster import cluster


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("500m", 0.5),
        ("2", 2.0),
        (3, 3.0),
        ("1.5", 1.5),
        ("128Mi", 128 * 2**20),
        ("1Gi", 2**30),
        ("1k", 1000.0),
        ("250u", 0.00025),
        ("1e3", 1000.0),
        ("-1", -1.0),
        (".5", 0.5),
        ("2E", 2e18),
        ("", None),
        ("lots", None),
        ("1 Gi", None),
        (None, None),
        (True, None),
    ],
)
def test_quantities_are_plain_numbers(quantity: object, number: float | None) -> None:
    assert plain(quantity) == (number if number is None else pytest.approx(number))


def resource(name: str, kind: str = "Utilization", **target: Any) -> Object:
    return {"type": "Resource", "resource": {"name": name, "target": {"type": kind, **target}}}


def measured(name: str, **current: Any) -> Object:
    return {"type": "Resource", "resource": {"name": name, "current": current}}


def of(name: str, **selector: str) -> Object:
    return {"name": name, **({"selector": {"matchLabels": selector}} if selector else {})}


METRICS: list[tuple[Object, Object, ScalerMetric]] = [
    (
        resource("cpu", averageUtilization=80),
        measured("cpu", averageUtilization=27, averageValue="54m"),
        ScalerMetric("Resource", "cpu", "Utilization", 80, 27),
    ),
    (
        resource("memory", "AverageValue", averageValue="400Mi"),
        measured("memory", averageUtilization=68, averageValue="272Mi"),
        ScalerMetric("Resource", "memory", "AverageValue", 400 * 2**20, 272 * 2**20),
    ),
    (
        {
            "type": "ContainerResource",
            "containerResource": {
                "name": "cpu",
                "container": "app",
                "target": {"type": "Utilization", "averageUtilization": 60},
            },
        },
        {
            "type": "ContainerResource",
            "containerResource": {"name": "cpu", "container": "app", "current": {"averageUtilization": 30}},
        },
        ScalerMetric("ContainerResource", "cpu", "Utilization", 60, 30, container="app"),
    ),
    (
        {"type": "Pods", "pods": {"metric": of("rps"), "target": {"type": "AverageValue", "averageValue": "1k"}}},
        {"type": "Pods", "pods": {"metric": of("rps"), "current": {"averageValue": "1500m"}}},
        ScalerMetric("Pods", "rps", "AverageValue", 1000, 1.5),
    ),
    (
        {
            "type": "Object",
            "object": {
                "metric": of("hits"),
                "describedObject": {"kind": "Ingress", "name": "a"},
                "target": {"type": "Value", "value": "10k"},
            },
        },
        {
            "type": "Object",
            "object": {
                "metric": of("hits"),
                "describedObject": {"kind": "Ingress", "name": "a"},
                "current": {"value": "9k"},
            },
        },
        ScalerMetric("Object", "hits", "Value", 10_000, 9_000),
    ),
    (
        {
            "type": "External",
            "external": {"metric": of("queue", q="a"), "target": {"type": "AverageValue", "averageValue": "5"}},
        },
        {"type": "External", "external": {"metric": of("queue", q="a"), "current": {"averageValue": "7"}}},
        ScalerMetric("External", "queue", "AverageValue", 5, 7),
    ),
]  # fmt: skip


def scaler(metrics: list[Object], current: list[Object] | None, **spec: Any) -> Object:
    item = hpa()
    item["spec"] |= {"metrics": metrics, **spec}
    item["status"]["currentMetrics"] = current
    return item


@pytest.mark.parametrize(("wanted", "current", "expected"), METRICS, ids=[row[2].kind for row in METRICS])
def test_each_kind_of_metric(wanted: Object, current: Object, expected: ScalerMetric) -> None:
    assert scaler_state(scaler([wanted], [current])).metrics == (expected,)


def test_a_metric_finds_its_measurement_wherever_it_stands() -> None:
    """A metric that could not be read leaves an empty entry, and what is measured of another queue is not this one's."""
    other = {
        "type": "External",
        "external": {"metric": of("queue", q="b"), "current": {"averageValue": "99"}},
    }
    current: list[Object] = [{"type": ""}, other, *(row[1] for row in reversed(METRICS))]
    found = scaler_state(scaler([row[0] for row in METRICS], current)).metrics
    assert found == tuple(row[2] for row in METRICS)


def test_what_was_not_measured_has_no_number() -> None:
    wanted = [resource("cpu", averageUtilization=80), resource("memory", averageUtilization=70)]
    nothing: list[list[Object] | None] = [None, [], [measured("cpu")], [measured("cpu", averageValue="3m")]]
    for current in nothing:
        found = scaler_state(scaler(wanted, current)).metrics
        assert [metric.current for metric in found] == [None, None]


async def test_behaviour_is_told_as_it_is_written(tmp_path: Path) -> None:
    policies = [
        {"type": "Percent", "value": 50, "periodSeconds": 60},
        {"type": "Pods", "value": 2, "periodSeconds": 60},
    ]
    down = {"stabilizationWindowSeconds": 120, "selectPolicy": "Max", "policies": policies}
    up = {"stabilizationWindowSeconds": 0, "selectPolicy": "Disabled", "tolerance": "50m"}
    async with cluster(tmp_path, scaler([], [], behavior={"scaleDown": down, "scaleUp": up})) as (_, client):
        found = await client.answer(ScalersOf("shop", name="board-service"))
    assert not isinstance(found, Unavailable)
    (one,) = found
    assert one.scale_down == ScalingRules(
        120, "Max", (ScalingPolicy("Percent", 50, 60), ScalingPolicy("Pods", 2, 60))
    )
    assert one.scale_up == ScalingRules(0, "Disabled", (), 0.05)
    assert one.marks.managers == ("helm", "kubelet")


@pytest.mark.parametrize(
    "behavior", [None, {}, {"scaleDown": None}, {"scaleUp": {"stabilizationWindowSeconds": 3}}]
)
def test_no_default_is_filled_in(behavior: Object | None) -> None:
    state = scaler_state(scaler([], [], behavior=behavior))
    assert state.scale_down is None
    assert state.scale_up == (ScalingRules(3) if behavior and "scaleUp" in behavior else None)


REPLICAS: Object = {"f:spec": {"f:replicas": {}}}


def written(manager: str, at: str, fields: Object, subresource: str = "") -> Object:
    part = {"subresource": subresource} if subresource else {}
    return {"manager": manager, "operation": "Update", "time": at, "fieldsV1": fields, **part}


async def test_who_writes_the_count_of_replicas(tmp_path: Path) -> None:
    item = deployment()
    item["metadata"]["managedFields"] = [
        written("argocd-controller", ago(minutes=5), REPLICAS),
        written("kube-controller-manager", ago(minutes=2), REPLICAS, "scale"),
        written("helm", ago(hours=1), {"f:spec": {"f:template": {"f:replicas": {}}}}),
        written("kube-controller-manager", ago(minutes=1), {"f:status": {"f:replicas": {}}}, "status"),
    ]
    async with cluster(tmp_path, item, deployment("web")) as (_, client):
        found = await client.answer(WorkloadOf(Target("test", "shop", "Deployment", "board-service")))
        alone = await client.answer(WorkloadOf(Target("test", "shop", "Deployment", "web")))
    assert isinstance(found, WorkloadState)
    assert [(one.manager, one.subresource) for one in found.replica_writers] == [
        ("kube-controller-manager", "scale"),
        ("argocd-controller", ""),
    ]
    assert found.replica_writers[0].at is not None
    assert (NOW - found.replica_writers[0].at).total_seconds() == 120
    assert isinstance(alone, WorkloadState)
    assert [one.manager for one in alone.replica_writers] == ["helm"]
    assert isinstance(alone.replica_writers[0], Writer)
