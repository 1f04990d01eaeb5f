"""Real Alertmanagers, and a real Prometheus behind one, drive the bot: a group is one message, whatever happens."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.e2e.bots import metrics, process, wait_until, words
from tests.e2e.exporter import exporter
from tests.fakes.slack import FakeSlack
from tests.programs.alertmanager import Alertmanager, alert, alertmanager, now, webhook_config
from tests.programs.prometheus import prometheus, rule
from tests.programs.running import wait_for
from trials.processes import TOKEN

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

FIRING, RESOLVED = "🔴 Firing", "🟢 Resolved"
CRASHING = rule("CrashLooping", "crash_looping == 1", summary="It crashes", severity="critical")


def says(slack: FakeSlack, mark: str, counts: str = "") -> bool:
    """One message, in this state, with these counts of alerts."""
    tops = slack.tops()
    return len(tops) == 1 and tops[0].text.startswith(mark) and counts in words(*tops)


async def test_prometheus_fires_joins_and_resolves_while_the_bot_is_killed(tmp_path: Path) -> None:
    async with FakeSlack().running() as slack, exporter() as told, process(tmp_path, slack).running() as bot:
        config = webhook_config(bot.webhook, token=TOKEN)
        async with (
            alertmanager(config) as (manager,),
            prometheus([CRASHING], alertmanagers=[manager.url], targets={"shop": [told.address]}) as measured,
        ):
            programs = [manager, measured]
            told.pods["web-0"] = True
            await wait_for(lambda: says(slack, FIRING, "1 firing"), "it fires", programs=programs)
            first = slack.tops()[0].ts

            await bot.kill()
            told.pods["web-1"] = True
            await wait_for(
                lambda: "connection refused" in manager.written, "a refused webhook", programs=programs
            )
            await bot.start()
            await wait_for(lambda: says(slack, FIRING, "2 firing"), "a second joins", programs=programs)

            await bot.kill()
            told.pods.update({"web-0": False, "web-1": False})
            await bot.start()
            await wait_for(lambda: says(slack, RESOLVED), "all resolve", programs=programs)
        (top,) = slack.tops()
    assert top.ts == first
    assert top.edits[0].startswith(FIRING)
    assert "CrashLooping" in top.text
    assert "critical" in top.text
    assert re.search(r"Lasted \d+ ", words(top))


async def test_a_pair_with_a_split_mesh_sends_everything_twice_and_makes_one_message(tmp_path: Path) -> None:
    async with FakeSlack().running() as slack, process(tmp_path, slack).running() as bot:
        config = webhook_config(bot.webhook, token=TOKEN)

        async def all_came_twice() -> bool:
            found = re.search(r'opsbot_webhooks_total\{result="kept"\} (\d+)', await metrics(bot.url))
            return found is not None and int(found[1]) == 6

        async with alertmanager(config) as (one,), alertmanager(config) as (other,):
            pair = (one, other)
            await tell(pair, "web-0")
            await wait_for(lambda: says(slack, FIRING, "1 firing"), "it fires", programs=pair)
            await tell(pair, "web-0", "web-1")
            await wait_for(lambda: says(slack, FIRING, "2 firing"), "a second joins", programs=pair)
            await tell(pair, "web-0", "web-1", over=True)
            await wait_until(all_came_twice, "two webhooks for each of three changes")
            await wait_for(lambda: says(slack, RESOLVED), "all resolve", programs=pair)
        (top,) = slack.tops()
    assert top.edits[0].startswith(FIRING)


@pytest.mark.parametrize("one_dies", [False, True])
async def test_a_pair_makes_one_message_even_when_one_of_it_is_killed(tmp_path: Path, one_dies: bool) -> None:
    async with FakeSlack().running() as slack, process(tmp_path, slack).running() as bot:
        config = webhook_config(bot.webhook, token=TOKEN)
        async with alertmanager(config, peers=2, peer_timeout="1s") as pair:
            await tell(pair, "web-0")
            await wait_for(lambda: says(slack, FIRING, "1 firing"), "it fires", programs=pair)
            first = slack.tops()[0].ts
            if one_dies:
                await pair[0].kill()
            left = pair[1:] if one_dies else pair
            await tell(left, "web-0", "web-1")
            await wait_for(lambda: says(slack, FIRING, "2 firing"), "a second joins", programs=pair)
            await tell(left, "web-0", "web-1", over=True)
            await wait_for(lambda: says(slack, RESOLVED), "all resolve", programs=pair)
        (top,) = slack.tops()
    assert top.ts == first
    assert top.edits[0].startswith(FIRING)


async def test_what_fired_while_the_bot_was_down_is_told_when_it_is_up(tmp_path: Path) -> None:
    async with FakeSlack().running() as slack:
        bot = process(tmp_path, slack)
        async with alertmanager(webhook_config(bot.webhook, token=TOKEN)) as (manager,):
            await tell([manager], "web-0")
            await wait_for(
                lambda: "connection refused" in manager.written, "a refused webhook", programs=[manager]
            )
            async with bot.running():
                await wait_for(lambda: says(slack, FIRING, "1 firing"), "it fires", programs=[manager])
        assert len(slack.tops()) == 1


_BEGAN = now()


async def tell(
    managers: list[Alertmanager] | tuple[Alertmanager, ...], *pods: str, over: bool = False
) -> None:
    """Every Alertmanager is told, as Prometheus does."""
    ends = now() if over else None
    alerts = [alert("CrashLooping", namespace="shop", pod=pod, starts=_BEGAN, ends=ends) for pod in pods]
    await asyncio.gather(*(manager.post(*alerts) for manager in managers))
