"""Leases on jobs, in SQL: claiming, renewing, answering, giving back. The transaction is the caller's to hold.

A claim is a lease with a fence number; whoever answers with an older number has lost the job and is not heard. A job whose
process ended is taken over at once, and the more slowly the oftener that happens: it may be what ends them, or stand beside.
How much to claim and what an outcome means is the queue's to decide.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from bot.incidents.database import Connection, Database, execute
from bot.incidents.deaths import PAUSE
from bot.incidents.jobs import hasten, job_of
from bot.incidents.schema import IS_READY, IS_RUNNING, SECOND, job, short
from bot.incidents.work import Job, JobKind, JobState

_VANISHED = "every attempt ended with its process, before it could answer"


@dataclass(frozen=True, slots=True)
class Claim:
    job: Job
    fence: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a claimed job. `after` (seconds) counts only for READY; `refund` gives the attempt back."""

    claim: Claim
    state: JobState
    after: float = 0.0
    reason: str = ""
    refund: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What one owner may claim: free places of each kind that has any, how often a job may be tried and how often end with
    its process, and for how long.

    `busy` are the jobs that it runs: never claimed a second time, however far a clock may have jumped.
    """

    owner: str
    room: Mapping[JobKind, int]
    attempts: Mapping[JobKind, int]
    deaths: Mapping[JobKind, int]
    lease: float
    busy: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Claimed:
    claims: tuple[Claim, ...] = ()
    given_up: tuple[Job, ...] = ()


async def claim(connection: Connection, database: Database, terms: Terms) -> Claimed:
    """Lend what is due and free to the owner; give up what has been tried too often without an answer."""
    await database.alone(connection, "claims")
    found = await connection.execute(_candidates(database, tuple(sorted(terms.room))), _asked(terms))
    rows = list(found)
    spent = [row for row in rows if _is_spent(row, terms)]
    chosen = _choose([row for row in rows if not _is_spent(row, terms)], terms.room)
    return Claimed(
        claims=await _lend(connection, database, chosen, terms) if chosen else (),
        given_up=await _give_up(connection, database, spent) if spent else (),
    )


_Candidate = Row[int, str, str, str, int, int, int, int]


def _is_spent(row: _Candidate, terms: Terms) -> bool:
    kind = JobKind(row.kind)
    if row.state == JobState.READY:
        return bool(row.attempts >= terms.attempts[kind])
    return bool(row.deaths + 1 >= terms.deaths[kind])


# Composing this takes longer than running it, so each composition is kept; what differs is bound.
@lru_cache
def _candidates(
    database: Database, kinds: tuple[JobKind, ...]
) -> Select[int, str, str, str, int, int, int, int]:
    """The oldest due jobs of every kind with room whose key is free, and jobs whose owner let the lease expire."""
    now = database.now()
    expired = _expired(now)
    late = select(job.c.id).where(expired, job.c.kind.in_(kinds))
    due = (select(_due(kind, now).c.id) for kind in kinds)
    return (
        select(job.c.id, job.c.kind, job.c.key, job.c.state, job.c.run_at, job.c.attempts, job.c.deaths)
        .add_columns(database.size(job.c.payload).label("size"))
        .where(job.c.id.in_(late.union_all(*due)))
        # Said again of the row itself: PostgreSQL asks this once more when a row changed before it was locked.
        .where(or_(job.c.state == IS_READY, expired))
        .with_for_update(skip_locked=True)
    )


def _asked(terms: Terms) -> dict[str, object]:
    """More than there is room for, since only one of each key will be chosen."""
    return {"busy": sorted(terms.busy)} | {f"room_{kind}": 4 * room for kind, room in terms.room.items()}


def _expired(now: ColumnElement[int]) -> ColumnElement[bool]:
    busy = bindparam("busy", type_=BigInteger, expanding=True)
    patient = job.c.lease_until + PAUSE <= now
    return and_(job.c.state == IS_RUNNING, job.c.lease_until <= now, patient, job.c.id.not_in(busy))


def _free(now: ColumnElement[int]) -> ColumnElement[bool]:
    """Due, and no other of its kind and key runs."""
    running = job.alias("running")
    busy = select(running.c.id).where(
        running.c.key == job.c.key, running.c.kind == job.c.kind, running.c.state == IS_RUNNING
    )
    return and_(job.c.state == IS_READY, job.c.run_at <= now, ~busy.exists())


def _due(kind: JobKind, now: ColumnElement[int]) -> Subquery:
    return (
        select(job.c.id)
        .where(_free(now), job.c.kind == kind)
        .order_by(job.c.run_at, job.c.id)
        .limit(bindparam(f"room_{kind}", type_=BigInteger))
        .subquery()
    )


def _choose(rows: Iterable[_Candidate], room: Mapping[JobKind, int]) -> list[_Candidate]:
    """One job for each kind and key, the abandoned ones first, as far as the room of each kind goes."""
    left, keys, chosen = dict(room), set[tuple[JobKind, str]](), list[_Candidate]()
    for row in sorted(rows, key=lambda row: (row.state == JobState.READY, row.run_at, row.id)):
        kind = JobKind(row.kind)
        if (kind, row.key) not in keys and left[kind] > 0:
            left[kind] -= 1
            keys.add((kind, row.key))
            chosen.append(row)
    return chosen


async def _lend(
    connection: Connection, database: Database, chosen: list[_Candidate], terms: Terms
) -> tuple[Claim, ...]:
    lent = (
        update(job)
        .where(job.c.id.in_([row.id for row in chosen]))
        .values(
            state=JobState.RUNNING,
            owner=terms.owner,
            attempts=case((job.c.state == IS_RUNNING, job.c.attempts), else_=job.c.attempts + 1),
            deaths=case((job.c.state == IS_RUNNING, job.c.deaths + 1), else_=job.c.deaths),
            fence=job.c.fence + 1,
            lease_until=database.now() + round(terms.lease * SECOND),
        )
        .returning(job)
    )
    # Each change of a row writes the whole of it, payload included.
    rows = await execute(connection, lent, size=sum(row.size for row in chosen))
    return tuple(Claim(job_of(row), row.fence) for row in rows)


async def _give_up(
    connection: Connection, database: Database, spent: Sequence[_Candidate]
) -> tuple[Job, ...]:
    ended = (
        update(job)
        .where(job.c.id.in_([row.id for row in spent]))
        .values(
            state=JobState.GAVE_UP, ended_at=database.now(), owner="", lease_until=null(), reason=_VANISHED
        )
        .returning(job)
    )
    return tuple(job_of(row) for row in await connection.execute(ended))


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether there is something to claim, and in how many seconds the next job falls due, if any waits."""

    due: bool
    next_in: float | None


async def look_ahead(connection: Connection, database: Database, terms: Terms) -> Outlook:
    found = await connection.execute(
        _outlook(database, tuple(sorted(terms.room))), {"busy": sorted(terms.busy)}
    )
    row = found.one()
    return Outlook(bool(row.due), None if row.next is None else row.next / SECOND)


@lru_cache
def _outlook(database: Database, kinds: tuple[JobKind, ...]) -> Select[bool, int]:
    now = database.now()
    ready = select(job.c.id).where(_free(now), job.c.kind.in_(kinds))
    expired = select(job.c.id).where(_expired(now), job.c.kind.in_(kinds))
    later = select(func.min(job.c.run_at) - now).where(job.c.state == IS_READY, job.c.run_at > now)
    return select(or_(ready.exists(), expired.exists()).label("due"), later.scalar_subquery().label("next"))


async def answer(connection: Connection, database: Database, answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Write down what became of claimed jobs; gives the answers that came too late to be heard."""
    done = [answer for answer in answers if answer.state is JobState.DONE]
    heard = set(await _end(connection, database, done)) if done else set()
    for answer in answers:
        if answer.state is not JobState.DONE and await _other(connection, database, answer):
            heard.add(answer.claim.job.id)
    return tuple(answer for answer in answers if answer.claim.job.id not in heard)


async def _other(connection: Connection, database: Database, answer: Answer) -> bool:
    if answer.state is JobState.READY:
        return await _again(connection, database, answer)
    return bool(await _end(connection, database, [answer]))


def _claimed(claims: Iterable[Claim]) -> ColumnElement[bool]:
    fences = [(claim.job.id, claim.fence) for claim in claims]
    return and_(job.c.state == IS_RUNNING, tuple_(job.c.id, job.c.fence).in_(fences))


async def _end(connection: Connection, database: Database, answers: Sequence[Answer]) -> frozenset[int]:
    """All `answers` in one state with one reason. What is done needs its payload no more."""
    first = answers[0]
    values = {"payload": b""} if first.state is JobState.DONE else {}
    ended = (
        update(job)
        .where(_claimed(answer.claim for answer in answers))
        .values(state=first.state, ended_at=database.now(), reason=short(first.reason), owner="", **values)
        .values(lease_until=null())
        .returning(job.c.id)
    )
    rows = await execute(connection, ended, size=_size(answer.claim for answer in answers))
    return frozenset(row.id for row in rows)


def _size(claims: Iterable[Claim]) -> int:
    return sum(len(claim.job.payload) for claim in claims)


async def _again(connection: Connection, database: Database, answer: Answer) -> bool:
    due = database.now() + round(answer.after * SECOND)
    back = (
        update(job)
        .where(_claimed([answer.claim]))
        .values(state=JobState.READY, run_at=due, owner="", lease_until=null(), reason=short(answer.reason))
        .values(attempts=job.c.attempts - (1 if answer.refund else 0), deaths=0)
    )
    try:
        async with connection.begin_nested():
            return (await connection.execute(back)).rowcount == 1
    except IntegrityError:
        # The same work was put again while this ran: that one waits, now for the earlier of the two times.
        job_id = answer.claim.job.id
        await hasten(connection, job_id, due)
        return bool(
            await _end(connection, database, [Answer(answer.claim, JobState.DONE, reason="put again")])
        )


async def renew(
    connection: Connection, database: Database, claims: Collection[Claim], lease: float
) -> frozenset[int]:
    """Lend these for longer; gives the ids of those that are not lost."""
    renewed = (
        update(job)
        .where(_claimed(claims))
        .values(lease_until=database.now() + round(lease * SECOND))
        .returning(job.c.id)
    )
    return frozenset(row.id for row in await execute(connection, renewed, size=_size(claims)))
