"""Raw requests to the API server: bytes in, JSON or a log out, and every failure as `Unavailable`.

It decides nothing about what the answers mean. It never asks without a time-out, never reads more than a cap, parses
what is big off the event loop, and repeats a request once where that is harmless.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import aiohttp

from bot.clients.kubernetes_calls import Call
from bot.clients.kubernetes_config import CannotOpenError, KubernetesAccess, Opened, open_client
from bot.clients.kubernetes_json import Json, part, said
from bot.diagnosis.sources import Unavailable
from bot.model import Reason

LARGEST_BODY = 64 * 1024 * 1024
BIG_BODY = 256 * 1024
DETAIL = 600
RELOAD_SECONDS = 60.0
PAUSE = 0.2
_BUSY = (429, 503)
_REASONS = {401: Reason.FORBIDDEN, 403: Reason.FORBIDDEN, 404: Reason.NOT_FOUND}


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut` says that the connection ended or the cap was reached before the body did."""

    status: int
    body: bytes
    cut: bool = False


class KubernetesApi:
    """One API server. Nothing is opened before the first request; `open` does that part early, without network I/O."""

    def __init__(
        self,
        access: KubernetesAccess,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._access = access
        self._clock = clock
        self._sleep = sleep
        self._opening = asyncio.Lock()
        self._opened: Opened | None = None
        self._opened_at = 0.0

    async def open(self) -> Opened:
        async with self._opening:
            if self._opened is None:
                self._opened = await open_client(self._access, self._clock)
                self._opened_at = self._clock()
            return self._opened

    async def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.client.close()

    def namespaces(self) -> tuple[str, ...]:
        """Where to look when a look over all namespaces is forbidden; empty where nothing says so."""
        own = self._opened.namespace if self._opened else ""
        return tuple(dict.fromkeys((*self._access.namespaces, *((own,) if own else ()))))

    async def json(self, call: Call, body: Json | None = None) -> Json | Unavailable:
        """The object or list that answers the call, in the newest version of its kind that the server has."""
        reply = await self._served(call, body)
        if isinstance(reply, Unavailable):
            return reply
        if reply.status >= 300:
            return _not_installed(call) if _unknown(call, reply) else refused(call, reply)
        if reply.cut:
            return call.failed(Reason.NOT_READY, f"the answer is larger than {LARGEST_BODY >> 20} MiB")
        parsed = await _parse(reply.body)
        return call.failed(Reason.NOT_READY, "the answer is not a JSON object") if parsed is None else parsed

    async def log(self, call: Call, cap: int) -> Reply | Unavailable:
        """A log as far as it came: a kubelet that stops in the middle gives a cut reply, not a failure."""
        return await self._reply(call, cap=cap)

    async def _served(self, call: Call, body: Json | None) -> Reply | Unavailable:
        """The first reply that is not "no such version"; the next page of a list is in the version of the first."""
        reply = await self._reply(call, body=body)
        for older in islice(call.versions(), 1, None):
            if isinstance(reply, Unavailable) or not _unknown(call, reply):
                break
            reply = await self._reply(older, body=body)
        return reply

    async def _reply(
        self, call: Call, *, body: Json | None = None, cap: int = LARGEST_BODY
    ) -> Reply | Unavailable:
        if not call.sound:
            return call.failed(Reason.NOT_FOUND, f"{call.name!r} cannot be the name of an object")
        received = bytearray()
        seconds = self._access.log_timeout if call.sub == "log" else self._access.timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._attempts(call, body, cap, received)
        except TimeoutError:
            if received and call.sub == "log":
                return Reply(200, bytes(received), cut=True)
            return call.failed(Reason.TIMEOUT, f"no answer within {seconds:g} s")
        except CannotOpenError as error:
            return call.failed(Reason.NOT_CONFIGURED, said(str(error), DETAIL))
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            # ValueError: a token that cannot be a header, a server that is not a URL. TLS errors are OSErrors.
            # RuntimeError: how aiohttp says that the session was closed under a look that still ran.
            return call.failed(Reason.UNREACHABLE, said(f"{type(error).__name__}: {error}", DETAIL))

    async def _attempts(self, call: Call, body: Json | None, cap: int, received: bytearray) -> Reply:
        """Once more after a 429, a 503 or a lost connection; reading, and asking for rights, may be repeated."""
        try:
            reply = await self._once(call, body, cap, received)
        except aiohttp.ClientConnectorError:
            raise  # refused, no route, TLS: the same would happen again
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionResetError):
            pass
        else:
            if reply.status == 401 and await self._reloaded():
                return await self._once(call, body, cap, received)
            if reply.status not in _BUSY:
                return reply
        await self._sleep(PAUSE)
        return await self._once(call, body, cap, received)

    async def _reloaded(self) -> bool:
        """Reads the configuration again after a 401, at most once a minute: tokens of exec plugins expire."""
        if self._clock() - self._opened_at < RELOAD_SECONDS:
            return False
        await self.close()
        await self.open()
        return True

    async def _once(self, call: Call, body: Json | None, cap: int, received: bytearray) -> Reply:
        received.clear()
        client = (await self.open()).client
        method, url, headers, content, _ = await client.param_serialize(
            method="GET" if body is None else "POST",
            resource_path=call.path,
            header_params={"Accept": call.accept},
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = await client.call_api(method, url, headers, content, _request_timeout=self._access.timeout)
        response: aiohttp.ClientResponse = answer.response
        try:
            cut = await _drain(response, call, cap, received)
            return Reply(response.status, bytes(received), cut)
        finally:
            response.release()


async def _drain(response: aiohttp.ClientResponse, call: Call, cap: int, received: bytearray) -> bool:
    """Reads the body up to the cap; true when there was more, or when a log broke off."""
    try:
        async for chunk in response.content.iter_chunked(1 << 16):
            received += chunk
            if len(received) > cap:
                return True
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, ConnectionResetError):
        if call.sub != "log" or response.status != 200:
            raise
        return True
    return False


def _unknown(call: Call, reply: Reply) -> bool:
    """A server that does not have the kind or its version says so without naming an object."""
    return bool(call.kind.group) and reply.status == 404 and not status_of(reply)[0].get("name")


def _not_installed(call: Call) -> Unavailable:
    kind = call.kind
    versions = " or ".join((kind.version, *kind.older))
    detail = f"{kind.name} ({kind.plural}.{kind.group}) is not installed, or not served as {versions}"
    return call.failed(Reason.NOT_FOUND, detail)


def refused(call: Call, reply: Reply) -> Unavailable:
    """A status that is not success, in the words of the API server."""
    reason = _REASONS.get(reply.status, Reason.NOT_READY)
    message = status_of(reply)[1] or f"HTTP {reply.status}"
    if reply.status not in _REASONS and not message.startswith("HTTP"):
        message = f"HTTP {reply.status}: {message}"
    return call.failed(reason, message)


def status_of(reply: Reply) -> tuple[Json, str]:
    """The details and the message of a Status object; a plain text answer is a message without details."""
    parsed = _load(reply.body) if len(reply.body) <= BIG_BODY else None
    if parsed is None:
        return {}, said(reply.body[: 8 * DETAIL].decode("utf-8", "replace"), DETAIL)
    return part(parsed, "details"), said(parsed.get("message"), DETAIL)


def _load(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


async def _parse(body: bytes) -> Mapping[str, Any] | None:
    if len(body) > BIG_BODY:
        return await asyncio.to_thread(_load, body)
    return _load(body)
