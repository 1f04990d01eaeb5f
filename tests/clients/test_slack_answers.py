"""What is said to people: every answer of Slack becomes a value, an address of its own is followed nowhere else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.clients.slack import SlackClient
from bot.delivery.message import Message
from bot.delivery.transport import Ambiguous, Declined, Failure, NotSent, Ok, RateLimited
from tests.fakes.slack import TOKEN, FakeSlack
from tests.fakes.slack_socket import APP_TOKEN
from tests.programs.ports import free_port

HELLO = Message("hello", ({"type": "divider"},))
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().running() as running:
        yield running


@pytest.fixture
def client(slack: FakeSlack) -> SlackClient:
    return SlackClient(TOKEN, base_url=slack.url, timeout=1)


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def says(status: int, text: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    return handler


async def respond(client: SlackClient, url: str) -> Ok | Failure:
    return await client.respond(url, HELLO, public=False, replace=True)


async def test_what_is_said_is_quiet_and_carries_no_mark(slack: FakeSlack, client: SlackClient) -> None:
    channel = slack.channel_id("alerts")
    top = await client.say(channel, HELLO)
    assert isinstance(top, Ok)
    await client.say(channel, HELLO, thread=top.ts)

    kept, below = slack.live()
    assert (kept.metadata, below.thread_ts) == (None, kept.ts)
    assert kept.arguments["unfurl_links"] is False


async def test_a_whisper_is_for_one_person(slack: FakeSlack, client: SlackClient) -> None:
    channel = slack.channel_id("alerts")

    assert await client.whisper(channel, "U1", HELLO) == Ok(channel, "")
    assert slack.whispers[0].arguments["user"] == "U1"
    assert slack.tops() == []
    slack.refuse(channel, "not_in_channel")
    assert await client.whisper(channel, "U1", HELLO) == Declined("not_in_channel")


async def test_a_response_url_is_used_five_times(slack: FakeSlack, client: SlackClient) -> None:
    url = slack.responses.make()
    answers = [await respond(client, url) for _ in range(6)]

    assert answers == [Ok("", "")] * 5 + [Declined("used_url")]
    first = slack.responses.answers[0]
    assert (first.public, first.replaces, first.text) == (False, True, "hello")


@pytest.mark.parametrize(
    ("status", "text", "becomes"),
    [
        (200, "ok", Ok("", "")),
        (200, "", Ok("", "")),
        (200, '{"ok": true}', Ok("", "")),
        (200, '{"ok": false, "error": "expired_url"}', Declined("expired_url")),
        (200, "invalid_blocks", Declined("invalid_blocks")),
        (404, '{"ok": false, "error": "used_url"}', Declined("used_url")),
        (404, "<html>", Declined("http_404")),
        (302, "", Declined("http_302")),
        (400, "{", Declined("http_400")),
        (429, "", RateLimited(1.0)),
        (500, "<html>", Ambiguous("HTTP 500")),
    ],
)
async def test_every_answer_is_a_value(
    client: SlackClient, status: int, text: str, becomes: Ok | Failure
) -> None:
    async with answering(says(status, text)) as url:
        assert await respond(client, f"{url}/commands/1") == becomes


async def test_a_redirect_is_not_followed(client: SlackClient) -> None:
    met: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        met.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with answering(handler) as url:
        assert await respond(client, f"{url}/commands/1") == Declined("http_307")
    assert met == ["/commands/1"]


async def test_what_does_not_answer(client: SlackClient) -> None:
    assert await respond(client, f"http://127.0.0.1:{free_port()}/1") == NotSent("ClientConnectorError")
    assert isinstance(await respond(client, "http://[/1"), NotSent)

    async def torn(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with answering(torn) as url:
        assert isinstance(await respond(client, url), Ambiguous)


async def test_a_socket_is_opened_with_the_app_token(slack: FakeSlack, client: SlackClient) -> None:
    url = await client.open_socket(APP_TOKEN)
    assert isinstance(url, str)
    assert url.startswith("ws://")
    assert await client.open_socket(TOKEN) == Declined("not_allowed_token_type")
    assert await client.open_socket("xapp-other") == Declined("invalid_auth")
