"""A storm where something goes wrong: refusals, kills, two replicas, and incidents that hang together."""

import asyncio
from contextlib import suppress

import pytest

from bot.delivery.results import Delivered, Later
from bot.incidents.store import Store
from bot.incidents.storms import StormOptions
from bot.incidents.work import Done
from tests.delivery.builders import DIAGNOSIS, SHARED_DIAGNOSIS
from tests.delivery.test_outbox_crashes import KilledError, Steps
from tests.incidents.conftest import Place
from tests.incidents.storming import Sky

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
