"""A channel's storm from its first incident to its end, over a real store and the real outbox."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.results import Delivered, Later
from bot.incidents.store import Store
from bot.incidents.storm_book import OVER
from bot.incidents.work import Done
from tests.delivery.builders import DIAGNOSIS
from tests.incidents.storming import Sky

CALM = 61.0


@pytest.fixture
def sky(store: Store) -> Sky:
    return Sky(store)


async def jobs(store: Store) -> dict[str, int]:
    return {count.kind.value: count.count for count in await store.jobs_by_state()}


async def test_at_the_bound_each_is_posted_as_ever(sky: Sky) -> None:
    for name in ("a", "b"):
        await sky.hears(name)
    for name in ("a", "b"):
        assert await sky.delivers(name) == Delivered(first=True)
    assert sky.told == ["a", "b"]
    assert await sky.store.storms() == ()
    assert "storm" not in await jobs(sky.store)


async def test_however_many_came_before_only_those_who_wait_make_a_storm(sky: Sky) -> None:
    for name in ("a", "b", "c", "d"):
        await sky.hears(name)
        assert await sky.delivers(name) == Delivered(first=True)
    assert await sky.store.storms() == ()


async def test_above_the_bound_one_digest_names_all_and_nobody_is_posted(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    assert (await jobs(sky.store))["storm"] == 1
    assert await sky.round(storm) == Done()
    (digest,) = sky.slack.tops()
    assert digest.text.startswith("🔴 Firing · storm: 3 incidents\n3 warning · in shop\n")
    (page,) = sky.slack.live(thread=digest.ts)
    assert [line.split(" · ")[2] for line in page.text.splitlines()[1:]] == ["Crash-a", "Crash-b", "Crash-c"]


async def test_who_comes_later_joins_and_the_digest_is_edited(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    await sky.round(storm)
    await sky.hears("d", "critical")
    assert await sky.delivers("d") == Delivered()
    sky.seconds += 20
    sky.options = replace(sky.options, urgent=timedelta(hours=1))
    await sky.book.told((await sky.store.storms())[0])
    await sky.round(storm)
    (digest,) = sky.slack.tops()
    assert digest.text.startswith(
        "🔴 Firing · storm: 4 incidents\n1 critical: Crash-d · 3 warning · in shop\n"
    )
    (page,) = sky.slack.live(thread=digest.ts)
    assert "Crash-d" in page.text.splitlines()[1]


async def test_the_news_of_a_member_is_told_in_its_line(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    await sky.round(storm)
    await sky.hears("b", over=True)
    assert await sky.delivers("b") == Delivered()
    await sky.round(storm)
    (digest,) = sky.slack.tops()
    assert "2 firing, 1 resolved" in digest.text
    (page,) = sky.slack.live(thread=digest.ts)
    assert [line.split(" · ")[0] for line in page.text.splitlines()[1:]] == [
        "🔴 Firing",
        "🟢 Resolved",
        "🔴 Firing",
    ]
    posts = len(sky.slack.live())
    await sky.round(storm)
    assert len(sky.slack.live()) == posts
    assert not page.edits[1:], "a round without news edits nothing"


async def test_urgent_ones_come_one_at_a_time_while_it_grows(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c", severity="critical")
    await sky.round(storm)
    await sky.round(storm)
    assert sky.told == ["a"]
    sky.seconds += 16
    await sky.round(storm)
    await sky.round(storm)
    assert sky.told == ["a", "b"]


async def test_when_it_is_calm_they_follow_by_severity_then_age_and_the_digest_ends(sky: Sky) -> None:
    for name, severity in (("info", "info"), ("old", "warning"), ("young", "warning"), ("worst", "critical")):
        await sky.hears(name, severity)
        sky.seconds += 1
    for name in ("worst", "young", "info", "old"):
        await sky.delivers(name)
    storm = await sky.storm_id()
    await sky.hears("over", over=True)
    await sky.delivers("over")
    sky.seconds += CALM
    await sky.round(storm)
    assert sky.told == ["worst", "old", "young", "info"]
    assert "4 with a message of their own" in sky.digests[0].text
    assert await sky.store.storms() != (), "it ends when all is told"
    await sky.round(storm)
    assert await sky.store.storms() == ()
    await sky.round(storm)
    assert "The storm is over." in sky.digests[0].text
    assert sky.told == ["worst", "old", "young", "info"]


async def test_once_all_has_resolved_the_digest_is_green_even_after_its_end(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    sky.seconds += CALM
    await sky.round(storm)
    await sky.round(storm)
    for name in ("a", "b", "c"):
        await sky.hears(name, over=True)
        assert await sky.delivers(name) == Delivered()
    assert (await jobs(sky.store))["storm"] >= 1
    await sky.round(storm)
    assert sky.digests[0].text.startswith("🟢 Resolved · storm: 3 incidents")
    assert all(top.text.startswith("🟢") for top in sky.slack.tops())


async def test_a_storm_that_resolves_costs_the_channel_one_message(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c", "d")
    await sky.round(storm)
    for name in ("a", "b", "c", "d"):
        await sky.hears(name, over=True)
        await sky.delivers(name)
    sky.seconds += CALM
    await sky.round(storm)
    await sky.round(storm)
    (digest,) = sky.slack.tops()
    assert digest.text.startswith("🟢 Resolved · storm: 4 incidents")
    assert await sky.store.storms() == ()


async def test_what_was_told_by_the_digest_alone_gets_a_message_when_it_fires_again(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    for name in ("a", "b", "c"):
        await sky.hears(name, over=True)
        await sky.delivers(name)
    sky.seconds += CALM
    await sky.round(storm)
    assert await sky.store.storms() == ()
    assert await sky.delivers("a") == Delivered()
    assert sky.told == []
    await sky.hears("a")
    assert await sky.delivers("a") == Delivered(first=True)
    await sky.round(storm)
    assert sky.told == ["a"]
    assert sky.digests[0].text.startswith("🔴 Firing")


async def test_a_later_storm_has_a_digest_of_its_own(sky: Sky) -> None:
    first = await sky.breaks_out("a", "b", "c")
    sky.seconds += CALM
    await sky.round(first)
    await sky.round(first)
    for name in ("d", "e", "f"):
        await sky.hears(name)
    for name in ("d", "e", "f"):
        await sky.delivers(name)
    second = await sky.storm_id()
    assert second != first
    await sky.round(second)
    assert len(sky.digests) == 2


async def test_it_does_not_end_under_the_feet_of_who_joins(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    sky.seconds += CALM
    await sky.round(storm)
    (seen,) = await sky.store.storms()
    await sky.hears("d")
    await sky.delivers("d")
    assert not await sky.book.close(seen)
    (now,) = await sky.store.storms()
    assert await sky.book.close(now)
    assert not await sky.book.close(now), "it ends once"


async def test_it_goes_on_while_too_many_wait_that_it_does_not_tell_of(sky: Sky) -> None:
    storm = await sky.breaks_out("a", "b", "c")
    sky.seconds += CALM
    await sky.round(storm)
    for name in ("d", "e", "f"):
        await sky.hears(name)
    (seen,) = await sky.store.storms()
    assert not await sky.book.close(seen)
    await sky.delivers("d")
    (seen,) = await sky.store.storms()
    assert await sky.book.close(seen)


async def test_who_was_given_up_long_ago_makes_no_storm(sky: Sky) -> None:
    for name in ("a", "b"):
        await sky.hears(name)
    sky.seconds += 16 * 60
    await sky.hears("c")
    assert await sky.delivers("c") == Delivered(first=True)
    await sky.hears("d")
    assert await sky.delivers("a") == Delivered(first=True), "who is tried again counts again"


async def test_threads_come_when_the_storm_is_over_in_the_order_of_their_messages(sky: Sky) -> None:
    for name, severity in (("warning", "warning"), ("info", "info"), ("critical", "critical")):
        await sky.hears(name, severity)
    for name in ("warning", "info", "critical"):
        await sky.delivers(name)
        await sky.finds(name, DIAGNOSIS)
    storm = await sky.storm_id()
    sky.seconds += CALM
    await sky.round(storm)
    assert sky.told == ["critical", "warning", "info"]
    for name in sky.told:
        assert await sky.delivers(name) == Delivered(rest=True)
    (digest,) = sky.digests
    assert {message.thread_ts for message in sky.slack.live()} == {"", digest.ts}
    await sky.forget_jobs()
    await sky.round(storm)
    assert {dedup.partition(":")[0] for dedup, _ in await sky.jobs()} == {"storm", "storm-over"}
    await sky.forget_jobs()
    await sky.round(storm, OVER)
    assert await sky.jobs() == [("deliver:critical", 0), ("deliver:warning", 1.5), ("deliver:info", 3)]
    assert await sky.delivers("critical") == Delivered()
    (top,) = (top for top in sky.slack.tops() if "Crash-critical" in top.text.splitlines()[0])
    assert sky.slack.live(thread=top.ts)


async def test_a_thread_of_somebody_else_looks_for_the_end_of_the_storm(sky: Sky) -> None:
    await sky.hears("before")
    await sky.delivers("before")
    await sky.breaks_out("a", "b", "c")
    await sky.finds("before", DIAGNOSIS)
    assert await sky.delivers("before") == Later(
        15.0, "its thread waits for the end of a storm", counts=False
    )
    (top,) = (top for top in sky.slack.tops() if "before" in top.text)
    assert not sky.slack.live(thread=top.ts)
