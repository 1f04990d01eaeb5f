"""What the outbox needs of Slack, and all that Slack can answer, as values. The client in `bot/clients` speaks this.

What matters in an answer is whether the message may have been accepted: that decides between repeating and looking up.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.delivery.message import Message

EVENT_TYPE = "opsbot_incident"


@dataclass(frozen=True, slots=True)
class Mark:
    """The metadata by which a message is found again."""

    incident: str
    part: str


@dataclass(frozen=True, slots=True)
class Ok:
    """Accepted. `channel` is the id, also where a name was asked for."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Found:
    """The messages that carry a mark, oldest first; none when all pages were read and none does."""

    stamps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that nobody sees until a message names it."""

    file: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A modal that somebody sees. An update with its `hash` is refused where the modal was updated since."""

    view: str
    hash: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Not accepted; wait so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Declined:
    """Not accepted, with Slack's name of the error. `said` is what else it said of that, for the log: which field it was."""

    error: str
    said: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may have been accepted: no answer, a torn answer, or an error of the server."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """No connection was made, so nothing can have been accepted."""

    reason: str


Failure = RateLimited | Declined | Ambiguous | NotSent


class Slack(Protocol):
    """Never raises for what the network or Slack does."""

    async def post(self, channel: str, message: Message, mark: Mark, *, thread: str = "") -> Ok | Failure: ...

    async def update(self, channel: str, ts: str, message: Message) -> Ok | Failure: ...

    async def delete(self, channel: str, ts: str) -> Ok | Failure: ...

    async def locate(self, name: str) -> str | Failure:
        """The id of a channel that we are in; empty where there is none of that name."""

    async def find(
        self, channel: str, mark: Mark, *, since: datetime, thread: str = ""
    ) -> Found | Failure: ...
