"""Jobs in SQL, whoever runs them: putting, taking up again, and what a person or a metric asks of them.

The transaction is the caller's to hold. Running jobs is `leases`' and the queue's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, and_, bindparam, case, func, null, select, update
from sqlalchemy.exc import IntegrityError

from bot.incidents.database import Connection, Database, Upsert, change
from bot.incidents.schema import IS_READY, IS_RUNNING, READY, SECOND, from_micros, job
from bot.incidents.work import Job, JobKind, JobState, NewJob

_KEYED_BY_INCIDENT = frozenset({JobKind.DIAGNOSE, JobKind.RECHECK, JobKind.DELIVER, JobKind.SILENCE})
# Others are a newer replica's, which knows them, claims them and counts them.
_IS_KNOWN = job.c.kind.in_(list(JobKind))
_ONCE = frozenset({JobKind.ASK})


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A job that failed for good, and what it said last."""

    id: int
    kind: JobKind
    key: str
    incident_id: str
    attempts: int
    reason: str
    created_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class JobCount:
    kind: JobKind
    state: JobState
    count: int


async def put(connection: Connection, database: Database, jobs: Sequence[NewJob]) -> None:
    """In one order of `dedup` everywhere, so that two replicas never wait for each other in a circle.

    The microsecond of its place keeps jobs that were put together in the order in which they came.
    """
    if not jobs:
        return
    size = sum(len(new_job.payload) for new_job in jobs)
    placed = sorted(enumerate(jobs), key=lambda one: one[1].dedup)
    for once, statement in ((False, _upsert), (True, _unless_there)):
        rows = [_row(new_job, place) for place, new_job in placed if (new_job.kind in _ONCE) is once]
        if rows:
            await change(connection, statement(database), rows, size=size)


@lru_cache
def _upsert(database: Database) -> Upsert:
    new = _new(database)
    earlier = case((new.excluded.run_at < job.c.run_at, new.excluded.run_at), else_=job.c.run_at)
    return new.on_conflict_do_update(
        index_elements=[job.c.dedup], index_where=READY, set_={"run_at": earlier}
    )


@lru_cache
def _unless_there(database: Database) -> Upsert:
    return _new(database).on_conflict_do_nothing()


def _new(database: Database) -> Upsert:
    began = database.began()
    return database.insert(job).values(
        state=JobState.READY,
        attempts=0,
        fence=0,
        owner="",
        reason="",
        created_at=began,
        run_at=began + bindparam("wait", type_=BigInteger),
    )


def _row(new: NewJob, place: int) -> dict[str, object]:
    return {
        "kind": new.kind.value,
        "key": new.key,
        "dedup": new.dedup,
        "incident_id": new.key if new.kind in _KEYED_BY_INCIDENT else "",
        "payload": new.payload,
        "wait": round(new.delay * SECOND) + place,
    }


def job_of(row: Row[*tuple[Any, ...]]) -> Job:
    return Job(
        row.id,
        JobKind(row.kind),
        row.key,
        row.payload,
        row.attempts,
        from_micros(row.created_at),
        row.incident_id,
        row.deaths,
    )


async def hasten(connection: Connection, job_id: int, due: ColumnElement[int]) -> None:
    dedup = select(job.c.dedup).where(job.c.id == job_id).scalar_subquery()
    await connection.execute(
        update(job)
        .where(job.c.state == IS_READY, job.c.dedup == dedup, job.c.run_at > due)
        .values(run_at=due)
    )


async def amend(connection: Connection, job_id: int, fence: int, payload: bytes) -> bool:
    """False where whoever has this fence has lost the job."""
    ours = and_(job.c.id == job_id, job.c.fence == fence, job.c.state == IS_RUNNING)
    return (await connection.execute(update(job).where(ours).values(payload=payload))).rowcount == 1


async def retry(connection: Connection, database: Database, job_id: int) -> bool:
    given_up = and_(job.c.id == job_id, job.c.state == JobState.GAVE_UP)
    now = database.now()
    ready = (
        update(job)
        .where(given_up)
        .values(state=JobState.READY, attempts=0, deaths=0, run_at=now, ended_at=null(), reason="")
    )
    try:
        async with connection.begin_nested():
            return (await connection.execute(ready)).rowcount == 1
    except IntegrityError:
        await hasten(connection, job_id, now)
        done = update(job).where(given_up).values(state=JobState.DONE, reason="put again", payload=b"")
        return (await connection.execute(done)).rowcount == 1


async def given_up(connection: Connection, limit: int) -> tuple[GivenUp, ...]:
    gave_up = and_(job.c.state == JobState.GAVE_UP, _IS_KNOWN)
    newest = select(job).where(gave_up).order_by(job.c.ended_at.desc()).limit(limit)
    return tuple(
        GivenUp(
            row.id,
            JobKind(row.kind),
            row.key,
            row.incident_id,
            row.attempts + row.deaths,
            row.reason,
            from_micros(row.created_at),
            from_micros(row.ended_at),
        )
        for row in await connection.execute(newest)
    )


async def count(connection: Connection) -> tuple[JobCount, ...]:
    rows = await connection.execute(
        select(job.c.kind, job.c.state, func.count().label("jobs"))
        .where(_IS_KNOWN)
        .group_by(job.c.kind, job.c.state)
    )
    return tuple(JobCount(JobKind(row.kind), JobState(row.state), row.jobs) for row in rows)


async def oldest_waits(connection: Connection, database: Database) -> dict[JobKind, float]:
    """Seconds, for each kind with a job that waits: since it was put if it was tried before, else since it fell due."""
    since = case((job.c.attempts > 0, job.c.created_at), else_=job.c.run_at)
    rows = await connection.execute(
        select(job.c.kind, (database.now() - func.min(since)).label("wait"))
        .where(job.c.state == IS_READY, _IS_KNOWN)
        .group_by(job.c.kind)
    )
    return {JobKind(row.kind): max(0.0, row.wait / SECOND) for row in rows}
