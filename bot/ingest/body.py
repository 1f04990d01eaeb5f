"""Reads the body of a request within a size and a time, and undoes its Content-Encoding. Knows nothing of its content.

The server must not decode bodies by itself (`auto_decompress=False` in `bot.ingest.server`): that would be done before
anybody has shown a token, and without our limit.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

_GZIP_OR_ZLIB, _RAW_DEFLATE = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_DEFLATE_METHOD = 8


class TooLargeError(Exception):
    """More than the limit, sent or decoded."""


class BadEncodingError(ValueError):
    """A Content-Encoding that cannot be undone; the message is one sentence."""


class NotArrivedError(Exception):
    """The body did not come, not whole or not in time; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came over the wire. `encoding` is empty, gzip or deflate."""

    raw: bytes
    encoding: str


def check_head(request: web.Request, limit: int) -> str:
    """What can be refused before a byte of the body is read; gives the encoding."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise BadEncodingError("this Content-Encoding is not supported; send gzip, deflate or none")
    if request.content_length is not None and request.content_length > limit:
        raise TooLargeError
    return "" if encoding == "identity" else encoding


@asynccontextmanager
async def arriving_within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise NotArrivedError(f"the body did not arrive within {seconds:g} s") from None


async def read(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    try:
        while chunk := await request.content.readany():
            body += chunk
            if len(body) > limit:
                raise TooLargeError
    except (web.RequestPayloadError, HttpProcessingError, ClientError, ConnectionError):
        raise NotArrivedError("the body did not arrive whole") from None
    return bytes(body)


def decode(sent: Sent, limit: int) -> bytes:
    """Blocks: milliseconds for a megabyte. Never holds more than the limit, whatever the body claims to be."""
    if not sent.encoding:
        return sent.raw
    # Some senders leave the zlib header out of "deflate".
    bare = sent.encoding == "deflate" and sent.raw[:1] and sent.raw[0] & 15 != _DEFLATE_METHOD
    decoder = zlib.decompressobj(_RAW_DEFLATE if bare else _GZIP_OR_ZLIB)
    try:
        body = decoder.decompress(sent.raw, limit + 1)
    except zlib.error:
        raise BadEncodingError(f"the body is not {sent.encoding}") from None
    if len(body) > limit:
        raise TooLargeError
    if not decoder.eof:
        raise BadEncodingError(f"the {sent.encoding} body is cut off")
    if decoder.unused_data:
        raise BadEncodingError(f"there is more after the {sent.encoding} body")
    return body
