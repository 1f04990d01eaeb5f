"""What is told when a look is given up: whoever reads the message must not wait for what will never come.

A delivery is put in the transaction that gives the job up; before it renders, it writes down that nobody looked. That is
apart from the transaction because it needs the incident, which others hold while they put jobs.
"""

from dataclasses import replace
from datetime import datetime

from bot.incidents.store import Store
from bot.incidents.work import Job, JobKind, NewJob
from bot.model import Incident

_LOOKS = frozenset({JobKind.DIAGNOSE, JobKind.RECHECK})


def aftermath(given_up: Job) -> list[NewJob]:
    """What follows from a job that was given up."""
    if given_up.kind not in _LOOKS:
        return []
    dedup = f"gave up {given_up.kind}:{given_up.key}"
    return [NewJob(JobKind.DELIVER, given_up.key, dedup, given_up.kind.encode())]


async def note(store: Store, told: Job, now: datetime) -> None:
    """By the delivery that `aftermath` put; may be done twice."""
    look = JobKind(told.payload.decode())
    async with store.begin() as transaction:
        incident = await transaction.load(told.incident_id)
        if incident is None or incident.gave_up == look or _is_outdated(incident, told):
            return
        gave_up = replace(incident, gave_up=look.value, asked=None, revision=incident.revision + 1)
        await transaction.save(gave_up)
        await transaction.note(incident.id, now, "gave_up", {"look": look.value})


def _is_outdated(incident: Incident, told: Job) -> bool:
    """Somebody has asked for another look since."""
    return incident.asked is not None and incident.asked.at > told.created_at
