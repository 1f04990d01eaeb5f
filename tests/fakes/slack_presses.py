"""What Slack sends when somebody presses, types or submits: made from a message or a modal that was really posted.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload and .../view-interactions-payload
Raises where there is nothing to press: a test cannot press what nobody can see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.slack import FakeSlack
from tests.fakes.slack_views import View, elements
from tests.fakes.slack_workspace import Kept


@dataclass(frozen=True, slots=True)
class Presser:
    id: str
    name: str

    @property
    def pressing(self) -> dict[str, str]:
        return {"id": self.id, "username": self.name, "name": self.name, "team_id": "T0001"}

    @property
    def submitting(self) -> dict[str, str]:
        """Forms carry no `username`."""
        return {"id": self.id, "name": self.name, "team_id": "T0001"}


KIM = Presser("U0KIM", "kim")
LEE = Presser("U0LEE", "lee")


def press(slack: FakeSlack, message: Kept, action_id: str, user: Presser = KIM) -> dict[str, Any]:
    """A button of a message in a channel, as the message is now."""
    if message.deleted:
        raise LookupError("the message is deleted")
    channel = next(name for name, kept in slack.channels.items() if any(one is message for one in kept))
    shown = {"type": "message", "ts": message.ts, "text": message.text, "blocks": message.blocks}
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel, "is_ephemeral": False}
    if message.thread_ts:
        shown["thread_ts"] = container["thread_ts"] = message.thread_ts
    return {
        **_actions(slack, {"blocks": message.blocks}, action_id, user),
        "container": container,
        "channel": {"id": channel, "name": _channel_name(slack, channel)},
        "message": shown,
        "response_url": slack.responses.make(),
    }


def press_in(slack: FakeSlack, view: View, action_id: str, user: Presser = KIM) -> dict[str, Any]:
    """A button inside a modal."""
    return {
        **_actions(slack, view.content, action_id, user),
        "container": {"type": "view", "view_id": view.id},
        "view": _view(view),
    }


def typed(slack: FakeSlack, view: View, action_id: str, value: str, user: Presser = KIM) -> dict[str, Any]:
    """Typed into an input of a modal, or chosen in it; it tells at once only where the block says so."""
    block, element = _element(view.content, action_id)
    if block["type"] == "input" and block.get("dispatch_action") is not True:
        raise LookupError(f"{action_id} does not tell what is typed before the form is sent off")
    _checked(element, value)
    view.typed[action_id] = value
    return press_in(slack, view, action_id, user) | {"actions": [_action(block, _held(element, value))]}


def submit(
    slack: FakeSlack, view: View, values: Mapping[str, str] | None = None, user: Presser = KIM
) -> dict[str, Any]:
    """The form, with `values` by action id beside what is in it already."""
    if "submit" not in view.content:
        raise LookupError("this modal has nothing to send off")
    for action_id, value in (values or {}).items():
        _checked(_element(view.content, action_id)[1], value)
        view.typed[action_id] = value
    shown = _view(view)
    for block, element in elements(view.content):
        held = shown["state"]["values"].get(block.get("block_id"), {}).get(element["action_id"], {})
        if block["type"] == "input" and block.get("optional") is not True and not _holds(held):
            raise LookupError(f"{element['action_id']} is empty: Slack does not send that off")
    return {
        "type": "view_submission",
        "team": {"id": "T0001", "domain": "example"},
        "user": user.submitting,
        "api_app_id": "A123456",
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "trigger_id": slack.views.trigger(),
        "view": shown,
        "response_urls": [],
    }


def _actions(slack: FakeSlack, content: Mapping[str, Any], action_id: str, user: Presser) -> dict[str, Any]:
    block, element = _element(content, action_id)
    return {
        "type": "block_actions",
        "team": {"id": "T0001", "domain": "example"},
        "user": user.pressing,
        "api_app_id": "A123456",
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "trigger_id": slack.views.trigger(),
        "actions": [_action(block, element)],
    }


def _action(block: Mapping[str, Any], element: Mapping[str, Any]) -> dict[str, Any]:
    kept = {"action_id", "type", "text", "value", "style", "selected_option"}
    return {
        **{name: element[name] for name in kept & set(element)},
        "block_id": block.get("block_id", "aBcD"),
        "action_ts": "1767237130.123456",
    }


def _element(content: Mapping[str, Any], action_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    found = [pair for pair in elements(content) if pair[1]["action_id"] == action_id]
    if not found:
        raise LookupError(f"there is no {action_id} to press")
    return found[0]


def _checked(element: Mapping[str, Any], value: str) -> None:
    if "options" in element and value not in [option["value"] for option in element["options"]]:
        raise LookupError(f"{value} is not one of the options")
    if len(value) > element.get("max_length", 3000):
        raise LookupError("Slack lets nobody type as much")


def _held(element: Mapping[str, Any], value: str) -> dict[str, Any]:
    """An input with what it holds, as payloads carry it."""
    if "options" in element:
        chosen = next((one for one in element["options"] if one["value"] == value), None)
        return {"type": element["type"], "action_id": element["action_id"], "selected_option": chosen}
    return {"type": element["type"], "action_id": element["action_id"], "value": value or None}


def _holds(held: Mapping[str, Any]) -> bool:
    return bool(held.get("value") or held.get("selected_option"))


def _view(view: View) -> dict[str, Any]:
    values: dict[str, dict[str, Any]] = {}
    for block, element in elements(view.content):
        if element["type"] != "button":
            first = element.get("initial_option", {}).get("value", "") or element.get("initial_value", "")
            held = _held(element, view.typed.get(element["action_id"], first))
            values.setdefault(block["block_id"], {})[element["action_id"]] = held
    return {
        **view.content,
        "id": view.id,
        "hash": view.hash,
        "team_id": "T0001",
        "root_view_id": view.id,
        "app_id": "A123456",
        "bot_id": "B1",
        "state": {"values": values},
    }


def _channel_name(slack: FakeSlack, channel: str) -> str:
    return next((name for name, known in slack.names.items() if known == channel), "private")
