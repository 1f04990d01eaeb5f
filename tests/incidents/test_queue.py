"""Durable work, on SQLite and PostgreSQL alike: nothing lost, one of a key at a time, and every attempt bounded."""

import asyncio
from dataclasses import replace

import pytest

from bot.incidents.group_commit import GroupCommit
from bot.incidents.queue import Queue
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, GiveUp, Job, JobKind, JobState, NewJob, Outcome
from bot.observe import JOB_OUTCOMES
from tests.incidents.conftest import Place, an_incident
from tests.incidents.working import QUICK, Recorder, event, states, until, until_state, working


async def test_what_was_put_survives_a_restart(place: Place) -> None:
    await Queue(await place.open(), {}).put([event(payload=b"\x00\xff")])
    store = await place.reopen()
    seen = Recorder()
    async with working(store, seen):
        await until_state(store, done=1)
    (job,) = seen.jobs
    assert (job.kind, job.key, job.payload, job.attempts) == (JobKind.EVENT, "g1", b"\x00\xff", 1)
    assert job.incident_id == ""


async def test_a_put_wakes_the_workers_at_once(store: Store) -> None:
    seen = Recorder()
    async with working(store, seen, replace(QUICK, poll=3600)) as queue:
        await asyncio.sleep(0.05)
        await queue.put([event()])
        await until(lambda: len(seen.jobs) == 1)


async def test_a_transaction_puts_jobs_and_wakes_the_workers(store: Store) -> None:
    seen = Recorder()
    async with working(store, seen, replace(QUICK, poll=3600), JobKind.DELIVER):
        await asyncio.sleep(0.05)
        async with store.begin() as tx:
            await tx.save(an_incident("i7"))
            await tx.put([NewJob(JobKind.DELIVER, "i7", "deliver:i7")])
        await until(lambda: len(seen.jobs) == 1)
    assert seen.jobs[0].incident_id == "i7"


async def test_another_replica_finds_it_by_polling(place: Place) -> None:
    store, seen = await place.open(), Recorder()
    putting = Queue(await place.beside(store), {})
    async with working(store, seen):
        await putting.put([event()])
        await until_state(store, done=1)
    assert len(seen.jobs) == 1


async def test_jobs_that_wait_under_one_dedup_are_one(store: Store) -> None:
    seen, queue = Recorder(), Queue(store, {})
    await queue.put([event(delay=3600), event(delay=3600)])
    assert await states(store) == {JobState.READY: 1}
    await queue.put([event()])
    await queue.put([event(delay=3600)])
    async with working(store, seen):
        await until_state(store, done=1)
    assert len(seen.jobs) == 1


async def test_what_is_put_while_it_runs_is_run_again(store: Store) -> None:
    seen = Recorder(gate=asyncio.Event())
    async with working(store, seen) as queue:
        await queue.put([event()])
        await until(lambda: seen.running == 1)
        await queue.put([event()])
        assert await states(store) == {JobState.RUNNING: 1, JobState.READY: 1}
        assert seen.gate is not None
        seen.gate.set()
        await until_state(store, done=2)
    assert len(seen.jobs) == 2


async def test_a_delay_is_kept(store: Store) -> None:
    seen = Recorder()
    async with working(store, seen, replace(QUICK, poll=3600)) as queue:
        await queue.put([event("later", delay=0.2)])
        await asyncio.sleep(0.1)
        assert seen.jobs == []
        await until(lambda: len(seen.jobs) == 1)


async def test_one_of_a_key_at_a_time_in_the_order_put_across_replicas(place: Place) -> None:
    one = await place.open()
    two = await place.beside(one)
    seen = Recorder()
    async with working(one, seen) as queue, working(two, seen):
        await queue.put([event(f"{9 - number}", payload=bytes([number])) for number in range(10)])
        await until_state(one, done=10)
    assert seen.most_running == 1
    assert [job.payload[0] for job in seen.jobs] == list(range(10))


async def test_keys_run_beside_each_other_as_far_as_there_are_places(store: Store) -> None:
    seen = Recorder(gate=asyncio.Event())
    options = replace(QUICK, places={JobKind.EVENT: 3})
    async with working(store, seen, options) as queue:
        await queue.put([event(f"e{number}", key=f"g{number}") for number in range(5)])
        await until(lambda: seen.running == 3)
        await asyncio.sleep(0.1)
        assert seen.running == 3
        assert seen.gate is not None
        seen.gate.set()
        await until_state(store, done=5)


async def test_many_of_one_key_leave_places_to_others(store: Store) -> None:
    seen = Recorder(gate=asyncio.Event())
    options = replace(QUICK, places={JobKind.EVENT: 3}, poll=3600)
    await Queue(store, {}).put([event(f"e{number}", key="hot") for number in range(9)])
    await Queue(store, {}).put([event("cold1", key="g1"), event("cold2", key="g2")])
    async with working(store, seen, options):
        await until(lambda: seen.running == 3)
    assert {job.key for job in seen.jobs} == {"hot", "g1", "g2"}


async def test_kinds_of_one_key_do_not_wait_for_each_other(store: Store) -> None:
    diagnosing, delivered = Recorder(gate=asyncio.Event()), Recorder()
    handlers = {JobKind.DIAGNOSE: diagnosing, JobKind.DELIVER: delivered}
    queue = Queue(store, handlers, options=QUICK)
    await queue.start()
    await queue.put(
        [NewJob(JobKind.DIAGNOSE, "i1", "diagnose:i1"), NewJob(JobKind.DELIVER, "i1", "deliver:i1")]
    )
    await until(lambda: len(delivered.jobs) == 1 and diagnosing.running == 1)
    await queue.stop(grace=0)


async def test_again_counts_attempts_and_then_gives_up(store: Store) -> None:
    seen = Recorder([Again(0, f"slack is down {n}") for n in range(3)])
    async with working(store, seen, replace(QUICK, attempts={JobKind.EVENT: 3})) as queue:
        await queue.put([event()])
        await until_state(store, gave_up=1)
    (given_up,) = await store.gave_up()
    assert (given_up.attempts, given_up.reason, given_up.key) == (3, "slack is down 2", "g1")
    assert [job.attempts for job in seen.jobs] == [1, 2, 3]


async def test_waiting_that_does_not_count_may_last(store: Store) -> None:
    seen = Recorder([Again(0, "rate limited", counts=False) for _ in range(5)])
    async with working(store, seen, replace(QUICK, attempts={JobKind.EVENT: 1})) as queue:
        await queue.put([event()])
        await until_state(store, done=1)
    assert [job.attempts for job in seen.jobs] == [1] * 6


async def test_an_exception_is_a_failed_attempt(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    failed = JOB_OUTCOMES.labels("event", "failed")
    before = failed._value.get()
    seen = Recorder([ValueError("bad\x00 thing"), ValueError("bad\x00 thing")])
    async with working(store, seen, replace(QUICK, attempts={JobKind.EVENT: 2})) as queue:
        await queue.put([event()])
        await until_state(store, gave_up=1)
    assert (await store.gave_up())[0].reason == "ValueError: bad thing"
    assert failed._value.get() == before + 1
    assert "Traceback" in capsys.readouterr().out


async def test_a_handler_that_cancels_itself_is_a_failed_attempt(store: Store) -> None:
    tries = 0

    async def handler(job: Job) -> Outcome:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise asyncio.CancelledError
        return Done()

    async with working(store, handler) as queue:
        await queue.put([event()])
        await until_state(store, done=1)
    assert tries == 2


async def test_given_up_for_good_can_be_retried(store: Store) -> None:
    seen = Recorder([GiveUp("no such channel")])
    async with working(store, seen) as queue:
        await queue.put([event(payload=b"kept")])
        await until_state(store, gave_up=1)
        (given_up,) = await store.gave_up()
        assert given_up.reason == "no such channel"
        assert await queue.retry(given_up.id)
        await until_state(store, done=1)
        assert not await queue.retry(given_up.id)
    assert [(job.attempts, job.payload) for job in seen.jobs] == [(1, b"kept"), (1, b"kept")]


async def test_a_retry_joins_what_waits_already(store: Store) -> None:
    seen = Recorder([GiveUp("no")])
    async with working(store, seen) as queue:
        await queue.put([event()])
        await until_state(store, gave_up=1)
        (given_up,) = await store.gave_up()
        await queue.put([event(delay=3600)])
        assert await queue.retry(given_up.id)
        await until_state(store, done=2)
    assert len(seen.jobs) == 2


async def test_again_joins_what_was_put_meanwhile_at_the_earlier_time(store: Store) -> None:
    seen = Recorder([Again(0, "once more")], gate=asyncio.Event())
    async with working(store, seen) as queue:
        await queue.put([event()])
        await until(lambda: seen.running == 1)
        await queue.put([event(delay=3600)])
        assert seen.gate is not None
        seen.gate.set()
        await until_state(store, done=2)
    assert [job.id for job in seen.jobs] == sorted({job.id for job in seen.jobs})


async def test_stopping_waits_and_then_gives_back_without_counting(place: Place) -> None:
    store = await place.open()
    quick, stuck = Recorder(), Recorder(gate=asyncio.Event())
    begun: set[str] = set()

    async def handler(job: Job) -> Outcome:
        begun.add(job.key)
        if job.key == "stuck":
            return await stuck(job)
        await asyncio.sleep(0.1)
        return await quick(job)

    queue = Queue(store, {JobKind.EVENT: handler}, options=replace(QUICK, lease=3600))
    assert queue.healthy() == "the workers are not running"
    await queue.start()
    assert queue.healthy() == ""
    await queue.put([event("s", key="stuck"), event("q", key="quick")])
    await until(lambda: begun == {"stuck", "quick"})
    await queue.stop(grace=0.4)
    assert queue.healthy() != ""
    assert (len(quick.jobs), stuck.running) == (1, 0)
    after = Recorder()
    async with working(await place.beside(store), after):
        await until_state(store, done=2)
    assert [(job.key, job.attempts) for job in after.jobs] == [("stuck", 1)]


async def test_whoever_waits_to_have_jobs_kept_goes_before_the_jobs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GroupCommit, "busy", property(lambda _commit: True))
    gate = Recorder(gate=asyncio.Event())
    async with working(store, gate) as queue:
        await queue.put([event(f"e{number}", key=str(number)) for number in range(5)])
        await until(lambda: gate.running == 1)
        await until_state(store, running=1, ready=4)
        assert gate.gate is not None
        gate.gate.set()
        await until_state(store, done=5)
    assert gate.most_running == 1
