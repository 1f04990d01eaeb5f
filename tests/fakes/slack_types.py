"""The JSON types of everything that Slack is sent: `mistyped` names each field that holds another type than Slack takes.

Slack refuses a whole message or modal for one of them, such as `"optional": "true"`, with `must be a boolean`. Written down from
https://docs.slack.dev/reference/block-kit, with no more fields than we use: one that is not listed is named as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Shape = type | str | list["Shape"] | Mapping[str, "Shape"]

# A string is the `type` of an object, or several of them; a list is a list of such.
_TEXT = "plain_text|mrkdwn"
_CONFIRM: Mapping[str, Shape] = {
    "title": "plain_text",
    "text": _TEXT,
    "confirm": "plain_text",
    "deny": "plain_text",
    "style": str,
}
_OPTION: Mapping[str, Shape] = {"text": _TEXT, "value": str, "description": "plain_text"}
_CHOICE: Mapping[str, Shape] = {"action_id": str, "options": [_OPTION], "confirm": _CONFIRM}
_ONE: Mapping[str, Shape] = {**_CHOICE, "initial_option": _OPTION}
_BLOCKS: Shape = ["divider|header|section|context|actions|image|input"]
_ELEMENT = "button|static_select|radio_buttons|checkboxes"

SHAPES: Mapping[str, Mapping[str, Shape]] = {
    "plain_text": {"text": str, "emoji": bool},
    "mrkdwn": {"text": str, "verbatim": bool},
    "divider": {"block_id": str},
    "header": {"block_id": str, "text": "plain_text"},
    "section": {"block_id": str, "text": _TEXT, "fields": [_TEXT], "accessory": _ELEMENT},
    "context": {"block_id": str, "elements": [_TEXT]},
    "actions": {"block_id": str, "elements": [_ELEMENT]},
    "image": {"block_id": str, "slack_file": {"id": str}, "title": "plain_text", "alt_text": str},
    "input": {
        "block_id": str,
        "label": "plain_text",
        "hint": "plain_text",
        "element": f"plain_text_input|{_ELEMENT}",
        "optional": bool,
        "dispatch_action": bool,
    },
    "button": {"action_id": str, "text": "plain_text", "value": str, "style": str, "confirm": _CONFIRM},
    "static_select": {**_ONE, "placeholder": "plain_text"},
    "radio_buttons": _ONE,
    "checkboxes": _CHOICE,
    "plain_text_input": {
        "action_id": str,
        "placeholder": "plain_text",
        "initial_value": str,
        "multiline": bool,
        "min_length": int,
        "max_length": int,
        "dispatch_action_config": {"trigger_actions_on": [str]},
    },
    "modal": {
        "title": "plain_text",
        "close": "plain_text",
        "submit": "plain_text",
        "blocks": _BLOCKS,
        "private_metadata": str,
        "callback_id": str,
    },
}
_NAMES: Mapping[type, str] = {str: "a string", bool: "a boolean", int: "an integer"}


def mistyped(blocks: Any) -> list[str]:
    """Of the blocks of a message."""
    return list(_wrong(blocks, _BLOCKS, "/blocks"))


def mistyped_view(view: Any) -> list[str]:
    """Of a whole modal."""
    return list(_wrong(view, "modal", "/view"))


def _wrong(value: Any, shape: Shape, path: str) -> Iterator[str]:
    match shape:
        case type():
            # In Python a bool is an int as well.
            if type(value) is not shape:
                yield f"must be {_NAMES[shape]} [json-pointer:{path}]"
        case str():
            kind = value.get("type") if isinstance(value, Mapping) else None
            if kind not in shape.split("|"):
                yield f"must be one of {shape} [json-pointer:{path}]"
            else:
                yield from _wrong_fields(value, {"type": str, **SHAPES[str(kind)]}, path)
        case Mapping():
            if isinstance(value, Mapping):
                yield from _wrong_fields(value, shape, path)
            else:
                yield f"must be an object [json-pointer:{path}]"
        case _:
            yield from _wrong_items(value, shape, path)


def _wrong_items(value: Any, shapes: Sequence[Shape], path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"must be an array [json-pointer:{path}]"
        return
    for place, item in enumerate(value):
        yield from _wrong(item, shapes[0], f"{path}/{place}")


def _wrong_fields(value: Mapping[str, Any], fields: Mapping[str, Shape], path: str) -> Iterator[str]:
    for name, held in value.items():
        if name in fields:
            yield from _wrong(held, fields[name], f"{path}/{name}")
        else:
            yield f"no more items allowed [json-pointer:{path}/{name}]"
