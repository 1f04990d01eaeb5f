"""What a command needs of the rest of the bot, as protocols and small values. Nothing here does anything.

Who may, what is written down about it, and how words reach a person are each somebody else's job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.delivery.message import Message
from bot.delivery.transport import Failure, Ok

# Asked for instead of a namespace: what is in none, such as a node, or in all of them.
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not. `key` names its sentence under `refusals` in templates/*/chat.yaml; it says whom to ask."""

    key: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Access(Protocol):
    def may(self, user: str, channel: str, action: str, namespace: str, /) -> Refusal | None:
        """`action` is the name of the command; `namespace` is empty where none is meant, or none is known yet."""
        ...


class Result(StrEnum):
    """How a command ended, for the audit and the metrics."""

    DONE = "done"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    FAILED = "failed"


class Audit(Protocol):
    async def note(self, who: str, what: str, where: str, result: str, /) -> None:
        """`who` and `where` are ids of Slack, `what` the command with its target. Never raises for a store that is down."""
        ...


class Voice(Protocol):
    """Slack, for what is said to people rather than delivered. Never raises for what the network or Slack does."""

    async def say(self, channel: str, message: Message, *, thread: str = "") -> Ok | Failure: ...

    async def whisper(self, channel: str, user: str, message: Message) -> Ok | Failure: ...

    async def update(self, channel: str, ts: str, message: Message) -> Ok | Failure: ...

    async def respond(self, url: str, message: Message, *, public: bool, replace: bool) -> Ok | Failure: ...
