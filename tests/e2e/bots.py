"""The whole bot for end-to-end tests: as processes of its own or inside this one, and what Slack's readers see of it.

Holds no expectation of what the bot says.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import Running, running
from bot.demo.bodies import Draft, body
from bot.diagnosis.runbook import Runbook
from bot.settings import load
from runbooks.catalog import CATALOG
from tests.fakes.slack import TOKEN as SLACK_TOKEN
from tests.fakes.slack import FakeSlack, Kept
from tests.programs.ports import free_port
from trials.processes import TOKEN, Child, environment

WEBHOOK = "/webhooks/alertmanager"
# A first message waits for its diagnosis; there is nothing to diagnose where no cluster is.
CONFIG = "delivery: {hold: 1s}\n"


@dataclass(slots=True)
class Process:
    """`python -m bot serve`, and what it has written."""

    child: Child
    log: Path

    @property
    def url(self) -> str:
        return self.child.url

    @property
    def webhook(self) -> str:
        return self.child.url + WEBHOOK

    @property
    def written(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def start(self) -> None:
        await self.child.start()
        await self.child.ready()

    async def kill(self) -> None:
        await self.child.kill()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Process"]:
        try:
            await self.start()
            yield self
        finally:
            await self.kill()


def process(
    folder: Path, slack: FakeSlack | None, *, store: str = "", replica: str = "bot", config: str = CONFIG
) -> Process:
    """Not started yet; its port is its own from now on."""
    file, log, port = folder / f"{replica}.yaml", folder / f"{replica}.log", free_port()
    file.write_text(config)
    env = environment(store or f"sqlite:///{folder}/opsbot.db", slack.url if slack else "", port, replica)
    if slack is None:
        env = {name: value for name, value in env.items() if not name.startswith("SLACK_")}
    command = ["bot", "serve", "--config", str(file)]
    return Process(Child(command, f"http://127.0.0.1:{port}", "/readyz", log, env), log)


@asynccontextmanager
async def inside(
    folder: Path,
    slack: FakeSlack,
    *,
    config: str = CONFIG,
    runbooks: Sequence[Runbook[Any]] = CATALOG,
    **env: str,
) -> AsyncIterator[Running]:
    """The bot in this process, on a free port."""
    file = folder / "opsbot.yaml"
    file.write_text(config)
    wanted = {
        "OPSBOT_PORT": "0",
        "OPSBOT_WEBHOOK_TOKEN": TOKEN,
        "OPSBOT_STORE_URL": f"sqlite:///{folder}/opsbot.db",
        "SLACK_API_URL": slack.url,
        "SLACK_BOT_TOKEN": SLACK_TOKEN,
        "KUBECONFIG": "/nonexistent",
    }
    try:
        async with running(load(wanted | env, str(file)), runbooks=runbooks) as bot:
            yield bot
    finally:
        gc.unfreeze()  # a bot freezes what is there when it starts: right for its process, not for the next test


async def post(url: str, *drafts: Draft) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(url + WEBHOOK, json=body(drafts)) as response,
    ):
        assert response.status == 200, await response.text()


async def metrics(url: str) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(f"{url}/metrics") as response:
        return await response.text()


async def wait_until(holds: Callable[[], Awaitable[bool]], what: str, *, seconds: float = 20.0) -> None:
    """`wait_for`, where somebody has to be asked."""
    try:
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"after {seconds} s still not: {what}") from None


def words(*messages: Kept) -> str:
    """Everything a reader sees of these messages."""
    return "\n".join(text for message in messages for text in (message.text, *_texts(message.blocks)))


def thread(slack: FakeSlack, top: Kept, channel: str = "alerts") -> list[Kept]:
    return slack.live(channel, thread=top.ts)


def _texts(part: Any) -> Iterator[str]:
    match part:
        case Mapping():
            for name, value in part.items():
                if name == "text" and isinstance(value, str):
                    yield value
                else:
                    yield from _texts(value)
        case list():
            for each in part:
                yield from _texts(each)
