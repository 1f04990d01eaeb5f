"""Every look is answered from a cluster, narrowly: what the snapshots hold, what is asked, and how many bytes come."""

from pathlib import Path

import pytest

from bot.diagnosis.evidence import (
    ContainerState,
    EnvSource,
    PodList,
    Termination,
    WorkloadList,
    WorkloadState,
)
from bot.diagnosis.looks import EventsOf, PodsOf, RevisionsOf, SiblingsOf, WorkloadOf
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Target
from tests.builders import (
    Object,
    container,
    controller_revision,
    crashing,
    daemonset,
    deployment,
    pod,
    pod_spec,
    replicaset,
    running,
    statefulset,
)
from tests.clients.cluster import cluster

BOARD = Target("test", "shop", "Deployment", "board-service")


def board() -> tuple[Object, Object, Object]:
    top = deployment()
    middle = replicaset(top)
    return (
        top,
        middle,
        pod(owner=middle, statuses=[crashing(exit_code=137, reason="OOMKilled", message="boom")]),
    )


async def test_pods_tell_what_their_containers_do(tmp_path: Path) -> None:
    async with cluster(tmp_path, *board()) as (fake, client):
        found = await client.answer(PodsOf("shop", "app=board-service"))
    assert isinstance(found, PodList)
    (state,) = found.pods
    assert (state.name, state.node, state.owner) == (
        "board-service-7d9f8c6b5d-x2k9p",
        "node-1",
        "ReplicaSet/board-service-7d9f8c6b5d",
    )
    assert not state.ready
    (main,) = state.containers
    assert isinstance(main, ContainerState)
    assert (main.state, main.waiting_reason, main.restarts) == ("waiting", "CrashLoopBackOff", 7)
    assert isinstance(main.last_terminated, Termination)
    assert (main.last_terminated.reason, main.last_terminated.exit_code) == ("OOMKilled", 137)
    (request,) = fake.requests
    assert request.query == {"labelSelector": "app=board-service", "limit": "500"}


async def test_init_containers_and_sidecars_are_told_apart(tmp_path: Path) -> None:
    spec = pod_spec(
        container("app"),
        initContainers=[container("migrate"), container("proxy", restartPolicy="Always")],
    )
    item = pod("p", spec=spec, statuses=[running("app")])
    item["status"]["initContainerStatuses"] = [running("proxy")]
    async with cluster(tmp_path, item) as (_, client):
        found = await client.answer(PodsOf("shop", pod="p"))
    assert isinstance(found, PodList)
    roles = [(one.name, one.role, one.state) for one in found.pods[0].containers]
    assert roles == [
        ("migrate", "init", "unknown"),
        ("proxy", "sidecar", "running"),
        ("app", "main", "running"),
    ]


async def cost(folder: Path, others: int) -> tuple[int, int]:
    """Calls and bytes of one workload's looks among so many other pods."""
    crowd = [pod(f"other-{number:04}", labels={"app": "other"}) for number in range(others)]
    async with cluster(folder, *board(), *crowd) as (fake, client):
        name = "board-service-7d9f8c6b5d-x2k9p"
        workload = await client.answer(WorkloadOf(Target("test", "shop", "Pod", name)))
        assert isinstance(workload, WorkloadState)
        assert workload.target == BOARD
        listed = await client.answer(PodsOf("shop", workload.selector))
        await client.answer(RevisionsOf(workload.target, workload.uid, workload.selector))
        await client.answer(EventsOf("shop", "Pod", name))
        assert isinstance(listed, PodList)
        assert (len(listed.pods), listed.more) == (1, 0)
        return len(fake.requests), fake.received


async def test_one_workload_costs_the_same_in_any_crowd(tmp_path: Path) -> None:
    few, many = await cost(tmp_path, 3), await cost(tmp_path, 3_000)
    assert few == many
    assert few[0] == 6
    assert 0 < few[1] < 8_000


async def test_of_a_few_pods_that_speak_for_all_the_others_are_not_even_counted(tmp_path: Path) -> None:
    async with cluster(tmp_path, *(pod(f"p-{number:04}") for number in range(1_203))) as (fake, client):
        few = await client.answer(PodsOf("shop", "app=board-service", limit=5))
        assert isinstance(few, PodList)
        assert (len(few.pods), few.more) == (5, 1)
        assert [request.query["limit"] for request in fake.requests] == ["5"]


async def test_pods_beyond_the_page_are_counted_without_being_read(tmp_path: Path) -> None:
    async with cluster(tmp_path, *(pod(f"p-{number:04}") for number in range(1_203))) as (fake, client):
        found = await client.answer(PodsOf("shop", "app=board-service"))
        assert isinstance(found, PodList)
        assert (len(found.pods), found.more) == (500, 703)
        assert [request.metadata_only for request in fake.requests] == [False, True, True]


async def test_no_selector_is_not_every_pod(tmp_path: Path) -> None:
    async with cluster(tmp_path, *board()) as (fake, client):
        found = await client.answer(PodsOf("shop"))
        assert isinstance(found, Unavailable)
        assert found.reason is Reason.NOT_FOUND
        assert not fake.requests


@pytest.mark.parametrize(
    ("said", "memory"),
    [
        ({}, "2Gi"),
        ({"resources": {}}, "2Gi"),
        ({"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "3Gi"}}}, "3Gi"),
        ({"resources": {"requests": {"memory": "1Gi"}}}, ""),
    ],
)
async def test_a_container_has_what_its_pod_says_and_after_a_resize_what_the_kubelet_gave(
    tmp_path: Path, said: Object, memory: str
) -> None:
    asked = container(resources={"requests": {"cpu": "100m"}, "limits": {"memory": "2Gi"}})
    one = pod(spec=pod_spec(asked), statuses=[{**running(), **said}])
    async with cluster(tmp_path, one) as (_, client):
        found = await client.answer(PodsOf("shop", pod=one["metadata"]["name"]))
    assert isinstance(found, PodList)
    assert found.pods[0].containers[0].resources.limits.get("memory", "") == memory


async def test_environment_names_its_sources_and_hides_its_secrets(tmp_path: Path) -> None:
    env = [
        {"name": "DB_USER", "value": "board_db"},
        {"name": "DB_PASSWORD", "value": "hunter"},
        {"name": "DATABASE_URL", "value": "postgres://u:hunter@db/x"},
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "board-db", "key": "password"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "board-config", "key": "b"}}},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "D", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
    ]
    spec = pod_spec(
        container(
            env=env,
            envFrom=[{"configMapRef": {"name": "board-config"}}, {"secretRef": {"name": "board-db"}}],
            args=["--password", "hunter", "--port=8080"],
            resources={"limits": {"memory": "512Mi", "cpu": 1}},
            livenessProbe={"httpGet": {"path": "/healthz", "port": 8080}, "initialDelaySeconds": 60},
        ),
        volumes=[
            {"name": "v", "secret": {"secretName": "tls"}},
            {"name": "c", "configMap": {"name": "board-config"}},
        ],
    )
    async with cluster(tmp_path, deployment(spec=spec)) as (_, client):
        found = await client.answer(WorkloadOf(BOARD))
    assert isinstance(found, WorkloadState)
    (main,) = found.template.containers
    assert [(one.name, one.value, one.source) for one in main.env] == [
        ("DB_USER", "board_db", ""),
        ("DB_PASSWORD", "[redacted]", ""),
        ("DATABASE_URL", "postgres://u:[redacted]@db/x", ""),
        ("A", "", "secret/board-db/password"),
        ("B", "", "configmap/board-config/b"),
        ("C", "", "field/status.podIP"),
        ("D", "", "resource/limits.memory"),
    ]
    assert main.env_from == (EnvSource("ConfigMap", "board-config"), EnvSource("Secret", "board-db"))
    assert main.args == ("--password", "[redacted]", "--port=8080")
    assert main.limits == {"memory": "512Mi", "cpu": "1"}
    assert [(one.kind, one.initial_delay, one.period, one.what) for one in main.probes] == [
        ("liveness", 60, 10, "http /healthz on 8080")
    ]
    assert found.template.mounts == ("secret/tls", "configmap/board-config")


async def test_only_what_tells_the_owner_is_kept_of_annotations(tmp_path: Path) -> None:
    annotations = {
        "meta.helm.sh/release-name": "board",
        "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"password":"hunter"}}',
        "kubernetes.io/change-cause": "set token=hunter",
    }
    async with cluster(tmp_path, deployment(annotations=annotations, labels={"team": "x"})) as (_, client):
        found = await client.answer(WorkloadOf(BOARD))
    assert isinstance(found, WorkloadState)
    assert found.annotations == {
        "meta.helm.sh/release-name": "board",
        "kubernetes.io/change-cause": "set token=[redacted]",
    }
    assert found.labels == {}
    assert found.managers == ("helm", "kubelet")


async def test_revisions_of_a_deployment_come_newest_first_and_are_its_own(tmp_path: Path) -> None:
    top = deployment()
    old = replicaset(top, hash_="aaa", revision=9, spec=pod_spec(container(image="board:1")))
    new = replicaset(top, hash_="bbb", revision=10, spec=pod_spec(container(image="board:2")))
    stranger = replicaset(statefulset("board-service"), hash_="ccc", revision=11)
    stranger["metadata"]["ownerReferences"][0]["uid"] = "another"
    async with cluster(tmp_path, top, old, new, stranger) as (_, client):
        found = await client.answer(RevisionsOf(BOARD, top["metadata"]["uid"], "app=board-service"))
    assert not isinstance(found, Unavailable)
    assert [(one.number, one.template.containers[0].image) for one in found] == [
        (10, "board:2"),
        (9, "board:1"),
    ]


@pytest.mark.parametrize("top", [statefulset("x"), daemonset("x")], ids=["StatefulSet", "DaemonSet"])
async def test_revisions_of_sets_are_controller_revisions(tmp_path: Path, top: Object) -> None:
    first, second = (
        controller_revision(top, number, pod_spec(container(image=f"x:{number}"))) for number in (1, 2)
    )
    async with cluster(tmp_path, top, first, second) as (_, client):
        found = await client.answer(RevisionsOf(Target("test", "shop", top["kind"], "x"), "", "app=x"))
    assert not isinstance(found, Unavailable)
    assert [(one.number, one.template.containers[0].image) for one in found] == [(2, "x:2"), (1, "x:1")]


async def test_siblings_and_how_many_there_are_beyond_the_limit(tmp_path: Path) -> None:
    names = ("chat", "board", "user")
    others = statefulset("db"), deployment("elsewhere", namespace="other")
    async with cluster(tmp_path, *(deployment(name) for name in names), *others) as (fake, client):
        all_of_them = await client.answer(SiblingsOf("shop"))
        two = await client.answer(SiblingsOf("shop", limit=2))
        sets = await client.answer(SiblingsOf("shop", "StatefulSet"))
        assert [request.query["limit"] for request in fake.requests] == ["100", "2", "100"]
    assert isinstance(all_of_them, WorkloadList)
    assert [state.target.name for state in all_of_them.workloads] == ["board", "chat", "user"]
    assert all_of_them.workloads[0].template.containers
    assert all_of_them.more == 0
    assert isinstance(two, WorkloadList)
    assert ([state.target.name for state in two.workloads], two.more) == (["board", "chat"], 1)
    assert isinstance(sets, WorkloadList)
    assert [str(state.target) for state in sets.workloads] == ["shop/StatefulSet/db"]


@pytest.mark.parametrize("look", [SiblingsOf("shop", "Secret"), SiblingsOf("shop", "Node"), SiblingsOf("")])
async def test_siblings_of_what_runs_nothing(tmp_path: Path, look: SiblingsOf) -> None:
    async with cluster(tmp_path) as (fake, client):
        gap = await client.answer(look)
        assert not fake.requests
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.NOT_FOUND
