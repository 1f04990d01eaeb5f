"""What has ended and is old goes, what lives stays, and the gauges say what is there."""

import asyncio
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from bot.delivery.digest import Line, Storm
from bot.delivery.ledger import PartRow
from bot.incidents import kept_storms
from bot.incidents.janitor import Janitor, JanitorOptions
from bot.incidents.queue import Queue
from bot.incidents.schema import job
from bot.incidents.store import Store
from bot.incidents.work import GiveUp, JobKind, JobState, NewJob
from bot.model import IncidentState
from bot.observe import JOBS, REGISTRY
from tests.incidents.conftest import an_incident
from tests.incidents.working import Recorder, event, rename, states, until, until_state, working

AT_ONCE = JanitorOptions(
    done_jobs=timedelta(seconds=-1),
    given_up_jobs=timedelta(seconds=-1),
    closed_incidents=timedelta(days=30),
    batch=2,
)


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_ended_jobs_go_and_others_stay(store: Store) -> None:
    async with working(store, Recorder([GiveUp("no")])) as queue:
        await queue.put([event(f"e{number}", key=f"g{number}") for number in range(6)])
        await until_state(store, done=5, gave_up=1)
    await queue.put([event("waits")])
    await Janitor(store).prune()
    assert await states(store) == {JobState.DONE: 5, JobState.GAVE_UP: 1, JobState.READY: 1}
    await Janitor(store, replace(AT_ONCE, given_up_jobs=timedelta(days=30))).prune()
    assert await states(store) == {JobState.GAVE_UP: 1, JobState.READY: 1}
    await Janitor(store, AT_ONCE).prune()
    assert await states(store) == {JobState.READY: 1}


async def test_closed_incidents_go_with_all_that_is_theirs(store: Store) -> None:
    long_ago, lately = datetime.now(UTC) - timedelta(days=31), datetime.now(UTC)
    old = replace(an_incident("old"), state=IncidentState.RESOLVED, closed_at=long_ago)
    stale = replace(an_incident("stale"), state=IncidentState.STALE, heard_at=long_ago)
    kept = replace(an_incident("kept"), state=IncidentState.RESOLVED, closed_at=lately)
    async with store.begin() as tx:
        for incident in (old, stale, kept, an_incident("firing")):
            await tx.save(incident)
            await tx.note(incident.id, long_ago, "first", {})
            await tx.keep_bundle(incident.id, zlib.compress(b"{}"))
    for incident_id in ("old", "kept"):
        assert await store.intend(PartRow(incident_id, "top", "C1", "t", long_ago))
    await Janitor(store, AT_ONCE).prune()
    assert {incident.id for incident in await store.incidents()} == {"kept", "firing"}
    assert (await store.parts("old"), len(await store.parts("kept"))) == ((), 1)
    assert (await store.timeline("old"), len(await store.timeline("firing"))) == ((), 1)
    assert (await store.bundle("old"), await store.bundle("firing")) == (None, b"{}")


async def test_the_gauges_follow_the_store(store: Store) -> None:
    async with store.begin() as tx:
        await tx.save(an_incident())
    await Queue(store, {}).put([event(), NewJob(JobKind.DELIVER, "i1", "deliver:i1", delay=3600)])
    await store.trouble("C1", "not_in_channel", "invite the bot", datetime.now(UTC))
    await Janitor(store).refresh_gauges()
    assert gauge("opsbot_jobs", kind="event", state="ready") == 1
    assert gauge("opsbot_jobs", kind="event", state="running") == 0
    assert gauge("opsbot_incidents", state="firing") == 1
    assert gauge("opsbot_channel_trouble", channel="C1", error="not_in_channel") == 1
    oldest = gauge("opsbot_job_oldest_seconds", kind="event")
    assert oldest is not None
    assert 0 < oldest < 60
    assert gauge("opsbot_job_oldest_seconds", kind="deliver") == 0
    await store.trouble("C1", "", "", datetime.now(UTC))
    await Janitor(store).refresh_gauges()
    assert gauge("opsbot_channel_trouble", channel="C1", error="not_in_channel") is None


async def test_storms_show_while_they_last_and_go_long_after(store: Store) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=31)
    line = Line(IncidentState.FIRING, "warning", "Crash", "shop/web")
    async with store.begin() as tx:
        for name in ("i1", "i2"):
            await tx.save(an_incident(name))
    on, ended = (Storm(name, f"#{name}", long_ago, long_ago) for name in ("storm-on", "storm-ended"))
    async with store.database.write() as connection:
        for one in (on, ended):
            await kept_storms.begin(connection, one)
            await kept_storms.join(connection, store.database, one.id, an_incident("i1"), line)
        over = replace(line, state=IncidentState.RESOLVED)
        await kept_storms.join(connection, store.database, on.id, an_incident("i2"), over)
        assert await kept_storms.close(connection, ended, long_ago)
    await Janitor(store, AT_ONCE).refresh_gauges()
    assert gauge("opsbot_storms", channel="#storm-on") == 1
    assert gauge("opsbot_storm_waiting", channel="#storm-on") == 1
    assert gauge("opsbot_storms", channel="#storm-ended") is None
    await Janitor(store, AT_ONCE).prune()
    async with store.database.write() as connection:
        assert await kept_storms.one(connection, ended.id) is None
        assert len(await kept_storms.members(connection, on.id)) == 2
        assert await kept_storms.close(connection, on, datetime.now(UTC))
    await Janitor(store, AT_ONCE).refresh_gauges()
    assert gauge("opsbot_storms", channel="#storm-on") is None


async def test_it_goes_on_after_trouble_with_the_store(store: Store) -> None:
    rounds = asyncio.Semaphore(0)

    async def sleep(_seconds: float) -> None:
        rounds.release()
        await asyncio.sleep(0)

    await Queue(store, {}).put([event()])
    await rename(store, "job", "elsewhere")
    task = asyncio.create_task(Janitor(store, sleep=sleep).run())
    await rounds.acquire()
    JOBS.clear()
    await rename(store, "elsewhere", "job")
    async with asyncio.timeout(20):
        while gauge("opsbot_jobs", kind="event", state="ready") != 1:
            await rounds.acquire()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_jobs_of_a_kind_that_only_a_newer_replica_knows_are_left_to_it(store: Store) -> None:
    await Queue(store, {}).put([event(), event("e2")])
    async with store.database.write() as connection:
        rows = (await connection.execute(select(job.c.id).order_by(job.c.id))).scalars().all()
        of = dict(zip(rows, ("ready", "gave_up"), strict=True))
        for row, state in of.items():
            values = {"kind": "newer", "state": state, "ended_at": 1 if state == "gave_up" else None}
            await connection.execute(update(job).where(job.c.id == row).values(values))
    await Janitor(store).refresh_gauges()
    assert await store.jobs_by_state() == ()
    assert await store.oldest_waits() == {}
    assert await store.gave_up() == ()
    seen = Recorder()
    async with working(store, seen) as queue:
        await queue.put([event("e3", key="g3")])
        await until(lambda: len(seen.jobs) == 1)
    assert [one.key for one in seen.jobs] == ["g3"]
    async with store.database.read() as connection:
        left = select(job.c.state).where(job.c.kind == "newer").order_by(job.c.state)
        assert (await connection.execute(left)).scalars().all() == ["gave_up", "ready"]
