"""POST /slack/events over a real connection: what is signed is acknowledged at once, and nothing else ever is a 5xx."""

import asyncio
import gzip
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest
import structlog
from aiohttp import ClientSession, web

from bot.heard import TAKEN, Heard, Pressed, Receipt, Slash
from bot.ingest.server import json_errors, serving
from bot.ingest.slack_app import SlackApp
from bot.ingest.slack_requests import LIMIT, Verifier
from bot.ingest.slack_route import slack_routes
from bot.secret import Secret
from tests.fakes.slack_signing import FORM, SIGNING_SECRET, form, payload, signature, signed, slash


@dataclass(slots=True)
class Line:
    """The server, and what it handed on."""

    url: str
    port: int
    http: ClientSession
    heard: list[Heard] = field(default_factory=list)
    receipt: Receipt = TAKEN

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        sent = signed(body, time.time()) if headers is None else headers
        async with self.http.post(self.url, data=body, headers=sent) as response:
            return response.status, await response.text()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async def hand(heard: Heard) -> Receipt:
        served.heard.append(heard)
        return served.receipt

    app = web.Application(middlewares=[json_errors])
    app.add_routes(slack_routes(Verifier(Secret(SIGNING_SECRET), time.time), SlackApp(hand)))
    async with serving(app, "127.0.0.1", 0) as port, ClientSession() as http:
        served = Line(f"http://127.0.0.1:{port}/slack/events", port, http)
        yield served


async def test_a_command_is_handed_on_and_acknowledged_with_nothing(line: Line) -> None:
    body = form(slash("diagnose shop/web", response_url="https://hooks.slack.com/commands/1"))

    assert await line.post(body) == (200, "")
    assert line.heard == [
        Slash(
            user="U0ASKER",
            channel="C000ALERTS",
            command="/ops",
            text="diagnose shop/web",
            response_url="https://hooks.slack.com/commands/1",
            trigger="13345224609.738474920.8088930838d88f008e0",
            team="T0001",
            name="asker",
        )
    ]


@pytest.mark.parametrize("text", ["", "explain payload=too large", "장애 <!channel> &amp;", "x" * 8000])
async def test_whatever_the_text_is(line: Line, text: str) -> None:
    assert await line.post(form(slash(text, command="/our-ops"))) == (200, "")
    [heard] = line.heard
    assert isinstance(heard, Slash)
    assert (heard.text, heard.command) == (text, "/our-ops")


async def test_who_is_not_taken_is_told_why_in_the_acknowledgement(line: Line) -> None:
    line.receipt = Receipt("too many at once")

    assert await line.post(form(slash("help"))) == (200, "too many at once")


async def test_a_press_is_handed_on(line: Line) -> None:
    content = {
        "type": "block_actions",
        "team": {"id": "T0001"},
        "user": {"id": "U0ASKER"},
        "channel": {"id": "C000ALERTS"},
        "container": {"type": "message", "message_ts": "1.2", "is_ephemeral": True},
        "message": {"ts": "1.2", "thread_ts": "1.1"},
        "response_url": "https://hooks.slack.com/actions/1",
        "trigger_id": "t",
        "actions": [{"type": "button", "action_id": "run:0", "block_id": "b", "value": "diagnose shop/web"}],
    }

    assert await line.post(payload(content)) == (200, "")
    assert line.heard == [
        Pressed(
            user="U0ASKER",
            channel="C000ALERTS",
            action="run:0",
            value="diagnose shop/web",
            ts="1.2",
            thread="1.1",
            private=True,
            response_url="https://hooks.slack.com/actions/1",
            trigger="t",
            team="T0001",
        )
    ]


@pytest.mark.parametrize(
    "content",
    [
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{"type": "button", "action_id": 7}]},
        {"type": "block_actions", "actions": "x", "user": 7},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": ""}},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": 7}},
        {"type": "view_submission", "view": "x"},
        {"type": "view_submission", "view": [], "user": 7},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "x"}},
        {"type": "shortcut", "callback_id": "x"},
        {"type": 7},
        {"team": [], "authorizations": 3},
    ],
)
async def test_what_is_not_ours_is_never_an_error_of_the_server(
    line: Line, content: dict[str, object]
) -> None:
    status, _ = await line.post(payload(content))

    assert status in {200, 400}
    assert line.heard == []


async def test_the_url_verification_challenge_is_answered(line: Line) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}).encode()
    sent = signed(body, time.time(), content_type="application/json")

    status, text = await line.post(body, sent)

    assert (status, json.loads(text)) == (200, {"challenge": "3eZbrw1a"})


async def test_an_event_is_acknowledged(line: Line) -> None:
    event = {"type": "app_mention", "user": "U0ASKER", "text": "hello", "channel": "C1", "ts": "1.1"}
    body = json.dumps({"type": "event_callback", "team_id": "T0001", "event": event}).encode()

    status, _ = await line.post(body, signed(body, time.time(), content_type="application/json"))

    assert (status, line.heard) == (200, [])


async def test_the_certificate_check(line: Line) -> None:
    async with line.http.get(line.url, params={"ssl_check": "1", "token": "x"}) as response:
        assert (response.status, await response.text()) == (200, "")
    async with line.http.get(line.url) as response:
        assert response.status == 405
    async with line.http.put(line.url) as response:
        assert response.status == 405
    assert await line.post(form({"ssl_check": "1", "token": "x"})) == (200, "")


# -- what is not Slack's

BODY = form(slash("diagnose web"))
STAMP = str(int(time.time()))


def altered(**changes: str) -> dict[str, str]:
    right = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": STAMP,
        "X-Slack-Signature": signature(BODY, STAMP),
    }
    names = {"stamp": "X-Slack-Request-Timestamp", "sign": "X-Slack-Signature"}
    return right | {names[name]: value for name, value in changes.items()}


def lacking(name: str) -> dict[str, str]:
    return {known: value for known, value in altered().items() if known != name}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": FORM},
        lacking("X-Slack-Signature"),
        lacking("X-Slack-Request-Timestamp"),
        altered(sign="v0=" + "0" * 64),
        altered(sign=""),
        altered(sign="v0=é"),
        altered(sign="\N{SNOWMAN}"),
        altered(stamp="soon"),
        altered(stamp="1e9"),
        altered(stamp=""),
        altered(stamp="९९"),
        altered(stamp="1531420618", sign=signature(BODY, "1531420618")),
        altered(sign=signature(BODY, STAMP, "another secret")),
    ],
)
@pytest.mark.parametrize("body", [BODY, b"\xff\xfe garbage {", b""])
async def test_what_is_not_signed_is_401(line: Line, headers: dict[str, str], body: bytes) -> None:
    with structlog.testing.capture_logs() as logs:
        status, text = await line.post(body, headers)

    assert status == 401
    assert set(json.loads(text)) == {"error"}
    assert line.heard == []
    assert "diagnose" not in str(logs)
    assert "garbage" not in str(logs)


async def test_a_replay_runs_nothing_twice(line: Line) -> None:
    sent = signed(BODY, time.time())
    assert await line.post(BODY, sent) == (200, "")

    for _ in range(2):
        status, text = await line.post(BODY, sent)
        assert (status, json.loads(text)) == (401, {"error": "this request was heard before"})
    assert len(line.heard) == 1


async def test_two_signatures_are_none(line: Line) -> None:
    pairs = [*signed(BODY, time.time()).items(), ("X-Slack-Signature", "v0=" + "0" * 64)]
    async with line.http.post(line.url, data=BODY, headers=pairs) as response:
        assert response.status == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe", FORM),
        (b"payload=%7B", FORM),
        (b"payload=[1]", FORM),
        (b"{", "application/json"),
        (b"[" * 50_000, "application/json"),
        (b"", FORM),
        (b"hello=world", FORM),
        (BODY, "text/plain"),
        (BODY, "not a type"),
        (BODY, "application/x-www-form-urlencoded; charset=no-such"),
    ],
)
async def test_signed_garbage_is_400_and_nothing_else(line: Line, body: bytes, content_type: str) -> None:
    status, _ = await line.post(body, signed(body, time.time(), content_type=content_type))

    assert status == (200 if "charset" in content_type else 400)


async def test_more_than_a_megabyte_is_413(line: Line) -> None:
    body = io.BytesIO(b"x" * (LIMIT + 1))
    async with line.http.post(line.url, data=body, headers=signed(b"", time.time())) as response:
        assert response.status == 413


async def test_more_than_a_megabyte_is_413_without_its_length_too(line: Line) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(LIMIT // 65536 + 1):
            yield b"x" * 65536

    async with line.http.post(line.url, data=chunks(), headers=signed(b"", time.time())) as response:
        assert response.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_a_compressed_body_is_400(line: Line, encoding: str) -> None:
    body = gzip.compress(BODY)

    status, _ = await line.post(body, signed(body, time.time()) | {"Content-Encoding": encoding})

    assert status == 400


async def test_nothing_goes_through_the_log_of_a_library(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await line.post(form({"secret": "hunter2"}))
    await line.post(payload({"type": "block_actions", "actions": "hunter2", "authorizations": 3}))
    await line.post(b"hunter2", {"Content-Type": FORM})

    assert "hunter2" not in caplog.text


async def test_the_acknowledgement_waits_for_nobody(line: Line) -> None:
    began = asyncio.get_running_loop().time()
    await line.post(form(slash("diagnose web")))

    assert asyncio.get_running_loop().time() - began < 0.5
