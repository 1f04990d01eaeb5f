"""Looks what became of silences: of those that nobody knows of, and of those that live. What a SILENCE job does.

Somebody may have ended or prolonged one in Alertmanager; when Alertmanager does not answer, one ends when it should.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.diagnosis.sources import Unavailable
from bot.incidents.silence_book import SETTLED_AFTER, SilenceBook
from bot.incidents.silences import mark
from bot.incidents.silencing import Alertmanager, link
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, Job, Outcome
from bot.model import Incident
from bot.silence import KnownSilence, Silence, SilenceState

_PAUSE = 15.0
# Whoever asked for it has long gone another way.
_PATIENCE = timedelta(minutes=10)
# What Alertmanager rounds, or its peers tell a little later.
_ABOUT = timedelta(seconds=2)


class SilenceWatch:
    def __init__(
        self, store: Store, alertmanagers: Mapping[str, Alertmanager], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._alertmanagers = alertmanagers
        self._clock = clock
        self._book = SilenceBook(store, clock)

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
                await self._follow(alertmanager, silence)
        return Done()

    async def _settle(
        self, alertmanager: Alertmanager | None, silence: Silence, incident: Incident
    ) -> Outcome:
        waited = self._clock() - silence.created_at
        if alertmanager is None:
            await self._book.failed(silence, "no Alertmanager is configured for this cluster any more")
            return Done()
        known = await alertmanager.find(mark(silence.id))
        if isinstance(known, KnownSilence):
            made = await self._book.made(silence, known, link(incident, known.id))
            if not known.active:
                await self._book.ended(made, min(self._clock(), known.ends_at))
            return Done()
        if isinstance(known, Unavailable) and waited < _PATIENCE:
            return Again(_PAUSE, known.detail or known.reason.value, counts=False)
        if waited < SETTLED_AFTER:
            return Again((SETTLED_AFTER - waited).total_seconds(), "it may still arrive", counts=False)
        unknown = "Alertmanager did not answer, so it is not known whether it was made"
        await self._book.failed(silence, unknown if known else "Alertmanager did not take it")
        return Done()

    async def _follow(self, alertmanager: Alertmanager | None, silence: Silence) -> None:
        now = self._clock()
        known = await alertmanager.silence(silence.alertmanager_id) if alertmanager else None
        if not isinstance(known, KnownSilence):
            gone = known is None and alertmanager is not None
            if gone or now >= silence.ends_at:
                await self._book.ended(silence, min(now, silence.ends_at))
            else:
                await self._book.look_later(silence)
        elif not known.active:
            await self._book.ended(silence, min(now, known.ends_at))
        elif abs(known.ends_at - silence.ends_at) > _ABOUT:
            await self._book.moved(silence, known.ends_at)
        else:
            await self._book.look_later(silence)
