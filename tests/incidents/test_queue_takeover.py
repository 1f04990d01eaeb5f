"""What becomes of jobs whose owner is gone, frozen or poisoned by them."""

import asyncio
from dataclasses import replace

import pytest

from bot.incidents.queue import Queue
from bot.incidents.work import Done, Job, JobKind, JobState, Outcome
from bot.observe import JOB_OUTCOMES
from tests.incidents.conftest import Place
from tests.incidents.working import (
    FROZEN,
    QUICK,
    Recorder,
    event,
    rename,
    states,
    until,
    until_state,
    working,
)


async def vanish(queue: Queue) -> None:
    """As SIGKILL would: nothing is given back."""
    tasks = [*queue._loops, *(run.task for run in queue._running.values())]
    queue._store.wakers.remove(queue._news.set)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_owner_that_vanished_is_taken_over(place: Place) -> None:
    store = await place.open()
    lost, found = Recorder(gate=asyncio.Event()), Recorder()
    gone = Queue(store, {JobKind.EVENT: lost}, options=replace(QUICK, lease=0.2))
    await gone.start()
    await gone.put([event()])
    await until(lambda: lost.running == 1)
    await vanish(gone)
    async with working(await place.beside(store), found):
        await until_state(store, done=1)
    assert [job.attempts for job in found.jobs] == [1], "a death is no failure of the job"


async def test_a_restart_takes_over_at_once_where_nobody_else_can_be(place: Place) -> None:
    """On PostgreSQL the owner may be alive, so there its lease counts."""
    store = await place.open()
    lost, found = Recorder(gate=asyncio.Event()), Recorder()
    gone = Queue(store, {JobKind.EVENT: lost}, options=replace(QUICK, lease=3600))
    await gone.start()
    await gone.put([event()])
    await until(lambda: lost.running == 1)
    await vanish(gone)
    store = await place.reopen()
    async with working(store, found):
        if place.shared:
            await asyncio.sleep(0.2)
            assert found.jobs == []
        else:
            await until_state(store, done=1)


async def test_a_lease_is_renewed_while_its_owner_lives(place: Place) -> None:
    store = await place.open()
    slow, other = Recorder(gate=asyncio.Event()), Recorder()
    async with working(store, slow, replace(QUICK, lease=0.6)) as queue:
        await queue.put([event()])
        await until(lambda: slow.running == 1)
        async with working(await place.beside(store), other):
            await asyncio.sleep(1.0)
            assert other.jobs == []
            assert slow.gate is not None
            slow.gate.set()
            await until_state(store, done=1)


async def test_the_result_of_a_frozen_owner_is_dropped(place: Place) -> None:
    store = await place.open()
    lost = JOB_OUTCOMES.labels("event", "lost")
    before = lost._value.get()
    frozen = Recorder(gate=asyncio.Event())
    taking = Recorder(gate=asyncio.Event())
    async with working(store, frozen, FROZEN) as queue:
        await queue.put([event()])
        await until(lambda: frozen.running == 1)
        async with working(await place.beside(store), taking):
            await until(lambda: taking.running == 1)
            assert frozen.gate is not None
            frozen.gate.set()
            await until(lambda: lost._value.get() == before + 1)
            assert await states(store) == {JobState.RUNNING: 1}
            assert taking.gate is not None
            taking.gate.set()
            await until_state(store, done=1)
    assert [job.attempts for job in taking.jobs] == [1]


async def test_an_owner_that_wakes_up_stops_what_it_has_lost(place: Place) -> None:
    store = await place.open()
    thaw = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await (thaw.wait() if seconds == FROZEN.heartbeat else asyncio.sleep(seconds))
        thaw.clear()

    frozen, taking = Recorder(gate=asyncio.Event()), Recorder(gate=asyncio.Event())
    queue = Queue(store, {JobKind.EVENT: frozen}, options=FROZEN, sleep=sleep)
    await queue.start()
    await queue.put([event()])
    await until(lambda: frozen.running == 1)
    async with working(await place.beside(store), taking):
        await until(lambda: taking.running == 1)
        thaw.set()
        await until(lambda: frozen.running == 0)
        assert taking.running == 1
        assert taking.gate is not None
        taking.gate.set()
        await until_state(store, done=1)
    await queue.stop(grace=0)


async def test_a_job_that_kills_its_process_is_given_up(place: Place) -> None:
    store = await place.open()
    options = replace(QUICK, lease=0.1, deaths={JobKind.EVENT: 2})
    await Queue(store, {}).put([event()])
    for _ in range(2):
        poisoned = Recorder(gate=asyncio.Event())
        queue = Queue(store, {JobKind.EVENT: poisoned}, options=options)
        await queue.start()
        await until(lambda poisoned=poisoned: poisoned.running == 1)  # type: ignore[misc]  # binds the loop's value
        await vanish(queue)
    spared = Recorder()
    async with working(store, spared, options):
        await until_state(store, gave_up=1)
    assert spared.jobs == []
    (given_up,) = await store.gave_up()
    assert given_up.attempts == 2
    assert "ended with its process" in given_up.reason


async def test_a_job_is_not_taken_over_from_itself(place: Place) -> None:
    """A clock that jumps ends every lease at once; who runs the job still knows that it does."""
    store = await place.open()
    slow = Recorder(gate=asyncio.Event())
    async with working(store, slow, FROZEN) as queue:
        await queue.put([event()])
        await asyncio.sleep(0.4)
        assert len(slow.jobs) == 1
        assert slow.gate is not None
        slow.gate.set()
        await until_state(store, done=1)


async def test_two_replicas_share_a_backlog_without_running_anything_twice(place: Place) -> None:
    one = await place.open()
    two = await place.beside(one)
    ran: list[bytes] = []

    async def handler(job: Job) -> Outcome:
        ran.append(job.payload)
        await asyncio.sleep(0.001)
        return Done()

    steady = replace(QUICK, lease=30.0)
    async with working(one, handler, steady) as first, working(two, handler, steady) as second:
        for number in range(40):
            queue = first if number % 2 else second
            await queue.put([event(f"e{number}", key=f"g{number % 7}", payload=b"%d" % number)])
        await until_state(one, done=40)
    assert sorted(ran, key=int) == [b"%d" % number for number in range(40)]


async def test_the_workers_go_on_when_the_store_is_back(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await place.open()
    seen = Recorder()
    async with working(store, seen) as queue:
        await queue.put([event("before")])
        await until_state(store, done=1)
        await rename(store, "job", "elsewhere")
        store.wake()
        await asyncio.sleep(0.2)
        assert capsys.readouterr().out.count("jobs wait until the store answers again") == 1
        assert queue.healthy() == ""
        await rename(store, "elsewhere", "job")
        await queue.put([event("after")])
        await until_state(store, done=2)


async def test_an_answer_is_kept_until_the_store_takes_it(place: Place) -> None:
    store = await place.open()
    seen = Recorder(gate=asyncio.Event())
    async with working(store, seen) as queue:
        await queue.put([event()])
        await until(lambda: seen.running == 1)
        await rename(store, "job", "elsewhere")
        assert seen.gate is not None
        seen.gate.set()
        await until(lambda: seen.running == 0)
        await asyncio.sleep(0.1)
        await rename(store, "elsewhere", "job")
        await until_state(store, done=1)
    assert len(seen.jobs) == 1
