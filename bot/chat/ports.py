"""What a command needs of the rest of the bot, as protocols and small values. Nothing here does anything.

Who may, what is written down about it, and how words reach a person are each somebody else's job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.delivery.message import Message
from bot.delivery.modal import Modal
from bot.delivery.transport import Failure, Found, Mark, Ok, Opened
from bot.incidents.audit import Deed, Person

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
    LOST = "lost"  # opsbot ended while at it, and it was not done again


class Audit(Protocol):
    """As `bot.incidents.audit.Audit`."""

    def deed(
        self, person: Person, what: str, /, *, place: str = "", incident_id: str = "", result: str = ""
    ) -> Deed:
        """`what` is the command with its target, `place` an id of Slack."""
        ...

    async def keep(self, deed: Deed, /) -> None:
        """Never raises for a store that is down."""
        ...


class Voice(Protocol):
    """Slack, for what is said to people rather than delivered. Never raises for what the network or Slack does."""

    async def post(self, channel: str, message: Message, mark: Mark, *, thread: str = "") -> Ok | Failure: ...

    async def find(
        self, channel: str, mark: Mark, *, since: datetime, thread: str = ""
    ) -> Found | Failure: ...

    async def delete(self, channel: str, ts: str) -> Ok | Failure: ...

    async def say(self, channel: str, message: Message, *, thread: str = "") -> Ok | Failure:
        """What is not to be found again."""
        ...

    async def whisper(self, channel: str, user: str, message: Message) -> Ok | Failure: ...

    async def update(self, channel: str, ts: str, message: Message) -> Ok | Failure: ...

    async def respond(self, url: str, message: Message, *, public: bool, replace: bool) -> Ok | Failure: ...

    async def open_view(self, trigger: str, modal: Modal) -> Opened | Failure:
        """A trigger is good for three seconds after the press, once."""
        ...

    async def update_view(self, view: str, version: str, modal: Modal) -> Opened | Failure:
        """Refused with `hash_conflict` where the modal is not `version` any more; any version where that is empty."""
        ...
