"""Socket Mode: Slack reaches us through a WebSocket that we open, so that no public address is needed.

https://docs.slack.dev/apis/events-api/using-socket-mode. The library's client retries without growing pauses, logs bodies and
leaves tasks behind; this one does not. Addresses of sockets are secrets and are never logged. Envelopes go where requests go.
"""

import asyncio
import json
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import aiohttp

from bot.delivery.transport import Ambiguous, Declined, Failure, NotSent, RateLimited
from bot.ingest.slack_app import Acknowledged, SlackApp
from bot.observe import SLACK_REQUESTS, SLACK_SOCKET, log

_REMEMBERED = 1000
_LARGEST = 1024 * 1024
# Slack says these when it will close the socket soon: a new one is opened first, so that no command falls between.
_RENEWALS = frozenset({"warning", "refresh_requested"})


@dataclass(frozen=True, slots=True)
class SocketOptions:
    """Seconds. `hello`: how long a new socket may take to greet; `drains`: how long one that Slack will close is still read;
    `steady`: a connection that lasted so long was a good one; `first` and `longest` bound the pause before another try.
    """

    hello: float = 10.0
    heartbeat: float = 20.0
    drains: float = 30.0
    steady: float = 10.0
    first: float = 1.0
    longest: float = 60.0


@dataclass(slots=True)
class _Socket:
    """`leaving` is set when another one is needed; `announced` where Slack has said so in time."""

    web: aiohttp.ClientWebSocketResponse
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    announced: bool = False


class SocketMode:
    def __init__(
        self,
        open_socket: Callable[[], Awaitable[str | Failure]],
        app: SlackApp,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        options: SocketOptions = SocketOptions(),
    ) -> None:
        self._open_socket = open_socket
        self._app = app
        self._sleep = sleep
        self._options = options
        self._readers: set[asyncio.Task[None]] = set()
        self._heard: OrderedDict[str, asyncio.Task[Acknowledged]] = OrderedDict()
        self._acknowledging: set[asyncio.Task[None]] = set()
        self._trouble = ""

    async def run(self) -> NoReturn:
        """Until it is cancelled."""
        try:
            async with aiohttp.ClientSession(trust_env=True) as http:
                await self._stay_connected(http)
        finally:
            ending = (*self._readers, *self._acknowledging)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            SLACK_SOCKET.set(0)

    async def _stay_connected(self, http: aiohttp.ClientSession) -> NoReturn:
        loop = asyncio.get_running_loop()
        tries = 0
        while True:
            socket = await self._connect(http)
            if isinstance(socket, _Socket):
                began = loop.time()
                await socket.leaving.wait()
                tries = 0 if loop.time() - began > self._options.steady else tries
                if socket.announced and not tries:
                    tries = 1  # the next one has to last before another is free of a pause
                    continue
                self._told(Ambiguous("the socket was closed"))
            else:
                self._told(socket)
            tries += 1
            await self._sleep(self._pause(tries, socket))

    def _pause(self, tries: int, why: _Socket | Failure) -> float:
        grown: float = min(self._options.first * 2 ** min(tries - 1, 10), self._options.longest)
        # Replicas that lost their sockets together shall not come back together.
        pause = grown * random.uniform(0.5, 1.0)  # noqa: S311 - not for secrets
        return max(pause, why.after) if isinstance(why, RateLimited) else pause

    async def _connect(self, http: aiohttp.ClientSession) -> _Socket | Failure:
        url = await self._open_socket()
        if not isinstance(url, str):
            return url
        try:
            async with asyncio.timeout(self._options.hello):
                web = await http.ws_connect(url, heartbeat=self._options.heartbeat, max_msg_size=_LARGEST)
                greeted = await _greeted(web)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return NotSent(type(error).__name__)
        if not greeted:
            return Ambiguous("the socket did not greet")
        socket = _Socket(web)
        reader = asyncio.create_task(self._read(socket))
        self._readers.add(reader)
        reader.add_done_callback(self._ended)
        self._told(None)
        return socket

    def _ended(self, reader: asyncio.Task[None]) -> None:
        self._readers.discard(reader)
        SLACK_SOCKET.set(int(bool(self._readers)))

    def _told(self, failure: Failure | None) -> None:
        """Into the log when it changes, and into the metric."""
        trouble = "" if failure is None else _reason(failure)
        SLACK_SOCKET.set(int(failure is None or bool(self._readers)))
        if failure is None and self._trouble:
            log.info("Slack reaches us again by Socket Mode")
        elif trouble and trouble != self._trouble:
            log.warning("Slack does not reach us by Socket Mode", reason=trouble)
        self._trouble = trouble

    async def _read(self, socket: _Socket) -> None:
        """Goes on after Slack has said that it will close this one, for what is still on its way."""
        try:
            while True:
                wait = self._options.drains if socket.leaving.is_set() else None
                message = await socket.web.receive(wait)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                self._hear(socket, _envelope(message))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("a socket of Slack ended", error=type(error).__name__)
        finally:
            socket.leaving.set()
            await socket.web.close()

    def _hear(self, socket: _Socket, envelope: Mapping[str, Any]) -> None:
        name, payload = envelope.get("envelope_id"), envelope.get("payload")
        if envelope.get("type") == "disconnect":
            socket.announced = envelope.get("reason") in _RENEWALS
            socket.leaving.set()
        elif isinstance(name, str) and isinstance(payload, dict):
            # A store that is slow with one must not delay the others.
            task = asyncio.create_task(self._acknowledge(socket, envelope, self._dispatched(name, payload)))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)
        else:
            SLACK_REQUESTS.labels("socket", "not_readable").inc()

    def _dispatched(self, name: str, payload: dict[str, Any]) -> asyncio.Task[Acknowledged]:
        """What comes again, because an acknowledgement was lost with its socket, is acknowledged as it was and not done again."""
        if name in self._heard:
            SLACK_REQUESTS.labels("socket", "replayed").inc()
            return self._heard[name]
        self._heard[name] = asyncio.create_task(self._dispatch(payload))
        if len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
        return self._heard[name]

    async def _dispatch(self, payload: dict[str, Any]) -> Acknowledged:
        answer = await self._app.dispatch(payload)
        SLACK_REQUESTS.labels("socket", "ok" if answer.status == 200 else "not_ours").inc()
        return answer

    async def _acknowledge(
        self, socket: _Socket, envelope: Mapping[str, Any], dispatched: asyncio.Task[Acknowledged]
    ) -> None:
        # Whoever waits for it on another socket is not cancelled with this one.
        answer = await asyncio.shield(dispatched)
        said: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if answer.body and envelope.get("accepts_response_payload"):
            said["payload"] = json.loads(answer.body) if answer.json else {"text": answer.body}
        try:
            await socket.web.send_json(said)
        except (aiohttp.ClientError, OSError) as error:
            log.info("a socket of Slack ended", error=type(error).__name__)


async def _greeted(web: aiohttp.ClientWebSocketResponse) -> bool:
    """One that does not is closed, however that came about."""
    greeted = False
    try:
        greeted = _envelope(await web.receive()).get("type") == "hello"
    finally:
        if not greeted:
            await web.close()
    return greeted


def _envelope(message: aiohttp.WSMessage) -> Mapping[str, Any]:
    """Empty for what is none."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return {}
    try:
        content = json.loads(message.data)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _reason(failure: Failure) -> str:
    match failure:
        case Declined(error):
            return f"{error}; opsbot check says what to do"
        case RateLimited():
            return "rate limited"
        case Ambiguous(reason) | NotSent(reason):
            return reason
