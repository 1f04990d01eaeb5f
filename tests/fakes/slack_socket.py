"""Socket Mode as Slack serves it: tickets that open one WebSocket each, envelopes that want an acknowledgement.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.slack_replies import Reply, no, yes

APP_TOKEN = "xapp-fake"
MOST = 10


@dataclass(slots=True)
class FakeSocket:
    """`open_sockets` are those that envelopes may go to, oldest first; `opened` counts all there ever were."""

    root: str = ""
    opened: int = 0
    asked: int = 0
    errors: list[str] = field(default_factory=list)
    hello: bool = True
    open_sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _tickets: set[str] = field(default_factory=set)
    _waiting: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _envelopes: int = 0

    def open(self, token: str) -> Reply:
        """apps.connections.open. `errors` are said first, one for each call."""
        self.asked += 1
        if token != APP_TOKEN:
            return no("invalid_auth" if token.startswith("xapp-") else "not_allowed_token_type")
        if self.errors:
            return no(self.errors.pop(0))
        ticket = f"ticket-{self.asked}"
        self._tickets.add(ticket)
        return yes(url=f"{self.root}{ticket}")

    async def connect(self, request: web.Request) -> web.StreamResponse:
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.hello:
            await socket.send_json({"type": "hello", "num_connections": 1, "debug_info": {}})
        self.opened += 1
        self.open_sockets.append(socket)
        await self._tell()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(json.loads(message.data))
        finally:
            self.open_sockets.remove(socket)
            await self._tell()
        return socket

    def _hear(self, answer: dict[str, Any]) -> None:
        waiting = self._waiting.pop(str(answer.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def connected(self, count: int = 1, *, opened: int = 0) -> None:
        """Until so many sockets are open, and so many have ever been."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.open_sockets) == count and self.opened >= opened)

    async def deliver(self, payload: dict[str, Any], kind: str = "slash_commands") -> dict[str, Any]:
        """What the app acknowledged it with."""
        self._envelopes += 1
        name = f"envelope-{self._envelopes}"
        self._waiting[name] = asyncio.get_running_loop().create_future()
        envelope = {
            "envelope_id": name,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": True,
        }
        await self.open_sockets[-1].send_json(envelope)
        return await self._waiting[name]

    async def say(self, text: str) -> None:
        await self.open_sockets[-1].send_str(text)

    async def disconnect(self, reason: str = "warning") -> None:
        """Slack announces it some seconds before it closes the socket."""
        await self.open_sockets[0].send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    async def drop(self) -> None:
        for socket in list(self.open_sockets):
            await socket.close()

    async def close(self) -> None:
        await self.drop()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
