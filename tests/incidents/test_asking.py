"""Asking for another look: one look however often and by whomever it is asked for, and who asked is not lost."""

from dataclasses import replace

import pytest

from bot.clients.redaction import redact
from bot.incidents.again import recheck_after_end
from bot.incidents.audit import Audit, Person, Via
from bot.incidents.store import Store
from bot.incidents.work import Again, Done, JobKind
from bot.incidents.work import Outcome as WorkOutcome
from bot.model import IncidentState, Outcome
from tests.incidents.groups import body, firing, resolved
from tests.incidents.test_flow import Bench
from tests.incidents.test_flow_again import (
    BLIND,
    CONFIRMED,
    FIXED,
    clear,
    diagnosed,
    outcomes,
    reasons,
    waits,
)

KIM, LEE = Person(Via.SLACK, "U0KIM", "kim"), Person(Via.SLACK, "U0LEE", "lee")


async def ask(bench: Bench, who: Person) -> tuple[str, bool]:
    """Who the look is for, and whether somebody had asked for it before."""
    deed = Audit(bench.store, redact, bench.store.clock).deed(who, "recheck", incident_id="i1")
    asking = await bench.flow.ask_recheck("i1", deed)
    assert asking is not None
    return asking.asked.by, asking.already


async def look(bench: Bench) -> WorkOutcome:
    return await bench.flow.handlers[JobKind.RECHECK](bench.job(JobKind.RECHECK))


async def told(bench: Bench) -> tuple[str, list[str]]:
    """Who waits for a look, and who asked for those that were done."""
    incident = await bench.incident()
    return incident.asked.by if incident.asked else "", [one.by for one in incident.rechecks]


async def test_two_who_ask_get_one_look_and_the_message_says_who(store: Store) -> None:
    bench = await diagnosed(store)
    looks = len(bench.scripted.asked)
    assert await ask(bench, KIM) == ("kim", False)
    assert await ask(bench, KIM) == ("kim", True)
    assert await ask(bench, LEE) == ("kim", True)
    assert await told(bench) == ("kim", [])
    assert await waits(store) == {"recheck:i1": 0, "deliver:i1": 0}
    assert (await store.timeline("i1"))[-1].facts == {"by": "kim"}
    assert [deed.person.name for deed in await store.deeds()] == ["kim"]

    await clear(store)
    assert await look(bench) == Done()
    assert await told(bench) == ("", ["kim"])
    assert len(bench.scripted.asked) == looks + 1
    assert await waits(store) == {"deliver:i1": 0}
    assert await ask(bench, LEE) == ("lee", False)


async def test_a_look_of_itself_is_nobodys(store: Store) -> None:
    bench = await diagnosed(store)
    await ask(bench, KIM)
    await look(bench)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    job = replace(bench.job(JobKind.RECHECK), payload=recheck_after_end("i1", delay=5).payload)
    await bench.flow.handlers[JobKind.RECHECK](job)
    assert await told(bench) == ("", [""])


async def test_a_look_that_is_lost_can_be_asked_for_again(store: Store) -> None:
    bench = await diagnosed(store)
    await ask(bench, KIM)
    bench.minutes += 2.9
    assert await ask(bench, LEE) == ("kim", True)
    bench.minutes += 0.2
    assert await ask(bench, LEE) == ("lee", False)


async def test_who_asks_while_it_is_looked_waits_for_the_next_look(store: Store) -> None:
    bench = await diagnosed(store)

    async def asks() -> None:
        await ask(bench, KIM)

    bench.scripted.meanwhile = asks
    await look(bench)
    assert await told(bench) == ("kim", [""])
    assert "recheck:i1" in await waits(store)
    await look(bench)
    assert await told(bench) == ("", ["kim"])


async def test_what_turns_meanwhile_is_looked_at_again_for_whoever_asked(store: Store) -> None:
    bench = await diagnosed(store)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    await ask(bench, KIM)
    bench.scripted.meanwhile = lambda: bench.hears(body(firing("a", 3)), 3)
    assert await look(bench) == Again(1.0, "it turned meanwhile", counts=False)
    assert await told(bench) == ("kim", [])
    bench.scripted.finding = CONFIRMED
    assert await look(bench) == Done()
    assert await told(bench) == ("", ["kim"])


async def test_a_job_that_was_put_for_the_end_answers_whoever_asked_though_it_fires_again(
    store: Store,
) -> None:
    bench = await diagnosed(store)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    await bench.hears(body(firing("a", 3)), 3)
    await ask(bench, KIM)
    job = replace(bench.job(JobKind.RECHECK), payload=recheck_after_end("i1", delay=5).payload)
    assert await bench.flow.handlers[JobKind.RECHECK](job) == Done()
    assert await told(bench) == ("", ["kim"])


async def test_where_nobody_answers_whoever_asked_is_told_so_and_keeps_the_next_try(store: Store) -> None:
    bench = await diagnosed(store)
    bench.scripted.finding = BLIND
    for _ in range(2):
        await ask(bench, KIM)
        assert isinstance(await look(bench), Again)
        assert await outcomes(bench) == [Outcome.UNKNOWN]
        assert await told(bench) == ("", ["kim"])
    bench.scripted.finding = FIXED
    assert await look(bench) == Done()
    assert await told(bench) == ("", ["kim"])
    assert (await reasons(store)).count("rechecked") == 3


async def test_a_new_diagnosis_leaves_whoever_asked_waiting(store: Store) -> None:
    bench = await diagnosed(store)
    await ask(bench, KIM)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    assert await told(bench) == ("kim", [])


@pytest.mark.parametrize("state", [IncidentState.RESOLVED, IncidentState.STALE])
async def test_it_can_be_asked_after_the_end_too(store: Store, state: IncidentState) -> None:
    bench = await diagnosed(store)
    async with store.begin() as transaction:
        await transaction.save(replace(await bench.incident(), state=state))
    assert await ask(bench, KIM) == ("kim", False)
    await look(bench)
    assert await told(bench) == ("", ["kim"])
