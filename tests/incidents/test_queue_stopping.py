"""A queue that is stopped while the store still writes down what has ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import ColumnElement, Table

from bot.incidents.database import Connection, Database, Upsert
from bot.incidents.queue import Queue
from bot.incidents.store import Store
from bot.incidents.work import Done, Job, JobKind, JobState, Outcome
from bot.observe import JOB_OUTCOMES
from tests.incidents.conftest import Place
from tests.incidents.working import QUICK, event, states


class Lingering(Database):
    """While `lingers`, it takes a moment from a commit until the caller hears of it."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.lingers = False
        self.committed = asyncio.Event()

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    @asynccontextmanager
    async def write(self, *, first: bool = False) -> AsyncIterator[Connection]:
        async with self._inner.write(first=first) as connection:
            yield connection
        if self.lingers:
            self.committed.set()
            await asyncio.sleep(0.1)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        async with self._inner.read() as connection:
            yield connection

    async def look(self) -> None:
        await self._inner.look()

    async def alone(self, connection: Connection, name: str) -> None:
        await self._inner.alone(connection, name)

    def now(self) -> ColumnElement[int]:
        return self._inner.now()

    def began(self) -> ColumnElement[int]:
        return self._inner.began()

    def size(self, column: ColumnElement[bytes]) -> ColumnElement[int]:
        return self._inner.size(column)

    def insert(self, table: Table) -> Upsert:
        return self._inner.insert(table)


async def opened(place: Place) -> tuple[Store, Lingering]:
    store = await place.open()
    store.database = lingering = Lingering(store.database)
    return store, lingering


async def test_what_was_written_down_while_it_stops_is_not_taken_for_lost(place: Place) -> None:
    store, database = await opened(place)

    async def ends(_: Job) -> Outcome:
        database.lingers = True
        return Done()

    lost = JOB_OUTCOMES.labels("event", "lost")
    before = lost._value.get()
    queue = Queue(store, {JobKind.EVENT: ends}, options=QUICK)
    await queue.start()
    await queue.put([event()])
    await database.committed.wait()
    await queue.stop(grace=0)
    assert lost._value.get() == before
    assert await states(store) == {JobState.DONE: 1}


async def test_what_is_claimed_while_it_stops_is_given_back_without_counting(place: Place) -> None:
    store, database = await opened(place)
    seen: list[Job] = []

    async def never(job: Job) -> Outcome:
        seen.append(job)
        await asyncio.Event().wait()
        return Done()

    queue = Queue(store, {JobKind.EVENT: never}, options=QUICK)
    await Queue(store, {}).put([event()])
    database.lingers = True
    await queue.start()
    await database.committed.wait()
    await queue.stop(grace=0)

    async def ends(job: Job) -> Outcome:
        seen.append(job)
        return Done()

    database.lingers = False
    again = Queue(store, {JobKind.EVENT: ends}, options=QUICK)
    await again.start()
    async with asyncio.timeout(5):
        while await states(store) != {JobState.DONE: 1}:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.005)
    await again.stop(grace=0)
    assert [job.attempts for job in seen][-1] == 1
