"""Fixes that people tick off: one of two who press, kept whole or not at all, as long as the fix is offered."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.clients.redaction import redact
from bot.hands import fix_key
from bot.incidents.audit import Audit, Person, Via
from bot.incidents.janitor import Janitor, JanitorOptions
from bot.incidents.store import Store
from bot.incidents.ticking import Ticks, offered
from bot.model import Diagnosis, Finding, Fix, IncidentState, Layer, Target, Verdict
from tests.incidents.conftest import START, an_incident
from tests.incidents.test_flow_again import waits

KIM, LEE = Person(Via.SLACK, "U0KIM", "kim"), Person(Via.SLACK, "U0LEE", "lee")
TARGET = Target("prod", "shop", "Deployment", "board")
RAISE, ROLL_BACK = Fix("raise-limit", Layer.HELM, lasting=True), Fix("roll-back", Layer.GITOPS, lasting=True)


def diagnosis(*fixes: Fix, verdict: Verdict = Verdict.CONFIRMED, target: Target = TARGET) -> Diagnosis:
    return Diagnosis(target, ("triage",), (Finding("triage", "oom", verdict, fixes=fixes),))


def key(fix: Fix = RAISE, target: Target = TARGET) -> str:
    return fix_key(target.cluster, target.namespace, target.kind, target.name, "triage", "oom", fix.key)


async def offering(store: Store, *diagnoses: Diagnosis) -> Ticks:
    async with store.begin() as transaction:
        await transaction.save(replace(an_incident(), id="i1", diagnoses=diagnoses))
    return Ticks(store, Audit(store, redact, lambda: START), lambda: START)


async def ticked(store: Store) -> Sequence[tuple[str, bool, str]]:
    incident = await store.get("i1")
    assert incident is not None
    return [(tick.fix, tick.done, tick.by) for tick in incident.ticks]


async def test_a_fix_is_ticked_off_and_taken_back_by_anybody(store: Store) -> None:
    ticks = await offering(store, diagnosis(RAISE, ROLL_BACK))
    done = await ticks.mark("i1", key(), KIM, done=True, place="C1")
    assert done is not None
    assert not done.already
    assert await ticked(store) == [(key(), True, "kim")]
    assert (await store.timeline("i1"))[-1].facts == {
        "by": "kim",
        "fix": "triage/oom/raise-limit",
        "target": "shop/Deployment/board",
    }
    assert await waits(store) == {"deliver:i1": 0}

    undone = await ticks.mark("i1", key(), LEE, done=False)
    assert undone is not None
    assert not undone.already
    assert await ticked(store) == [(key(), False, "lee")]
    assert [entry.reason for entry in await store.timeline("i1")] == ["fix_done", "fix_undone"]
    deeds = [(deed.person.name, deed.action, deed.arguments) for deed in await store.deeds()]
    assert deeds == [
        ("lee", "undone", "triage/oom/raise-limit of shop/Deployment/board"),
        ("kim", "done", "triage/oom/raise-limit of shop/Deployment/board"),
    ]


@pytest.mark.parametrize("again", [KIM, LEE])
async def test_whoever_presses_second_is_told_of_the_first_and_nothing_is_doubled(
    store: Store, again: Person
) -> None:
    ticks = await offering(store, diagnosis(RAISE))
    await ticks.mark("i1", key(), KIM, done=True)
    second = await ticks.mark("i1", key(), again, done=True)
    assert second is not None
    assert (second.already, second.tick.by, second.tick.who) == (True, "kim", "U0KIM")
    assert len(await store.timeline("i1")) == 1
    assert await ticked(store) == [(key(), True, "kim")]
    assert [deed.result for deed in await store.deeds()] == ["nothing", "done"]


async def test_what_nobody_did_cannot_be_taken_back(store: Store) -> None:
    ticks = await offering(store, diagnosis(RAISE))
    undone = await ticks.mark("i1", key(), KIM, done=False)
    assert undone is not None
    assert undone.already
    assert await ticked(store) == []


@pytest.mark.parametrize(
    "diagnoses",
    [
        (),
        (diagnosis(ROLL_BACK),),
        (diagnosis(RAISE, verdict=Verdict.RULED_OUT),),
        (diagnosis(RAISE, target=replace(TARGET, name="other")),),
        (diagnosis(RAISE, target=replace(TARGET, cluster="stage")),),
    ],
)
async def test_a_fix_that_is_not_offered_cannot_be_ticked(
    store: Store, diagnoses: tuple[Diagnosis, ...]
) -> None:
    ticks = await offering(store, *diagnoses)
    assert await ticks.mark("i1", key(), KIM, done=True) is None
    assert await ticks.mark("gone", key(), KIM, done=True) is None
    assert await ticked(store) == []
    assert {deed.result for deed in await store.deeds()} == {"nothing"}


async def test_a_tick_outlives_a_new_diagnosis_and_comes_back_with_its_fix(store: Store) -> None:
    ticks = await offering(store, diagnosis(RAISE))
    await ticks.mark("i1", key(), KIM, done=True)
    for found in ((diagnosis(ROLL_BACK),), (diagnosis(ROLL_BACK, replace(RAISE, facts={"limit": "2Gi"})),)):
        async with store.begin() as transaction:
            incident = await transaction.load("i1")
            assert incident is not None
            await transaction.save(replace(incident, diagnoses=found))
        assert await ticked(store) == [(key(), True, "kim")]


async def test_ticks_go_with_their_incident(store: Store) -> None:
    ticks = await offering(store, diagnosis(RAISE))
    await ticks.mark("i1", key(), KIM, done=True)
    async with store.begin() as transaction:
        incident = await transaction.load("i1")
        assert incident is not None
        await transaction.save(replace(incident, state=IncidentState.RESOLVED, closed_at=START))
    await Janitor(store, JanitorOptions()).prune()
    assert await store.get("i1") is None
    assert await ticks.mark("i1", key(), LEE, done=True) is None


def test_the_same_fix_of_two_findings_is_one() -> None:
    finding = Finding("triage", "oom", Verdict.CONFIRMED, fixes=(RAISE,))
    twice = Diagnosis(TARGET, ("triage",), (finding, replace(finding, cause="leak")))
    first, second = offered(replace(an_incident(), diagnoses=(twice,)))
    assert first.key != second.key, (
        "each is worded for its cause; which of them is shown is the view's to say"
    )


def test_keys_do_not_run_into_each_other() -> None:
    assert fix_key("a", "bc") != fix_key("ab", "c")
    assert fix_key("a\ud800") != fix_key("a")
