"""The store: incidents with their timeline, the ledger of delivery and the jobs, in SQLite or PostgreSQL.

Everything written is on disk when its call returns. Whatever goes wrong with the database is a StoreError. The jobs
are run by `bot.incidents.queue`; nothing here decides what an alert or a job means.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Select, Table, func, literal, make_url, select, tuple_
from sqlalchemy.exc import ArgumentError

from bot.delivery.digest import Storm
from bot.diagnosis.bundle import unpack
from bot.incidents import codec, deaths, jobs, kept_storms
from bot.incidents.database import Database, StoreError
from bot.incidents.jobs import GivenUp, JobCount
from bot.incidents.kept_audit import KeptAudit
from bot.incidents.kept_ledger import KeptLedger
from bot.incidents.kept_silences import KeptSilences, silences_of
from bot.incidents.kept_ticks import ticks_of
from bot.incidents.postgresql import PostgresqlDatabase
from bot.incidents.relations import relations
from bot.incidents.schema import bundle, diagnosis, from_micros, incident, recheck, timeline, to_micros
from bot.incidents.sqlite import SqliteDatabase
from bot.incidents.transaction import Transaction, bodies, decoded
from bot.incidents.work import JobKind
from bot.model import Facts, Incident, IncidentState

__all__ = ["Entry", "GivenUp", "JobCount", "Store", "StoreError", "Transaction"]

_HEALTH_SECONDS = 2.0
_LONGEST_TIMELINE = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an incident's timeline."""

    at: datetime
    reason: str
    facts: Facts


def now_utc() -> datetime:
    return datetime.now(UTC)


class Store(KeptLedger, KeptAudit, KeptSilences):
    """`replica` names this process among those that share the store; `wakers` are called when jobs were put."""

    def __init__(self, url: str, *, replica: str, clock: Callable[[], datetime] = now_utc) -> None:
        self.database = _database(url, clock)
        self.replica = replica
        self.clock = clock
        self.wakers: list[Callable[[], None]] = []
        super().__init__(self.database)

    async def open(self) -> None:
        await self.database.open()
        if isinstance(self.database, SqliteDatabase):
            # The lock on the file proves that whoever ran jobs is gone: no need to wait for their leases.
            async with self.database.write() as connection:
                await deaths.abandon_all(connection, self.database)

    async def look(self) -> None:
        """Instead of `open`, for who only reads: beside a process that has it open, and changing nothing."""
        await self.database.look()

    async def close(self) -> None:
        await self.database.close()

    async def healthy(self) -> str:
        """Empty, or why the store cannot be used."""
        try:
            async with asyncio.timeout(_HEALTH_SECONDS), self.database.read() as connection:
                await connection.execute(select(literal(1)))
        except TimeoutError:
            return f"the store did not answer within {_HEALTH_SECONDS:g} s"
        except StoreError as error:
            return str(error)
        return ""

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Short, and never around another call of the store or the queue, which would wait for its end."""
        async with self.database.write() as connection:
            transaction = Transaction(connection, self.database)
            yield transaction
        if transaction.has_put:
            self.wake()

    def wake(self) -> None:
        for waker in self.wakers:
            waker()

    async def get(self, incident_id: str) -> Incident | None:
        async with self.database.read() as connection:
            row = (await connection.execute(bodies().where(incident.c.id == incident_id))).first()
            if row is None:
                return None
            found = await relations(connection, [incident_id])
            silences = await silences_of(connection, [incident_id])
            ticks = await ticks_of(connection, incident_id)
        whole = await decoded(*row)
        return replace(whole, related=found[incident_id], silences=silences[incident_id], ticks=ticks)

    async def incidents(
        self, *, state: IncidentState | None = None, limit: int = 50, before: str | None = None
    ) -> tuple[Incident, ...]:
        """Newest first and without their diagnoses, re-checks and ticks; `before` is the last id of the page before."""
        query = select(incident.c.id, incident.c.body).order_by(
            incident.c.opened_at.desc(), incident.c.id.desc()
        )
        if state is not None:
            query = query.where(incident.c.state == state.value)
        if before is not None:
            last = incident.alias("last")
            edge = select(last.c.opened_at, last.c.id).where(last.c.id == before).scalar_subquery()
            query = query.where(tuple_(incident.c.opened_at, incident.c.id) < edge)
        async with self.database.read() as connection:
            bodies_found = (await connection.execute(query.limit(limit))).all()
            ids = [row.id for row in bodies_found]
            found = await relations(connection, ids) if ids else {}
            silences = await silences_of(connection, ids) if ids else {}
        # Beside the event loop: many small ones take as long as a large one.
        listed = await asyncio.to_thread(lambda: [codec.decode_incident(row.body) for row in bodies_found])
        return tuple(replace(one, related=found[one.id], silences=silences[one.id]) for one in listed)

    async def with_causes(self, listed: Sequence[Incident]) -> tuple[Incident, ...]:
        """With the diagnoses and re-checks that a list comes without."""
        if not listed:
            return ()
        async with self.database.read() as connection:
            ids = [one.id for one in listed]
            diagnosed = await connection.execute(_bodies_of(diagnosis, ids))
            looked_again = await connection.execute(_bodies_of(recheck, ids))
        diagnoses = {one: codec.decode_diagnoses(body) for one, body in diagnosed}
        rechecks = {one: codec.decode_rechecks(body) for one, body in looked_again}
        return tuple(
            replace(one, diagnoses=diagnoses.get(one.id, ()), rechecks=rechecks.get(one.id, ()))
            for one in listed
        )

    async def beginning(self, prefix: str, limit: int = 20) -> tuple[str, ...]:
        """Ids of incidents that begin so: those that fire first, and the newest first."""
        quiet = incident.c.state != IncidentState.FIRING.value
        query = select(incident.c.id).where(incident.c.id.startswith(prefix, autoescape=True))
        order = (quiet, incident.c.opened_at.desc(), incident.c.id)
        async with self.database.read() as connection:
            return tuple((await connection.execute(query.order_by(*order).limit(limit))).scalars())

    async def timeline(self, incident_id: str) -> tuple[Entry, ...]:
        """Oldest first; of a very long one the newest entries."""
        query = select(timeline).where(timeline.c.incident_id == incident_id)
        newest = query.order_by(timeline.c.at.desc(), timeline.c.id.desc()).limit(_LONGEST_TIMELINE)
        async with self.database.read() as connection:
            rows = (await connection.execute(newest)).all()
        return tuple(
            Entry(from_micros(row.at), row.reason, codec.decode_facts(row.facts)) for row in reversed(rows)
        )

    async def bundle(self, incident_id: str) -> bytes | None:
        """What the diagnoses were made from, as one JSON document; None where none was kept."""
        query = select(bundle.c.body).where(bundle.c.incident_id == incident_id)
        async with self.database.read() as connection:
            packed = (await connection.execute(query)).scalar()
        return None if packed is None else await asyncio.to_thread(unpack, packed)

    async def counts(self) -> dict[IncidentState, int]:
        query = select(incident.c.state, func.count()).group_by(incident.c.state)
        async with self.database.read() as connection:
            found = {IncidentState(state): count for state, count in await connection.execute(query)}
        return {state: found.get(state, 0) for state in IncidentState}

    async def unheard(self, before: datetime, limit: int = 100) -> tuple[str, ...]:
        """Ids of firing incidents last heard of before then, the longest silent first."""
        firing = incident.c.state == IncidentState.FIRING.value
        query = select(incident.c.id).where(firing, incident.c.heard_at < to_micros(before))
        async with self.database.read() as connection:
            return tuple(
                (await connection.execute(query.order_by(incident.c.heard_at).limit(limit))).scalars()
            )

    async def storms(self) -> tuple[Storm, ...]:
        """Those that are on, by channel."""
        async with self.database.read() as connection:
            return await kept_storms.on(connection)

    async def gave_up(self, limit: int = 50) -> tuple[GivenUp, ...]:
        """Jobs that failed for good, newest first; `Queue.retry` takes one up again."""
        async with self.database.read() as connection:
            return await jobs.given_up(connection, limit)

    async def jobs_by_state(self) -> tuple[JobCount, ...]:
        async with self.database.read() as connection:
            return await jobs.count(connection)

    async def oldest_waits(self) -> dict[JobKind, float]:
        async with self.database.read() as connection:
            return await jobs.oldest_waits(connection, self.database)


def _database(url: str, clock: Callable[[], datetime]) -> Database:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = URL.create("")
    match parsed.drivername, parsed.host, parsed.database:
        case "postgresql", _, str():
            return PostgresqlDatabase(parsed)
        case "sqlite", None, str(path) if path != ":memory:" and not parsed.query:
            return SqliteDatabase(Path(path), clock)
    raise StoreError(
        "a store is sqlite:///FILE, sqlite:////ABSOLUTE/FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
    )


def _bodies_of(table: Table, ids: Sequence[str]) -> Select[str, str]:
    return select(table.c.incident_id, table.c.body).where(table.c.incident_id.in_(ids))
