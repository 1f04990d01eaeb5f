"""Socket Mode against a Slack that hangs up, repeats itself and talks nonsense: commands come through, once each."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import structlog

from bot.clients.slack import SlackClient
from bot.heard import Heard, Receipt, Slash
from bot.ingest.slack_app import SlackApp
from bot.ingest.slack_socket import SocketMode, SocketOptions
from bot.observe import REGISTRY
from tests.fakes.slack import TOKEN, FakeSlack
from tests.fakes.slack_signing import slash
from tests.fakes.slack_socket import APP_TOKEN, FakeSocket
from tests.programs.running import wait_for


@dataclass(slots=True)
class Line:
    slack: FakeSlack
    task: asyncio.Task[None]
    heard: list[Heard] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    busy: str = ""
    slow: dict[str, asyncio.Event] = field(default_factory=dict)

    @property
    def socket(self) -> FakeSocket:
        return self.slack.socket


@asynccontextmanager
async def connected(
    *, prepare: Callable[[FakeSlack], object] = lambda _: None, **options: float
) -> AsyncIterator[Line]:
    """`prepare` before anything connects. No pause between two tries takes time; each is written down."""

    async def hand(heard: Heard) -> Receipt:
        line.heard.append(heard)
        if isinstance(heard, Slash) and heard.text in line.slow:
            await line.slow[heard.text].wait()
        return Receipt(line.busy)

    async def sleep(seconds: float) -> None:
        line.pauses.append(seconds)
        await asyncio.sleep(0)

    async with FakeSlack().running() as slack:
        prepare(slack)
        client = SlackClient(TOKEN, base_url=slack.url, timeout=1)
        mode = SocketMode(
            lambda: client.open_socket(APP_TOKEN),
            SlackApp(hand),
            sleep=sleep,
            options=SocketOptions(**{"hello": 0.5, "drains": 0.5, **options}),
        )
        task = asyncio.create_task(mode.run())
        line = Line(slack, task)
        try:
            yield line
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def is_connected() -> float | None:
    return REGISTRY.get_sample_value("opsbot_slack_socket_connected")


async def test_a_command_comes_through_and_is_acknowledged() -> None:
    async with connected() as line:
        await line.socket.connected()
        answer = await line.socket.deliver(slash("diagnose web"))

        assert answer == {"envelope_id": "envelope-1"}
        (heard,) = line.heard
        assert isinstance(heard, Slash)
        assert (heard.text, heard.user, heard.command) == ("diagnose web", "U0ASKER", "/ops")
        assert is_connected() == 1
    assert is_connected() == 0


async def test_who_is_not_taken_is_told_in_the_acknowledgement() -> None:
    async with connected() as line:
        await line.socket.connected()
        line.busy = "too many"

        assert (await line.socket.deliver(slash("help")))["payload"] == {"text": "too many"}


async def test_a_press_comes_through() -> None:
    content = {"type": "block_actions", "actions": [{"type": "button", "action_id": "run:0", "value": "x"}]}
    async with connected() as line:
        await line.socket.connected()
        await line.socket.deliver(content, "interactive")

        assert [type(heard).__name__ for heard in line.heard] == ["Pressed"]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_an_announced_end_is_bridged_by_a_new_socket_first(reason: str) -> None:
    async with connected() as line:
        await line.socket.connected()
        await line.socket.disconnect(reason)
        await line.socket.connected(2)
        old, new = line.socket.open_sockets

        for socket in (old, new):
            await socket.send_json(
                {"envelope_id": f"on-{id(socket)}", "type": "slash_commands", "payload": slash("help")}
            )
        await wait_for(lambda: len(line.heard) == 2, "both commands")
        assert line.pauses == []
        assert is_connected() == 1


async def test_ends_that_are_announced_at_once_are_not_chased() -> None:
    async with connected() as line:
        for opened in range(1, 7):
            await line.socket.connected(1, opened=opened)
            await line.socket.disconnect("refresh_requested")
            await line.socket.drop()
        await line.socket.connected(1, opened=7)

        assert len(line.pauses) == 5
        assert line.pauses[-1] > 4 * line.pauses[0] / 2


async def test_a_socket_that_is_lost_is_opened_again_with_growing_pauses() -> None:
    async with connected() as line:
        for opened in range(1, 6):
            await line.socket.connected(1, opened=opened)
            await line.socket.drop()
        await line.socket.connected(1, opened=6)
        await line.socket.deliver(slash("help"))

        assert len(line.heard) == 1
        assert len(line.pauses) == 5
        for number, pause in enumerate(line.pauses):
            assert 2**number / 2 <= pause <= 2**number


async def test_an_end_that_slack_does_not_promise_to_renew_is_not_rushed() -> None:
    async with connected() as line:
        await line.socket.connected()
        await line.socket.disconnect("link_disabled")
        await line.socket.connected(2)

        assert len(line.pauses) == 1


@pytest.mark.parametrize(
    ("error", "said"), [("invalid_auth", "invalid_auth"), ("internal_error", "internal_error")]
)
async def test_when_slack_gives_no_socket_it_is_tried_again_and_told_once(error: str, said: str) -> None:
    with structlog.testing.capture_logs() as logs:
        async with connected(prepare=lambda slack: slack.socket.errors.extend([error] * 12)) as line:
            await line.socket.connected()
            await line.socket.deliver(slash("help"))
            assert len(line.pauses) == 12
            assert max(line.pauses) <= 60

    told = [entry for entry in logs if entry["event"] == "Slack does not reach us by Socket Mode"]
    assert len(told) == 1
    assert said in told[0]["reason"]
    assert any(entry["event"] == "Slack reaches us again by Socket Mode" for entry in logs)
    assert "ticket" not in str(logs)
    assert APP_TOKEN not in str(logs)


async def test_a_socket_that_does_not_greet_is_none() -> None:
    async with connected(prepare=lambda slack: setattr(slack.socket, "hello", False), hello=0.05) as line:
        await wait_for(lambda: len(line.pauses) >= 2, "another try")
        line.socket.hello = True
        await wait_for(lambda: is_connected() == 1, "a connection")


async def test_an_envelope_that_comes_twice_is_done_once_and_acknowledged_twice() -> None:
    async with connected() as line:
        await line.socket.connected()
        await line.socket.deliver(slash("help"))
        line.socket._envelopes = 0

        assert await line.socket.deliver(slash("help")) == {"envelope_id": "envelope-1"}
        assert len(line.heard) == 1


async def test_what_is_being_kept_is_not_acknowledged_yet_and_delays_nobody() -> None:
    """Not even where Slack tells it once more meanwhile."""
    async with connected() as line:
        await line.socket.connected()
        kept = line.slow["diagnose web"] = asyncio.Event()
        first = asyncio.create_task(line.socket.deliver(slash("diagnose web")))
        await wait_for(lambda: len(line.heard) == 1, "the command")
        assert await line.socket.deliver(slash("help")) == {"envelope_id": "envelope-2"}
        assert not first.done()
        first.cancel()
        line.socket._envelopes = 0
        again = asyncio.create_task(line.socket.deliver(slash("diagnose web")))
        await asyncio.sleep(0.05)
        assert not again.done()
        kept.set()
        assert await again == {"envelope_id": "envelope-1"}
        assert len(line.heard) == 2


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type": "hello"}',
        '{"envelope_id": 7, "payload": {}}',
        '{"envelope_id": "x", "payload": []}',
        '{"envelope_id": "x", "payload": {"team": [], "authorizations": 3}}',
        "[" * 50_000,
    ],
)
async def test_nonsense_ends_nothing(nonsense: str) -> None:
    async with connected() as line:
        await line.socket.connected()
        await line.socket.say(nonsense)
        await line.socket.deliver(slash("help"))

        assert len(line.heard) == 1
        assert line.socket.opened == 1


async def test_it_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    async with connected() as line:
        await line.socket.connected()
        await line.socket.disconnect()
        await line.socket.connected(2)

    assert asyncio.all_tasks() <= before
