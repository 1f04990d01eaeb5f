"""A Slack that enforces its limits and its pace, remembers every message and every edit, and fails on demand.

In a test: `async with FakeSlack().running() as slack`. On its own, for trials: `python -m tests.fakes.slack --port 8091`;
`GET /_state` shows what it holds. It keeps nothing on disk.
"""

import argparse
import asyncio
import contextlib
import json
import random
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.slack_replies import no
from tests.fakes.slack_responses import ResponseUrls
from tests.fakes.slack_socket import FakeSocket
from tests.fakes.slack_workspace import Kept, Workspace

TOKEN = "xoxb-fake"
__all__ = ["FakeSlack", "Fault", "Kept"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure. `accepts` says whether the call takes effect before it fails."""

    error: str = ""
    status: int = 200
    body: str = ""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    accepts: bool = False
    drop: bool = False
    hang: bool = False
    slow: float = 0.0


def says(error: str) -> Fault:
    return Fault(error=error)


def http(status: int, *, body: str = "", content_type: str = "text/html", accepts: bool = False) -> Fault:
    return Fault(
        status=status, body=body or f"<html>{status}</html>", content_type=content_type, accepts=accepts
    )


def limited(after: float) -> Fault:
    body = json.dumps({"ok": False, "error": "ratelimited"})
    return Fault(status=429, body=body, headers={"Retry-After": str(after)})


DROPPED_BEFORE = Fault(drop=True)
DROPPED_AFTER = Fault(drop=True, accepts=True)
HANGS = Fault(hang=True)
HANGS_AFTER = Fault(hang=True, accepts=True)


class FakeSlack(Workspace):
    """A workspace behind HTTP. `latency` is the most that a request or an answer takes on its way."""

    def __init__(
        self,
        *,
        pace: float = 0.0,
        latency: float = 0.0,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(pace=pace, clock=clock)
        self.latency = latency
        self.responses = ResponseUrls(clock)
        self.socket = FakeSocket()
        self.calls: list[str] = []
        self.url = ""
        self._random = random.Random(seed)
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._over = asyncio.Event()

    def fail(self, method: str, fault: Fault, times: int = 1) -> None:
        self._faults[method].extend([fault] * times)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=2**22)
        app.router.add_get("/_state", self._state)
        app.router.add_route("*", "/api/{method}", self._handle)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_post("/commands/{number}", self.responses.take)
        app.router.add_get("/link/{ticket}", self.socket.connect)
        return app

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator["FakeSlack"]:
        runner = web.AppRunner(self.application(), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.url, self.upload_root = f"{root}/api/", f"{root}/upload/"
        self.responses.root = f"{root}/commands/"
        self.socket.root = f"{root.replace('http', 'ws', 1)}/link/"
        try:
            yield self
        finally:
            self._over.set()
            await self.socket.close()
            await runner.cleanup()
        assert not self.malformed, f"Slack would refuse what was sent: {self.malformed}"

    async def _state(self, request: web.Request) -> web.Response:
        channels = {channel: [asdict(message) for message in kept] for channel, kept in self.channels.items()}
        return web.json_response(
            {
                "channels": channels,
                "names": self.names,
                "calls": len(self.calls),
                "pings": self.pinged,
                "answers": [asdict(answer) for answer in self.responses.answers],
            }
        )

    async def _upload(self, request: web.Request) -> web.Response:
        """Where files.getUploadURLExternal sends the bytes; no token goes there."""
        self.files[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        arguments = await _arguments(request)
        await self._travel()
        fault = self._faults[method].popleft() if self._faults[method] else None
        if fault is None:
            answer = self._answer(method, arguments, request)
            await self._travel()
            return answer
        answer = self._answer(method, arguments, request) if fault.accepts or fault.slow else web.Response()
        return await self._fail(request, fault, answer)

    async def _travel(self) -> None:
        if self.latency:
            await asyncio.sleep(self._random.uniform(0, self.latency))

    async def _fail(
        self, request: web.Request, fault: Fault, answer: web.StreamResponse
    ) -> web.StreamResponse:
        if fault.slow:
            await asyncio.sleep(fault.slow)
            return answer
        if fault.hang:
            await self._over.wait()
        if fault.drop or fault.hang:
            if request.transport:
                request.transport.abort()
            return answer
        if fault.error:
            return web.json_response(no(fault.error).body)
        return web.Response(
            status=fault.status, text=fault.body, content_type=fault.content_type, headers=dict(fault.headers)
        )

    def _answer(self, method: str, arguments: dict[str, Any], request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "apps.connections.open":
            reply = self.socket.open(token)
            return web.json_response(reply.body, status=reply.status, headers=dict(reply.headers))
        # Trials bring a token of their own.
        reply = self.call(method, arguments) if token in {TOKEN, "xoxb-trial"} else no("invalid_auth")
        return web.json_response(reply.body, status=reply.status, headers=dict(reply.headers))


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        body: dict[str, Any] = await request.json()
        return body
    return {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}


async def _serve(arguments: argparse.Namespace) -> None:
    slack = FakeSlack(pace=arguments.pace, latency=arguments.latency, seed=arguments.seed)
    async with slack.running(arguments.port):
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A Slack for trials")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
