"""Looking again for what was found: after the end of an incident, and whenever somebody asks.

The diagnosis that was made while it fired stays as it is; beside it stands what has become of each finding. Nobody
waits for this: the message that all is over has gone out before.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.diagnosis.engine import Engine
from bot.diagnosis.recheck import compare
from bot.incidents.store import Store
from bot.incidents.work import Done, Job, JobKind, NewJob, Outcome
from bot.model import Diagnosis, Incident, Recheck
from bot.model import Outcome as Became


def recheck_of(incident_id: str, *, delay: float = 0.0) -> NewJob:
    return NewJob(JobKind.RECHECK, incident_id, f"recheck:{incident_id}", delay=delay)


class LookAgain:
    def __init__(self, store: Store, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock

    async def ask(self, incident_id: str) -> bool:
        """Somebody wants to know how it is now; False where there is no diagnosis to tell it against."""
        async with self._store.begin() as transaction:
            incident = await transaction.load(incident_id)
            if incident is None or not incident.diagnoses:
                return False
            await transaction.note(incident_id, self._clock(), "recheck_asked", {})
            await transaction.put([recheck_of(incident_id)])
        return True

    async def recheck(self, job: Job) -> Outcome:
        incident = await self._store.get(job.incident_id)
        if incident is None or not incident.diagnoses:
            return Done()
        since = min((alert.starts_at for alert in incident.alerts), default=incident.opened_at)
        rechecks = await asyncio.gather(*(self._look(one, since) for one in incident.diagnoses))
        await self._save(incident, tuple(rechecks))
        return Done()

    async def _look(self, before: Diagnosis, since: datetime) -> Recheck:
        """The same question. Whatever a source cannot tell makes the answer unknown, never worse."""
        after = await self._engine.diagnose(before.target, names=before.runbooks, since=since)
        return compare(before, after)

    async def _save(self, seen: Incident, rechecks: tuple[Recheck, ...]) -> None:
        async with self._store.begin() as transaction:
            incident = await transaction.load(seen.id)
            if incident is None or _turned(seen, incident):
                return
            await transaction.save(replace(incident, rechecks=rechecks, revision=incident.revision + 1))
            counts = {became.value: sum(one.count(became) for one in rechecks) for became in Became}
            await transaction.note(incident.id, self._clock(), "rechecked", counts)
            await transaction.put([NewJob(JobKind.DELIVER, incident.id, f"deliver:{incident.id}")])


def _turned(seen: Incident, incident: Incident) -> bool:
    """It fired again, ended or was diagnosed anew meanwhile: then this tells of another time, and a new look is due."""
    before = (seen.state, seen.reopened, seen.diagnosed_revision)
    return before != (incident.state, incident.reopened, incident.diagnosed_revision)
