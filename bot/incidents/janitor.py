"""Keeps the store small and its gauges fresh: one loop, harmless on every replica at once.

It removes what has ended and is old, in small transactions, so that nobody waits for it; it changes nothing that lives.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Table, delete, func, select

from bot.incidents import kept_storms
from bot.incidents.database import StoreError
from bot.incidents.schema import audit, incident, job, storm, to_micros
from bot.incidents.store import Store
from bot.incidents.work import JobKind, JobState
from bot.model import IncidentState
from bot.observe import CHANNEL_TROUBLE, INCIDENTS, JOB_AGE, JOBS, STORM_WAITING, STORMS, log


@dataclass(frozen=True, slots=True)
class JanitorOptions:
    """How long to keep what has ended, and in seconds: how often to prune and to refresh the gauges."""

    done_jobs: timedelta = timedelta(hours=1)
    given_up_jobs: timedelta = timedelta(days=30)
    closed_incidents: timedelta = timedelta(days=30)
    deeds: timedelta = timedelta(days=400)
    prune_every: float = 60.0
    gauge_every: float = 10.0
    batch: int = 500


class Janitor:
    def __init__(
        self,
        store: Store,
        options: JanitorOptions | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._options = options or JanitorOptions()
        self._sleep = sleep

    async def run(self) -> None:
        """Until cancelled."""
        until_prune = 0.0
        while True:
            try:
                await self.refresh_gauges()
                if until_prune <= 0:
                    await self.prune()
                    until_prune = self._options.prune_every
            except StoreError as error:
                log.warning("the store was not tidied", error=str(error))
            await self._sleep(self._options.gauge_every)
            until_prune -= self._options.gauge_every

    async def refresh_gauges(self) -> None:
        found = {(count.kind, count.state): count.count for count in await self._store.jobs_by_state()}
        for kind in JobKind:
            for state in JobState:
                JOBS.labels(kind, state).set(found.get((kind, state), 0))
        waits = await self._store.oldest_waits()
        for kind in JobKind:
            JOB_AGE.labels(kind).set(waits.get(kind, 0.0))
        for incident_state, count in (await self._store.counts()).items():
            INCIDENTS.labels(incident_state).set(count)
        troubles = await self._store.channels_in_trouble()
        CHANNEL_TROUBLE.clear()
        for row in troubles:
            CHANNEL_TROUBLE.labels(row.channel, row.error).set(1)
        await self._refresh_storms()

    async def _refresh_storms(self) -> None:
        async with self._store.database.read() as connection:
            waiting = await kept_storms.waiting_in(connection)
        STORMS.clear()
        STORM_WAITING.clear()
        for channel, count in waiting.items():
            STORMS.labels(channel).set(1)
            STORM_WAITING.labels(channel).set(count)

    async def prune(self) -> None:
        """An incident takes its diagnoses, timeline and ledger rows along; what people did to it stays for longer."""
        for state, age in self._ended_jobs().items():
            await self._remove(job, (job.c.state == state) & (job.c.ended_at < self._ago(age)))
        closed = incident.c.state != IncidentState.FIRING
        ended = func.coalesce(incident.c.closed_at, incident.c.heard_at)
        await self._remove(incident, closed & (ended < self._ago(self._options.closed_incidents)))
        await self._remove(storm, storm.c.closed_at < self._ago(self._options.closed_incidents))
        await self._remove(audit, audit.c.at < self._ago(self._options.deeds))

    def _ended_jobs(self) -> Mapping[JobState, timedelta]:
        return {JobState.DONE: self._options.done_jobs, JobState.GAVE_UP: self._options.given_up_jobs}

    def _ago(self, age: timedelta) -> int:
        return to_micros(self._store.clock() - age)

    async def _remove(self, table: Table, old: ColumnElement[bool]) -> None:
        some = select(table.c.id).where(old).limit(self._options.batch).with_for_update(skip_locked=True)
        removed = self._options.batch
        while removed == self._options.batch:
            async with self._store.database.write() as connection:
                removed = (await connection.execute(delete(table).where(table.c.id.in_(some)))).rowcount
