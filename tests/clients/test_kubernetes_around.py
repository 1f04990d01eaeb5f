"""What stands round a workload: events, nodes, configuration, scalers, Services, applications; names and permissions."""

from pathlib import Path

from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    FindTargets,
    NodeOf,
    NodesJoined,
    ScalersOf,
    SecretNote,
    ServiceOf,
)
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.reads import POD_LOGS, POD_READ
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Source, Target
from tests.builders import (
    ago,
    deployment,
    pod,
    statefulset,
)
from tests.builders_around import application, configmap, event, hpa, node, secret, service
from tests.clients.cluster import cluster

BOARD = Target("test", "shop", "Deployment", "board-service")


async def test_events_of_one_object_newest_first(tmp_path: Path) -> None:
    about = pod("p")
    series = {"count": 40, "lastObservedTime": "2026-01-01T03:11:59.123456Z"}
    newer = event(about, "Unhealthy", "Liveness probe failed", series=series, count=None, lastTimestamp=None)
    older = event(about, "BackOff", "Back-off; password=hunter")
    normal = event(about, "Pulled", type="Normal")
    async with cluster(tmp_path, older, newer, normal, event(pod("q"))) as (fake, client):
        found = await client.answer(EventsOf("shop", "Pod", "p"))
        everything = await client.answer(EventsOf("shop", "Pod", "p", warnings_only=False))
    assert not isinstance(found, Unavailable)
    assert [(one.reason, one.count, one.message) for one in found] == [
        ("Unhealthy", 40, "Liveness probe failed"),
        ("BackOff", 12, "Back-off; password=[redacted]"),
    ]
    assert not isinstance(everything, Unavailable)
    assert len(everything) == 3
    assert (
        fake.requests[0].query["fieldSelector"]
        == "involvedObject.kind=Pod,involvedObject.name=p,type=Warning"
    )


async def test_events_of_a_node_are_in_default(tmp_path: Path) -> None:
    async with cluster(tmp_path, event(node(), "Rebooted")) as (_, client):
        found = await client.answer(EventsOf("", "Node", "node-1"))
    assert not isinstance(found, Unavailable)
    assert [one.reason for one in found] == ["Rebooted"]


async def test_nodes(tmp_path: Path) -> None:
    tainted = node(
        "node-2", ready="Unknown", unschedulable=True, taints=[{"key": "k", "effect": "NoSchedule"}]
    )
    tainted["metadata"]["creationTimestamp"] = ago(minutes=4)
    async with cluster(tmp_path, node(), tainted) as (fake, client):
        one = await client.answer(NodeOf("node-2"))
        joined = await client.answer(NodesJoined())
        assert fake.requests[-1].metadata_only
    assert not isinstance(one, Unavailable)
    assert (one.conditions[0].status, one.unschedulable, one.taints) == ("Unknown", True, ("k:NoSchedule",))
    assert (one.kubelet, one.architecture, one.allocatable["memory"]) == ("v1.36.2", "arm64", "16Gi")
    assert not isinstance(joined, Unavailable)
    assert [note.name for note in joined] == ["node-1", "node-2"]


async def test_configuration_gives_its_times_and_never_its_content(tmp_path: Path) -> None:
    async with cluster(tmp_path, configmap(a="value"), secret(password="aHVudGVy")) as (fake, client):
        plain = await client.answer(ConfigMapNote("shop", "board-config"))
        hidden = await client.answer(SecretNote("shop", "board-db"))
        assert [request.metadata_only for request in fake.requests] == [True, True]
    for note, kind in ((plain, "ConfigMap"), (hidden, "Secret")):
        assert not isinstance(note, Unavailable)
        assert (note.kind, note.changed_by) == (kind, "helm")
        assert note.changed_at is not None
        assert (
            note.changed_at.isoformat() == "2026-01-01T02:12:00+00:00"
        )  # the later status write does not count


async def test_scalers_of_a_workload_or_by_name(tmp_path: Path) -> None:
    async with cluster(tmp_path, hpa(), hpa("other", workload="other")) as (_, client):
        mine = await client.answer(ScalersOf("shop", "Deployment", "board-service"))
        named = await client.answer(ScalersOf("shop", name="other"))
        nobody = await client.answer(ScalersOf("shop", "StatefulSet", "board-service"))
    assert not isinstance(mine, Unavailable)
    assert [(one.name, one.minimum, one.maximum, one.current) for one in mine] == [
        ("board-service", 2, 10, 10)
    ]
    assert not isinstance(named, Unavailable)
    assert [one.target_name for one in named] == ["other"]
    assert nobody == ()


async def test_service(tmp_path: Path) -> None:
    async with cluster(tmp_path, service(selector={"b": "2", "a": "1"})) as (_, client):
        found = await client.answer(ServiceOf("shop", "board-service"))
    assert not isinstance(found, Unavailable)
    assert (found.selector, found.ports) == ("a=1,b=2", ("http 80 → 8080/TCP",))


async def test_application_by_name_in_any_namespace(tmp_path: Path) -> None:
    async with cluster(tmp_path, application()) as (_, client):
        found = await client.answer(ApplicationOf("board"))
        again = await client.answer(ApplicationOf("board", "argocd"))
        absent = await client.answer(ApplicationOf("nobody"))
    assert not isinstance(found, Unavailable)
    assert found == again
    assert (found.sync, found.health, found.phase, found.automated) == (
        "OutOfSync",
        "Degraded",
        "Failed",
        True,
    )
    assert [one.id for one in found.history] == [5, 4]
    assert found.out_of_sync == ("Deployment/board-service",)
    assert isinstance(absent, Unavailable)
    assert (absent.reason, absent.group) == (Reason.NOT_FOUND, "argoproj.io")


async def test_application_where_only_argocd_s_namespace_may_be_read(tmp_path: Path) -> None:
    async with cluster(tmp_path, application()) as (fake, client):
        fake.deny("list", "applications")
        found = await client.answer(ApplicationOf("board"))
    assert not isinstance(found, Unavailable)


async def test_names_are_found_exactly_in_every_namespace(tmp_path: Path) -> None:
    elsewhere = statefulset("board-service", namespace="other")
    async with cluster(tmp_path, deployment(), elsewhere, deployment("board")) as (fake, client):
        found = await client.answer(FindTargets("board-service"))
        assert all(request.metadata_only for request in fake.requests)
    assert found == (BOARD, Target("test", "other", "StatefulSet", "board-service"))


async def test_the_nearest_names_are_offered_when_none_fits(tmp_path: Path) -> None:
    names = ("board-service", "board-worker", "chat-service", "postgres")
    async with cluster(tmp_path, *(deployment(name) for name in names)) as (_, client):
        found = await client.answer(FindTargets("bord-service"))
    assert not isinstance(found, Unavailable)
    assert [target.name for target in found][:2] == ["board-service", "chat-service"]
    assert "postgres" not in [target.name for target in found]


async def test_known_namespaces_are_tried_when_the_cluster_is_forbidden(tmp_path: Path) -> None:
    async with cluster(tmp_path, deployment(), deployment("x", namespace="other")) as (fake, client):
        fake.deny(namespace="")
        found = await client.answer(FindTargets("board-service"))
        fake.deny()
        refused = await client.answer(FindTargets("board-service"))
    assert found == (BOARD,)  # the kubeconfig's own namespace is `shop`
    assert isinstance(refused, Unavailable)
    assert (refused.reason, refused.verb) == (Reason.FORBIDDEN, "list")


async def test_a_name_cannot_widen_the_question(tmp_path: Path) -> None:
    async with cluster(tmp_path, deployment()) as (fake, client):
        assert await client.answer(FindTargets("a,metadata.namespace=shop")) == ()
        assert fake.requests[0].query["fieldSelector"] == "metadata.name=a\\,metadata.namespace\\=shop"
        fake.requests.clear()
        for name in ("", ".", "..", "../secrets/board-db"):
            for look in (ServiceOf("shop", name), ConfigMapNote("shop", name), ServiceOf(name or ".", "x")):
                gap = await client.answer(look)
                assert isinstance(gap, Unavailable)
                assert gap.reason is Reason.NOT_FOUND
        assert not fake.requests


async def test_every_kind_of_look_at_a_cluster_is_answered(tmp_path: Path) -> None:
    # By name: a class with slots leaves its slotless twin behind among the subclasses.
    kinds = {kind.__name__ for kind in Look.__subclasses__() if kind.read.source is Source.KUBERNETES}
    async with cluster(tmp_path) as (_, client):
        assert kinds == {kind.__name__ for kind in client._ways}


async def test_a_question_for_another_source_is_declined(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        gap = await client.answer(InstantQuery("up"))
        assert isinstance(gap, Unavailable)
        assert (gap.source, gap.reason) == (Source.PROMETHEUS, Reason.NOT_CONFIGURED)
        assert not fake.requests


async def test_permissions_are_asked_of_the_server(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        assert await client.can(POD_READ, "shop") is True
        fake.deny("get", "pods/log", "shop")
        assert await client.can(POD_LOGS, "shop") is False
        assert await client.can(POD_READ, "shop") is True
        (gap,) = await client.denied(POD_LOGS, "shop")
        assert (gap.verb, gap.resource, gap.namespace) == ("get", "pods/log", "shop")
        assert await client.ping() == "v1.36.2"
        fake.fail_with = 500
        assert isinstance(await client.can(POD_READ, "shop"), Unavailable)
        assert isinstance(await client.ping(), Unavailable)
