"""`/ops silence` and the buttons that make and end silences: which incident is meant, who may, and what is told of it.

What hides more than the incident is shown before it is made. In a channel that does not see every namespace a silence asks for
one that it sees, because it hides what fires later as well. Nothing here talks to Alertmanager or words a sentence.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.chat.grammar import Silence as Asked
from bot.chat.ports import EVERYWHERE, Access, Refusal, Result
from bot.chat.replies import Reply
from bot.chat.seeing import refusal, spaces_of
from bot.chat.silencing_screens import SilencingScreens
from bot.chat.waiting import Pace, through
from bot.delivery.message import Message
from bot.delivery.render import Layouts
from bot.heard import Heard, Pressed, Slash
from bot.incidents.audit import Person, Via
from bot.incidents.silences import Preview, Problem, narrowest, pinned, written
from bot.incidents.silencing import Order, Silenced
from bot.matchers import Matcher, parse_matchers
from bot.model import Incident
from bot.silence import Silence

_ACTION = "silence"
# What the asker can do nothing about.
_OF_OTHERS = frozenset({"no_alertmanager", "not_reached", "uncertain"})


class Silencer(Protocol):
    def reaches(self, incident: Incident) -> bool: ...

    def end(self, said: str) -> datetime | Problem: ...

    async def propose(
        self, incident: Incident, matchers: tuple[Matcher, ...] | None = None
    ) -> Preview | Problem: ...

    async def silence(self, order: Order) -> Silenced | Problem: ...

    async def expire(self, silence_id: str, who: Person, *, place: str = "") -> Silence | Problem: ...


class Reads(Protocol):
    async def get(self, incident_id: str) -> Incident | None: ...

    async def silence(self, silence_id: str) -> Silence | None: ...

    async def beginning(self, prefix: str, limit: int = 20) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Permit:
    """Who may silence what, from where they ask."""

    access: Access

    def sees(self, heard: Heard, incident: Incident) -> bool:
        return refusal(self.access, heard, _ACTION, spaces_of(incident)) is None

    def limits(self, heard: Heard) -> Refusal | None:
        """What is said of what is not there, too, where somebody does not see everything."""
        return self.access.may(heard.user, heard.channel, _ACTION, EVERYWHERE)

    def against(self, heard: Heard, matchers: Sequence[Matcher]) -> Refusal | None:
        """Of all that these matchers can hide, now and later."""
        space = pinned(matchers)
        refused = self.access.may(heard.user, heard.channel, _ACTION, space or EVERYWHERE)
        if refused is not None and refused.key == "namespace" and not space:
            return Refusal("unpinned", refused.facts)
        return refused

    def hides(self, heard: Heard, preview: Preview) -> Refusal | None:
        spaces = {space or EVERYWHERE for space in preview.namespaces}
        return refusal(self.access, heard, _ACTION, spaces)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A silence that may be made. `seen` stands for what a person was shown of it."""

    preview: Preview
    until: datetime

    @property
    def plain(self) -> bool:
        """Whether it hides the incident's own alerts, and nothing from anybody else."""
        return bool(self.preview.here) and not self.preview.others and not self.preview.receivers

    @property
    def seen(self) -> str:
        shown = (written(self.preview.matchers), self.preview.receivers)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Told:
    """There is no one incident to silence, and this is what the asker hears instead."""

    message: Message
    result: Result


@dataclass(frozen=True, slots=True)
class Anyway:
    """What the button *Silence anyway* carries: more than was shown is not made without being shown again."""

    incident: str
    span: str
    seen: str
    others: int

    def allows(self, wanted: Wanted) -> bool:
        return wanted.seen == self.seen and len(wanted.preview.others) <= self.others

    def __str__(self) -> str:
        return json.dumps([self.incident, self.span, self.seen, self.others])

    @classmethod
    def of(cls, value: str) -> "Anyway | None":
        try:
            incident, span, seen, others = json.loads(value)
        except (ValueError, TypeError):
            return None
        return cls(str(incident), str(span), str(seen), others if isinstance(others, int) else 0)


@dataclass(frozen=True, slots=True)
class Silencing:
    silencer: Silencer
    reads: Reads
    permit: Permit
    layouts: Layouts
    pace: Pace = field(default_factory=Pace)

    async def answer(self, asked: Asked, heard: Heard, reply: Reply) -> Result:
        """The command."""
        meant = await self._meant(asked, heard)
        if isinstance(meant, _Told):
            await reply.show(meant.message)
            return meant.result
        return await self._silence(meant, asked.span, None, heard, reply)

    async def anyway(self, pressed: Pressed, reply: Reply) -> Result:
        """Somebody was shown what a silence hides, and wants it."""
        shown = Anyway.of(pressed.value)
        incident = await self.reads.get(shown.incident) if shown else None
        if shown is None or incident is None or not self.permit.sees(pressed, incident):
            return await self._nothing_there(pressed, reply, Problem("no_such_incident"))
        return await self._silence(incident, shown.span, shown, pressed, reply)

    async def end(self, pressed: Pressed, reply: Reply) -> Result:
        """Whoever made it."""
        silence = await self.reads.silence(pressed.value)
        incident = await self.reads.get(silence.incident_id) if silence else None
        if silence is None or incident is None or not self._may_end(pressed, incident, silence):
            return await self._nothing_there(pressed, reply, Problem("no_such_silence"))
        screens = self._screens(pressed)
        done = await self.silencer.expire(silence.id, person_of(pressed), place=pressed.channel)
        await reply.show(screens.problem(done) if isinstance(done, Problem) else screens.ended(done))
        return Result.FAILED if isinstance(done, Problem) else Result.DONE

    def _may_end(self, heard: Heard, incident: Incident, silence: Silence) -> bool:
        matchers = [one for text in silence.matchers for one in parse_matchers(text)]
        return self.permit.sees(heard, incident) and self.permit.against(heard, matchers) is None

    async def wanted(
        self, incident: Incident, matchers: Sequence[Matcher], until: datetime, heard: Heard
    ) -> Wanted | Refusal | Problem:
        """What it would hide. Alertmanager is asked only for what somebody may know."""
        refused = self.permit.against(heard, matchers)
        if refused is not None:
            return refused
        found = await self.silencer.propose(incident, tuple(matchers))
        if isinstance(found, Problem):
            return found
        return self.permit.hides(heard, found) or Wanted(found, until)

    async def _silence(
        self, incident: Incident, span: str, shown: Anyway | None, heard: Heard, reply: Reply
    ) -> Result:
        screens = self._screens(heard)
        wanted = await through(self._narrow(incident, span, heard), reply, screens.asking, self.pace)
        if isinstance(wanted, Refusal):
            await reply.show(screens.refused(wanted))
            return Result.REFUSED
        if isinstance(wanted, Problem):
            await reply.show(screens.problem(wanted))
            return Result.FAILED if wanted.key in _OF_OTHERS else Result.UNCLEAR
        if not (wanted.plain or (shown and shown.allows(wanted))):
            asked = Anyway(incident.id, span, wanted.seen, len(wanted.preview.others))
            await reply.show(screens.asks_first(wanted.preview, wanted.until, str(asked), again=bool(shown)))
            return Result.ASKED
        done = await self.silencer.silence(order(incident, wanted, heard))
        if isinstance(done, Problem):
            await reply.show(screens.problem(done))
            return Result.FAILED
        await reply.show(screens.made(incident, done, wanted.preview))
        return Result.DONE

    async def _narrow(self, incident: Incident, span: str, heard: Heard) -> Wanted | Refusal | Problem:
        until, matchers = self.silencer.end(span), narrowest(incident)
        if isinstance(until, Problem):
            return until
        if isinstance(matchers, Problem):
            return matchers
        return await self.wanted(incident, matchers, until, heard)

    async def _meant(self, asked: Asked, heard: Heard) -> Incident | _Told:
        """Of those that begin so and that the asker sees; one that fires rather than one that is over."""
        screens = self._screens(heard)
        found = [await self.reads.get(one) for one in await self.reads.beginning(asked.incident)]
        seen = [one for one in found if one is not None and self.permit.sees(heard, one)]
        likely = [one for one in seen if one.id == asked.incident or one.firing] or seen
        if len(likely) == 1:
            return likely[0]
        if likely:
            return _Told(screens.several(likely, asked.incident, asked.span), Result.UNCLEAR)
        limits = self.permit.limits(heard)
        if limits is not None:
            return _Told(screens.refused(limits), Result.REFUSED)
        return _Told(screens.none_of(asked.incident), Result.UNCLEAR)

    async def _nothing_there(self, pressed: Pressed, reply: Reply, problem: Problem) -> Result:
        """The same for what is hidden and for what is not there."""
        screens, limits = self._screens(pressed), self.permit.limits(pressed)
        await reply.show(screens.refused(limits) if limits else screens.problem(problem))
        return Result.REFUSED if limits else Result.UNCLEAR

    def _screens(self, heard: Heard) -> SilencingScreens:
        return SilencingScreens(self.layouts, *([heard.command] if isinstance(heard, Slash) else []))


def order(incident: Incident, wanted: Wanted, heard: Heard, *, said: str = "", key: str = "") -> Order:
    """Slack repeats a request with the trigger that it had."""
    pressed = f"{heard.user} {key or heard.trigger}"
    matchers = wanted.preview.matchers
    return Order(incident.id, matchers, wanted.until, said, person_of(heard), pressed, heard.channel)


def person_of(heard: Heard) -> Person:
    return Person(Via.SLACK, heard.user, heard.name)
