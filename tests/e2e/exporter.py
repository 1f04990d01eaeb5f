"""An exporter that a test switches: one gauge, `crash_looping`, for each pod that it was told of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(slots=True)
class Exporter:
    address: str = ""
    pods: dict[str, bool] = field(default_factory=dict)

    async def scrape(self, request: web.Request) -> web.Response:
        lines = [
            f'crash_looping{{namespace="shop",pod="{pod}"}} {int(crashes)}\n'
            for pod, crashes in self.pods.items()
        ]
        return web.Response(text="".join(lines))


@asynccontextmanager
async def exporter() -> AsyncIterator[Exporter]:
    told = Exporter()
    app = web.Application()
    app.router.add_get("/metrics", told.scrape)
    async with TestServer(app) as server:
        told.address = f"{server.host}:{server.port}"
        yield told
