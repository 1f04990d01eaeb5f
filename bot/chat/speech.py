"""How the chat speaks: sentences of templates/*/chat.yaml in the layouts templates/slack/chat_*.json.j2.

Facts in, messages out. Nothing here decides what is true, who may see it, or where it is sent.
"""

from dataclasses import dataclass
from typing import Any

from bot.chat.ports import Refusal
from bot.delivery.message import Message
from bot.delivery.render import Layouts

_LINES = "slack/chat_lines.json.j2"


@dataclass(frozen=True, slots=True)
class Lines:
    """A plain message: some sentences, a list, commands to copy and a note below."""

    title: str = ""
    said: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    note: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """`command` is the slash command's name in this workspace."""

    layouts: Layouts
    command: str = "/ops"
    public_url: str = ""

    def say(self, *path: str, **facts: Any) -> str:
        return self.layouts.words.chat(*path, command=self.command, **facts)

    def sentence(self, key: str, **facts: Any) -> Message:
        return self.lines(Lines(said=(self.say(key, **facts),)))

    def refused(self, refusal: Refusal) -> Message:
        return self.lines(Lines(said=(self.refusal(refusal),)))

    def refusal(self, refusal: Refusal) -> str:
        return self.say("refusals", refusal.key, **refusal.facts)

    def pressed(self, key: str, **facts: Any) -> Message:
        """What a press comes to, told to the presser alone."""
        return self.lines(Lines(said=(self.say("pressed", key, **facts),)))

    def lines(self, lines: Lines) -> Message:
        plainly = "\n".join(
            (lines.title, *lines.said, *lines.items, lines.before, *lines.commands, lines.note)
        )
        return self.page(_LINES, lines, plainly)

    def page(self, layout: str, it: Any, plainly: str) -> Message:
        return self.layouts.screen(layout, it, plainly=plainly.strip())[0]
