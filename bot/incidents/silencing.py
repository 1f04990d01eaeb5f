"""Silences, made and ended in Alertmanager and remembered with their incident.

Before Alertmanager is asked, a row says so. After a time-out or a crash nobody knows whether a silence was made: then it is
looked for by the mark in its comment, and never asked for twice. Who may is decided before anybody comes here.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol
from weakref import WeakValueDictionary

from bot.delivery.relatives import console_address
from bot.diagnosis.sources import Unavailable, Unsent
from bot.incidents.audit import Audit, Deed, Person, Result
from bot.incidents.silence_book import Held, SilenceBook
from bot.incidents.silences import Preview, Problem, comment, mark, narrowest, preview, said, written
from bot.incidents.spans import ends_at
from bot.incidents.store import Store
from bot.matchers import Matcher
from bot.model import Incident, Reason
from bot.silence import Draft, KnownAlert, KnownSilence, Silence, SilenceState

# What Alertmanager answers with these, it has not done.
_SURELY_NOT = frozenset({Reason.FORBIDDEN, Reason.NOT_CONFIGURED, Reason.NOT_FOUND})


class Alertmanager(Protocol):
    """That of one cluster. Never raises."""

    async def alerts(self, matchers: Sequence[Matcher]) -> tuple[KnownAlert, ...] | Unavailable: ...

    async def create(self, draft: Draft) -> str | Unavailable: ...

    async def silence(self, silence_id: str) -> KnownSilence | Unavailable | None: ...

    async def find(self, mark: str) -> KnownSilence | Unavailable | None: ...

    async def expire(self, silence_id: str) -> Unavailable | None: ...


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
    """`already` where one that does the same was there before."""

    silence: Silence
    already: bool = False


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
        self._book = SilenceBook(store, clock)
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
        return _problem(hidden) if isinstance(hidden, Unavailable) else preview(incident, chosen, hidden)

    async def silence(self, order: Order) -> Silenced | Problem:
        """Make it, unless one that does the same is there."""
        turn = self._turns.setdefault(order.incident_id, asyncio.Lock())
        async with turn:
            done = await self._silence(order)
        if isinstance(done, Problem):
            await self._audit.keep(self._deed(order, f"{Result.FAILED}: {done.key}"))
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
        held = await self._book.ask(asked)
        if isinstance(held, Problem):
            return held
        if held.silence.state is SilenceState.ACTIVE:
            return Silenced(held.silence, already=True)
        if not held.is_new:
            return await self._looked_for(alertmanager, held.silence, incident, None)
        return await self._made(alertmanager, held, incident, self._deed(order))

    async def _made(
        self, alertmanager: Alertmanager, held: Held, incident: Incident, deed: Deed
    ) -> Silenced | Problem:
        silence = held.silence
        if held.tried and await alertmanager.find(mark(silence.id)) is not None:
            return await self._looked_for(alertmanager, silence, incident, deed)
        made = await alertmanager.create(_draft(silence))
        if isinstance(made, str):
            known = KnownSilence(made, active=True, ends_at=silence.ends_at)
            return Silenced(await self._book.made(silence, known, link(incident, made), deed))
        if isinstance(made, Unsent) or made.reason in _SURELY_NOT:
            await self._book.failed(silence, made.detail)
            return _problem(made)
        return await self._looked_for(alertmanager, silence, incident, deed)

    async def _looked_for(
        self, alertmanager: Alertmanager, silence: Silence, incident: Incident, deed: Deed | None
    ) -> Silenced | Problem:
        """Nobody knows whether it was made. What is not there yet may still come: the job that waits will tell."""
        known = await alertmanager.find(mark(silence.id))
        if not isinstance(known, KnownSilence):
            return Problem("uncertain")
        now = await self._book.made(silence, known, link(incident, known.id), deed)
        return Silenced(now, already=deed is None)

    async def expire(self, silence_id: str, who: Person, *, place: str = "") -> Silence | Problem:
        """End it now, for whoever made it."""
        silence = await self._store.silence(silence_id)
        incident = None if silence is None else await self._store.get(silence.incident_id)
        if silence is None or incident is None:
            return Problem("no_such_silence")
        deed = self._audit.deed(who, f"unsilence {silence.id}", place=place, incident_id=incident.id)
        done = await self._expire(silence, incident, who, deed)
        if isinstance(done, Problem):
            await self._audit.keep(replace(deed, result=f"{Result.FAILED}: {done.key}"))
        return done

    async def _expire(
        self, silence: Silence, incident: Incident, who: Person, deed: Deed
    ) -> Silence | Problem:
        alertmanager = self._alertmanagers.get(incident.cluster)
        if alertmanager is None:
            return Problem("no_alertmanager", {"cluster": incident.cluster})
        if silence.state is SilenceState.ASKED:
            found = await self._looked_for(alertmanager, silence, incident, None)
            if isinstance(found, Problem):
                return found
            silence = found.silence
        if silence.state is not SilenceState.ACTIVE:
            return Problem("over")
        gap = await alertmanager.expire(silence.alertmanager_id)
        if gap is not None and not await _is_over(alertmanager, silence):
            return _problem(gap)
        return await self._book.ended(silence, self._clock(), by=str(who), deed=deed)

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
        )

    def _deed(self, order: Order, result: str = Result.DONE) -> Deed:
        until = order.ends_at.isoformat(timespec="minutes")
        what = f"silence until {until} {', '.join(written(order.matchers))} {order.said}"
        return self._audit.deed(
            order.who, what, place=order.place, incident_id=order.incident_id, result=result
        )


def link(incident: Incident, alertmanager_id: str) -> str:
    """Where a person sees it in Alertmanager, by the address that Alertmanager gives of itself."""
    base = incident.external_url.rstrip("/")
    return f"{base}/#/silences/{alertmanager_id}" if base else ""


def _draft(silence: Silence) -> Draft:
    return Draft(
        silence.matchers, silence.created_at, silence.ends_at, silence.author or silence.by, silence.comment
    )


def _problem(gap: Unavailable) -> Problem:
    return Problem("not_reached", {"reason": gap.reason.value, "why": gap.detail})


async def _is_over(alertmanager: Alertmanager, silence: Silence) -> bool:
    """An end that was asked for twice, or whose answer was lost, is an end."""
    known = await alertmanager.silence(silence.alertmanager_id)
    return known is None or (isinstance(known, KnownSilence) and not known.active)
