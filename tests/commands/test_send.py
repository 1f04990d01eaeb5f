"""`opsbot send`: a genuine body with the configured token, to the configured server or another one."""

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import Running, running
from bot.demo.bodies import fingerprint
from bot.ingest.alertmanager import parse
from bot.model import AlertGroup, AlertStatus, IncidentState
from bot.settings import load
from tests.commands.conftest import Ended, Opsbot
from tests.e2e.bots import wait_until
from tests.programs.ports import free_port


class Webhook:
    """Takes what is sent, and remembers it with its credentials."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.bodies: list[bytes] = []
        self.credentials: list[str | None] = []
        self.people: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.credentials.append(request.headers.get("Authorization"))
        self.people.append(request.headers.get("X-Opsbot-Person", ""))
        return web.json_response({"error": "wrong token"}, status=self.status)

    def group(self) -> AlertGroup:
        return parse(self.bodies[-1])


@pytest.fixture
def sending(opsbot: Opsbot) -> Callable[..., Ended]:
    def send(webhook: Webhook, *words: str) -> Ended:
        async def beside() -> Ended:
            app = web.Application()
            app.router.add_post("/webhooks/alertmanager", webhook.take)
            async with TestServer(app) as server:
                url = str(server.make_url("")).rstrip("/")
                return await asyncio.to_thread(opsbot, "send", *words, "--url", url)

        return asyncio.run(beside())

    return send


def test_what_is_sent_is_what_alertmanager_sends(sending: Callable[..., Ended]) -> None:
    webhook = Webhook()
    words = ("--label", "namespace=shop", "--label", "expr=a=b", "--annotation", "summary=It is down")
    ended = sending(webhook, "Down", *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("accepted by http://127.0.0.1:")
    (alert,) = webhook.group().alerts
    assert alert.status is AlertStatus.FIRING
    assert alert.labels == {"alertname": "Down", "namespace": "shop", "expr": "a=b"}
    assert alert.annotations == {"summary": "It is down"}
    assert alert.fingerprint == fingerprint(alert.labels)
    assert json.loads(webhook.bodies[0])["version"] == "4"


def test_a_resolve_belongs_to_its_firing(sending: Callable[..., Ended]) -> None:
    webhook = Webhook()
    sending(webhook, "Down")
    fired = webhook.group()
    sending(webhook, "Down", "--resolved")
    over = webhook.group()
    assert over.group_key == fired.group_key
    assert over.alerts[0].fingerprint == fired.alerts[0].fingerprint
    assert over.alerts[0].status is AlertStatus.RESOLVED
    assert over.alerts[0].ends_at is not None
    assert over.alerts[0].ends_at > fired.alerts[0].starts_at


def test_who_sits_there_is_said(sending: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ädа")
    webhook = Webhook()
    assert sending(webhook, "Down").code == 0
    (person,) = webhook.people
    assert person == f"?d?@{socket.gethostname()}"


@pytest.mark.programs
@pytest.mark.timeout(60)
@pytest.mark.parametrize("token", ["", "let-me-in"])
def test_every_firing_is_a_new_one(
    opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """Three in a row within a second, and the server hears each of them."""
    monkeypatch.setenv("OPSBOT_CONSOLE_TOKEN", token)

    async def start(bot: Running, wanted: IncidentState) -> datetime:
        async def so() -> bool:
            return [one.state for one in await bot.store.incidents()] == [wanted]

        await wait_until(so, str(wanted))
        (one,) = await bot.store.incidents()
        return one.alerts[0].starts_at

    async def beside() -> list[datetime]:
        settings = load({"OPSBOT_PORT": "0", "OPSBOT_CONSOLE_TOKEN": token}, None)
        async with running(settings) as bot:
            found = []
            for words in ((), ("--resolved",), ()):
                ended = await asyncio.to_thread(opsbot, "send", "Down", *words, "--url", bot.url)
                assert ended.code == 0
                found.append(await start(bot, IncidentState.RESOLVED if words else IncidentState.FIRING))
        return found

    first, over, again = asyncio.run(beside())
    assert first.replace(microsecond=0) == over  # the API tells seconds
    assert again > first


@pytest.mark.parametrize("from_file", [False, True])
def test_the_token_comes_from_the_configuration(
    sending: Callable[..., Ended], bare: Path, monkeypatch: pytest.MonkeyPatch, from_file: bool
) -> None:
    if from_file:
        (bare / "token").write_text("new-token\nold-token\n")
        monkeypatch.setenv("OPSBOT_WEBHOOK_TOKEN_FILE", str(bare / "token"))
    else:
        monkeypatch.setenv("OPSBOT_WEBHOOK_TOKEN", "new-token,old-token")
    webhook = Webhook()
    assert sending(webhook, "Down").code == 0
    assert webhook.credentials == ["Bearer new-token"]


def test_a_token_file_that_is_not_there(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSBOT_WEBHOOK_TOKEN_FILE", "/nowhere/token")
    ended = opsbot("send", "Down")
    assert ended.code == 2
    assert ended.err.startswith("opsbot: OPSBOT_WEBHOOK_TOKEN_FILE: cannot be read: ")
    assert ended.err.count("\n") == 1


def test_a_refusal_ends_with_1(sending: Callable[..., Ended]) -> None:
    ended = sending(Webhook(401), "Down")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("/webhooks/alertmanager answered 401: wrong token\n")


def test_nobody_listens(opsbot: Opsbot) -> None:
    ended = opsbot("send", "Down", "--url", f"http://127.0.0.1:{free_port()}")
    assert (ended.code, ended.out) == (1, "")
    assert "is opsbot serve running there?" in ended.err
