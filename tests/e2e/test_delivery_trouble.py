"""Where Slack is not there, and where a channel refuses the bot: somebody is told, and nothing is lost."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.demo.bodies import Draft
from tests.e2e.bots import inside, metrics, post, process, wait_until
from tests.fakes.slack import FakeSlack
from tests.programs.alertmanager import now
from tests.programs.running import wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

BEGAN = now() - timedelta(minutes=1)


def draft(pod: str = "web-0", *, over: bool = False) -> Draft:
    labels = {"alertname": "Crash", "namespace": "shop", "pod": pod}
    return Draft(labels, BEGAN, {"summary": "It crashes"}, now() if over else None)


async def test_without_slack_the_log_tells(tmp_path: Path) -> None:
    async with process(tmp_path, slack=None).running() as bot:

        def told() -> list[dict[str, str]]:
            lines = (json.loads(line) for line in bot.written.splitlines() if line.startswith("{"))
            return [line for line in lines if line["event"].startswith(("🔴 Firing", "🟢 Resolved"))]

        await post(bot.url, draft())
        await wait_for(lambda: len(told()) == 1, "a line for the alert")
        await post(bot.url, draft(over=True))
        await wait_for(lambda: len(told()) == 2, "a line for its end")
        fired, ended = told()
    assert "Crash" in fired["event"]
    assert "shop" in fired["event"]
    assert fired["counts"] == "1 firing"
    assert ended["event"].startswith("🟢 Resolved")
    assert re.fullmatch(r"\d+ min( \d+ s)?", ended["lasted"])
    assert fired["incident"] == ended["incident"] != ""


async def test_a_channel_that_does_not_exist_is_named_and_served_once_it_does(tmp_path: Path) -> None:
    config = "delivery: {hold: 0s, default_channel: '#nowhere'}\n"
    async with FakeSlack().running() as slack:
        channel = slack.channel_id("nowhere")
        slack.refuse(channel, "channel_not_found")
        with capture_logs() as logs:
            async with inside(tmp_path, slack, config=config) as bot:

                async def in_trouble() -> bool:
                    return bool(await bot.store.channels_in_trouble())

                async def mended() -> bool:
                    return not await bot.store.channels_in_trouble()

                gauge = 'opsbot_channel_trouble{channel="#nowhere",error="channel_not_found"}'
                await post(bot.url, draft())
                await wait_until(in_trouble, "the trouble is kept")
                (row,) = await bot.store.channels_in_trouble()
                assert (row.channel, row.error) == ("#nowhere", "channel_not_found")
                assert "check the name #nowhere in delivery.routes" in row.remedy
                assert f"{gauge} 1.0" in await metrics(bot.url)
                assert not slack.tops("nowhere")

                # Tried again slowly by itself, and at once when the group has news.
                slack.refuse(channel, "")
                await post(bot.url, draft(), draft("web-1"))
                await wait_for(lambda: len(slack.tops("nowhere")) == 1, "the message is delivered")
                await wait_until(mended, "the trouble is over")
                assert f"{gauge} 0.0" in await metrics(bot.url)
    refused = [line for line in logs if line["event"] == "Slack refuses the channel"]
    assert refused
    assert refused[0]["log_level"] == "error"
    assert refused[0]["channel"] == "#nowhere"
    assert refused[0]["error"] == "channel_not_found"
    assert refused[0]["remedy"] == row.remedy
