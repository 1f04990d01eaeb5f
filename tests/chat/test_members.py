"""Who is in a group, asked of a Slack over HTTP: known, forgotten after a while, and never guessed."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from bot.chat.members import Groups
from bot.clients.slack import SlackClient
from tests.delivery.builders import START
from tests.fakes.slack import TOKEN, FakeSlack, says


class Clock:
    def __init__(self) -> None:
        self.now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().running() as running:
        running.scopes.add("usergroups:read")
        running.groups = {"S1": ["U1", "U2"], "S2": []}
        yield running


def groups_of(slack: FakeSlack, clock: Clock, *names: str) -> Groups:
    return Groups(SlackClient(TOKEN, base_url=slack.url, timeout=1), names or ("S1", "S2"), clock)


async def test_known_once_slack_has_answered(slack: FakeSlack) -> None:
    groups = groups_of(slack, Clock())
    assert groups.members() == {"S1": None, "S2": None}
    assert await groups.refresh()
    assert groups.members() == {"S1": frozenset({"U1", "U2"}), "S2": frozenset()}
    slack.groups["S1"] = ["U2"]
    await groups.refresh()
    assert groups.members()["S1"] == frozenset({"U2"})


async def test_what_was_known_is_believed_for_an_hour(slack: FakeSlack) -> None:
    clock = Clock()
    groups = groups_of(slack, clock)
    await groups.refresh()
    slack.fail("usergroups.users.list", says("internal_error"), times=2)
    clock.now += timedelta(minutes=59)
    assert not await groups.refresh()
    assert groups.members()["S1"] == frozenset({"U1", "U2"})
    clock.now += timedelta(minutes=2)
    assert groups.members() == {"S1": None, "S2": None}


async def test_one_group_that_fails_takes_no_other_along(slack: FakeSlack) -> None:
    groups = groups_of(slack, Clock(), "S1", "S404")
    assert not await groups.refresh()
    assert groups.members() == {"S1": frozenset({"U1", "U2"}), "S404": None}


async def test_without_the_scope_nobody_is_let_in(slack: FakeSlack) -> None:
    slack.scopes.discard("usergroups:read")
    groups = groups_of(slack, Clock())
    assert not await groups.refresh()
    assert groups.members() == {"S1": None, "S2": None}


async def test_it_is_asked_again_soon_until_slack_answers_and_rarely_after(slack: FakeSlack) -> None:
    slept: list[float] = []

    class EnoughError(Exception):
        pass

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise EnoughError

    slack.fail("usergroups.users.list", says("internal_error"))
    client = SlackClient(TOKEN, base_url=slack.url, timeout=1)
    with suppress(EnoughError):
        await Groups(client, ["S1"], Clock(), sleep).run()
    assert slept == [15.0, 300.0]
