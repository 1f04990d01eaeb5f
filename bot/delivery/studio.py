"""Turns a message with a picture into one that Slack can show: drawn, uploaded, named in a block.

The file is uploaded without a channel, so that nothing is seen before the message that shows it is posted, once, by the
outbox. Where a picture cannot be had, the message says in words what it would have shown.
"""

from dataclasses import replace
from typing import Protocol

from bot.delivery.artist import Format
from bot.delivery.blockkit import image
from bot.delivery.charts import Picture
from bot.delivery.message import Message
from bot.delivery.results import Later
from bot.delivery.transport import Ambiguous, Declined, Failure, NotSent, RateLimited, Uploaded
from bot.observe import MESSAGES, log


class Draws(Protocol):
    def busy(self, picture: Picture, wanted: Format) -> float: ...

    async def draw(self, picture: Picture, wanted: Format) -> bytes | None: ...


class Uploads(Protocol):
    async def upload(self, name: str, content: bytes, title: str) -> Uploaded | Failure: ...


class Pictures(Protocol):
    """From a message with a picture to one that can be sent, in two steps; Later where either has to wait."""

    async def drawn(self, message: Message) -> Message | Later: ...

    async def hung(self, message: Message) -> Message | Later: ...


class Studio:
    def __init__(self, artist: Draws, slack: Uploads) -> None:
        self._artist = artist
        self._slack = slack

    async def drawn(self, message: Message) -> Message | Later:
        """With its picture drawn, or without one. In a storm of pictures those who wait do so without a place."""
        picture = message.picture
        if picture is None:
            return message
        if wait := self._artist.busy(picture, "png"):
            return Later(wait, "other pictures are drawn first", counts=False)
        drawn = await self._artist.draw(picture, "png")
        return replace(message, picture=None) if drawn is None else replace(message, image=drawn)

    async def hung(self, message: Message) -> Message | Later:
        """A message that was drawn, as it is to be sent."""
        picture = message.picture
        if picture is None:
            return message
        match await self._slack.upload("chart.png", message.image, picture.title):
            case Uploaded(file):
                MESSAGES.labels("upload", "ok").inc()
                shown = image(file, picture.title, picture.text)
                return replace(message, blocks=(*message.blocks, shown), image=b"")
            case RateLimited(after):
                # Uploads have a limit of their own: messages to the channel need not wait for it.
                MESSAGES.labels("upload", "rate_limited").inc()
                return Later(after, "Slack limits the rate of uploads", counts=False)
            case Declined(why) | Ambiguous(why) | NotSent(why):
                MESSAGES.labels("upload", "failed").inc()
                log.error("a chart was not uploaded; does the app have the scope files:write?", reason=why)
                return replace(message, picture=None, image=b"")
