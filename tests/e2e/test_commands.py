"""A person asks in Slack and reads the cause: by signed requests and by Socket Mode, against a cluster."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.app import Running
from bot.observe import REGISTRY
from tests.e2e.bots import inside, metrics, wait_until, words
from tests.e2e.test_diagnosis import cluster
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_signing import SIGNING_SECRET, form, signed, slash
from tests.fakes.slack_socket import APP_TOKEN
from tests.programs.running import wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]


@asynccontextmanager
async def asked_in_slack(
    folder: Path, **env: Any
) -> AsyncIterator[tuple[Running, FakeSlack, FakeKubernetes]]:
    async with (
        cluster() as fake,
        FakeSlack().running() as slack,
        inside(folder, slack, KUBECONFIG=fake.kubeconfig(folder), **env) as bot,
    ):
        yield bot, slack, fake


async def post(bot: Running, fields: dict[str, str]) -> float:
    """How long the acknowledgement took."""
    body, began = form(fields), time.perf_counter()
    async with (
        ClientSession() as http,
        http.post(f"{bot.url}/slack/events", data=body, headers=signed(body, time.time())) as response,
    ):
        assert (response.status, await response.text()) == (200, "")
    return time.perf_counter() - began


def diagnoses() -> float:
    return REGISTRY.get_sample_value("opsbot_diagnosis_seconds_count") or 0


async def test_a_signed_command_is_answered_to_its_asker(tmp_path: Path) -> None:
    async with asked_in_slack(tmp_path, SLACK_SIGNING_SECRET=SIGNING_SECRET) as (bot, slack, _):
        url = slack.responses.make()
        assert await post(bot, slash("diagnose board-service", response_url=url)) < 1

        await wait_for(lambda: "Confirmed" in "".join(a.text for a in slack.responses.answers), "an answer")
        answer = slack.responses.answers[-1]
        assert "board_db" in "\n".join(a.text for a in slack.responses.answers)
        assert not answer.public

        async def counted() -> bool:
            return 'opsbot_commands_total{command="diagnose",result="done"}' in await metrics(bot.url)

        await wait_until(counted, "it is counted")


async def test_two_who_ask_the_same_share_one_diagnosis_in_the_channel(tmp_path: Path) -> None:
    async with asked_in_slack(tmp_path, SLACK_SIGNING_SECRET=SIGNING_SECRET) as (bot, slack, fake):
        channel = slack.channel_id("alerts")
        fake.latency = 0.2
        before = diagnoses()
        asks = [
            slash("diagnose board-service --in-channel", channel_id=channel, user_id=f"U{n}") for n in (1, 2)
        ]
        await asyncio.gather(*(post(bot, fields) for fields in asks))

        await wait_for(
            lambda: len(slack.tops()) == 2 and all("Confirmed" in top.text for top in slack.tops()),
            "both answers",
        )
        assert diagnoses() == before + 1
        for top in slack.tops():
            assert "board_db" in words(top, *slack.live(thread=top.ts))


async def test_socket_mode_needs_no_address_of_ours(tmp_path: Path) -> None:
    async with asked_in_slack(tmp_path, SLACK_APP_TOKEN=APP_TOKEN) as (bot, slack, _):
        await slack.socket.connected()
        await slack.socket.deliver(slash("diagnose board-service", response_url=slack.responses.make()))

        await wait_for(lambda: "Confirmed" in "".join(a.text for a in slack.responses.answers), "an answer")
        assert "opsbot_slack_socket_connected 1.0" in await metrics(bot.url)
        async with ClientSession() as http, http.post(f"{bot.url}/slack/events", data=b"x") as response:
            assert response.status == 404


async def test_without_either_nothing_listens(tmp_path: Path) -> None:
    async with asked_in_slack(tmp_path) as (bot, slack, _), ClientSession() as http:
        async with http.post(f"{bot.url}/slack/events", data=b"x") as response:
            assert response.status == 404
        assert slack.socket.asked == 0
