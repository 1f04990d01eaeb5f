"""Who may silence what from where they ask, and what that would hide. Makes and ends no silence.

In a channel that does not see every namespace a silence asks for one that it sees, because it hides what fires later as well.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.chat.ports import EVERYWHERE, Access, Refusal
from bot.chat.seeing import refusal, spaces_of
from bot.heard import Heard
from bot.incidents.audit import Person, Via
from bot.incidents.silences import Preview, Problem, pinned, written
from bot.incidents.silencing import Order, Silenced
from bot.matchers import Matcher, parse_matchers
from bot.model import Incident
from bot.silence import Silence

# The refusal of a silence that asks for no namespace, from where not every one is seen.
UNPINNED = "unpinned"
_ACTION = "silence"


class Silencer(Protocol):
    def reaches(self, incident: Incident) -> bool: ...

    def end(self, said: str) -> datetime | Problem: ...

    async def propose(
        self, incident: Incident, matchers: tuple[Matcher, ...] | None = None
    ) -> Preview | Problem: ...

    async def silence(self, order: Order) -> Silenced | Problem: ...

    async def expire(self, silence_id: str, who: Person, *, place: str = "") -> Silence | Problem: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A silence that somebody may make, and what it would hide."""

    incident: Incident
    preview: Preview
    until: datetime

    @property
    def plain(self) -> bool:
        """Whether it hides the incident's own alerts, and nothing from anybody else."""
        return bool(self.preview.here) and not self.preview.others and not self.preview.receivers

    @property
    def digest(self) -> str:
        """Of what a person is shown, but for how many alerts."""
        shown = (written(self.preview.matchers), self.preview.receivers)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]

    @property
    def shown(self) -> str:
        """What a form keeps of what it shows."""
        return f"{self.digest} {len(self.preview.others)}"

    def within(self, shown: str) -> bool:
        """Whether whoever was shown that has seen all that it would hide."""
        digest, _, others = shown.partition(" ")
        return digest == self.digest and others.isdecimal() and len(self.preview.others) <= int(others)

    def order(self, heard: Heard, key: str, said: str = "") -> Order:
        """`key` is the same where Slack sends a request once more."""
        matchers, who = self.preview.matchers, person_of(heard)
        return Order(self.incident.id, matchers, self.until, said, who, f"{who.id} {key}", heard.channel)


@dataclass(frozen=True, slots=True)
class Rights:
    access: Access
    silencer: Silencer

    def sees(self, heard: Heard, incident: Incident) -> bool:
        return refusal(self.access, heard, _ACTION, spaces_of(incident)) is None

    def limits(self, heard: Heard) -> Refusal | None:
        """Where somebody does not see everything, this is said of what is not there as well."""
        return self.access.may(heard.user, heard.channel, _ACTION, EVERYWHERE)

    def may_end(self, heard: Heard, incident: Incident, silence: Silence) -> bool:
        matchers = [one for text in silence.matchers for one in parse_matchers(text)]
        return self.sees(heard, incident) and self.against(heard, matchers) is None

    def against(self, heard: Heard, matchers: Sequence[Matcher]) -> Refusal | None:
        """Of all that these matchers can hide, now and later."""
        space = pinned(matchers)
        refused = self.access.may(heard.user, heard.channel, _ACTION, space or EVERYWHERE)
        unpinned = refused is not None and refused.key == "namespace" and not space
        return Refusal(UNPINNED, refused.facts) if refused and unpinned else refused

    async def wanted(
        self, heard: Heard, incident: Incident, matchers: tuple[Matcher, ...], until: datetime
    ) -> Wanted | Refusal | Problem:
        """Alertmanager is asked only for what somebody may know."""
        refused = self.against(heard, matchers)
        if refused is not None:
            return refused
        found = await self.silencer.propose(incident, matchers)
        if isinstance(found, Problem):
            return found
        spaces = {space or EVERYWHERE for space in found.namespaces}
        return refusal(self.access, heard, _ACTION, spaces) or Wanted(incident, found, until)


def person_of(heard: Heard) -> Person:
    return Person(Via.SLACK, heard.user, heard.name)
