"""slack_bolt as a dispatcher: from a parsed body to a `Heard`, acknowledged at once. The only importer of slack_bolt.

It gets no token and no secret: requests are verified before they come here, and whoever answers has a client of their own.
Nothing is awaited between a request and its acknowledgement, so neither a slow Slack nor a hanging cluster delays one.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot.heard import Heard, Pressed, Slash
from bot.observe import log

_OK = 200
_ANY = re.compile(".*", re.DOTALL)

Hand = Callable[[Heard], str]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What Slack is answered; `body` is empty, plain text, or JSON."""

    status: int
    body: str = ""
    json: bool = False


class SlackApp:
    """`hand` takes a value over and returns at once: nothing, or one sentence for the asker why it does not take it."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        # slack_bolt says "ask auth.test" unless somebody else authorises; and it logs the bodies that nobody listens to.
        self._app = AsyncApp(
            name="opsbot", authorize=_authorized, request_verification_enabled=False, logger=_silent()
        )
        self._app.command(_ANY)(self._command)
        self._app.action(_ANY)(self._action)
        views = (self._app.view_submission, self._app.view_closed)
        for listen in (self._app.event, self._app.shortcut, self._app.options, *views):
            listen(_ANY)(_taken_note_of)

    async def dispatch(self, body: dict[str, Any]) -> Acknowledged:
        """Never raises for what a body holds. In the library's other mode it would parse the body once more."""
        try:
            answer = await self._app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        except Exception as error:  # noqa: BLE001 - the boundary of a request: Slack must never be answered with 500
            log.warning("a request of Slack could not be dispatched", error=type(error).__name__)
            return Acknowledged(400)
        if answer.status != _OK:
            return Acknowledged(400)
        kind = answer.headers.get("content-type", [""])[0]
        return Acknowledged(_OK, answer.body or "", json=kind.startswith("application/json"))

    async def _command(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await ack(self._hand(slash_of(body)))

    async def _action(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        pressed = pressed_of(body)
        if pressed is not None:
            self._hand(pressed)
        await ack()


def slash_of(body: Mapping[str, Any]) -> Slash:
    return Slash(
        user=_text(body, "user_id"),
        channel=_text(body, "channel_id"),
        command=_text(body, "command"),
        text=_text(body, "text"),
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        team=_text(body, "team_id"),
    )


def pressed_of(body: Mapping[str, Any]) -> Pressed | None:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload; None for what is no button of ours."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(first, Mapping) or not _text(first, "action_id"):
        return None
    message, container = _part(body, "message"), _part(body, "container")
    return Pressed(
        user=_text(_part(body, "user"), "id"),
        channel=_text(_part(body, "channel"), "id") or _text(container, "channel_id"),
        action=_text(first, "action_id"),
        value=_text(first, "value"),
        ts=_text(message, "ts") or _text(container, "message_ts"),
        thread=_text(message, "thread_ts") or _text(container, "thread_ts"),
        private=container.get("is_ephemeral") is True,
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        team=_text(_part(body, "team"), "id"),
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


async def _authorized() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=None)


async def _taken_note_of(ack: AsyncAck) -> None:
    """Slack switches an app's events off when too many of them are not answered."""
    await ack()


def _silent() -> logging.Logger:
    logger = logging.getLogger("opsbot.slack_bolt")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)
    logger.handlers = [logging.NullHandler()]
    return logger
