"""A modal as a value: what `views.open` and `views.update` are given. Frozen and plain; nothing here opens or words it.

https://docs.slack.dev/reference/views/modal-views
"""

from dataclasses import dataclass
from typing import Any

from bot.delivery.blockkit import MODAL_TITLE, Block, escape
from bot.delivery.plaintext import cut


@dataclass(frozen=True, slots=True)
class Modal:
    """`callback` names the form where there is one to send off, by a button with the text `submit`. `kept` comes back with
    every press and with the form; it is no secret, and 3000 characters at most.
    """

    title: str
    blocks: tuple[Block, ...]
    close: str
    callback: str = ""
    submit: str = ""
    kept: str = ""

    def to_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {
            "type": "modal",
            "title": _words(self.title),
            "close": _words(self.close),
            "blocks": list(self.blocks),
            "private_metadata": self.kept,
        }
        if self.callback:
            content["callback_id"] = self.callback
        if self.submit:
            content["submit"] = _words(self.submit)
        return content


def _words(text: str) -> Block:
    """Title and buttons of a modal have one limit."""
    return {"type": "plain_text", "emoji": False, "text": cut(escape(text), MODAL_TITLE, escaped=True)}
