"""One careful way to ask an HTTP source, and to order something of it: the only importer of httpx.

At most one redirect and never to another host, no proxies from the environment, bounded time and size. Whatever goes
wrong comes back as `Unavailable`. A token lives in a header only: no detail, no log line and no repr ever shows it.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from bot.diagnosis.sources import Unavailable, Unsent
from bot.model import Reason, Source

# A name that is asked several times has several values.
Params = Mapping[str, str | Sequence[str]]

LARGEST = 8 * 2**20
# Parsing more than this on the event loop would hold up Slack's three seconds.
_PARSED_ASIDE = 256 * 2**10
_SAID = 300

_REASONS: Mapping[int, Reason] = {
    400: Reason.NOT_CONFIGURED,
    401: Reason.FORBIDDEN,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    405: Reason.NOT_FOUND,
    408: Reason.TIMEOUT,
    502: Reason.UNREACHABLE,
    504: Reason.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class Options:
    """`timeout` is for the whole exchange, in seconds; `transport` is for tests.

    `glance` is how many bytes of a body are read where only its status is sure to be of use; 0 reads all of it.
    """

    verify: bool = True
    timeout: float = 8.0
    glance: int = 0
    transport: httpx.AsyncBaseTransport | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """`document` is the parsed JSON, None where the body is none; `location` is where a redirect points to."""

    status: int
    document: Any
    location: str = ""


class HttpSource:
    """One server. Raises ValueError when built from an address or a token that can never work."""

    def __init__(self, source: Source, url: str, *, token: str = "", options: Options | None = None) -> None:
        self.source = source
        self._options = options or Options()
        self._base, auth = _address(url)
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "opsbot"}
        if token.strip():
            headers["Authorization"] = f"Bearer {_header_value(token)}"
        self._client = httpx.AsyncClient(
            headers=headers,
            auth=auth,
            verify=self._options.verify,
            timeout=self._options.timeout,
            transport=self._options.transport,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=4),
        )

    @property
    def address(self) -> str:
        """Where it asks, without user and password."""
        return str(self._base).rstrip("/")

    @property
    def root(self) -> str:
        """The same server without any path."""
        return str(self._base.copy_with(path="/")).rstrip("/")

    async def close(self) -> None:
        await self._client.aclose()

    async def get(
        self, path: str, params: Params | None = None, *, at: str = "", follow: bool = True
    ) -> Reply | Unavailable:
        """Ask for `path` below the address, or below `at`. Any status is a reply; no answer is not."""
        url = httpx.URL((at or self.address) + path)
        return await self._asked(_Question("GET", url, path, params), follow=follow)

    async def order(self, method: str, path: str, content: Any = None) -> Reply | Unavailable:
        """A request that changes something, with JSON in it; it is sent once, and to no other address than this one.

        After a time-out, or a connection that broke, nobody knows whether it was done; `Unsent` says that it was not.
        """
        url = httpx.URL(self.address + path)
        return await self._asked(_Question(method, url, path, content=content), follow=False)

    async def _asked(self, question: "_Question", *, follow: bool) -> Reply | Unavailable:
        url, verb = question.url, question.method.lower()

        def failed(reason: Reason, detail: str) -> Unavailable:
            return self.failed(reason, question.path, detail, verb=verb)

        try:
            async with asyncio.timeout(self._options.timeout):
                reply = await self._once(question)
                return await self._followed(question, reply) if follow and reply.location else reply
        except (TimeoutError, httpx.TimeoutException):
            return failed(Reason.TIMEOUT, f"{url.host} gave no answer within {self._options.timeout:g} s")
        except httpx.ConnectError as error:
            detail = f"{url.host}: {str(error)[:_SAID]}"
            if verb == "get":
                return failed(Reason.UNREACHABLE, detail)
            return Unsent(self.source, Reason.UNREACHABLE, verb, question.path, detail=detail)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            # The text of other errors may quote headers, and with them the token.
            return failed(Reason.UNREACHABLE, f"{url.host}: {type(error).__name__}")
        except _TooLargeError:
            return failed(Reason.NOT_READY, f"the answer is larger than {LARGEST // 2**20} MiB")

    def failed(self, reason: Reason, path: str, detail: str = "", *, verb: str = "get") -> Unavailable:
        return Unavailable(self.source, reason, verb, path, detail=detail)

    def refused(self, reply: Reply, path: str, *, verb: str = "get") -> Unavailable | None:
        """The gap that a status leaves; None for a success."""
        if 200 <= reply.status < 300:
            return None
        reason = _REASONS.get(reply.status, Reason.NOT_READY)
        if reply.status < 400:
            reason = Reason.NOT_CONFIGURED
        said = said_by(reply.document)
        return self.failed(reason, path, f"HTTP {reply.status}{': ' if said else ''}{said}", verb=verb)

    async def _followed(self, question: "_Question", reply: Reply) -> Reply | Unavailable:
        target = question.url.join(reply.location)
        if not _same_place(question.url, target):
            detail = f"it redirects to another host ({target.host}), which is not followed"
            return self.failed(Reason.NOT_CONFIGURED, question.path, detail)
        return await self._once(replace(question, url=target, params=None))

    async def _once(self, question: "_Question") -> Reply:
        async with self._client.stream(
            question.method, question.url, params=question.params, json=question.content
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if self._options.glance and len(body) > self._options.glance:
                    body.clear()
                    break
                if len(body) > LARGEST:
                    raise _TooLargeError
            location = response.headers.get("location", "") if response.is_redirect else ""
        aside = len(body) > _PARSED_ASIDE
        document = await asyncio.to_thread(_parsed, bytes(body)) if aside else _parsed(bytes(body))
        return Reply(response.status_code, document, location)


@dataclass(frozen=True, slots=True)
class _Question:
    """`path` is what it is called in a gap."""

    method: str
    url: httpx.URL
    path: str
    params: Params | None = None
    content: Any = None


class _TooLargeError(Exception):
    """More bytes than anybody wants."""


def said_by(document: Any) -> str:
    """The one sentence that JSON APIs put into an error, bounded. Some answer with nothing but the sentence."""
    said = document if isinstance(document, str) else ""
    if isinstance(document, dict):
        said = next((document[key] for key in ("error", "message") if isinstance(document.get(key), str)), "")
    return " ".join(said.split())[:_SAID]


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _address(url: str) -> tuple[httpx.URL, tuple[str, str] | None]:
    """The address without user and password, and these apart."""
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        raise ValueError("the url cannot be understood") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError("the url must begin with http:// or https:// and name a host")
    auth = (parsed.username, parsed.password) if parsed.username or parsed.password else None
    return parsed.copy_with(username=None, password=None, query=None, fragment=None), auth


def _header_value(token: str) -> str:
    value = token.strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("the token holds characters that no header can carry")
    return value


def _same_place(before: httpx.URL, after: httpx.URL) -> bool:
    """The same host and port, or the step from plain HTTP to TLS on the same host."""
    if before.host != after.host:
        return False
    if (before.scheme, before.port) == (after.scheme, after.port):
        return True
    return before.scheme == "http" and after.scheme == "https"
