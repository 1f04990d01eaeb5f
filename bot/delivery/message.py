"""What is sent: a message with its fall-back text, and the named parts of an incident's delivery. Frozen and plain."""

import hashlib
import json
from dataclasses import dataclass

from bot.delivery.blockkit import Block
from bot.delivery.charts import Picture

TOP = "top"
DETAIL = "detail"
CHART = "chart"
RISE = "rise"


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is what a notification shows, and all that is sent where Slack refuses the blocks.

    A `picture` is drawn and uploaded when the message is sent, and stands below the blocks; `image` is it, drawn.
    `broadcast`: in a thread, and in the channel as well, so that it rings.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    picture: Picture | None = None
    image: bytes = b""
    broadcast: bool = False

    @property
    def digest(self) -> str:
        picture = [self.picture.digest] if self.picture else []
        whole = json.dumps([self.text, self.blocks, *picture], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Part:
    """`top` is the message in the channel, `detail:N` its thread, `chart:N` the pictures in there. What is told `once` is
    never edited, and needs no telling where a `top` that says it is posted anew: `rise:N`, the N-th rise of the severity.
    """

    name: str
    message: Message
    once: bool = False
