"""Looks what became of silences: of those that nobody knows of, and of those that live. What a SILENCE job does.

Somebody may have ended or prolonged one in Alertmanager; when Alertmanager does not answer, one ends when it should.
"""

from collections.abc import Mapping
from datetime import timedelta

from bot.diagnosis.sources import Unavailable
from bot.incidents.audit import Audit
from bot.incidents.silence_answers import Alertmanager, link, lives_as_long
from bot.incidents.silence_book import SETTLED_AFTER, SilenceBook
from bot.incidents.silences import mark
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, Job, Outcome
from bot.model import Incident
from bot.silence import KnownSilence, Silence, SilenceState

_PAUSE = 15.0
# Whoever asked for it has long gone another way.
_PATIENCE = timedelta(minutes=10)


class SilenceWatch:
    def __init__(self, store: Store, alertmanagers: Mapping[str, Alertmanager], audit: Audit) -> None:
        self._store = store
        self._alertmanagers = alertmanagers
        self._clock = audit.clock
        self._book = SilenceBook(store, audit)

    async def look(self, job: Job) -> Outcome:
        silence = await self._store.silence(job.payload.decode())
        incident = await self._store.get(job.incident_id)
        if silence is None or incident is None:
            return Done()
        alertmanager = self._alertmanagers.get(incident.cluster)
        match silence.state:
            case SilenceState.ASKED:
                return await self._settle(alertmanager, silence, incident)
            case SilenceState.ACTIVE:
                return await self._follow(alertmanager, silence)
        return Done()

    async def _settle(
        self, alertmanager: Alertmanager | None, silence: Silence, incident: Incident
    ) -> Outcome:
        waited = self._clock() - silence.created_at
        if alertmanager is None:
            await self._book.failed(silence, "no_alertmanager")
            return Done()
        known = await alertmanager.find(mark(silence.id))
        if isinstance(known, KnownSilence):
            made = await self._book.made(silence, known, link(incident, known.id))
            if not known.active:
                await self._book.ended(made, known)
            return Done()
        if isinstance(known, Unavailable) and waited < _PATIENCE:
            return _again(known)
        if waited < SETTLED_AFTER:
            return _later(waited)
        await self._book.failed(silence, "unknown" if known else "not_arrived")
        return Done()

    async def _follow(self, alertmanager: Alertmanager | None, silence: Silence) -> Outcome:
        now, ender = self._clock(), silence.ender
        known = await alertmanager.silence(silence.alertmanager_id) if alertmanager else None
        if isinstance(known, Unavailable) or alertmanager is None:
            if now >= silence.ends_at:
                await self._book.ended(silence)
            elif isinstance(known, Unavailable) and ender is not None and now - ender.at < _PATIENCE:
                return _again(known)
            else:
                await self._book.look_later(silence)
        elif known is None or not known.active:
            await self._book.ended(silence, known)
        elif ender is not None and now - ender.at < SETTLED_AFTER:
            return _later(now - ender.at)
        elif ender is not None:
            await self._book.not_ended(silence)
        elif lives_as_long(silence, known):
            await self._book.look_later(silence)
        else:
            await self._book.moved(silence, known)
        return Done()


def _again(gap: Unavailable) -> Again:
    return Again(_PAUSE, gap.detail or gap.reason.value, counts=False)


def _later(waited: timedelta) -> Again:
    return Again((SETTLED_AFTER - waited).total_seconds(), "it may still arrive", counts=False)
