"""`opsbot send`: one alert as a genuine Alertmanager body, posted to a running server."""

import getpass
import os
import socket
from collections.abc import Mapping
from datetime import timedelta

from bot.app import now
from bot.demo.bodies import Draft, body
from bot.demo.posting import post
from bot.secret import split_tokens
from bot.settings import Settings, SettingsError

_SINCE = timedelta(minutes=1)


async def send(
    settings: Settings, url: str, labels: Mapping[str, str], annotations: Mapping[str, str], *, resolved: bool
) -> str:
    """Where it was sent to. The start lies on the minute, so that a resolve soon after belongs to its firing."""
    at = now()
    begun = at.replace(second=0, microsecond=0) - _SINCE
    draft = Draft(labels, begun, annotations, at if resolved else None)
    where = url or f"http://{settings.server.host}:{settings.server.port}"
    await post(where, body([draft]), _token(settings), person=_person())
    return where


def _person() -> str:
    """As far as this machine knows: a container's user may have no name."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = f"user {os.getuid()}"
    return f"{name}@{socket.gethostname()}".encode("ascii", "replace").decode()


def _token(settings: Settings) -> str:
    tokens = settings.webhook.tokens
    if not tokens and settings.webhook.file is not None:
        try:
            tokens = split_tokens(settings.webhook.file.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError("OPSBOT_WEBHOOK_TOKEN_FILE", f"cannot be read: {error}") from None
    return tokens[0].reveal() if tokens else ""
