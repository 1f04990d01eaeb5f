"""A console over a store that is a dictionary, with a clock that stands still, and clients that ask it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.delivery.artist import Format
from bot.delivery.charts import Picture
from bot.ingest.server import json_errors
from bot.secret import Secret
from bot.web.console import ConsoleOptions, console
from tests.delivery.builders import DIAGNOSIS, START, an_incident, diagnosed
from tests.delivery.conftest import words_in
from tests.fakes.reads import FakeReads

Client = TestClient[web.Request, web.Application]
Open = Callable[..., AbstractAsyncContextManager[Client]]
TOKEN = "correct-horse"


class Clock:
    def __init__(self) -> None:
        self.now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reads() -> FakeReads:
    """One diagnosed incident that fires."""
    found = FakeReads()
    found.keep(diagnosed(an_incident(), DIAGNOSIS))
    return found


class Artist:
    """Draws a title in no time; `broken` draws nothing."""

    def __init__(self) -> None:
        self.broken = False

    async def draw(self, picture: Picture, wanted: Format) -> bytes | None:
        await asyncio.sleep(0)
        return None if self.broken else f"<svg>{picture.title} {wanted}</svg>".encode()


@pytest.fixture
def artist() -> Artist:
    return Artist()


@pytest.fixture
def reasons() -> list[str]:
    """Why the bot is not ready."""
    return []


@pytest.fixture
def opened(reads: FakeReads, reasons: list[str], clock: Clock, artist: Artist) -> Open:
    async def readiness() -> list[str]:
        return reasons

    @asynccontextmanager
    async def serve(options: ConsoleOptions | None = None, language: str = "en") -> AsyncIterator[Client]:
        application = web.Application(middlewares=[json_errors])
        application.add_routes(
            console(
                reads,
                reads,
                words_in(language),
                options or ConsoleOptions(),
                artist=artist,
                readiness=readiness,
                clock=clock,
            )
        )
        async with TestClient(TestServer(application)) as client:
            yield client

    return serve


@pytest.fixture
async def client(opened: Open) -> AsyncIterator[Client]:
    """Open, as on loopback."""
    async with opened() as client:
        yield client


def guarded(**changes: object) -> ConsoleOptions:
    options: dict[str, object] = {"tokens": lambda: (Secret(TOKEN), Secret("the-next")), "loopback": False}
    return ConsoleOptions(**{**options, **changes})  # type: ignore[arg-type]  # the tests name the fields


async def read(client: Client, path: str, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.get(path, headers=named, allow_redirects=False) as response:
        return response.status, await response.text()
