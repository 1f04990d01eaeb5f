"""POST to a response_url: the one call to Slack that goes to an address from a request. Follows no redirect, repeats nothing.

Whether an address is Slack's is decided before; here it is only called. Its path is a secret and is never told.
"""

import json
from typing import Any

import aiohttp

from bot.clients.slack_answers import pause_of
from bot.delivery.transport import Ambiguous, Declined, Failure, NotSent, Ok, RateLimited

_OK = 200
_RATE_LIMITED = 429
_SERVER_ERROR = 500
_MOST = 4096


async def respond(url: str, body: dict[str, Any], *, seconds: float) -> Ok | Failure:
    limit = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, trust_env=True) as session,
            session.post(url, json=body, allow_redirects=False) as response,
        ):
            if response.status == _RATE_LIMITED:
                return RateLimited(pause_of(response.headers))
            return _answer(response.status, await response.content.read(_MOST))
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
        return NotSent(type(error).__name__)
    except ValueError as error:  # a host that cannot be one, such as one with a label of 64 letters
        return Declined(type(error).__name__)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Ambiguous(type(error).__name__)


def _answer(status: int, said: bytes) -> Ok | Failure:
    error = _error(said)
    if status == _OK and not error:
        return Ok("", "")
    if status >= _SERVER_ERROR:
        return Ambiguous(f"HTTP {status}")
    return Declined(error or f"http_{status}")


def _error(said: bytes) -> str:
    """Slack says `ok`, or the name of an error such as used_url: alone, or as JSON."""
    text = said.decode(errors="replace").strip()
    if text.startswith("{"):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return ""
        return "" if content.get("ok") else str(content.get("error", ""))
    return text if text != "ok" and text.isidentifier() else ""
