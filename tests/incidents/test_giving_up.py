"""A look that was given up is told, and another one is offered; what died beside a culprit is not given up with it."""

import asyncio
from dataclasses import replace

from sqlalchemy import update

from bot.incidents.queue import Queue
from bot.incidents.schema import SECOND, job
from bot.incidents.store import Store
from bot.incidents.work import Done, Handler, Job, JobKind, Outcome
from tests.incidents.conftest import Place
from tests.incidents.groups import body, firing, resolved
from tests.incidents.test_flow import Bench, Scripted
from tests.incidents.test_queue_takeover import vanish
from tests.incidents.working import QUICK, Recorder, event, until, until_state

TWICE = replace(QUICK, attempts=dict.fromkeys(JobKind, 2), deaths=dict.fromkeys(JobKind, 2))


async def fails(job: Job) -> Outcome:
    raise RuntimeError(job.kind)


class Crash:
    """All of it at work, until nothing waits; a look of this kind always fails."""

    def __init__(self, bench: Bench, look: JobKind) -> None:
        handlers: dict[JobKind, Handler] = {**bench.flow.handlers, look: fails}
        self.queue = Queue(bench.store, handlers, options=TWICE)


async def until_told(bench: Bench, gave_up: str) -> None:
    async with asyncio.timeout(10):
        while not any(one.gave_up == gave_up for one in bench.scripted.delivered):  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0.01)


async def test_a_diagnosis_that_is_given_up_is_told_and_may_be_asked_for_anew(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    crash = Crash(bench, JobKind.DIAGNOSE)
    await crash.queue.start()
    await until_told(bench, "diagnose")
    await crash.queue.stop(grace=1)
    incident = await bench.incident()
    assert incident.can_be_looked_at_again
    assert [entry.reason for entry in await store.timeline("i1")][-1] == "gave_up"
    asking = await bench.flow.ask_recheck("i1")
    assert asking is not None
    assert (await bench.incident()).gave_up == ""
    assert (await bench.waiting())["diagnose"] >= 1
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Done()
    found = await bench.incident()
    assert (found.asked, len(found.diagnoses), found.gave_up) == (None, 1, "")


async def test_a_recheck_that_is_given_up_is_asked_for_no_longer(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    await bench.flow.ask_recheck("i1")
    crash = Crash(bench, JobKind.RECHECK)
    await crash.queue.start()
    await until_told(bench, "recheck")
    await crash.queue.stop(grace=1)
    incident = await bench.incident()
    assert (incident.asked, incident.gave_up) == (None, "recheck")
    asking = await bench.flow.ask_recheck("i1")
    assert asking is not None
    assert not asking.already


async def test_what_was_asked_for_since_is_not_given_up(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    await bench.flow.ask_recheck("i1")
    old = replace(bench.job(JobKind.DELIVER), payload=b"recheck")
    asked = (await bench.incident()).asked
    assert asked is not None
    await bench.flow.deliver(replace(old, created_at=asked.at.replace(year=2025)))
    assert (await bench.incident()).asked == asked


async def test_what_is_over_before_anybody_looked_is_not_waited_for(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    await bench.flow.deliver(replace(bench.job(JobKind.DELIVER), payload=b"diagnose"))
    assert await bench.flow.ask_recheck("i1") is not None
    await bench.hears(body(resolved("a", 0, 2)), 2)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    incident = await bench.incident()
    assert (incident.asked, incident.can_be_looked_at_again) == (None, False)


async def test_deaths_are_met_with_patience_and_an_answer_forgives_them(place: Place) -> None:
    store = await place.open()
    await Queue(store, {}).put([event()])
    options = replace(QUICK, lease=0.1)
    for _ in range(4):
        doomed = Recorder(gate=asyncio.Event())
        queue = Queue(store, {JobKind.EVENT: doomed}, options=options)
        await queue.start()
        await until(lambda doomed=doomed: doomed.running == 1)  # type: ignore[misc]  # binds the loop's value
        await vanish(queue)
    spared = Recorder()
    queue = Queue(store, {JobKind.EVENT: spared}, options=options)
    await queue.start()
    await asyncio.sleep(0.4)
    assert spared.jobs == [], "after the fourth death it waits"
    async with store.database.write() as connection:
        await connection.execute(update(job).values(lease_until=job.c.lease_until - 20 * SECOND))
    await until_state(store, done=1)
    assert [one.attempts for one in spared.jobs] == [1]
    await queue.stop(grace=0)
