"""What people ask, as jobs: each once for as long as it is remembered, and what a handler has come to is kept with it."""

import asyncio

from bot.incidents.audit import Deed, Person, Via
from bot.incidents.queue import Queue
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, Job, JobKind, JobState, NewJob, Outcome
from tests.builders import NOW
from tests.incidents.conftest import Place
from tests.incidents.working import FROZEN, Recorder, event, states, until, until_state, working

DEED = Deed(NOW, Person(Via.SLACK, "U1", "kim"), "diagnose", "web")


def ask(number: int = 1, payload: bytes = b"asked") -> NewJob:
    return NewJob(JobKind.ASK, f"k{number}", f"ask:k{number}", payload)


async def test_an_ask_is_run_once_however_often_it_is_put(place: Place) -> None:
    store = await place.open()
    seen = Recorder(gate=asyncio.Event())
    async with working(store, seen, kind=JobKind.ASK) as queue:
        await queue.put([ask(), ask(), event()])
        await until(lambda: seen.running == 1)
        await queue.put([ask()])
        assert seen.gate is not None
        seen.gate.set()
        await until_state(store, done=1, ready=1)
        await queue.put([ask(), ask(2)])
        await until_state(store, done=2, ready=1)
    store = await place.reopen()
    async with working(store, seen, kind=JobKind.ASK) as queue:
        await queue.put([ask()])
        assert await states(store) == {JobState.DONE: 2, JobState.READY: 1}
    assert [job.key for job in seen.jobs] == ["k1", "k2"]


async def test_webhooks_are_put_again_beside_asks(store: Store) -> None:
    seen = Recorder()
    async with working(store, seen) as queue:
        for count in (1, 2):
            await queue.put([ask(), event()])
            await until_state(store, done=count, ready=1)
    assert len(seen.jobs) == 2


class Amends:
    """Keeps something with its job, and is run again."""

    def __init__(self, deed: Deed | None = None) -> None:
        self.deed = deed
        self.queue: Queue | None = None
        self.payloads: list[bytes] = []

    async def __call__(self, job: Job) -> Outcome:
        assert self.queue is not None
        self.payloads.append(job.payload)
        assert await self.queue.amend(job.id, job.payload + b"+", self.deed)
        return Done() if len(self.payloads) == 2 else Again(0.0, "once more")


async def test_what_was_amended_is_there_at_the_next_attempt(place: Place) -> None:
    store, amends = await place.open(), Amends(DEED)
    async with working(store, amends, kind=JobKind.ASK) as queue:
        amends.queue = queue
        await queue.put([ask()])
        await until_state(store, done=1)
    assert amends.payloads == [b"asked", b"asked+"]
    assert [deed.action for deed in await store.deeds()] == ["diagnose", "diagnose"]


async def test_whoever_lost_a_job_amends_nothing(place: Place) -> None:
    """Neither the job nor the audit: an owner that was frozen wakes up when another has it."""
    store = await place.open()
    results: list[bool] = []
    asleep = asyncio.Event()

    async def frozen(job: Job) -> Outcome:
        await asleep.wait()
        results.append(await first.amend(job.id, b"mine", DEED))
        return Done()

    seen = Recorder(gate=asyncio.Event())
    async with working(store, frozen, FROZEN, JobKind.ASK) as first:
        await first.put([ask()])
        await until(lambda: bool(first._running))
        async with working(await place.beside(store), seen, kind=JobKind.ASK):
            await until(lambda: seen.running == 1)
            asleep.set()
            await until(lambda: bool(results))
            assert seen.gate is not None
            seen.gate.set()
            await until_state(store, done=1)
    assert results == [False]
    assert await store.deeds() == ()
    assert [(job.payload, job.deaths) for job in seen.jobs] == [(b"asked", 1)]


async def test_nothing_is_amended_that_does_not_run(store: Store) -> None:
    queue = Queue(store, {})
    await queue.put([ask()])
    assert not await queue.amend(1, b"x", DEED)
    assert await store.deeds() == ()
