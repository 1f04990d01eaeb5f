"""What a command needs of the rest of the bot, as protocols and small values. Nothing here does anything.

Who may, what is written down about it, and how words reach a person are each somebody else's job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.delivery.message import Message
from bot.delivery.modal import Modal
from bot.delivery.transport import Failure, Ok, Opened

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
    """How a command or a press ended, for the audit and the metrics."""

    DONE = "done"
    NOTHING = "nothing"  # it was so already
    REFUSED = "refused"
    UNCLEAR = "unclear"
    ASKED = "asked"  # shown what it would do, and asked back
    FAILED = "failed"


class Audit(Protocol):
    async def note(
        self, who: str, what: str, where: str, result: str, /, *, name: str = "", incident_id: str = ""
    ) -> None:
        """`who` and `where` are ids of Slack, `what` the command with its target. Never raises for a store that is down."""
        ...


class Voice(Protocol):
    """Slack, for what is said to people rather than delivered. Never raises for what the network or Slack does."""

    async def say(self, channel: str, message: Message, *, thread: str = "") -> Ok | Failure: ...

    async def whisper(self, channel: str, user: str, message: Message) -> Ok | Failure: ...

    async def update(self, channel: str, ts: str, message: Message) -> Ok | Failure: ...

    async def respond(self, url: str, message: Message, *, public: bool, replace: bool) -> Ok | Failure: ...

    async def open_view(self, trigger: str, modal: Modal) -> Opened | Failure:
        """A trigger is good for three seconds after the press, once."""
        ...

    async def update_view(self, view: str, version: str, modal: Modal) -> Opened | Failure:
        """Refused with `hash_conflict` where the modal is not `version` any more; any version where that is empty."""
        ...
