"""A storm where something goes wrong: refusals, kills, two replicas, and incidents that hang together."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.results import Delivered, Later
from bot.incidents.store import Store
from bot.incidents.storms import StormOptions
from bot.incidents.work import Again, Done
from tests.delivery.builders import DIAGNOSIS, SHARED_DIAGNOSIS
from tests.delivery.test_outbox_crashes import KilledError, Steps
from tests.incidents.conftest import Place
from tests.incidents.storming import OPTIONS, Mute, Sky

CALM = 61.0


@pytest.fixture
def sky(store: Store) -> Sky:
    return Sky(store)


async def test_a_member_that_slack_refuses_is_left_to_its_own_job_and_holds_up_nobody(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    sky.slack.unwanted = {"Crash-a": "some_new_error"}
    sky.seconds += CALM
    assert await sky.round(storm) == Done()
    assert sky.told == ["b", "c"]
    await sky.round(storm)
    assert await sky.store.storms() == ()
    outcome = await sky.delivers("a")
    assert isinstance(outcome, Later)
    assert outcome.counts, "it is given up where somebody sees it"


async def test_a_channel_that_refuses_hears_of_all_by_one_digest_when_it_works_again(sky: Sky) -> None:
    channel = sky.slack.channel_id("alerts")
    storm = await sky.breaks_out("a", "b", "c")
    sky.slack.refuse(channel, "is_archived")
    for _ in range(3):
        assert await sky.round(storm) == Done()
        sky.seconds += 120
    assert not sky.slack.tops()
    sky.slack.refuse(channel, "")
    await sky.round(storm)
    assert sky.slack.tops()[0].text.startswith("🔴 Firing · storm: 3")
    assert sky.told == ["a", "b", "c"]


async def test_a_storm_that_is_gone_is_no_work(sky: Sky) -> None:
    assert await sky.round("storm-none") == Done()


async def test_of_two_replicas_that_begin_a_storm_one_does(sky: Sky, store: Store, place: Place) -> None:
    names = [f"i{number}" for number in range(6)]
    incidents = [await sky.hears(name) for name in names]
    here, there = sky.gathering(), sky.gathering(store=await place.beside(store))
    await asyncio.gather(*(side.deliver(one) for one in incidents for side in (here, there)))
    (storm,) = await sky.store.storms()
    assert {member.incident_id for member in await sky.book.members(storm.id)} == set(names)


@pytest.mark.parametrize("bound", [1, 100])
async def test_the_bound_is_as_configured(store: Store, bound: int) -> None:
    sky = Sky(store, StormOptions(bound=bound))
    for name in ("a", "b"):
        await sky.hears(name)
    await sky.delivers("a")
    assert len(await sky.store.storms()) == (1 if bound == 1 else 0)


async def test_who_has_the_cause_of_one_that_stands_in_the_channel_needs_no_message(sky: Sky) -> None:
    names = ("leader", "second", "third", "other")
    for name in names:
        await sky.hears(name, "info" if name in {"leader", "other"} else "critical")
        sky.seconds += 1
        await sky.finds(name, DIAGNOSIS if name == "other" else SHARED_DIAGNOSIS)
    for name in names:
        await sky.delivers(name)
    storm = await sky.storm_id()
    sky.seconds += CALM
    await sky.round(storm)
    assert sky.told == ["leader", "other"]
    await sky.round(storm)
    await sky.round(storm)
    assert sky.told == ["leader", "other"]
    assert await sky.store.storms() == ()
    await sky.round(storm)
    assert "2 told by the message of an incident with the same cause" in sky.digests[0].text
    assert await sky.delivers("second") == Delivered()

    await sky.hears("leader", over=True)
    async with sky.store.begin() as transaction:
        leader = await transaction.load("leader")
        assert leader is not None
        await transaction.correlate(leader)
    for name in ("second", "third"):
        await sky.delivers(name)
    assert sky.told == ["leader", "other", "second"], "now it leads itself, and the third follows it"
    assert await sky.delivers("third") == Delivered()


async def test_killed_at_any_call_of_slack_each_is_told_once(sky: Sky) -> None:
    """A life for each step, on one store; what the killed one had begun, the next one looks for."""
    names = ("a", "b", "c", "d", "e")
    storm = await sky.breaks_out(*names)
    sky.seconds += CALM
    for due in range(1, 25):
        with suppress(KilledError):
            await sky.round(storm, steps=Steps(due))
        sky.seconds += 5
    while await sky.store.storms():
        await sky.round(storm)
        sky.seconds += 5
    await sky.round(storm)
    assert sky.told == list(names)
    (digest,) = sky.digests
    assert "The storm is over." in digest.text
    assert len(sky.slack.live(thread=digest.ts)) == 1


async def test_news_that_come_while_its_message_is_posted_are_told_by_its_own_job(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    await sky.forget_jobs()
    sky.seconds += CALM
    await sky.round(storm)
    assert {f"deliver:{name}" for name in ("a", "b", "c")} <= {dedup for dedup, _ in await sky.jobs()}


class TestADigestThatIsRefused:
    """An error that nobody has listed, for as long as the test lasts."""

    @pytest.fixture(autouse=True)
    def refused(self, sky: Sky) -> None:
        sky.slack.unwanted = {"storm:": "some_new_error"}

    async def test_those_who_call_somebody_get_their_turn_all_the_same(self, sky: Sky) -> None:
        storm = await sky.breaks_out("a", "b", "c", severity="critical")
        outcome = await sky.round(storm)
        assert isinstance(outcome, Again)
        assert outcome.counts, "somebody sees it in the end"
        assert sky.told == ["a"]
        sky.seconds += 16
        await sky.round(storm)
        assert sky.told == ["a", "b"]

    async def test_a_storm_whose_rounds_fail_is_broken_up_and_all_are_told(self, sky: Sky) -> None:
        storm = await sky.breaks_out("a", "b", "c")
        await sky.hears("urgent", "Page")
        await sky.delivers("urgent")
        await sky.hears("over")
        await sky.delivers("over")
        await sky.hears("over", over=True)
        await sky.delivers("over")
        await sky.forget_jobs()
        sky.options = replace(sky.options, urgent=timedelta(hours=1))
        await sky.book.told((await sky.store.storms())[0])
        for attempt in range(1, 6):
            assert isinstance(await sky.round(storm, attempt=attempt), Again)
        assert await sky.store.storms() != ()
        assert sky.told == []
        assert isinstance(await sky.round(storm, attempt=6), Again), "for the digest itself"
        assert await sky.store.storms() == ()
        put = [dedup for dedup, _ in await sky.jobs() if dedup.startswith("deliver:")]
        assert put == ["deliver:urgent", "deliver:a", "deliver:b", "deliver:c"]
        for name in ("urgent", "a", "b", "c", "over"):
            assert isinstance(await sky.delivers(name), Delivered)
        assert sky.told == ["urgent", "a", "b", "c"], "in no storm again"
        assert await sky.store.storms() == ()

    async def test_killed_between_the_two_it_begins_again(self, sky: Sky) -> None:
        storm = await sky.breaks_out("a", "b", "c")
        await sky.delivers("a")
        await sky.book.break_up(storm)
        await sky.forget_jobs()
        await sky.round(storm, attempt=7)
        assert [dedup for dedup, _ in await sky.jobs()] == ["deliver:a", "deliver:b", "deliver:c"]

    async def test_hours_later_a_critical_one_is_told(self, sky: Sky) -> None:
        storm = await sky.breaks_out("a", "b", "c", severity="critical")
        await sky.round(storm)
        await sky.forget_jobs()
        sky.seconds += 5 * 3600
        await sky.hears("late", "critical")
        assert await sky.delivers("late") == Delivered()
        assert [dedup for dedup, _ in await sky.jobs()] == [f"storm:{storm}"]
        await sky.round(storm)
        assert sky.told == ["a", "b", "c", "late"]


async def test_a_digest_that_cannot_be_worded_holds_up_nobody(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    sky.seconds += CALM
    assert isinstance(await sky.round(storm, wording=Mute()), Again)
    assert sky.told == ["a", "b", "c"]


async def test_a_member_that_cannot_be_worded_is_left_to_its_own_job(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    sky.seconds += CALM
    assert await sky.round(storm, wording=Mute("a")) == Done()
    assert sky.told == ["b", "c"]
    assert "deliver:a" in {dedup for dedup, _ in await sky.jobs()}


async def test_an_edit_that_is_refused_keeps_no_turn_waiting(sky: Sky) -> None:
    """For so long that a person must mend it."""
    storm = await sky.breaks_out("a", "b", "c", severity="critical")
    await sky.round(storm)
    await sky.forget_jobs()
    sky.slack.unwanted = {"storm:": "is_inactive"}
    for _ in range(3):
        sky.seconds += 16
        assert await sky.round(storm) == Done()
        assert await sky.pause(storm) == OPTIONS.edit.total_seconds()
    assert sky.told == ["a", "b", "c"]
