"""Modals as Slack keeps them: who may open one, and what it refuses. Triggers are good once, and for three seconds.

https://docs.slack.dev/reference/methods/views.open and https://docs.slack.dev/reference/views/modal-views
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_limits import bad_block, bad_choice, length, named, text_fits, texts
from tests.fakes.slack_replies import Reply, no, yes
from tests.fakes.slack_types import mistyped_view

TRIGGER_SECONDS = 3.0
BYTES = 250_000


@dataclass(slots=True)
class View:
    """A modal that somebody sees. `typed` is what its inputs hold that was not there at first, by action id."""

    id: str
    hash: str
    content: dict[str, Any]
    earlier: list[dict[str, Any]] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = self.content["blocks"]
        return blocks

    @property
    def words(self) -> str:
        return "\n".join(texts(self.content))


class Views:
    def __init__(self, clock: Callable[[], float], malformed: list[str]) -> None:
        self.clock = clock
        self.open_views: dict[str, View] = {}
        self.pinged = 0
        self._triggers: dict[str, float | None] = {}
        self.malformed = malformed
        self._versions = 0

    @property
    def last(self) -> View:
        return list(self.open_views.values())[-1]

    def trigger(self) -> str:
        """As every press and command brings one along."""
        name = f"13345224609.738474920.{len(self._triggers):032x}"
        self._triggers[name] = self.clock()
        return name

    def open(self, arguments: dict[str, Any]) -> Reply:
        if error := self._closed(str(arguments.get("trigger_id", ""))) or self._malformed(arguments):
            return no(error)
        self._triggers[str(arguments["trigger_id"])] = None
        name = f"V{len(self.open_views):09}"
        return self._shown(View(name, "", arguments["view"]))

    def update(self, arguments: dict[str, Any]) -> Reply:
        view = self.open_views.get(str(arguments.get("view_id", "")))
        if view is None:
            return no("not_found")
        if error := self._malformed(arguments):
            return no(error)
        if arguments.get("hash") not in {None, view.hash}:
            return no("hash_conflict")
        view.earlier.append(view.content)
        view.content = arguments["view"]
        return self._shown(view)

    def _shown(self, view: View) -> Reply:
        self._versions += 1
        view.hash = f"{int(self.clock())}.{self._versions:08x}"
        self.open_views[view.id] = view
        self.pinged += any("<@" in text or "<!" in text.replace("<!date", "") for text in texts(view.content))
        return yes(view={**view.content, "id": view.id, "hash": view.hash, "state": {"values": {}}})

    def _malformed(self, arguments: dict[str, Any]) -> str:
        """Nothing of ours ever is, as with messages."""
        error = refused_view(arguments)
        if error:
            self.malformed += mistyped_view(arguments.get("view")) or [error]
        return error

    def _closed(self, trigger: str) -> str:
        if trigger not in self._triggers:
            return "invalid_trigger_id"
        made = self._triggers[trigger]
        if made is None:
            return "exchanged_trigger_id"
        return "expired_trigger_id" if self.clock() - made > TRIGGER_SECONDS else ""


def refused_view(arguments: Mapping[str, Any]) -> str:
    view = arguments.get("view")
    if not isinstance(view, dict) or mistyped_view(view):
        return "invalid_arguments"
    if len(json.dumps(view, ensure_ascii=False).encode("utf-8", "surrogatepass")) > BYTES:
        return "view_too_large"
    blocks = view.get("blocks") or []
    if not 0 < len(blocks) <= 100:
        return "invalid_arguments"
    inputs = [block for block in blocks if block.get("type") == "input"]
    bad = any(bad_input(block) if block in inputs else bad_block(block) for block in blocks)
    names = [block["block_id"] for block in blocks if "block_id" in block]
    good = len(set(names)) == len(names) and _good_frame(view, submits=bool(inputs))
    return "" if good and not bad else "invalid_arguments"


def _good_frame(view: Mapping[str, Any], *, submits: bool) -> bool:
    words = all(text_fits(view[name], 24, only="plain_text") for name in {"close", "submit"} & set(view))
    kept, callback = view.get("private_metadata", ""), view.get("callback_id", "")
    short = length(kept) <= 3000 and length(callback) <= 255
    titled = text_fits(view.get("title"), 24, only="plain_text")
    return titled and words and short and ("submit" in view or not submits)


def bad_input(block: dict[str, Any]) -> bool:
    """https://docs.slack.dev/reference/block-kit/blocks/input-block"""
    element = block.get("element")
    if not isinstance(element, dict) or not text_fits(block.get("label"), 2000, only="plain_text"):
        return True
    if "hint" in block and not text_fits(block["hint"], 2000, only="plain_text"):
        return True
    if "placeholder" in element and not text_fits(element["placeholder"], 150, only="plain_text"):
        return True
    if element.get("type") != "plain_text_input":
        return bad_choice(element)
    longest = element.get("max_length", 3000)
    return not named(element) or longest > 3000 or length(element.get("initial_value", "")) > longest


def elements(content: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Whatever can be pressed, typed into or chosen from, with its block."""
    for block in content.get("blocks") or ():
        inside = block.get("elements") if block.get("type") == "actions" else None
        for element in (*(inside or ()), block.get("accessory"), block.get("element")):
            if isinstance(element, dict) and "action_id" in element:
                yield block, element
