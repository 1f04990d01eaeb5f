"""Ways to a cluster: kubeconfig, service account, tokens that change, proxies; and what is said when there is none."""

from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes import KubernetesClient
from bot.clients.kubernetes_config import CannotOpenError, KubernetesAccess, Opened, open_client
from bot.diagnosis.evidence import PodList
from bot.diagnosis.looks import PodsOf
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason
from tests.builders import pod
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
    return found


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


async def test_making_a_client_opens_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[KubernetesAccess] = []

    async def nothing(access: KubernetesAccess, _clock: object) -> Opened:
        opened.append(access)
        raise CannotOpenError("closed")

    monkeypatch.setattr("bot.clients.kubernetes_api.open_client", nothing)
    access = KubernetesAccess(kubeconfig=str(tmp_path))
    client = KubernetesClient("test", access)
    assert not opened
    assert (await gap_of(client)).detail == "closed"
    assert opened == [access]
    await client.close()


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


async def test_proxies_of_the_environment_are_used_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "")

    async def proxy(*, trust_env: bool) -> object:
        async with cluster(tmp_path) as (fake, _):
            path = fake.kubeconfig(tmp_path)
            opened = await open_client(KubernetesAccess(kubeconfig=path, trust_env=trust_env))
            await opened.client.close()
            return opened.client.configuration.proxy

    assert await proxy(trust_env=True) == "http://proxy.example:3128"
    assert await proxy(trust_env=False) is None
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert await proxy(trust_env=True) is None


async def test_a_netrc_does_not_take_the_place_of_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password hunter\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with cluster(tmp_path, pod(), token="mine") as (fake, client):
        fake.token = "mine"
        assert isinstance(await client.answer(PODS), PodList)
