"""Looking again after the end and when asked, and folding, through the jobs of the flow over a real store."""

from dataclasses import replace

from sqlalchemy import select

from bot.incidents.again import recheck_after_end
from bot.incidents.schema import job
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, JobKind
from bot.incidents.work import Outcome as WorkOutcome
from bot.model import Diagnosis, Finding, IncidentState, Missing, Outcome, Reason, Source, Verdict
from tests.incidents.groups import at, body, firing, resolved
from tests.incidents.test_flow import DEPLOYMENT, Bench, Scripted

CONFIRMED = Finding("triage", "oom", Verdict.CONFIRMED, {"limit": "512Mi"}, root="configmap/limits")
FIXED = Finding("triage", "oom", Verdict.RULED_OUT, {"limit": "1Gi"})
BLIND = Finding(
    "triage",
    "oom",
    Verdict.NOT_CHECKED,
    missing=Missing(Source.KUBERNETES, Reason.UNREACHABLE, "get", "pods"),
)


async def diagnosed(store: Store, finding: Finding = CONFIRMED) -> Bench:
    bench = Bench(store, Scripted(finding=finding))
    await bench.hears(body(firing("a")), 1)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    await clear(store)
    return bench


async def clear(store: Store) -> None:
    async with store.database.write() as connection:
        await connection.execute(job.delete())


async def waits(store: Store) -> dict[str, float]:
    """Seconds until each waiting job is due, roughly."""
    async with store.database.read() as connection:
        rows = await connection.execute(select(job.c.dedup, job.c.run_at - job.c.created_at))
        return {dedup: round(wait / 1_000_000) for dedup, wait in rows}


async def recheck(bench: Bench, finding: Finding) -> None:
    bench.scripted.finding = finding
    assert await bench.flow.handlers[JobKind.RECHECK](bench.job(JobKind.RECHECK)) == Done()


async def outcomes(bench: Bench) -> list[Outcome]:
    return [one.outcome for each in (await bench.incident()).rechecks for one in each.findings]


async def reasons(store: Store) -> list[str]:
    return [entry.reason for entry in await store.timeline("i1")]


async def test_after_the_end_it_is_looked_again_and_the_green_message_does_not_wait(store: Store) -> None:
    bench = await diagnosed(store)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    assert await waits(store) == {"deliver:i1": 0, "recheck:i1": 5}
    await clear(store)
    await recheck(bench, FIXED)
    incident = await bench.incident()
    assert incident.diagnoses[0].findings == (CONFIRMED,), "what was found while it fired stays"
    ((one,),) = [each.findings for each in incident.rechecks]
    assert (one.outcome, one.differences[0].after) == (Outcome.FIXED, "1Gi")
    assert bench.scripted.asked[-1] == (DEPLOYMENT, 0)
    assert bench.scripted.named[-1] == ("triage",)
    assert await waits(store) == {"deliver:i1": 0}
    assert await reasons(store) == ["first", "diagnosed", "all_resolved", "rechecked"]
    assert (await store.timeline("i1"))[-1].facts["fixed"] == 1


async def test_what_found_nothing_is_not_looked_at_again(store: Store) -> None:
    bench = await diagnosed(store, replace(FIXED, root=""))
    await bench.hears(body(resolved("a", 0, 2)), 2)
    assert await waits(store) == {"deliver:i1": 0}


async def look_again(bench: Bench, *, put: float) -> WorkOutcome:
    """The job that an end puts, as it was put then."""
    job = replace(bench.job(JobKind.RECHECK), payload=recheck_after_end("i1", delay=5).payload)
    return await bench.flow.handlers[JobKind.RECHECK](replace(job, created_at=at(put)))


async def test_a_silent_cluster_makes_it_unknown_once_and_is_asked_again(store: Store) -> None:
    bench = await diagnosed(store)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    bench.scripted.finding = BLIND
    for minutes, wait in ((2.0, 30.0), (6.0, 60.0), (50.0, 300.0)):
        bench.minutes = minutes
        again = await look_again(bench, put=2)
        assert again == Again(wait, "no source answered", counts=False)
    assert await outcomes(bench) == [Outcome.UNKNOWN]
    assert (await reasons(store)).count("rechecked") == 1
    bench.minutes = 62
    assert await look_again(bench, put=2) == Done(), "not for ever"
    await recheck(bench, FIXED)
    assert await outcomes(bench) == [Outcome.FIXED]


async def test_what_was_to_be_looked_at_after_the_end_waits_for_the_next_one(store: Store) -> None:
    bench = await diagnosed(store)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    await bench.hears(body(firing("a", 3)), 3)
    asked = len(bench.scripted.asked)
    assert await look_again(bench, put=2) == Done()
    assert len(bench.scripted.asked) == asked
    await bench.hears(body(resolved("a", 3, 4)), 4)
    await look_again(bench, put=4)
    assert len(bench.scripted.asked) == asked + 1


async def test_when_it_fires_again_the_recheck_goes_and_comes_back_with_the_next_end(store: Store) -> None:
    bench = await diagnosed(store)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    await recheck(bench, FIXED)
    await bench.hears(body(firing("a", 3)), 3)
    incident = await bench.incident()
    assert (incident.state, incident.rechecks) == (IncidentState.FIRING, ())
    await clear(store)
    await bench.hears(body(resolved("a", 3, 4)), 4)
    assert "recheck:i1" in await waits(store)
    await recheck(bench, CONFIRMED)
    assert await outcomes(bench) == [Outcome.STILL_THERE]


async def test_a_recheck_that_ends_after_it_fires_again_is_dropped(store: Store) -> None:
    bench = await diagnosed(store)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    bench.scripted.meanwhile = lambda: bench.hears(body(firing("a", 3)), 3)
    await recheck(bench, FIXED)
    assert (await bench.incident()).rechecks == ()
    assert "rechecked" not in await reasons(store)


async def test_a_diagnosis_that_ends_after_the_end_is_looked_at_again_too(store: Store) -> None:
    bench = Bench(store, Scripted(finding=CONFIRMED))
    await bench.hears(body(firing("a")), 1)
    bench.scripted.meanwhile = lambda: bench.hears(body(resolved("a", 0, 2)), 2)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    assert "recheck:i1" in await waits(store)


async def test_a_newer_diagnosis_takes_the_recheck_of_the_old_one_away(store: Store) -> None:
    bench = await diagnosed(store)
    await recheck(bench, FIXED)
    assert await outcomes(bench) == [Outcome.FIXED]
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    assert (await bench.incident()).rechecks == ()


async def test_anybody_may_ask_while_it_fires(store: Store) -> None:
    bench = await diagnosed(store)
    assert await bench.flow.ask_recheck("i1")
    assert await bench.flow.ask_recheck("i1")
    assert await waits(store) == {"recheck:i1": 0, "deliver:i1": 0}
    assert (await reasons(store)).count("recheck_asked") == 1
    await recheck(bench, CONFIRMED)
    assert await outcomes(bench) == [Outcome.STILL_THERE]


async def test_there_is_nothing_to_ask_without_a_diagnosis(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    assert not await bench.flow.ask_recheck("i1")
    assert not await bench.flow.ask_recheck("nobody")
    assert await bench.flow.handlers[JobKind.RECHECK](bench.job(JobKind.RECHECK)) == Done()
    assert bench.scripted.asked == []


async def two(store: Store) -> Bench:
    """Two incidents of two groups with one root; the second one opened first, and is diagnosed last."""
    bench = await diagnosed(store)
    await bench.hears(replace(body(firing("b", -1)), group_key="other"), 1.5)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE, "i2"))
    return bench


async def related(bench: Bench) -> list[tuple[list[str], list[str]]]:
    found = [(await bench.incident(name)).related for name in ("i1", "i2")]
    return [([one.id for one in each.follows], [one.id for one in each.leads]) for each in found]


async def test_incidents_with_one_root_are_folded_and_both_messages_told(store: Store) -> None:
    bench = await two(store)
    assert await related(bench) == [(["i2"], []), ([], ["i1"])]
    assert await waits(store) == {"deliver:i1": 3, "deliver:i2": 0, "diagnose:i2": 0}
    assert isinstance((await bench.incident("i2")).diagnoses[0], Diagnosis)


async def test_the_end_of_the_leader_unfolds(store: Store) -> None:
    bench = await two(store)
    await clear(store)
    await bench.hears(replace(body(resolved("b", -1, 2)), group_key="other"), 2)
    assert await related(bench) == [([], []), ([], [])]
    assert await waits(store) == {"deliver:i2": 0, "recheck:i2": 5, "deliver:i1": 3}


async def test_silence_unfolds(store: Store) -> None:
    bench = await two(store)
    await clear(store)
    await bench.hears(body(firing("a", says="news")), 600)
    assert await bench.flow.sweep() == 1
    assert await related(bench) == [([], []), ([], [])]
    assert (await waits(store))["deliver:i1"] == 0
    assert (await bench.incident("i2")).state is IncidentState.STALE


async def test_who_comes_back_is_folded_again(store: Store) -> None:
    bench = await two(store)
    await bench.hears(replace(body(resolved("b", -1, 2)), group_key="other"), 2)
    await bench.hears(replace(body(firing("b", 3)), group_key="other"), 3)
    assert await related(bench) == [(["i2"], []), ([], ["i1"])]


async def test_a_repeat_writes_nothing_anew(store: Store) -> None:
    bench = await two(store)
    await clear(store)
    await bench.hears(body(firing("a"), external_url="http://the-other-one"), 2)
    assert await waits(store) == {}
