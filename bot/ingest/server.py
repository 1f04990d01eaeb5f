"""The HTTP server: its limits, its health and metrics, and errors as JSON. What is served is mounted by `bot.app`.

aiohttp by itself keeps an idle connection for an hour, decodes bodies before anybody is asked for a token, and logs the
line of a broken header, which may be the one with the token. None of that happens here.
"""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.observe import REGISTRY, log

_READY_SECONDS = 5.0
_FOR_PROGRAMS = ("/api/", "/webhooks/", "/slack/", "/healthz", "/readyz", "/metrics")
_SENTENCES = {404: "there is nothing at this path", 413: "the request is too large"}


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Seconds. `idle` also ends a connection that sends half a head and stops; `linger` is spent on reading what a refused
    request still sends, so that its sender sees the answer; `grace` is how long requests may take to end at shutdown.
    """

    idle: float = 20.0
    linger: float = 2.0
    grace: float = 10.0


class CannotListenError(Exception):
    """The address cannot be served; the message is one sentence for the person who starts the server."""


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, options: ServerOptions | None = None
) -> AsyncIterator[int]:
    """Serves until the block ends, then lets the requests that are under way finish. Gives the port, for port 0."""
    options = options or ServerOptions()
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_http_log(),
        keepalive_timeout=options.idle,
        lingering_time=options.linger,
        shutdown_timeout=options.grace,
        auto_decompress=False,
    )
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise CannotListenError(_why(host, port, error)) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another program; choose another one with OPSBOT_PORT (demo: --port)"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} may not be used by this user; choose one above 1023 with OPSBOT_PORT (demo: --port)"
    return f"cannot listen on {host} port {port}: {error.strerror or type(error).__name__}"


class _HttpLog(logging.Handler):
    """What aiohttp reports, without the lines of a request that it could not read."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            log.info("request could not be read", error=type(error).__name__)
        else:
            log.error("request failed", what=record.getMessage(), exc_info=error)


def _http_log() -> logging.Logger:
    logger = logging.getLogger("opsbot.http")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    logger.handlers = [_HttpLog()]
    return logger


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as `{"error": "one sentence"}` for programs; people in a browser get what the page's handler raised."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or error.content_type == "application/json" or _by_a_person(request):
            raise
        kept = {
            name: value
            for name, value in error.headers.items()
            if name in {hdrs.ALLOW, hdrs.WWW_AUTHENTICATE}
        }
        return web.json_response({"error": _sentence(error)}, status=error.status, headers=kept)


def _by_a_person(request: web.Request) -> bool:
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(_FOR_PROGRAMS)


def _sentence(error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"this path does not take {error.method}; use {' or '.join(sorted(error.allowed_methods))}"
    return _SENTENCES.get(error.status, error.reason.lower())


def _nothing() -> list[str]:
    return []


def health_routes(
    reasons: Callable[[], Awaitable[list[str]]], remarks: Callable[[], list[str]] = _nothing
) -> list[web.RouteDef]:
    """`reasons` says why we are not ready; an empty list is ready. `remarks` are no reason to send nobody here."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                found = await reasons()
        except TimeoutError:
            found = [f"no answer from within after {_READY_SECONDS:g} s"]
        told = {"ready": not found, "reasons": [*found, *remarks()]}
        return web.json_response(told, status=503 if found else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(REGISTRY), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
