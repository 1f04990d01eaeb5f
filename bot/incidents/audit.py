"""Who did what, as values: a person, a deed, and the one place where a deed is made fit to keep.

Arguments are what people typed: they are redacted and bounded before anything keeps them. Nothing here runs a statement.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.incidents.database import StoreError
from bot.observe import log

_NAME = 100
_ARGUMENTS = 500


class Via(StrEnum):
    SLACK = "slack"
    CONSOLE = "console"
    CLI = "cli"


class Result(StrEnum):
    """How it ended, where there is no more to say."""

    DONE = "done"
    NOTHING = "nothing"  # there was nothing to do it to
    REFUSED = "refused"
    FAILED = "failed"
    UNCERTAIN = "uncertain"  # nobody knows yet; what became of it is an entry of its own


@dataclass(frozen=True, slots=True)
class Person:
    """`id` is what does not change: a user id of Slack, what a proxy said, a session, a user of the machine."""

    via: Via
    id: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id

    @property
    def signature(self) -> str:
        """Where nobody can ask this bot who it was: a name may change, or be another person's too."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id


@dataclass(frozen=True, slots=True)
class Deed:
    """`place` is a channel of Slack, or empty; `incident_id` outlives the incident. `id` is the store's, 0 until then."""

    at: datetime
    person: Person
    action: str
    arguments: str = ""
    place: str = ""
    incident_id: str = ""
    result: str = Result.DONE
    id: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Which deeds: the newest `limit` of those that fit, or of those before the deed with the id `before`."""

    since: datetime | None = None
    user: str = ""
    incident_id: str = ""
    before: int = 0
    limit: int = 50


class Keeps(Protocol):
    def audit(self, deed: Deed) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class Audit:
    """`mask` takes secrets out of a text."""

    store: Keeps
    mask: Callable[[str], str]
    clock: Callable[[], datetime]

    def deed(
        self, person: Person, what: str, *, place: str = "", incident_id: str = "", result: str = Result.DONE
    ) -> Deed:
        """`what` begins with the name of the action; the rest are its arguments."""
        action, _, arguments = " ".join(what.split()).partition(" ")
        bare = Person(person.via, _cut(person.id, _NAME), _cut(person.name, _NAME))
        return Deed(
            self.clock(),
            bare,
            _cut(action, _NAME),
            # Masked before it is cut: half of a secret is not recognised.
            _cut(self.mask(arguments), _ARGUMENTS),
            _cut(place, _NAME),
            _cut(incident_id, _NAME),
            _cut(self.mask(result), _ARGUMENTS),
        )

    async def note(
        self, who: str, what: str, where: str, result: str, *, name: str = "", incident_id: str = ""
    ) -> None:
        """Something that was done in Slack. Never raises for a store that is down: nobody's work must wait for that."""
        person = Person(Via.SLACK, who, name)
        await self.keep(self.deed(person, what, place=where, incident_id=incident_id, result=result))

    async def keep(self, deed: Deed) -> None:
        """A deed that no transaction belongs to. One that cannot be kept is at least in the log."""
        try:
            await self.store.audit(deed)
        except StoreError as error:
            told = {"who": str(deed.person), "action": deed.action, "result": deed.result}
            log.error("a deed could not be kept", error=str(error), **told)


def _cut(text: str, most: int) -> str:
    """Without what PostgreSQL refuses in a text."""
    bare = text.encode(errors="replace").decode().replace("\x00", "")
    return bare if len(bare) <= most else f"{bare[: most - 1]}…"
