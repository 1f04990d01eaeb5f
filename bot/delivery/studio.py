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
from bot.delivery.transport import Ambiguous, Declined, Failure, NotSent, RateLimited, Uploaded
from bot.observe import MESSAGES, log


class Draws(Protocol):
    async def draw(self, picture: Picture, wanted: Format) -> bytes | None: ...


class Uploads(Protocol):
    async def upload(self, name: str, content: bytes, title: str) -> Uploaded | Failure: ...


class Studio:
    def __init__(self, artist: Draws, slack: Uploads) -> None:
        self._artist = artist
        self._slack = slack

    async def hung(self, message: Message) -> Message | RateLimited:
        """The message as it is to be sent; where Slack asks to wait, that."""
        picture = message.picture
        if picture is None:
            return message
        drawn = await self._artist.draw(picture, "png")
        if drawn is None:
            return replace(message, picture=None)
        match await self._slack.upload("chart.png", drawn, picture.title):
            case Uploaded(file):
                MESSAGES.labels("upload", "ok").inc()
                return Message(message.text, (*message.blocks, image(file, picture.title, picture.text)))
            case RateLimited() as limit:
                return limit
            case Declined(why) | Ambiguous(why) | NotSent(why):
                MESSAGES.labels("upload", "failed").inc()
                log.error("a chart was not uploaded; does the app have the scope files:write?", reason=why)
                return replace(message, picture=None)
