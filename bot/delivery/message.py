"""What is sent: a message with its fall-back text, and the named parts of an incident's delivery. Frozen and plain."""

import hashlib
import json
from dataclasses import dataclass

from bot.delivery.blockkit import Block

TOP = "top"
DETAIL = "detail"


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is what a notification shows, and all that is sent where Slack refuses the blocks."""

    text: str
    blocks: tuple[Block, ...] = ()

    @property
    def digest(self) -> str:
        whole = json.dumps([self.text, self.blocks], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Part:
    """`top` is the message in the channel, `detail:N` its thread."""

    name: str
    message: Message
