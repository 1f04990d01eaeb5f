"""A queue at work in a test, and what one needs to look at it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import text

from bot.incidents.queue import Queue, QueueOptions
from bot.incidents.store import Store
from bot.incidents.work import Done, Handler, Job, JobKind, JobState, NewJob, Outcome

# A heartbeat that comes once, long after the lease has run out, makes an owner that is frozen.
QUICK = QueueOptions(lease=5.0, heartbeat=0.05, poll=0.05, backoff=0.01)
FROZEN = replace(QUICK, lease=0.1, heartbeat=3600)


@dataclass(slots=True)
class Recorder:
    """A handler that remembers what it was given and answers as told; Done when told nothing."""

    answers: list[Outcome | Exception] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    gate: asyncio.Event | None = None
    running: int = 0
    most_running: int = 0

    async def __call__(self, job: Job) -> Outcome:
        self.jobs.append(job)
        answer = self.answers.pop(0) if self.answers else Done()
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.gate is not None:
                await self.gate.wait()
            else:
                await asyncio.sleep(0)
        finally:
            self.running -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def working(
    store: Store, handler: Handler, options: QueueOptions = QUICK, kind: JobKind = JobKind.EVENT
) -> AsyncIterator[Queue]:
    handlers: Mapping[JobKind, Handler] = {kind: handler}
    queue = Queue(store, handlers, options=options)
    await queue.start()
    yield queue
    await queue.stop(grace=0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # a test looks from outside
            await asyncio.sleep(0.005)


async def states(store: Store) -> dict[JobState, int]:
    return {count.state: count.count for count in await store.jobs_by_state()}


async def until_state(store: Store, **wanted: int) -> None:
    async with asyncio.timeout(20):
        while await states(store) != {JobState(state): count for state, count in wanted.items()}:  # noqa: ASYNC110  # same
            await asyncio.sleep(0.005)


async def rename(store: Store, table: str, name: str) -> None:
    """A store that fails, and with the names the other way round one that works again."""
    async with store.database.write() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


def event(dedup: str = "e1", *, key: str = "g1", delay: float = 0.0, payload: bytes = b"body") -> NewJob:
    return NewJob(JobKind.EVENT, key, dedup, payload, delay)
