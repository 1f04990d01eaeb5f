"""Whatever goes wrong on the way to the API server becomes `Unavailable` with the verb, the resource and the reason."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes import KubernetesClient
from bot.clients.kubernetes_config import KubernetesAccess
from bot.diagnosis.evidence import PodList
from bot.diagnosis.looks import (
    ApplicationOf,
    EventsOf,
    NodeOf,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    SecretNote,
    ServiceOf,
    WorkloadOf,
)
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Source, Target
from tests.builders import deployment, pod
from tests.clients.cluster import cluster

PODS = PodsOf("shop", "app=board-service")


async def gap_of(client: KubernetesClient, look: Look[Any] = PODS) -> Unavailable:
    found = await client.answer(look)
    assert isinstance(found, Unavailable)
    assert found.source is Source.KUBERNETES
    return found


async def test_forbidden_carries_the_grant_s_parts_and_the_server_s_words(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        fake.deny("list", "pods", "shop")
        gap = await gap_of(client)
    assert gap == Unavailable(
        Source.KUBERNETES,
        Reason.FORBIDDEN,
        "list",
        "pods",
        "shop",
        'pods is forbidden: User "system:serviceaccount:opsbot:opsbot" cannot list resource "pods" '
        'in API group "" in the namespace "shop"',
    )


async def test_groups_and_cluster_scope_are_named(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        fake.deny()
        scaler = await gap_of(client, ScalersOf("shop", name="x"))
        node = await gap_of(client, NodeOf("node-1"))
    assert (scaler.verb, scaler.group, scaler.namespace) == ("get", "autoscaling", "shop")
    assert (node.verb, node.resource, node.namespace) == ("get", "nodes", "")


async def test_not_found(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (_, client):
        gap = await gap_of(client, ServiceOf("shop", "x"))
    assert (gap.reason, gap.resource, gap.detail) == (Reason.NOT_FOUND, "services", 'services "x" not found')


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_once_more(tmp_path: Path, status: int) -> None:
    async with cluster(tmp_path, pod()) as (fake, client):
        fake.fail_with, fake.fail_times = status, 1
        assert isinstance(await client.answer(PODS), PodList)
        fake.fail_times = None
        gap = await gap_of(client)
        assert gap.reason is Reason.NOT_READY
        assert gap.detail.startswith(f"HTTP {status}: the server ")
        assert len(fake.requests) == 4


async def test_an_internal_error_is_not_repeated(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        fake.fail_with = 500
        gap = await gap_of(client)
        assert (gap.reason, len(fake.requests)) == (Reason.NOT_READY, 1)
        assert "etcdserver: request timed out" in gap.detail


async def test_a_lost_connection_is_tried_once_more(tmp_path: Path) -> None:
    async with cluster(tmp_path, pod()) as (fake, client):
        fake.drop_times = 1
        assert isinstance(await client.answer(PODS), PodList)
        fake.drop_times = 100
        assert (await gap_of(client)).reason is Reason.UNREACHABLE
        assert fake.drop_times >= 96  # aiohttp, too, repeats a request on a kept connection that was lost


async def test_nobody_listens(tmp_path: Path) -> None:
    async with cluster(tmp_path, pod()) as (fake, client):
        await fake.refuse_connections()
        gap = await gap_of(client)
        assert gap.reason is Reason.UNREACHABLE
        assert "127.0.0.1" in gap.detail
        await fake.listen()
        assert isinstance(await client.answer(PODS), PodList)


async def test_a_hanging_server_costs_the_time_out_and_no_more(tmp_path: Path) -> None:
    async with cluster(tmp_path, access=KubernetesAccess(timeout=0.05)) as (fake, client):
        await client.connect()
        fake.hang = True
        gap = await gap_of(client)
    assert (gap.reason, gap.detail) == (Reason.TIMEOUT, "no answer within 0.05 s")


@pytest.mark.parametrize(
    "body", ['{"items": [', "[]", "<html>sign in</html>", "[" * 100_000, '{"n": ' + "9" * 5_000 + "}"]
)
async def test_what_is_not_a_json_object_is_not_an_answer(tmp_path: Path, body: str) -> None:
    async with cluster(tmp_path) as (fake, client):
        fake.malformed = body
        gap = await gap_of(client)
    assert (gap.reason, gap.detail) == (Reason.NOT_READY, "the answer is not a JSON object")


async def test_unknown_resources_are_not_found(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        fake.unserved.add("argoproj.io")
        gap = await gap_of(client, ApplicationOf("x"))
    assert gap.reason is Reason.NOT_FOUND
    assert gap.detail == "Application (applications.argoproj.io) is not installed, or not served as v1alpha1"


async def test_tls_trouble_is_unreachable(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        path = tmp_path / "kubeconfig"
        path.write_text(path.read_text().replace("http://", "https://"))
        gap = await gap_of(client)
        assert gap.reason is Reason.UNREACHABLE
        assert "ssl" in gap.detail.lower()
        assert not fake.requests


async def test_looks_run_side_by_side(tmp_path: Path) -> None:
    async with cluster(tmp_path, pod()) as (fake, client):
        await client.connect()
        fake.latency = 0.2
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.gather(*(client.answer(PODS) for _ in range(10)))
        assert loop.time() - started < 1.0


async def test_a_secret_is_never_asked_for_with_its_content(tmp_path: Path) -> None:
    async with cluster(tmp_path) as (fake, client):
        await client.answer(SecretNote("shop", "x"))
        (request,) = fake.requests
        assert request.accept == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


async def test_a_big_list_does_not_hold_the_loop(tmp_path: Path) -> None:
    async with cluster(tmp_path, *(pod(f"p-{number:04}") for number in range(500))) as (_, client):
        await client.connect()
        loop, gaps = asyncio.get_running_loop(), [0.0]

        async def watch() -> None:
            while True:
                before = loop.time()
                await asyncio.sleep(0.001)
                gaps.append(loop.time() - before)

        watcher = asyncio.create_task(watch())
        found = await client.answer(PODS)
        watcher.cancel()
        assert isinstance(found, PodList)
        assert max(gaps) < 0.25  # the typed client takes more than that for as many


JUNK: list[object] = [
    None,
    7,
    "x",
    [],
    [None],
    {},
    {"items": None},
    {"metadata": 3, "spec": "x", "status": []},
    True,
]


@pytest.mark.parametrize("junk", JUNK, ids=[json.dumps(item) for item in JUNK])
async def test_no_value_anywhere_makes_a_look_raise(tmp_path: Path, junk: object) -> None:
    """Each field of a Deployment and a pod in turn holds something that it never should."""
    target = Target("test", "shop", "Deployment", "board-service")
    looks: tuple[Look[Any], ...] = (
        WorkloadOf(target),
        PODS,
        RevisionsOf(target, "", "app=board-service"),
        EventsOf("shop", "Pod", "p"),
    )
    async with cluster(tmp_path) as (fake, client):
        for part, fields in (("spec", deployment()["spec"]), ("status", deployment()["status"])):
            for field in fields:
                fake.add(broken := deployment())
                broken[part][field] = junk
                await client.answer(WorkloadOf(target))
        for part in ("spec", "status"):
            for field in pod()[part]:
                fake.add(damaged := pod())
                damaged[part][field] = junk
                await client.answer(PODS)
        for look in looks:
            await client.answer(look)
