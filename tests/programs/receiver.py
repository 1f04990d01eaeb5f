"""A webhook receiver that keeps the bodies it gets: what a real Alertmanager says, without the bot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.ingest.alertmanager import parse
from bot.model import AlertGroup


@dataclass(slots=True)
class Receiver:
    """`status` is what it answers, after `delay` seconds; a refused body is kept as well."""

    url: str = ""
    status: int = 200
    delay: float = 0.0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def groups(self) -> list[AlertGroup]:
        return [parse(body) for body in self.bodies]

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        await asyncio.sleep(self.delay)
        return web.Response(status=self.status)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    taking = Receiver()
    app = web.Application()
    app.router.add_post("/", taking.take)
    async with TestServer(app) as server:
        taking.url = str(server.make_url("/"))
        yield taking
