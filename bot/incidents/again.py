"""Looking again for what was found: after the end of an incident, and whenever somebody asks.

The diagnosis that was made while it fired stays as it is; beside it stands what has become of each finding. Nobody
waits for this: the message that all is over has gone out before.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerts import began
from bot.diagnosis.engine import Engine
from bot.diagnosis.recheck import compare
from bot.hands import Asked
from bot.incidents.audit import Deed
from bot.incidents.blindness import blind, pause
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, Job, JobKind, NewJob, Outcome
from bot.model import Diagnosis, Incident, IncidentState, Recheck
from bot.model import Outcome as Became

_AFTER_END = b"after the end"
# What is seen later tells little of whether the end of the incident was its cure.
_PATIENCE = timedelta(hours=1)
# Longer than `diagnosis.deadline` can be set to. A look that is not answered by then is lost: asking again puts another.
LOST_AFTER = timedelta(minutes=3)
_TURNED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asked for the look that is to come; `already` where that was before."""

    asked: Asked
    already: bool = False


def recheck_of(incident_id: str) -> NewJob:
    return NewJob(JobKind.RECHECK, incident_id, f"recheck:{incident_id}")


def diagnosis_of(incident_id: str) -> NewJob:
    return NewJob(JobKind.DIAGNOSE, incident_id, f"diagnose:{incident_id}")


def recheck_after_end(incident_id: str, *, delay: float) -> NewJob:
    """One that nobody waits for where it fires again before it is due: the next end brings another."""
    return replace(recheck_of(incident_id), payload=_AFTER_END, delay=delay)


class LookAgain:
    """`look_again` is how many seconds a silent cluster is left alone at first."""

    def __init__(
        self, store: Store, engine: Engine, clock: Callable[[], datetime], *, look_again: float
    ) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._look_again = look_again

    async def ask(self, incident_id: str, deed: Deed | None = None) -> Asking | None:
        """Somebody wants to know how it is now; None where there is no diagnosis to tell it against, and none was tried."""
        async with self._store.begin() as transaction:
            incident = await transaction.load(incident_id)
            if incident is None or not incident.can_be_looked_at_again:
                return None
            now = self._clock()
            if incident.asked is not None and now - incident.asked.at < LOST_AFTER:
                return Asking(incident.asked, already=True)
            asked = Asked(str(deed.person) if deed else "", now)
            revision = incident.revision + 1
            await transaction.save(replace(incident, asked=asked, gave_up="", revision=revision))
            await transaction.note(incident_id, now, "recheck_asked", {"by": asked.by})
            if deed is not None:
                await transaction.note_audit(deed)
            told = NewJob(JobKind.DELIVER, incident_id, f"deliver:{incident_id}")
            look = recheck_of(incident_id) if incident.diagnoses else diagnosis_of(incident_id)
            await transaction.put([look, told])
        return Asking(asked)

    async def forget(self, seen: Incident) -> None:
        """It was over before anybody had looked: then there is nothing to look at any more."""
        if seen.asked is None:
            return
        async with self._store.begin() as transaction:
            incident = await transaction.load(seen.id)
            if incident is None or incident.asked is None or incident.asked != seen.asked:
                return
            await transaction.save(replace(incident, asked=None, revision=incident.revision + 1))
            await transaction.put([NewJob(JobKind.DELIVER, seen.id, f"deliver:{seen.id}")])

    async def recheck(self, job: Job) -> Outcome:
        incident = await self._store.get(job.incident_id)
        if incident is None or not incident.diagnoses:
            return Done()
        after_end = job.payload == _AFTER_END and incident.asked is None
        if after_end and incident.state is not IncidentState.RESOLVED:
            return Done()
        found = await self._look(incident)
        by = "" if after_end else _asker(incident)
        rechecks = tuple(
            replace(compare(*pair), by=by) for pair in zip(incident.diagnoses, found, strict=True)
        )
        silent = blind(found)
        if incident.asked is not None or not (silent and _told_before(incident, rechecks)):
            saved = await self._save(incident, rechecks)
            if not saved and incident.asked is not None:
                return Again(_TURNED_SECONDS, "it turned meanwhile", counts=False)
        lasted = self._clock() - job.created_at
        if silent and lasted < _PATIENCE:
            return Again(pause(self._look_again, lasted), "no source answered", counts=False)
        return Done()

    async def _look(self, incident: Incident) -> Sequence[Diagnosis]:
        """The same questions. Whatever a source cannot tell makes the answer unknown, never worse."""
        since = began(incident.alerts, incident.heard_at, incident.opened_at)
        asked = (
            self._engine.diagnose(before.target, names=before.runbooks, since=since)
            for before in incident.diagnoses
        )
        return await asyncio.gather(*asked)

    async def _save(self, seen: Incident, rechecks: tuple[Recheck, ...]) -> bool:
        """False where it would tell of another time."""
        async with self._store.begin() as transaction:
            incident = await transaction.load(seen.id)
            if incident is None or _turned(seen, incident):
                return False
            # Whoever asked while this look was under way waits for the next one.
            asked = None if incident.asked == seen.asked else incident.asked
            revision = incident.revision + 1
            saved = replace(incident, rechecks=rechecks, asked=asked, gave_up="", revision=revision)
            await transaction.save(saved)
            counts = {became.value: sum(one.count(became) for one in rechecks) for became in Became}
            await transaction.note(incident.id, self._clock(), "rechecked", counts)
            await transaction.put([NewJob(JobKind.DELIVER, incident.id, f"deliver:{incident.id}")])
        return True


def _asker(incident: Incident) -> str:
    """Where no source answered whoever asked, the next try is still theirs."""
    if incident.asked is not None:
        return incident.asked.by
    return next((one.by for one in incident.rechecks), "")


def _told_before(incident: Incident, rechecks: tuple[Recheck, ...]) -> bool:
    return [one.findings for one in incident.rechecks] == [one.findings for one in rechecks]


def _turned(seen: Incident, incident: Incident) -> bool:
    """It fired again, ended or was diagnosed anew meanwhile: then this tells of another time, and a new look is due."""
    before = (seen.state, seen.reopened, seen.diagnosed_revision)
    return before != (incident.state, incident.reopened, incident.diagnosed_revision)
