"""A server as it is run, with work that is a list behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession, web

from bot.ingest.server import ServerOptions, health_routes, json_errors, serving
from bot.ingest.tokens import TokenSource
from bot.ingest.webhook import WebhookOptions, webhook_routes
from bot.secret import split_tokens
from tests.fakes.work import FakeWork

NOW = datetime(2026, 1, 1, 3, 12, 5, tzinfo=UTC)


@dataclass(slots=True)
class Bench:
    """One running server. `now` is the webhook's clock, `reasons` and `remarks` what /readyz says."""

    work: FakeWork
    port: int
    client: ClientSession
    now: datetime
    reasons: list[str]
    remarks: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        return f"{self.url}/webhooks/alertmanager"


@asynccontextmanager
async def running(
    *,
    tokens: TokenSource | str | None = "token",
    options: WebhookOptions | None = None,
    server: ServerOptions | None = None,
) -> AsyncIterator[Bench]:
    source = TokenSource(split_tokens(tokens)) if isinstance(tokens, str) else tokens
    work = FakeWork()
    bench: Bench

    async def reasons() -> list[str]:
        return bench.reasons

    app = web.Application(middlewares=[json_errors])
    app.add_routes(webhook_routes(work, source, options or WebhookOptions(), lambda: bench.now))
    app.add_routes(health_routes(reasons, lambda: bench.remarks))
    async with serving(app, "127.0.0.1", 0, server) as port, ClientSession() as client:
        bench = Bench(work, port, client, NOW, [])
        yield bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with running() as bench:
        yield bench
