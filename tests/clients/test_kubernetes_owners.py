"""From whatever an alert names to the workload behind it, even when the pod it names is gone."""

from pathlib import Path

import pytest

from bot.clients.kubernetes_owners import guesses
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.looks import WorkloadOf
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Target
from tests.builders import (
    Object,
    controlled_by,
    cronjob,
    daemonset,
    deployment,
    job,
    pod,
    replicaset,
    running,
    statefulset,
)
from tests.builders_around import hpa, node, service
from tests.clients.cluster import cluster


def target(kind: str, name: str) -> WorkloadOf:
    return WorkloadOf(Target("test", "shop", kind, name))


async def top(folder: Path, look: WorkloadOf, *objects: Object) -> WorkloadState:
    async with cluster(folder, *objects) as (_, client):
        found = await client.answer(look)
    assert isinstance(found, WorkloadState), found
    return found


def named(state: WorkloadState) -> str:
    return f"{state.target.kind}/{state.target.name}"


DEPLOYMENT = deployment()
REPLICAS = replicaset(DEPLOYMENT)
CRON_JOB = cronjob("backup")
RUN = job("backup-29384756", owner=CRON_JOB)
SET = statefulset("prometheus-k8s")
DAEMONS = daemonset("node-exporter")
MIGRATION = job("migrate")

OWNED = [
    ("Deployment/board-service", (DEPLOYMENT, REPLICAS, pod("p", owner=REPLICAS)), "Pod", "p"),
    ("Deployment/board-service", (DEPLOYMENT, REPLICAS), "ReplicaSet", "board-service-7d9f8c6b5d"),
    ("Deployment/board-service", (DEPLOYMENT,), "Deployment", "board-service"),
    ("ReplicaSet/lonely-7d9f8c6b5d", (replicaset(), pod("p", owner=replicaset())), "Pod", "p"),
    ("StatefulSet/prometheus-k8s", (SET, pod("prometheus-k8s-0", owner=SET)), "Pod", "prometheus-k8s-0"),
    ("DaemonSet/node-exporter", (DAEMONS, pod("p", owner=DAEMONS)), "Pod", "p"),
    ("Job/migrate", (MIGRATION, pod("p", owner=MIGRATION)), "Pod", "p"),
    ("CronJob/backup", (CRON_JOB, RUN, pod("p", owner=RUN)), "Pod", "p"),
    ("CronJob/backup", (CRON_JOB, RUN), "Job", "backup-29384756"),
    ("Pod/p", (pod("p"),), "Pod", "p"),
    ("Deployment/board-service", (DEPLOYMENT, hpa()), "HorizontalPodAutoscaler", "board-service"),
    (
        "Deployment/board-service",
        (DEPLOYMENT, REPLICAS, pod("p", owner=REPLICAS), service()),
        "Service",
        "board-service",
    ),
    ("Deployment/board-service", (DEPLOYMENT, service()), "Service", "board-service"),
    ("Deployment/board-service", (DEPLOYMENT,), "Service", "board-service"),
]


@pytest.mark.parametrize(("expected", "objects", "kind", "name"), OWNED)
async def test_the_top_of_the_chain(
    tmp_path: Path, expected: str, objects: tuple[Object, ...], kind: str, name: str
) -> None:
    assert named(await top(tmp_path, target(kind, name), *objects)) == expected


GONE = [
    ("Deployment/board-service", (DEPLOYMENT,), "board-service-7d9f8c6b5d-x2k9p"),
    ("StatefulSet/prometheus-k8s", (SET,), "prometheus-k8s-0"),
    ("DaemonSet/node-exporter", (DAEMONS,), "node-exporter-x2k9p"),
    ("Job/migrate", (MIGRATION,), "migrate-x2k9p"),
    ("CronJob/backup", (CRON_JOB, RUN), "backup-29384756-x2k9p"),
    ("CronJob/backup", (CRON_JOB,), "backup-29384756-x2k9p"),
    ("ReplicaSet/lonely-7d9f8c6b5d", (replicaset(),), "lonely-7d9f8c6b5d-x2k9p"),
    ("Deployment/board-service", (DEPLOYMENT, deployment("board")), "board-service-7d9f8c6b5d-x2k9p"),
]


@pytest.mark.parametrize(("expected", "objects", "name"), GONE)
async def test_a_pod_that_is_gone_still_names_its_workload(
    tmp_path: Path, expected: str, objects: tuple[Object, ...], name: str
) -> None:
    assert named(await top(tmp_path, target("Pod", name), *objects)) == expected


async def test_a_pod_that_is_gone_without_a_trace(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        gap = await client.answer(target("Pod", "board-service-7d9f8c6b5d-x2k9p"))
        assert isinstance(gap, Unavailable)
        assert (gap.reason, gap.resource) == (Reason.NOT_FOUND, "pods")
        fake.deny("get", "deployments")
        gap = await client.answer(target("Pod", "board-service-7d9f8c6b5d-x2k9p"))
        assert isinstance(gap, Unavailable)
        assert (gap.reason, gap.resource) == (Reason.FORBIDDEN, "deployments")


@pytest.mark.parametrize("name", ["p", "board-service", "-", "", "UPPER-CASE1-abcde"])
def test_names_that_say_nothing_are_not_guessed_at(name: str) -> None:
    assert guesses(name) == ()


def test_guesses_are_few() -> None:
    assert [(kind.name, name) for kind, name in guesses("a-b-29384756-x2k9p")] == [
        ("DaemonSet", "a-b-29384756"),
        ("Job", "a-b-29384756"),
        ("ReplicaSet", "a-b-29384756"),
        ("CronJob", "a-b"),
    ]


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        (
            {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "board"}},
            "Rollout/board",
        ),
        ({"apiVersion": "example.com/v1", "kind": "Deployment", "metadata": {"name": "x"}}, "Deployment/x"),
    ],
)
async def test_an_owner_of_an_unknown_kind_ends_the_climb(tmp_path: Path, owner: Object, said: str) -> None:
    middle = replicaset()
    middle["metadata"]["ownerReferences"] = [controlled_by(owner)]
    state = await top(tmp_path, target("Pod", "p"), middle, pod("p", owner=middle))
    assert (named(state), state.owner) == ("ReplicaSet/lonely-7d9f8c6b5d", said)


async def test_the_operator_above_a_stateful_set_is_named(tmp_path: Path) -> None:
    above = {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"name": "k8s"}}
    state = await top(tmp_path, target("StatefulSet", "prometheus-k8s"), statefulset(owner=above))
    assert state.owner == "Prometheus/k8s"


async def test_an_owner_that_is_deleted_ends_the_climb(tmp_path: Path) -> None:
    state = await top(tmp_path, target("Pod", "p"), pod("p", owner=REPLICAS, statuses=[running()]))
    assert (named(state), state.ready, state.owner) == ("Pod/p", 1, "ReplicaSet/board-service-7d9f8c6b5d")


async def test_an_owner_that_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    async with cluster(tmp_path, DEPLOYMENT, REPLICAS, pod("p", owner=REPLICAS)) as (fake, client):
        fake.deny("get", "replicasets")
        gap = await client.answer(target("Pod", "p"))
    assert isinstance(gap, Unavailable)
    assert (gap.reason, gap.resource, gap.group) == (Reason.FORBIDDEN, "replicasets", "apps")


async def test_owners_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    one, other = deployment("one"), deployment("other")
    one["metadata"]["ownerReferences"] = [controlled_by(other)]
    other["metadata"]["ownerReferences"] = [controlled_by(one)]
    async with cluster(tmp_path, one, other) as (fake, client):
        gap = await client.answer(target("Deployment", "one"))
        assert isinstance(gap, Unavailable)
        assert len(fake.requests) < 10


async def test_what_runs_no_pods_is_said(tmp_path: Path) -> None:
    async with cluster(tmp_path, node(), service(selector={}), hpa(kind="Sandbox", workload="x")) as (
        _,
        client,
    ):
        for kind, name, detail in (
            ("Node", "node-1", "Node is not a kind that runs pods"),
            ("Service", "board-service", "Service board-service selects no pods"),
            ("HorizontalPodAutoscaler", "board-service", "it scales Sandbox/x"),
        ):
            gap = await client.answer(target(kind, name))
            assert isinstance(gap, Unavailable)
            assert gap.reason is Reason.NOT_FOUND
            assert detail in gap.detail


async def test_counts_of_each_kind(tmp_path: Path) -> None:
    objects = (deployment(replicas=3, ready=1), statefulset(), daemonset(), MIGRATION, CRON_JOB)
    async with cluster(tmp_path, *objects) as (_, client):
        states = [await client.answer(target(item["kind"], item["metadata"]["name"])) for item in objects]
    counts = [
        (state.desired, state.ready, state.updated, state.available)
        for state in states
        if isinstance(state, WorkloadState)
    ]
    assert counts == [(3, 1, 3, 1), (2, 1, 2, 0), (3, 2, 3, 2), (1, 0, None, None), (None, None, None, None)]


async def test_none_ready_is_zero_and_not_unknown(tmp_path: Path) -> None:
    state = await top(tmp_path, target("Deployment", "board-service"), deployment(ready=0))
    assert (state.ready, state.available) == (0, 0)


async def test_a_selector_with_expressions(tmp_path: Path) -> None:
    item = deployment()
    item["spec"]["selector"]["matchExpressions"] = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "zone", "operator": "NotIn", "values": ["c"]},
        {"key": "team", "operator": "Exists"},
    ]
    state = await top(tmp_path, target("Deployment", "board-service"), item)
    assert state.selector == "app=board-service,tier in (a,b),!old,zone notin (c),team"


async def test_the_pods_of_a_cron_job_are_found_by_its_runs(tmp_path: Path) -> None:
    runs = [
        job(f"backup-{number}", owner=CRON_JOB, created=f"2026-01-01T0{number}:00:00Z") for number in range(7)
    ]
    idle = await top(tmp_path, target("CronJob", "backup"), CRON_JOB, *runs, MIGRATION)
    one = await top(tmp_path, target("Job", "backup-2"), CRON_JOB, *runs)
    busy = await top(tmp_path, target("CronJob", "backup"), cronjob(active=["backup-9"]))
    assert idle.selector == "job-name in (backup-6,backup-5,backup-4,backup-3,backup-2)"
    assert one.selector == "job-name in (backup-2)"
    assert busy.selector == "job-name in (backup-9)"
