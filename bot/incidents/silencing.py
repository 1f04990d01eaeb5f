"""Silences, made and ended in Alertmanager and remembered with their incident.

Before Alertmanager is asked, a row says so. After a time-out or a crash nobody knows whether a silence was made: then it is
looked for by the mark in its comment, and never asked for twice. Who may is decided before anybody comes here.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from weakref import WeakValueDictionary

from bot.delivery.relatives import console_address
from bot.diagnosis.sources import Unavailable
from bot.incidents.audit import Audit, Deed, Person, Result
from bot.incidents.silence_answers import Alertmanager, draft, link, lives_as_long, problem_of, surely_not
from bot.incidents.silence_book import Held, SilenceBook
from bot.incidents.silences import Preview, Problem, comment, mark, narrowest, preview, said, written
from bot.incidents.spans import ends_at
from bot.incidents.store import Store
from bot.matchers import Matcher
from bot.model import Incident, Reason
from bot.silence import Hand, KnownSilence, Silence, SilenceState

_OVER = frozenset({"over", "over_elsewhere", "ending"})
_UNCERTAIN = frozenset({"uncertain", "end_uncertain"})


@dataclass(frozen=True, slots=True)
class SilenceOptions:
    """`zone` is meant where somebody writes a time of the day without one."""

    longest: timedelta = timedelta(hours=24)
    zone: tzinfo = UTC
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants. `key` is that of the form or the press: pressed twice, it makes one silence."""

    incident_id: str
    matchers: tuple[Matcher, ...]
    ends_at: datetime
    said: str
    who: Person
    key: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Silenced:
    """`already` where one that does the same was there before; `again` where that is of this very order, sent once more."""

    silence: Silence
    already: bool = False
    again: bool = False


class Silencer:
    """`alertmanagers` by cluster."""

    def __init__(
        self,
        store: Store,
        alertmanagers: Mapping[str, Alertmanager],
        audit: Audit,
        options: SilenceOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._alertmanagers = alertmanagers
        self._audit = audit
        self._options = options
        self._clock = clock
        self._book = SilenceBook(store, audit)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def reaches(self, incident: Incident) -> bool:
        """Whether there is an Alertmanager to ask."""
        return incident.cluster in self._alertmanagers

    def end(self, said: str) -> datetime | Problem:
        """When a silence ends that lasts as long as a person wrote."""
        return ends_at(said, self._clock(), zone=self._options.zone, longest=self._options.longest)

    async def propose(
        self, incident: Incident, matchers: tuple[Matcher, ...] | None = None
    ) -> Preview | Problem:
        """What a silence would hide, by the narrowest matchers where none are given. Changes nothing."""
        alertmanager = self._alertmanagers.get(incident.cluster)
        if alertmanager is None:
            return Problem("no_alertmanager", {"cluster": incident.cluster})
        chosen = narrowest(incident) if matchers is None else matchers
        if isinstance(chosen, Problem):
            return chosen
        hidden = await alertmanager.alerts(chosen)
        return problem_of(hidden) if isinstance(hidden, Unavailable) else preview(incident, chosen, hidden)

    async def silence(self, order: Order) -> Silenced | Problem:
        """Make it, unless one that does the same is there."""
        turn = self._turns.setdefault(order.incident_id, asyncio.Lock())
        async with turn:
            done = await self._silence(order)
        if isinstance(done, Problem):
            await self._audit.keep(self._deed(order, _result(done)))
        elif done.already:
            await self._audit.keep(self._deed(order, Result.NOTHING))
        return done

    async def _silence(self, order: Order) -> Silenced | Problem:
        incident = await self._store.get(order.incident_id)
        if incident is None:
            return Problem("no_such_incident")
        alertmanager = self._alertmanagers.get(incident.cluster)
        if alertmanager is None:
            return Problem("no_alertmanager", {"cluster": incident.cluster})
        asked = self._asked(order, incident)
        # What lives in the book may be over in Alertmanager. Each round marks one that is, so that there is a last one.
        while True:
            held = await self._book.ask(asked)
            if isinstance(held, Problem):
                return held
            if held.is_new:
                return await self._made(alertmanager, held, incident)
            there = await self._still_there(alertmanager, held.silence, incident)
            if isinstance(there, Problem):
                return there
            if there is not None:
                return Silenced(there, already=True, again=there.id == asked.id)

    async def _still_there(
        self, alertmanager: Alertmanager, silence: Silence, incident: Incident
    ) -> Silence | Problem | None:
        """None where somebody ended it in Alertmanager, gave it another time, or where Alertmanager has forgotten it."""
        if silence.state is SilenceState.ASKED:
            return await self._looked_for(alertmanager, silence, incident)
        known = await alertmanager.silence(silence.alertmanager_id)
        if isinstance(known, Unavailable):
            return problem_of(known)
        if lives_as_long(silence, known):
            return silence
        await self._noted(silence, known)
        return None

    async def _noted(self, silence: Silence, known: KnownSilence | None) -> None:
        """What somebody did to it in Alertmanager."""
        if known is not None and known.active:
            await self._book.moved(silence, known)
        else:
            await self._book.ended(silence, known)

    async def _made(self, alertmanager: Alertmanager, held: Held, incident: Incident) -> Silenced | Problem:
        silence = held.silence
        if held.tried and await alertmanager.find(mark(silence.id)) is not None:
            return _as_made(await self._looked_for(alertmanager, silence, incident))
        made = await alertmanager.create(draft(silence))
        if isinstance(made, str):
            known = KnownSilence(made, active=True, ends_at=silence.ends_at)
            return Silenced(await self._book.made(silence, known, link(incident, made)))
        if surely_not(made):
            problem = problem_of(made)
            await self._book.failed(silence, problem.key, made.detail, told=True)
            return problem
        return _as_made(await self._looked_for(alertmanager, silence, incident))

    async def _looked_for(
        self, alertmanager: Alertmanager, silence: Silence, incident: Incident
    ) -> Silence | Problem:
        """Nobody knows whether it was made. What is not there yet may still come: the job that waits will tell."""
        known = await alertmanager.find(mark(silence.id))
        if not isinstance(known, KnownSilence):
            return Problem("uncertain")
        return await self._book.made(silence, known, link(incident, known.id))

    async def expire(self, silence_id: str, who: Person, *, place: str = "") -> Silence | Problem:
        """End it now, for whoever made it."""
        silence = await self._store.silence(silence_id)
        incident = None if silence is None else await self._store.get(silence.incident_id)
        if silence is None or incident is None:
            return Problem("no_such_silence")
        hand = Hand(who.via, who.id, self._clock(), who.name, place)
        turn = self._turns.setdefault(incident.id, asyncio.Lock())
        async with turn:
            done = await self._expire(silence_id, incident, hand)
        if isinstance(done, Problem):
            what = f"unsilence {silence.id}"
            deed = self._audit.deed(who, what, place=place, incident_id=incident.id, result=_result(done))
            await self._audit.keep(deed)
        return done

    async def _expire(self, silence_id: str, incident: Incident, hand: Hand) -> Silence | Problem:
        alertmanager = self._alertmanagers.get(incident.cluster)
        if alertmanager is None:
            return Problem("no_alertmanager", {"cluster": incident.cluster})
        # Read anew: whoever was first may just have ended it.
        silence: Silence | Problem | None = await self._store.silence(silence_id)
        if isinstance(silence, Silence) and silence.state is SilenceState.ASKED:
            silence = await self._looked_for(alertmanager, silence, incident)
        if silence is None or isinstance(silence, Problem):
            return silence or Problem("no_such_silence")
        if silence.state is not SilenceState.ACTIVE:
            return Problem("over", {"by": silence.ended_by})
        known = await alertmanager.silence(silence.alertmanager_id)
        if isinstance(known, Unavailable):
            return problem_of(known)
        if known is None or not known.active:
            over = await self._book.ended(silence, known)
            return Problem("over", {"by": over.ended_by}) if over.ended_by else Problem("over_elsewhere")
        asked = await self._book.end_asked(silence, hand)
        return asked if isinstance(asked, Problem) else await self._ended(alertmanager, asked)

    async def _ended(self, alertmanager: Alertmanager, silence: Silence) -> Silence | Problem:
        gap = await alertmanager.expire(silence.alertmanager_id)
        if gap is None:
            return await self._book.ended(silence)
        # One that it does not know is over.
        if surely_not(gap) and gap.reason is not Reason.NOT_FOUND:
            await self._book.not_ended(silence, told=True)
            return problem_of(gap)
        # The order may have been carried out, or may still be: the job that waits will tell.
        known = await alertmanager.silence(silence.alertmanager_id)
        if isinstance(known, Unavailable) or (known is not None and known.active):
            return Problem("end_uncertain")
        return await self._book.ended(silence)

    def _asked(self, order: Order, incident: Incident) -> Silence:
        digest = hashlib.sha256(f"{order.incident_id}\n{order.key}".encode()).hexdigest()
        silence_id = digest[:12]
        about = console_address(self._options.public_url, incident.id) or f"incident {incident.id}"
        by, why = str(order.who), said(self._audit.mask(order.said))
        return Silence(
            silence_id,
            incident.id,
            written(order.matchers),
            by,
            comment(why, by, about, silence_id),
            self._clock(),
            order.ends_at,
            said=why,
            author=order.who.signature,
            asker=Hand(order.who.via, order.who.id, self._clock(), order.who.name, order.place),
        )

    def _deed(self, order: Order, result: str) -> Deed:
        until = order.ends_at.isoformat(timespec="minutes")
        what = f"silence until {until} {', '.join(written(order.matchers))} {order.said}"
        return self._audit.deed(
            order.who, what, place=order.place, incident_id=order.incident_id, result=result
        )


def _result(problem: Problem) -> str:
    """For the audit."""
    if problem.key in _OVER:
        return Result.NOTHING
    return Result.UNCERTAIN if problem.key in _UNCERTAIN else f"{Result.FAILED}: {problem.key}"


def _as_made(silence: Silence | Problem) -> Silenced | Problem:
    return silence if isinstance(silence, Problem) else Silenced(silence)
