"""What Slack refuses, as one function of a message's arguments: the name of the error, or nothing. For the fake only.

Written down from Slack's documentation on purpose apart from `bot/delivery/blockkit.py`, which must not be its own judge.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.fakes.slack_types import mistyped

POST_TEXT = 40_000
UPDATE_TEXT = 4_000
BLOCKS = 50
ALL_BLOCKS = 13_200
METADATA = 8_000


def length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def refused(arguments: Mapping[str, Any], *, update: bool) -> str:
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text and not blocks:
        return "no_text"
    if length(text) > (UPDATE_TEXT if update else POST_TEXT):
        return "msg_too_long"
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return "invalid_blocks_format"
    written = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))
    if len(blocks) > BLOCKS or _some_bad(written):
        return "invalid_blocks"
    if length(written) > ALL_BLOCKS:
        return "msg_blocks_too_long"
    return _bad_metadata(arguments.get("metadata"))


@lru_cache(maxsize=256)
def _some_bad(written: str) -> bool:
    """Remembered: tests of crashes send the same few messages thousands of times."""
    blocks = json.loads(written)
    return bool(mistyped(blocks)) or any(map(bad_block, blocks))


def bad_block(block: dict[str, Any]) -> bool:
    judges = {
        "divider": _fine,
        "image": _bad_image,
        "header": _bad_header,
        "section": _bad_section,
        "context": _bad_context,
        "actions": _bad_actions,
    }
    judge = judges.get(str(block.get("type")))
    return judge is None or judge(block)


def _fine(_block: dict[str, Any]) -> bool:
    return False


def _bad_header(block: dict[str, Any]) -> bool:
    return not text_fits(block.get("text"), 150, only="plain_text")


def _bad_section(block: dict[str, Any]) -> bool:
    fields = block.get("fields")
    if fields is None and "text" not in block:
        return True
    if "accessory" in block and _bad_element(block["accessory"]):
        return True
    good = fields is None or (0 < len(fields) <= 10 and all(text_fits(field, 2000) for field in fields))
    return not good or ("text" in block and not text_fits(block["text"], 3000)) or unknown(block)


def _bad_context(block: dict[str, Any]) -> bool:
    elements = block.get("elements") or []
    return not (0 < len(elements) <= 10 and all(text_fits(element, 2000) for element in elements))


def _bad_actions(block: dict[str, Any]) -> bool:
    """https://docs.slack.dev/reference/block-kit/blocks/actions-block and .../block-elements/button-element"""
    elements = block.get("elements") or []
    names = [element.get("action_id") for element in elements]
    good = 0 < len(elements) <= 25 and len(set(names)) == len(names)
    return not good or any(map(_bad_element, elements)) or unknown(block)


def _bad_element(element: dict[str, Any]) -> bool:
    return _bad_button(element) if element.get("type") == "button" else bad_choice(element)


def bad_choice(element: dict[str, Any]) -> bool:
    """https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element and its neighbours"""
    if element.get("type") not in {"static_select", "radio_buttons", "checkboxes"} or not named(element):
        return True
    options = element.get("options")
    if not isinstance(options, list) or not 0 < len(options) <= 100 or any(map(_bad_option, options)):
        return True
    initial = element.get("initial_option")
    return initial is not None and initial not in options


def _bad_option(option: dict[str, Any]) -> bool:
    value = option.get("value")
    return not (text_fits(option.get("text"), 75) and isinstance(value, str) and 0 < length(value) <= 150)


def named(element: dict[str, Any]) -> bool:
    name = element.get("action_id")
    return isinstance(name, str) and 0 < length(name) <= 255


def _bad_button(element: dict[str, Any]) -> bool:
    value = element.get("value", "")
    good = element.get("type") == "button" and named(element)
    text = text_fits(element.get("text"), 75, only="plain_text") and _confirms(element.get("confirm"))
    return not good or not text or not isinstance(value, str) or length(value) > 2000


def _confirms(dialog: Any) -> bool:
    """https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object"""
    limits = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    return dialog is None or all(text_fits(dialog.get(name), limit) for name, limit in limits.items())


def _bad_image(block: dict[str, Any]) -> bool:
    """https://docs.slack.dev/reference/block-kit/blocks/image-block"""
    alt, title, file = block.get("alt_text"), block.get("title"), block.get("slack_file")
    good = isinstance(alt, str) and 0 < length(alt) <= 2000 and isinstance(file, dict)
    bad_title = title is not None and not text_fits(title, 2000, only="plain_text")
    return not good or bad_title or unknown(block)


def unknown(block: dict[str, Any]) -> bool:
    """What the library's own models say."""
    parsed = Block.parse(block)
    if parsed is None:
        return True
    try:
        parsed.validate_json()
    except SlackObjectFormationError:
        return True
    return False


def text_fits(text: Any, limit: int, only: str = "") -> bool:
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        return False
    kind = text.get("type")
    allowed = {"type", "text", "emoji"} if kind == "plain_text" else {"type", "text", "verbatim"}
    known = kind in {"plain_text", "mrkdwn"} and (not only or kind == only) and set(text) <= allowed
    return known and 0 < length(text["text"]) <= limit


def _bad_metadata(metadata: Any) -> str:
    if metadata is None:
        return ""
    good = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not good:
        return "invalid_metadata_format"
    return "metadata_too_large" if len(json.dumps(metadata)) > METADATA else ""


def texts(message: Mapping[str, Any]) -> Iterator[str]:
    """Every text of a message, wherever it stands."""
    if isinstance(message.get("text"), str):
        yield message["text"]
    for block in message.get("blocks") or ():
        holders = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
        holders += [holder.get("text") for holder in block.get("elements", ())]
        yield from (holder["text"] for holder in holders if _has_text(holder))


def _has_text(holder: Any) -> bool:
    return isinstance(holder, Mapping) and isinstance(holder.get("text"), str)


def pings(message: Mapping[str, Any]) -> bool:
    """Whether Slack would call somebody."""
    return any(
        mark in text for text in texts(message) for mark in ("<!channel", "<!here", "<!every", "<!sub", "<@")
    )
