"""`/ops silence` and the buttons of its answers: which incident is meant, and what is made at once or shown before.

What hides more than the incident is made by a second press. Nothing here talks to Alertmanager or words a sentence.
"""

import json
from dataclasses import dataclass, field
from typing import Protocol

from bot.chat.grammar import Silence as Asked
from bot.chat.ports import Refusal, Result
from bot.chat.pressing import FAILED, REFUSED, About, Ended
from bot.chat.replies import Reply
from bot.chat.silence_rights import Rights, Wanted, person_of
from bot.chat.silencing_screens import SilencingScreens
from bot.chat.waiting import Pace, through
from bot.delivery.message import Message
from bot.delivery.render import Layouts
from bot.heard import Heard, Pressed
from bot.incidents.silences import Problem, narrowest
from bot.model import Incident
from bot.silence import Silence

# What the asker can do nothing about.
_OF_OTHERS = frozenset({"no_alertmanager", "not_reached", "not_taken", "uncertain", "end_uncertain"})
_UNCLEAR = Ended(Result.UNCLEAR)


class Reads(Protocol):
    async def get(self, incident_id: str) -> Incident | None: ...

    async def silence(self, silence_id: str) -> Silence | None: ...

    async def beginning(self, prefix: str, limit: int = 20) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What the button *Silence anyway* carries: more than was shown is not made without being shown again."""

    incident: str
    span: str
    digest: str
    others: int

    def allows(self, wanted: Wanted) -> bool:
        return wanted.digest == self.digest and len(wanted.preview.others) <= self.others

    def __str__(self) -> str:
        return json.dumps([self.incident, self.span, self.digest, self.others])

    @classmethod
    def of(cls, value: str) -> "Shown":
        """Of nothing, for what no button of ours carries."""
        try:
            incident, span, digest, others = json.loads(value)
        except (ValueError, TypeError, RecursionError):
            return cls("", "", "", 0)
        return cls(str(incident), str(span), str(digest), others if isinstance(others, int) else 0)


@dataclass(frozen=True, slots=True)
class _Told:
    """There is no one incident to silence, and this is what the asker hears instead."""

    message: Message
    ended: Ended


@dataclass(frozen=True, slots=True)
class Silencing:
    reads: Reads
    rights: Rights
    layouts: Layouts
    pace: Pace = field(default_factory=Pace)

    async def answer(self, asked: Asked, heard: Heard, reply: Reply, command: str) -> Ended:
        """The command. `command` is how it is called in this workspace."""
        screens = SilencingScreens(self.layouts, command)
        meant = await self._meant(asked, heard, screens)
        if isinstance(meant, _Told):
            await reply.show(meant.message)
            return meant.ended
        return await self.silence(meant, Shown("", asked.span, "", 0), heard, reply, screens)

    async def silence(
        self, incident: Incident, shown: Shown, heard: Heard, reply: Reply, screens: SilencingScreens
    ) -> Ended:
        wanted = await through(self._narrow(incident, shown.span, heard), reply, screens.asking, self.pace)
        if isinstance(wanted, Refusal):
            await reply.show(screens.refused(wanted))
            return REFUSED
        if isinstance(wanted, Problem):
            await reply.show(screens.problem(wanted))
            return ended_by(wanted)
        if not (wanted.plain or shown.allows(wanted)):
            asked = Shown(incident.id, shown.span, wanted.digest, len(wanted.preview.others))
            await reply.show(screens.asks_first(wanted, str(asked), again=bool(shown.digest)))
            return Ended(Result.ASKED)
        done = await self.rights.silencer.silence(wanted.order(heard, heard.trigger))
        failed = isinstance(done, Problem)
        await reply.show(screens.problem(done) if isinstance(done, Problem) else screens.made(wanted, done))
        return Ended(Result.FAILED if failed else Result.DONE, written=True)

    async def _narrow(self, incident: Incident, span: str, heard: Heard) -> Wanted | Refusal | Problem:
        until, matchers = self.rights.silencer.end(span), narrowest(incident)
        if isinstance(until, Problem):
            return until
        if isinstance(matchers, Problem):
            return matchers
        return await self.rights.wanted(heard, incident, matchers, until)

    async def _meant(self, asked: Asked, heard: Heard, screens: SilencingScreens) -> Incident | _Told:
        """Of those that begin so and that the asker sees; one that fires rather than one that is over."""
        found = [await self.reads.get(one) for one in await self.reads.beginning(asked.incident)]
        seen = [one for one in found if one is not None and self.rights.sees(heard, one)]
        likely = [one for one in seen if one.firing] or seen
        if len(likely) == 1:
            return likely[0]
        if likely:
            return _Told(screens.several(likely, asked.incident, asked.span), _UNCLEAR)
        limits = self.rights.limits(heard)
        if limits is not None:
            return _Told(screens.refused(limits), REFUSED)
        return _Told(screens.none_of(asked.incident), _UNCLEAR)

    async def nothing_there(self, heard: Heard, reply: Reply, screens: SilencingScreens, key: str) -> Ended:
        """The same for what is hidden and for what is not there."""
        limits = self.rights.limits(heard)
        await reply.show(screens.refused(limits) if limits else screens.problem(Problem(key)))
        return REFUSED if limits else _UNCLEAR


def ended_by(problem: Problem) -> Ended:
    return FAILED if problem.key in _OF_OTHERS else _UNCLEAR


@dataclass(frozen=True, slots=True)
class Anyway:
    """The press of somebody who was shown what a silence hides, and wants it."""

    silencing: Silencing

    def about(self, pressed: Pressed) -> About:
        shown = Shown.of(pressed.value)
        return About(f"silence {shown.incident} {shown.span}", shown.incident)

    async def answer(self, pressed: Pressed, reply: Reply, command: str) -> Ended:
        it, shown = self.silencing, Shown.of(pressed.value)
        screens = SilencingScreens(it.layouts, command)
        incident = await it.reads.get(shown.incident)
        if incident is None or not it.rights.sees(pressed, incident):
            return await it.nothing_there(pressed, reply, screens, "no_such_incident")
        return await it.silence(incident, shown, pressed, reply, screens)


@dataclass(frozen=True, slots=True)
class End:
    """Whoever may, ends it; whoever made it."""

    silencing: Silencing

    def about(self, pressed: Pressed) -> About:
        return About(f"unsilence {pressed.value}")

    async def answer(self, pressed: Pressed, reply: Reply, command: str) -> Ended:
        it = self.silencing
        screens = SilencingScreens(it.layouts, command)
        silence = await it.reads.silence(pressed.value)
        incident = await it.reads.get(silence.incident_id) if silence else None
        if silence is None or incident is None or not it.rights.may_end(pressed, incident, silence):
            return await it.nothing_there(pressed, reply, screens, "no_such_silence")
        done = await it.rights.silencer.expire(silence.id, person_of(pressed), place=pressed.channel)
        failed = isinstance(done, Problem)
        await reply.show(screens.problem(done) if isinstance(done, Problem) else screens.ended(done))
        return Ended(Result.FAILED if failed else Result.DONE, written=True)
