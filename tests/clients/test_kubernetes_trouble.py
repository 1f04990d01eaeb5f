"""Whatever goes wrong on the way to the API server becomes `Unavailable` with the verb, the resource and the reason."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes import KubernetesClient
from bot.clients.kubernetes_config import KubernetesAccess, open_client
from bot.diagnosis.evidence import PodList
from bot.diagnosis.sources import (
    ApplicationOf,
    EventsOf,
    Look,
    NodeOf,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    SecretNote,
    ServiceOf,
    Unavailable,
    WorkloadOf,
)
from bot.model import Reason, Source, Target
from tests.builders import deployment, pod
from tests.clients.cluster import Clock, cluster

PODS = PodsOf("shop", "app=board-service")
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUPM/Sav8eJJnbPxuh35GJxW1pHcAwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjEwNDU2NTdaGA8yMTI2MTAyODA0NTY1
N1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHdL
xgJc9l/ycXQ//ur4yIMlhl7aHLVUe88tHaS3EoPqU2vIMNMGq41Pv8kcF9pU9ciy
nKr1PRNSzghA4R6JTwSjUzBRMB0GA1UdDgQWBBThyW7/JKmAT5T+Q54ylmJtu3mP
LDAfBgNVHSMEGDAWgBThyW7/JKmAT5T+Q54ylmJtu3mPLDAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCSbU7iEy27sACW1+cRkj+izJstdB7kf+1E
9KkJyeGnDQIgOZLEMfFRgvaXKzxPIYq1gmAdOGXdqmwoBAUT4wvz+cA=
-----END CERTIFICATE-----
"""


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
    assert (gap.reason, gap.detail) == (Reason.NOT_FOUND, "404 page not found")


async def test_an_expired_token_is_read_again_but_not_every_time(tmp_path: Path) -> None:
    clock = Clock()
    async with cluster(tmp_path, pod(), clock=clock, token="old") as (fake, client):
        fake.token = "old"
        assert isinstance(await client.answer(PODS), PodList)
        fake.token = "new"
        fake.kubeconfig(tmp_path, token="new\n")
        gap = await gap_of(client)
        assert (gap.reason, gap.detail) == (Reason.FORBIDDEN, "Unauthorized")
        assert len(fake.requests) == 2
        clock.now += 61
        assert isinstance(await client.answer(PODS), PodList)
        assert fake.requests[-1].authorization == "Bearer new"


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "a: [", '{"contexts": 3, "current-context": "x"}', "\x00"]
)
async def test_a_broken_kubeconfig_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    client = KubernetesClient("test", KubernetesAccess(kubeconfig=str(path)))
    for gap in (await gap_of(client), await client.connect()):
        assert gap is not None
        assert gap.reason is Reason.NOT_CONFIGURED
        assert gap.detail


async def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    gap = await gap_of(KubernetesClient("test", KubernetesAccess(kubeconfig=str(tmp_path / "none"))))
    assert gap.reason is Reason.NOT_CONFIGURED


async def test_making_a_client_opens_and_asks_nothing(tmp_path: Path) -> None:
    client = KubernetesClient("test", KubernetesAccess(kubeconfig=str(tmp_path / "none")))
    await client.close()


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


async def test_inside_a_pod_the_token_is_read_again_after_a_minute(tmp_path: Path) -> None:
    for name, content in (("ca.crt", CERTIFICATE), ("namespace", "opsbot\n"), ("token", "one\n")):
        (tmp_path / name).write_text(content)
    clock = Clock()
    access = KubernetesAccess(api_host="::1", api_port="6443", service_account=str(tmp_path))
    opened = await open_client(access, clock)

    async def bearer() -> str:
        settings = await opened.client.configuration.auth_settings()
        return str(settings["BearerToken"]["value"])

    assert (opened.namespace, opened.client.configuration.host) == ("opsbot", "https://[::1]:6443")
    assert await bearer() == "Bearer one"
    (tmp_path / "token").write_text("two\n")
    clock.now += 59
    assert await bearer() == "Bearer one"
    clock.now += 2
    assert await bearer() == "Bearer two"
    (tmp_path / "token").unlink()
    clock.now += 61
    assert await bearer() == "Bearer two"
    await opened.client.close()


async def test_inside_a_pod_without_a_service_account(tmp_path: Path) -> None:
    access = KubernetesAccess(api_host="10.0.0.1", service_account=str(tmp_path / "none"))
    gap = await gap_of(KubernetesClient("test", access))
    assert gap.reason is Reason.NOT_CONFIGURED


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
