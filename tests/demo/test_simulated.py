"""The simulated sources answer every look that there is, as a client would, gaps included."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.demo.catalog import SCENARIOS
from bot.demo.simulated import CLUSTER, SimulatedKubernetes, Stage
from bot.demo.simulated_metrics import SimulatedPrometheus
from bot.demo.world import Metric, World
from bot.diagnosis.evidence import (
    LogTail,
    ObjectNote,
    PodList,
    SeriesSet,
    WorkloadList,
    WorkloadState,
)
from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    FindTargets,
    LogOf,
    NodeOf,
    NodesJoined,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    SecretNote,
    ServiceOf,
    SiblingsOf,
    WorkloadOf,
)
from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Source, Target

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
BOARD = Target(CLUSTER, "shop", "Deployment", "board-service")
POD = "board-service-7d9f6c5b8d-x2x9p"


def stage() -> Stage:
    return Stage(lambda: NOW, {scenario.name: scenario.acts(NOW)[0].world for scenario in SCENARIOS})


def everything() -> dict[type[Look[Any]], Look[Any]]:
    """One look of each kind that a real cluster of these scenarios could answer."""
    looks: list[Look[Any]] = [
        FindTargets("board-service"),
        WorkloadOf(BOARD),
        PodsOf("shop", "app.kubernetes.io/name=board-service"),
        LogOf("shop", POD, "board-service", previous=True),
        EventsOf("shop", "Pod", POD),
        RevisionsOf(BOARD, "shop-board-service-uid", ""),
        NodeOf("worker-a1"),
        NodesJoined(),
        ConfigMapNote("shop", "board-service-config"),
        SecretNote("shop", "shared-secret"),
        ScalersOf("reports", "Deployment", "report-service"),
        ApplicationOf("observability"),
    ]
    return {type(look): look for look in looks}


@pytest.mark.parametrize("look", everything().values(), ids=lambda look: type(look).__name__)
async def test_a_look_finds_what_is_there(look: Look[Any]) -> None:
    answer = await SimulatedKubernetes(stage()).answer(look)
    assert answer
    assert not isinstance(answer, Unavailable)


def test_every_kind_of_look_at_a_cluster_is_answered() -> None:
    # By name: a class with slots leaves its slotless twin behind among the subclasses.
    kinds = {kind.__name__ for kind in Look.__subclasses__() if kind.read.source is Source.KUBERNETES}
    assert kinds == {kind.__name__ for kind in SimulatedKubernetes(stage())._answers}


@pytest.mark.parametrize(
    "look",
    [
        WorkloadOf(replace(BOARD, name="nobody")),
        WorkloadOf(replace(BOARD, namespace="elsewhere")),
        PodsOf("shop", pod="nobody"),
        LogOf("shop", POD, "board-service"),
        NodeOf("nobody"),
        SecretNote("shop", "nobody"),
        ServiceOf("shop", "nobody"),
        ApplicationOf("observability", "elsewhere"),
    ],
    ids=lambda look: type(look).__name__,
)
async def test_what_is_not_there_is_a_gap(look: Look[Any]) -> None:
    answer = await SimulatedKubernetes(stage()).answer(look)
    assert isinstance(answer, Unavailable)
    assert (answer.source, answer.reason) == (Source.KUBERNETES, Reason.NOT_FOUND)


async def test_a_refused_look_names_the_grant_that_is_missing() -> None:
    look = LogOf("payments", "payment-gateway-58f9d7b6c4-h2s6w", "gateway", previous=True)
    answer = await SimulatedKubernetes(stage()).answer(look)
    assert isinstance(answer, Unavailable)
    assert (answer.reason, answer.verb, answer.resource) == (Reason.FORBIDDEN, "get", "pods/log")
    assert answer.namespace == "payments"
    assert answer.detail.endswith('cannot get resource "pods/log" in the namespace "payments"')


@pytest.mark.parametrize(
    ("look", "found"),
    [
        (FindTargets("board-service"), ["shop/Deployment/board-service"]),
        (FindTargets("board-service", "shop", "deployment"), ["shop/Deployment/board-service"]),
        (
            FindTargets("bord-service", "shop"),
            [f"shop/Deployment/{name}-service" for name in ("board", "noti", "storage", "user", "video")],
        ),
        (FindTargets("board-service", kind="StatefulSet"), []),
        (FindTargets("zzz"), []),
    ],
)
async def test_a_target_is_found_by_name_or_by_a_near_one(look: FindTargets, found: list[str]) -> None:
    answer = await SimulatedKubernetes(stage()).answer(look)
    assert not isinstance(answer, Unavailable)
    assert [str(target) for target in answer] == found


async def test_a_pod_leads_to_its_workload() -> None:
    cluster = SimulatedKubernetes(stage())
    by_pod = await cluster.answer(WorkloadOf(Target(CLUSTER, "shop", "Pod", POD)))
    by_scaler = await cluster.answer(
        WorkloadOf(Target(CLUSTER, "reports", "HorizontalPodAutoscaler", "report-service"))
    )
    assert isinstance(by_pod, WorkloadState)
    assert by_pod.target == BOARD
    assert isinstance(by_scaler, WorkloadState)
    assert by_scaler.target.kind == "Deployment"


async def test_pods_are_found_by_selector_and_by_name() -> None:
    cluster = SimulatedKubernetes(stage())
    both = await cluster.answer(PodsOf("shop", "app.kubernetes.io/name=board-service"))
    one = await cluster.answer(PodsOf("shop", pod=POD))
    none = await cluster.answer(PodsOf("shop", "app=other"))
    assert [len(pods.pods) for pods in (both, one, none) if isinstance(pods, PodList)] == [2, 1, 0]


async def test_a_short_tail_says_that_it_is_cut() -> None:
    cluster = SimulatedKubernetes(stage())
    whole = await cluster.answer(LogOf("shop", POD, "board-service", previous=True))
    short = await cluster.answer(LogOf("shop", POD, "board-service", previous=True, lines=1))
    assert isinstance(whole, LogTail)
    assert isinstance(short, LogTail)
    assert (whole.cut, short.cut, short.lines) == (False, True, whole.lines[-1:])


async def test_warnings_only_leaves_normal_events_out() -> None:
    cluster = SimulatedKubernetes(stage())
    pod = "report-service-69c7f8d5b4-v9z2k"
    all_of_them = await cluster.answer(EventsOf("reports", "Pod", pod, warnings_only=False))
    warnings = await cluster.answer(EventsOf("reports", "Pod", pod))
    assert not isinstance(all_of_them, Unavailable)
    assert not isinstance(warnings, Unavailable)
    assert [event.reason for event in all_of_them] == ["Unhealthy", "Killing"]
    assert [event.reason for event in warnings] == ["Unhealthy"]


async def test_nodes_of_several_scenarios_are_told_once() -> None:
    nodes = await SimulatedKubernetes(stage()).answer(NodesJoined())
    assert not isinstance(nodes, Unavailable)
    assert all(isinstance(node, ObjectNote) for node in nodes)
    names = [node.name for node in nodes]
    assert "worker-a1" in names
    assert len(names) == len(set(names))


async def test_siblings_are_told_up_to_the_limit() -> None:
    whole = await SimulatedKubernetes(stage()).answer(SiblingsOf("shop"))
    short = await SimulatedKubernetes(stage()).answer(SiblingsOf("shop", limit=1))
    assert isinstance(whole, WorkloadList)
    assert isinstance(short, WorkloadList)
    names = [workload.target.name for workload in whole.workloads]
    assert names == sorted(names)
    assert {"board-service", "user-service"} <= set(names)
    assert (short.workloads, short.more) == (whole.workloads[:1], len(names) - 1)
    assert await SimulatedKubernetes(stage()).answer(SiblingsOf("shop", "StatefulSet")) == WorkloadList(())


def metrics() -> SimulatedPrometheus:
    memory = Metric("memory_bytes", {"pod": "a", "namespace": "shop"}, lambda at: at - NOW.timestamp())
    other = Metric("memory_bytes_total", {"pod": "b"}, lambda _at: 7.0)
    return SimulatedPrometheus(lambda: NOW, {"one": World((), metrics=(memory, other))})


@pytest.mark.parametrize(
    ("expr", "pods"),
    [
        ("memory_bytes", ["a"]),
        ('max(memory_bytes{pod="a"})', ["a"]),
        ('memory_bytes{pod=~"a|b",namespace="shop"}', ["a"]),
        ('memory_bytes{pod="b"}', []),
        ("memory_bytes_total", ["b"]),
        ("x_memory_bytes", []),
        ("memory_bytes{pod}", []),
    ],
)
async def test_series_are_found_by_their_selector(expr: str, pods: list[str]) -> None:
    answer = await metrics().answer(InstantQuery(expr))
    assert isinstance(answer, SeriesSet)
    assert [series.labels["pod"] for series in answer.series] == pods


async def test_a_query_is_answered_at_the_times_it_asks_for() -> None:
    prometheus = metrics()
    begin = NOW.timestamp()
    now = await prometheus.answer(InstantQuery("memory_bytes"))
    past = await prometheus.answer(InstantQuery("memory_bytes", at=begin - 5))
    span = await prometheus.answer(RangeQuery("memory_bytes", 60, 30))
    answers = [answer for answer in (now, past, span) if isinstance(answer, SeriesSet)]
    values = [[point.value for point in answer.series[0].points] for answer in answers]
    assert values == [[0.0], [-5.0], [-60.0, -30.0, 0.0]]
    assert answers[2].series[0].points[-1].at == NOW
