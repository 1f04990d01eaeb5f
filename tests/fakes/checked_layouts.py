"""Layouts of which everything that is rendered is held to Slack's limits, to the library's own models and to being inert.

Tests have no other layouts (tests/delivery/test_checked.py sees to that); what a whole running bot sends is held to the limits
by the fake Slack. `rendered` names the layouts that were used.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.delivery.blockkit import Block
from bot.delivery.message import Message, Part
from bot.delivery.render import Layouts
from bot.model import Diagnosis, Incident
from tests.fakes.inert import lively
from tests.fakes.slack_limits import pings, refused
from tests.fakes.slack_views import refused_view


class CheckedLayouts(Layouts):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.rendered = set[str]()

    def _blocks(self, layout: str, it: Any) -> list[Block]:
        blocks = super()._blocks(layout, it)
        self.rendered.add(layout)
        return blocks

    def parts(self, incident: Incident) -> tuple[Part, ...]:
        parts = super().parts(incident)
        _taken(part.message for part in parts)
        return parts

    def screen(self, *arguments: Any, **named: Any) -> tuple[Message, ...]:
        return _taken(super().screen(*arguments, **named))

    def details_told(self, incident: Incident, *, most: int) -> tuple[Message, ...]:
        return _taken(super().details_told(incident, most=most))

    def blocks(self, diagnosis: Diagnosis) -> list[list[Block]]:
        pages = super().blocks(diagnosis)
        _taken(Message("as on the command line", tuple(page)) for page in pages)
        return pages

    def modal(self, *arguments: Any, **named: Any) -> tuple[Block, ...]:
        return _shown(super().modal(*arguments, **named))

    def details(self, incident: Incident) -> tuple[Block, ...]:
        return _shown(super().details(incident))


def _taken(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Held to the limits of an edit, which are the tighter ones."""
    kept = tuple(messages)
    for message in kept:
        arguments = {"text": message.text, "blocks": list(message.blocks)}
        assert refused(arguments, update=True) == "", message
        assert not pings(arguments), message
        assert lively(message.text, message.blocks) == []
    return kept


def _shown(blocks: Sequence[Block]) -> tuple[Block, ...]:
    title = {"type": "plain_text", "text": "Details"}
    view = {"type": "modal", "title": title, "submit": title, "blocks": list(blocks)}
    assert refused_view({"view": view}) == "", blocks
    assert not pings({"blocks": blocks}), blocks
    assert lively("", blocks) == []
    return tuple(blocks)
