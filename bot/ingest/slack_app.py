"""slack_bolt as a dispatcher: from a parsed body to a `Heard`, acknowledged once it is taken. The only importer of slack_bolt.

It gets no token and no secret: requests are verified before they come here, and whoever answers has a client of their own.
Between a request and its acknowledgement only the store is waited for, so neither a slow Slack nor a hanging cluster delays one.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot.heard import Heard, Pressed, Receipt, Slash, Submitted
from bot.observe import log

_OK = 200
_ANY = re.compile(".*", re.DOTALL)

# Slack's own limits are below; more than this is not from a form of ours.
_FIELDS = 100
_FIELD = 3000

Hand = Callable[[Heard], Awaitable[Receipt]]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What Slack is answered; `body` is empty, plain text, or JSON."""

    status: int
    body: str = ""
    json: bool = False


class SlackApp:
    """`hand` takes a value over, well within the three seconds that Slack waits; its receipt may be one sentence for the asker
    why it does not take it.
    """

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        # slack_bolt says "ask auth.test" unless somebody else authorises; and it logs the bodies that nobody listens to.
        self._app = AsyncApp(
            name="opsbot", authorize=_authorized, request_verification_enabled=False, logger=_silent()
        )
        self._app.command(_ANY)(self._command)
        self._app.action(_ANY)(self._action)
        self._app.view_submission(_ANY)(self._submission)
        for listen in (self._app.event, self._app.shortcut, self._app.options, self._app.view_closed):
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
        await ack((await self._hand(slash_of(body))).said)

    async def _submission(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """https://docs.slack.dev/surfaces/modals#displaying_errors: beside an input, or nowhere."""
        submitted = submitted_of(body)
        receipt = await self._hand(submitted) if submitted is not None else Receipt()
        first = next(iter(_values(_part(body, "view"))), "")
        problems = receipt.problems or ({first: receipt.said} if first and receipt.said else {})
        if problems:
            await ack(response_action="errors", errors=dict(problems))
        else:
            await ack()

    async def _action(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        pressed = pressed_of(body)
        if pressed is not None:
            await self._hand(pressed)
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
        name=_text(body, "user_name"),
    )


def pressed_of(body: Mapping[str, Any]) -> Pressed | None:
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload; None for what is no button of ours."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(first, Mapping) or not _text(first, "action_id"):
        return None
    message, container, view = _part(body, "message"), _part(body, "container"), _part(body, "view")
    return Pressed(
        user=_text(_part(body, "user"), "id"),
        channel=_text(_part(body, "channel"), "id") or _text(container, "channel_id"),
        action=_text(first, "action_id"),
        value=_chosen(first),
        ts=_text(message, "ts") or _text(container, "message_ts"),
        thread=_text(message, "thread_ts") or _text(container, "thread_ts"),
        private=container.get("is_ephemeral") is True,
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        team=_text(_part(body, "team"), "id"),
        name=_name(body),
        view=_text(view, "id"),
        hash=_text(view, "hash"),
        kept=_text(view, "private_metadata"),
        fields=_fields(view),
    )


def submitted_of(body: Mapping[str, Any]) -> Submitted | None:
    """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload; None for what is no form of ours."""
    view = _part(body, "view")
    if not _text(view, "callback_id"):
        return None
    return Submitted(
        user=_text(_part(body, "user"), "id"),
        name=_name(body),
        callback=_text(view, "callback_id"),
        view=_text(view, "id"),
        kept=_text(view, "private_metadata"),
        fields=_fields(view),
        team=_text(_part(body, "team"), "id"),
        trigger=_text(body, "trigger_id"),
    )


def _name(body: Mapping[str, Any]) -> str:
    """Presses carry `username`, forms `name`, and either may have the other."""
    user = _part(body, "user")
    return _text(user, "username") or _text(user, "name")


def _values(view: Mapping[str, Any]) -> Mapping[str, Any]:
    return _part(_part(view, "state"), "values")


def _fields(view: Mapping[str, Any]) -> Mapping[str, str]:
    """What the inputs of a modal hold, by action id."""
    found: dict[str, str] = {}
    for block in list(_values(view).values())[:_FIELDS]:
        for action, element in (block if isinstance(block, Mapping) else {}).items():
            if isinstance(element, Mapping):
                found[action] = _chosen(element)[:_FIELD]
    return found


def _chosen(element: Mapping[str, Any]) -> str:
    """Typed into it, or the value of the option that was chosen in it."""
    return _text(element, "value") or _text(_part(element, "selected_option"), "value")


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
