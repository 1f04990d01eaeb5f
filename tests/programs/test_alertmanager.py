"""The facts about Alertmanager that the bot builds on, seen on a real one; and that the rig starts, stops and complains."""

import asyncio
import os

import pytest

from bot.incidents.merge import MergeReason
from bot.model import AlertStatus
from tests.incidents.groups import Story
from tests.programs.alertmanager import alert, alertmanager, now, webhook_config
from tests.programs.receiver import Receiver, receiver
from tests.programs.running import ProgramError, program, wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]


def statuses(taken: Receiver) -> list[list[AlertStatus]]:
    return [[each.status for each in group.alerts] for group in taken.groups]


async def test_a_group_fires_is_joined_and_resolves() -> None:
    fires, over = AlertStatus.FIRING, AlertStatus.RESOLVED
    began = now()
    async with receiver() as taken, alertmanager(webhook_config(taken.url)) as (one,):
        await one.post(alert("Crash", namespace="shop", pod="web-0", starts=began))
        await wait_for(lambda: statuses(taken) == [[fires]], "one firing", programs=[one])
        await one.post(alert("Crash", namespace="shop", pod="web-1", starts=began))
        await wait_for(lambda: statuses(taken)[1:] == [[fires, fires]], "a second joins", programs=[one])
        await one.post(
            *(alert("Crash", namespace="shop", pod=f"web-{n}", starts=began, ends=now()) for n in (0, 1))
        )
        await wait_for(lambda: statuses(taken)[2:] == [[over, over]], "both resolved", programs=[one])
        groups = taken.groups
    assert len({group.group_key for group in groups}) == 1
    assert groups[0].alerts[0].fingerprint == groups[2].alerts[0].fingerprint
    assert groups[0].alerts[0].starts_at == groups[2].alerts[0].starts_at
    story = Story()
    reasons = [story.hears(group, minute).reason for minute, group in enumerate(groups)]
    assert reasons == [MergeReason.FIRST, MergeReason.NEW_ALERTS, MergeReason.ALL_RESOLVED]


async def test_a_pair_that_is_slow_to_agree_sends_twice_and_only_its_url_differs() -> None:
    async with receiver() as taken:
        taken.delay = 1.5
        async with alertmanager(webhook_config(taken.url), peers=2, peer_timeout="200ms") as pair:
            fired = alert("Crash", namespace="shop", pod="web-0", starts=now())
            await asyncio.gather(*(one.post(fired) for one in pair))
            await wait_for(lambda: len(taken.bodies) == 2, "a body of each of the pair", programs=pair)
        first, second = taken.groups
    assert first.external_url != second.external_url
    assert (first.group_key, first.alerts) == (second.group_key, second.alerts)
    story = Story()
    assert [story.hears(group, 1).reason for group in (first, second)] == [
        MergeReason.FIRST,
        MergeReason.REPEAT,
    ]


async def test_a_pair_that_agrees_sends_once() -> None:
    async with receiver() as taken, alertmanager(webhook_config(taken.url), peers=2) as pair:
        fired = alert("Crash", namespace="shop", pod="web-0", starts=now())
        await asyncio.gather(*(one.post(fired) for one in pair))
        await wait_for(lambda: len(taken.bodies) == 1, "one body", programs=pair)
        await asyncio.sleep(2.5)
        assert len(taken.bodies) == 1


async def test_503_is_tried_again_and_400_is_not() -> None:
    async with receiver() as taken, alertmanager(webhook_config(taken.url)) as (one,):
        taken.status = 503
        await one.post(alert("Crash", namespace="shop", starts=now()))
        await wait_for(lambda: len(taken.bodies) >= 2, "a second attempt", programs=[one])
        taken.status = 400
        await wait_for(lambda: "unrecoverable" in one.written, "dropped", programs=[one])


async def test_max_alerts_hides_alerts_and_the_status_speaks_only_for_those_shown() -> None:
    """So a truncated body that says resolved is no proof that the hidden alerts are over."""
    began = now()
    async with receiver() as taken, alertmanager(webhook_config(taken.url, max_alerts=2)) as (one,):
        await one.post(*(alert("Crash", namespace="shop", pod=f"p{n}", starts=began) for n in range(5)))
        await wait_for(lambda: len(taken.bodies) == 1, "one body", programs=[one])
        await one.post(
            *(alert("Crash", namespace="shop", pod=f"p{n}", starts=began, ends=now()) for n in (0, 1))
        )
        await wait_for(lambda: len(taken.bodies) == 2, "the two that are shown resolve", programs=[one])
        fires, over = taken.groups
        assert (len(fires.alerts), fires.truncated) == (2, 3)
        assert ({each.status for each in over.alerts}, over.truncated) == ({AlertStatus.RESOLVED}, 3)
        assert len(await one.alerts()) == 3


async def test_a_program_that_does_not_start_says_what_it_wrote() -> None:
    with pytest.raises(ProgramError, match=r"no routes? provided"):
        async with alertmanager("receivers: []"):
            pytest.fail("started with a broken configuration")


async def test_a_program_is_gone_after_a_failed_test() -> None:
    pids: list[int] = []

    async def fail() -> None:
        async with alertmanager(webhook_config("http://127.0.0.1:1/"), peers=2) as pair:
            pids.extend(one.process.pid for one in pair)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_missing_program_names_the_command_that_installs_it() -> None:
    with pytest.raises(ProgramError, match="apt-get install -y prometheus-alertmanager"):
        program("no-such-alertmanager", "prometheus-alertmanager")
