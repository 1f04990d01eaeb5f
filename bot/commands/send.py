"""`opsbot send`: one alert as a genuine Alertmanager body, posted to a running server."""

import getpass
import os
import socket
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import aiohttp

from bot.app import now
from bot.demo.bodies import Draft, body, fingerprint
from bot.demo.posting import post
from bot.secret import split_tokens
from bot.settings import Settings, SettingsError, TokenSettings

_PATIENCE = aiohttp.ClientTimeout(total=5)


async def send(
    settings: Settings, url: str, labels: Mapping[str, str], annotations: Mapping[str, str], *, resolved: bool
) -> str:
    """Where it was sent to.

    Every firing begins now: one that began before the last resolve would be taken for its late delivery.
    """
    where = (url or f"http://{settings.server.host}:{settings.server.port}").rstrip("/")
    at = now()
    begun = await _begun(where, settings, labels) if resolved else None
    draft = Draft(labels, begun or at, annotations, at if resolved else None)
    token = _token("OPSBOT_WEBHOOK_TOKEN_FILE", settings.webhook)
    await post(where, body([draft]), token, person=_person())
    return where


async def _begun(where: str, settings: Settings, labels: Mapping[str, str]) -> datetime | None:
    """Since when the alert fires, because it is told how long it lasted. An Alertmanager remembers it; we ask.

    None where the server does not say: then it lasted no time, and is over all the same.
    """
    token = _token("OPSBOT_CONSOLE_TOKEN_FILE", settings.console.access)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    wanted = fingerprint(labels)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=_PATIENCE) as http:
            async for alert in _firing(http, where, labels["alertname"]):
                if alert["fingerprint"] == wanted:
                    return datetime.fromisoformat(alert["starts_at"])
    except (TimeoutError, aiohttp.ClientError, ValueError, KeyError, TypeError):
        return None
    return None


async def _firing(http: aiohttp.ClientSession, where: str, name: str) -> AsyncIterator[dict[str, Any]]:
    """The alerts of the newest incidents of this name that fire."""
    async with http.get(f"{where}/api/incidents", params={"state": "firing"}) as answer:
        listed = await answer.json()
    for one in listed["incidents"]:
        if one["name"] != name:
            continue
        async with http.get(f"{where}/api/incidents/{one['id']}") as answer:
            for alert in (await answer.json())["alerts_seen"]:
                if alert["status"] == "firing":
                    yield alert


def _person() -> str:
    """As far as this machine knows: a container's user may have no name."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = f"user {os.getuid()}"
    return f"{name}@{socket.gethostname()}".encode("ascii", "replace").decode()


def _token(variable: str, accepted: TokenSettings) -> str:
    tokens = accepted.tokens
    if not tokens and accepted.file is not None:
        try:
            tokens = split_tokens(accepted.file.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(variable, f"cannot be read: {error}") from None
    return tokens[0].reveal() if tokens else ""
