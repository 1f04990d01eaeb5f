"""A Rollout of Argo is a workload like a Deployment; a cluster without Argo Rollouts has none, and lacks nothing by it."""

from pathlib import Path

import pytest

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.looks import FindTargets, RevisionsOf, WorkloadOf
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Target
from tests.builders import Object, container, deployment, pod, pod_spec, replicaset, rollout
from tests.builders_around import hpa, service
from tests.clients.cluster import cluster

ROLLOUT = rollout(ready=2)
REPLICAS = replicaset(ROLLOUT)
OF_IT = (ROLLOUT, REPLICAS, pod("board-service-7d9f8c6b5d-x2k9p", owner=REPLICAS))
NAMED = Target("test", "shop", "Rollout", "board-service")


def target(kind: str, name: str) -> WorkloadOf:
    return WorkloadOf(Target("test", "shop", kind, name))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Pod", "board-service-7d9f8c6b5d-x2k9p"),
        ("Pod", "board-service-7d9f8c6b5d-zzzzz"),  # gone
        ("ReplicaSet", "board-service-7d9f8c6b5d"),
        ("Rollout", "board-service"),
        ("HorizontalPodAutoscaler", "board-service"),
        ("Service", "board-service"),
        ("Service", "unknown-service"),
    ],
)
async def test_it_is_at_the_top(tmp_path: Path, kind: str, name: str) -> None:
    other = service("unknown-service", selector={"app": "nobody"})
    objects = (*OF_IT, hpa(kind="Rollout"), service(), other, rollout("unknown-service"))
    async with cluster(tmp_path, *objects) as (_, client):
        found = await client.answer(target(kind, name))
    assert isinstance(found, WorkloadState)
    wanted = name if name == "unknown-service" else "board-service"
    assert (found.target.kind, found.target.name) == ("Rollout", wanted)
    assert (found.desired, found.selector) == (2, f"app={wanted}")
    assert [one.image for one in found.template.containers] == ["ghcr.io/shop/board:1.4.2"]


@pytest.mark.parametrize(("said", "seen"), [("3", 3), ("7f6c9d", 4), (2, 2), (None, 0)])
async def test_what_its_controller_has_seen(tmp_path: Path, said: object, seen: int) -> None:
    item = {**ROLLOUT, "metadata": {**ROLLOUT["metadata"], "generation": 4}}
    item["status"] = {**ROLLOUT["status"], "observedGeneration": said}
    async with cluster(tmp_path, item) as (_, client):
        found = await client.answer(target("Rollout", "board-service"))
    assert isinstance(found, WorkloadState)
    assert found.observed_generation == seen


async def test_its_revisions_are_replica_sets(tmp_path: Path) -> None:
    old = replicaset(ROLLOUT, hash_="aaa", revision=9, spec=pod_spec(container(image="board:1")))
    new = replicaset(ROLLOUT, hash_="bbb", revision=10, spec=pod_spec(container(image="board:2")))
    stranger = replicaset(deployment(), hash_="ccc", revision=11)
    stranger["metadata"]["ownerReferences"][0]["uid"] = "another"
    async with cluster(tmp_path, ROLLOUT, old, new, stranger) as (_, client):
        found = await client.answer(RevisionsOf(NAMED, ROLLOUT["metadata"]["uid"], "app=board-service"))
    assert not isinstance(found, Unavailable)
    assert [(one.number, one.template.containers[0].image) for one in found] == [
        (10, "board:2"),
        (9, "board:1"),
    ]


def by_reference(kind: str = "Deployment") -> Object:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": "template"}
    return {**ROLLOUT, "spec": {"replicas": 2, "workloadRef": reference}}


async def test_a_template_by_reference(tmp_path: Path) -> None:
    template = deployment("template", spec=pod_spec(container(image="board:9")), replicas=0)
    async with cluster(tmp_path, by_reference(), template) as (_, client):
        found = await client.answer(target("Rollout", "board-service"))
    assert isinstance(found, WorkloadState)
    assert (found.target.name, found.desired, found.selector) == ("board-service", 2, "app=template")
    assert [one.image for one in found.template.containers] == ["board:9"]


@pytest.mark.parametrize("kind", ["Deployment", "PodTemplate"])
async def test_a_reference_that_leads_nowhere(tmp_path: Path, kind: str) -> None:
    async with cluster(tmp_path, by_reference(kind)) as (_, client):
        found = await client.answer(target("Rollout", "board-service"))
    assert isinstance(found, WorkloadState)
    assert found.template.containers == ()


@pytest.mark.parametrize("way", ["absent", "denied"])
async def test_one_that_cannot_be_read_leaves_its_replica_set(tmp_path: Path, way: str) -> None:
    async with cluster(tmp_path, *OF_IT) as (fake, client):
        if way == "absent":
            fake.unserved.add("rollouts.argoproj.io")
        else:
            fake.deny("get", "rollouts")
        found = await client.answer(target("Pod", "board-service-7d9f8c6b5d-x2k9p"))
    assert isinstance(found, WorkloadState)
    assert (str(found.target), found.owner) == (
        "shop/ReplicaSet/board-service-7d9f8c6b5d",
        "Rollout/board-service",
    )


async def test_a_cluster_without_argo_rollouts_lacks_nothing(tmp_path: Path) -> None:
    async with cluster(tmp_path, deployment("web")) as (fake, client):
        fake.unserved.add("rollouts.argoproj.io")
        assert await client.answer(FindTargets("web")) == (Target("test", "shop", "Deployment", "web"),)
        assert await client.answer(FindTargets("wep")) == (Target("test", "shop", "Deployment", "web"),)
        assert await client.answer(FindTargets("zzz")) == ()
        gone = await client.answer(target("Pod", "api-7d9f8c6b5d-x2k9p"))
        asked = await client.answer(FindTargets("web", kind="rollout"))
    assert isinstance(gone, Unavailable)
    assert (gone.reason, gone.resource) == (Reason.NOT_FOUND, "pods")
    assert isinstance(asked, Unavailable)
    assert "Rollout (rollouts.argoproj.io) is not installed" in asked.detail


async def test_both_kinds_of_one_name_are_told(tmp_path: Path) -> None:
    async with cluster(tmp_path, deployment("web"), rollout("web")) as (_, client):
        found = await client.answer(FindTargets("web"))
    assert not isinstance(found, Unavailable)
    assert sorted(one.kind for one in found) == ["Deployment", "Rollout"]
