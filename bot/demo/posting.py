"""Sending a body to the bot's webhook over HTTP, as Alertmanager would. Used by the demo and by `opsbot send`.

A refusal is raised as one sentence for the person at the terminal; nothing here retries.
"""

import json
from typing import Any

import aiohttp

PATH = "/webhooks/alertmanager"
_PERSON = "X-Opsbot-Person"
_PATIENCE = aiohttp.ClientTimeout(total=15)


class RefusedError(Exception):
    """The webhook did not accept the body; the message says who refused and why."""


async def post(url: str, body: dict[str, Any], token: str = "", *, person: str = "") -> None:
    """`person` is who does this at a command line, for what is written down about it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {_PERSON: person} if person else {}
    where = url.rstrip("/") + PATH
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.post(where, json=body, headers=headers) as answer,
        ):
            if answer.status == 200:
                return
            raise RefusedError(f"{where} answered {answer.status}: {_reason(await answer.text())}")
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        raise RefusedError(f"{url!r} is not a URL; write for example http://127.0.0.1:8080") from None
    except aiohttp.ClientConnectorError:
        raise RefusedError(f"nothing answers at {where}; is opsbot serve running there?") from None
    except (TimeoutError, aiohttp.ClientError) as error:
        raise RefusedError(f"{where} cannot be reached: {error or 'no answer within 15 s'}") from None


def _reason(text: str) -> str:
    """The bot answers {"error": "…"}; a proxy in between answers anything."""
    try:
        said = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        said = text
    return " ".join(str(said).split())[:200] or "no reason given"
