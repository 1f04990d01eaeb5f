"""Hundreds of groups at once: what a channel bears, that nothing is missing or doubled, and who comes first."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.demo.bodies import Draft, body
from tests.e2e.bots import WEBHOOK, Process, process
from tests.fakes.slack import HANGS_AFTER, FakeSlack, Kept
from tests.programs.postgres import Postgres
from tests.programs.running import wait_for
from trials.processes import TOKEN
from trials.storm import HANDFUL, STORM, digests, draft

pytestmark = [pytest.mark.programs, pytest.mark.timeout(180)]

BEGAN = datetime.now(UTC) - timedelta(minutes=1)
CONFIG = "delivery: {hold: 1s, storm: {calm: 1s, urgent: 1s}}\n"
# What `draft` gives to every fifth; in the order in which they are told.
RANKS = ("critical", "warning", "info")


def drafts(count: int, *, over: bool = False) -> list[Draft]:
    now = datetime.now(UTC)
    return [draft(number, BEGAN, now if over else None) for number in range(count)]


async def fire(some: Sequence[Draft], *bots: Process) -> None:
    """As fast as they are taken, from one bot to the next; again where it was killed meanwhile."""
    places = asyncio.Semaphore(16)

    async def one(http: aiohttp.ClientSession, number: int, one_draft: Draft) -> None:
        async with places, asyncio.timeout(30):
            while not await taken(http, bots[number % len(bots)].url, one_draft):  # noqa: ASYNC110 - it is being restarted
                await asyncio.sleep(0.1)

    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        await asyncio.gather(*(one(http, number, each) for number, each in enumerate(some)))


async def taken(http: aiohttp.ClientSession, url: str, one_draft: Draft) -> bool:
    try:
        async with http.post(url + WEBHOOK, json=body([one_draft])) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def number_of(top: Kept) -> int:
    return int(top.text.split("TrialStorm")[1][:4])


def followers(slack: FakeSlack) -> list[int]:
    """Those with a message of their own below the digest."""
    tops = slack.tops()
    after = [bool(STORM.match(top.text)) for top in tops].index(True) + 1
    return [number_of(top) for top in tops[after:]]


def rank(number: int) -> int:
    return RANKS.index(draft(number, BEGAN).labels["severity"])


def unnamed(slack: FakeSlack, count: int) -> list[int]:
    said = "\n".join(str(message.blocks) for message in slack.live())
    return [number for number in range(count) if f"TrialStorm{number:04}" not in said]


async def told_by_all(slack: FakeSlack, count: int) -> None:
    """Every incident has its message, and the digest says that this is so."""
    await wait_for(lambda: len(slack.tops()) == count + 1, "a message each, and the digest", seconds=80)
    await wait_for(lambda: "The storm is over" in digests(slack.tops())[0].text, "its end", seconds=20)
    assert sorted(number_of(top) for top in slack.tops() if not STORM.match(top.text)) == list(range(count))
    assert len(digests(slack.tops())) == 1
    assert unnamed(slack, count) == []


async def test_five_hundred_groups_cost_a_handful_of_messages_and_each_is_named(tmp_path: Path) -> None:
    config = CONFIG.replace("calm: 1s", "calm: 10s")
    async with (
        FakeSlack(pace=1.0).running() as slack,
        process(tmp_path, slack, config=config).running() as bot,
    ):
        await fire(drafts(500), bot)
        await wait_for(lambda: bool(digests(slack.tops())), "a digest")
        before = [bool(STORM.match(top.text)) for top in slack.tops()].index(True)
        await wait_for(lambda: not unnamed(slack, 500), "each is named", seconds=120)
        storm, *more = digests(slack.tops())
        told = followers(slack)
        tops = [number_of(top) for top in slack.tops() if top is not storm]
    assert before <= HANDFUL
    assert not more
    assert "storm: " in storm.text
    assert {draft(number, BEGAN).labels["severity"] for number in told} <= {"critical"}
    assert len(set(tops)) == len(tops) < 150
    assert slack.pinged == 0


async def test_killed_again_and_again_each_is_told_once(tmp_path: Path) -> None:
    count = 9
    async with (
        FakeSlack(pace=1.0).running() as slack,
        process(tmp_path, slack, config=CONFIG).running() as bot,
    ):
        # Nobody knows of the digest whether it was posted: it is looked for.
        slack.fail("chat.postMessage", HANGS_AFTER)
        sent = asyncio.create_task(fire(drafts(count), bot))
        for pause in (1.5, 2.0, 3.0, 2.5):
            await asyncio.sleep(pause)
            await bot.kill()
            await bot.start()
        await sent
        await told_by_all(slack, count)


async def test_severity_decides_who_comes_first(tmp_path: Path) -> None:
    count = 9
    async with FakeSlack(pace=1.0).running() as slack:
        config = CONFIG.replace("calm: 1s", "calm: 4s").replace("urgent: 1s", "urgent: 1h")
        async with process(tmp_path, slack, config=config).running() as bot:
            await fire(drafts(count), bot)
            await told_by_all(slack, count)
            order = [rank(number) for number in followers(slack)]
    # One urgent one at once, then all by severity.
    assert order[0] == 0
    assert order == sorted(order)


async def test_two_replicas_gather_into_one_digest_and_one_dies_for_ever(
    tmp_path: Path, postgres: Postgres
) -> None:
    count = 9
    with postgres.fresh("migrated") as store:
        async with FakeSlack(pace=1.0).running() as slack, AsyncExitStack() as stack:
            doomed, heir = [
                await stack.enter_async_context(
                    process(tmp_path, slack, store=store, replica=name, config=CONFIG).running()
                )
                for name in ("doomed", "heir")
            ]
            await fire(drafts(count), doomed, heir)
            await wait_for(lambda: bool(digests(slack.tops())), "a digest")
            await doomed.kill()
            await told_by_all(slack, count)


async def test_a_storm_that_resolves_is_one_message(tmp_path: Path) -> None:
    count = 40
    quiet = [
        Draft({**one.labels, "severity": "warning"}, one.starts_at, one.annotations) for one in drafts(count)
    ]
    config = CONFIG.replace("calm: 1s", "calm: 5s")
    async with (
        FakeSlack(pace=1.0).running() as slack,
        process(tmp_path, slack, config=config).running() as bot,
    ):
        await fire(quiet, bot)
        await wait_for(lambda: bool(digests(slack.tops())), "a digest")
        now = datetime.now(UTC)
        await fire([Draft(one.labels, one.starts_at, one.annotations, now) for one in quiet], bot)
        await wait_for(
            lambda: "everything in it has resolved" in digests(slack.tops())[0].text, "its end", seconds=40
        )
        (storm,) = digests(slack.tops())
        tops = slack.tops()
    assert storm.text.startswith("🟢 Resolved · storm: ")
    assert len(tops) <= 1 + HANDFUL
    assert all(top.text.startswith("🟢 Resolved") for top in tops)
    assert unnamed(slack, count) == []
