"""A warning that becomes critical wakes somebody: through a real webhook, with a bot that is killed in between."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.demo.bodies import Draft
from tests.e2e.bots import Process, post, process
from tests.fakes.slack import DROPPED_AFTER, HANGS_AFTER, FakeSlack, Kept
from tests.programs.postgres import Postgres
from tests.programs.running import wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(90)]

BEGAN = datetime.now(UTC) - timedelta(minutes=1)
ROUTED = """
delivery:
  hold: 0s
  storm: {calm: 1s, urgent: 1s}
  routes:
    - {match: ['severity="critical"'], channel: "#alerts-critical"}
  default_channel: "#alerts"
"""
ONE = "delivery: {hold: 0s}\n"


def crash(severity: str, name: str = "KubePodCrashLooping", *, over: bool = False) -> Draft:
    labels = {"alertname": name, "namespace": "shop", "pod": "board", "severity": severity}
    return Draft(labels, BEGAN, {}, datetime.now(UTC) if over else None)


WORSE = (crash("warning"), crash("critical"))
OVER = (crash("warning", over=True), crash("critical", over=True))


def rings(slack: FakeSlack) -> Sequence[Kept]:
    return [one for one in slack.live() if one.arguments.get("reply_broadcast")]


def there(slack: FakeSlack) -> list[Kept]:
    return [top for top in slack.tops("alerts-critical") if "TargetDown" not in top.text]


async def told_there(slack: FakeSlack) -> None:
    await wait_for(lambda: bool(there(slack)), "a message where it wakes somebody")
    await wait_for(lambda: "goes on in #alerts-critical" in slack.tops()[0].text, "the old one says where")
    await wait_for(lambda: "slack.com/archives" in str(slack.tops()[0].blocks), "and leads there")


async def one_of_each(slack: FakeSlack) -> None:
    await wait_for(lambda: there(slack)[0].text.startswith("🟢 Resolved"), "its end")
    await wait_for(lambda: slack.tops()[0].text.startswith("🟢 Resolved"), "its end where it began")
    assert (len(slack.tops()), len(there(slack))) == (1, 1)
    assert slack.pinged == 0


@pytest.mark.parametrize("fault", [None, HANGS_AFTER, DROPPED_AFTER], ids=["posted", "killed", "torn"])
async def test_what_becomes_critical_goes_on_in_its_channel_once(tmp_path: Path, fault: object) -> None:
    async with FakeSlack().running() as slack, process(tmp_path, slack, config=ROUTED).running() as bot:
        # A message of another incident, so that the channel is known.
        await post(bot.url, crash("critical", "TargetDown"))
        await wait_for(lambda: bool(slack.tops("alerts-critical")), "another incident")
        await post(bot.url, crash("warning"))
        await wait_for(lambda: bool(slack.tops()), "the warning")
        if fault is not None:
            slack.fail("chat.postMessage", fault)  # type: ignore[arg-type]  # as parametrized
        calls = slack.calls.count("chat.postMessage")
        await post(bot.url, *WORSE)
        await wait_for(lambda: slack.calls.count("chat.postMessage") > calls, "it is being told")
        await bot.kill()
        await bot.start()
        await told_there(slack)
        await post(bot.url, *OVER)
        await one_of_each(slack)


async def test_where_one_channel_is_for_all_a_reply_rings_once(tmp_path: Path) -> None:
    async with FakeSlack().running() as slack, process(tmp_path, slack, config=ONE).running() as bot:
        await post(bot.url, crash("warning"))
        await wait_for(lambda: bool(slack.tops()), "the warning")
        slack.fail("chat.postMessage", HANGS_AFTER)
        await post(bot.url, *WORSE)
        await wait_for(lambda: bool(rings(slack)), "it is being told")
        await bot.kill()
        await bot.start()
        await post(bot.url, crash("warning"), crash("critical", over=True))
        await wait_for(lambda: "1 resolved" in str(slack.tops()[0].blocks), "the fall")
        again = replace(crash("critical"), starts_at=datetime.now(UTC) + timedelta(seconds=1))
        await post(bot.url, crash("warning"), again)
        await wait_for(lambda: "2 firing" in str(slack.tops()[0].blocks), "the second rise")
        (ring,) = rings(slack)
        (top,) = slack.tops()
    assert ring.thread_ts == top.ts
    assert ring.text.startswith("🔴 critical now: KubePodCrashLooping · shop")
    assert slack.pinged == 0


async def test_two_replicas_move_it_once_and_one_dies_for_ever(tmp_path: Path, postgres: Postgres) -> None:
    with postgres.fresh("migrated") as store:
        async with FakeSlack().running() as slack:
            bots = [
                process(tmp_path, slack, store=store, replica=name, config=ROUTED)
                for name in ("doomed", "heir")
            ]
            async with bots[0].running(), bots[1].running():
                await becomes_worse(slack, *bots)


async def becomes_worse(slack: FakeSlack, doomed: Process, heir: Process) -> None:
    await post(doomed.url, crash("warning"))
    await wait_for(lambda: bool(slack.tops()), "the warning")
    await post(doomed.url, *WORSE)
    await post(heir.url, *WORSE)
    await doomed.kill()
    await told_there(slack)
    await post(heir.url, *OVER)
    await one_of_each(slack)


async def test_many_that_become_critical_at_once_are_gathered_where_they_go(tmp_path: Path) -> None:
    names = [f"Alert{number:02}" for number in range(12)]
    async with (
        FakeSlack(pace=0.2).running() as slack,
        process(tmp_path, slack, config=ROUTED.replace("hold: 0s", "hold: 1s")).running() as bot,
    ):
        for name in names:
            await post(bot.url, crash("warning", name))
        await wait_for(
            lambda: "The storm is over" in str([top.text for top in slack.tops()]), "messages", seconds=40
        )
        for name in names:
            await post(bot.url, crash("warning", name), crash("critical", name))
        await wait_for(
            lambda: "The storm is over" in str([top.text for top in slack.tops("alerts-critical")]),
            "a digest there, and its end",
            seconds=40,
        )
        tops = slack.tops("alerts-critical")
        said = "\n".join(str(message.blocks) for message in slack.live("alerts-critical"))
        await wait_for(
            lambda: sum("goes on in #alerts-critical" in top.text for top in slack.tops()) == len(names),
            "each old message says where",
            seconds=40,
        )
    assert [name for name in names if name not in said] == []
    assert len([top for top in tops if "storm:" in top.text]) == 1
    assert len(tops) == len(names) + 1
