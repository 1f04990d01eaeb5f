"""The buttons of a bot that runs: a webhook, a message, and presses of what was really posted in it."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.demo.bodies import Draft
from bot.observe import REGISTRY
from tests.builders import NOW
from tests.e2e.bots import Process, inside, post, process, thread, wait_until, words
from tests.e2e.test_diagnosis import POD, cluster
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.slack import HANGS, FakeSlack, Kept
from tests.fakes.slack_presses import KIM, LEE, Presser, press
from tests.fakes.slack_signing import SIGNING_SECRET, payload, signed
from tests.fakes.slack_socket import APP_TOKEN
from tests.programs.running import wait_for
from trials.processes import TOKEN

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

CRASH = Draft({"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": POD}, NOW)
BY_HTTP = {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
BY_SOCKET = {"SLACK_APP_TOKEN": APP_TOKEN}
CONFIG = "delivery: {hold: 10s}\nincidents: {reopen_within: 0s}\n"


@dataclass(slots=True)
class Room:
    """A channel with an incident's message in it, and the people who press there."""

    slack: FakeSlack
    url: str
    secret: str = SIGNING_SECRET

    @property
    def top(self) -> Kept:
        (top,) = self.slack.tops()
        return top

    @property
    def below(self) -> list[Kept]:
        return thread(self.slack, self.top)

    @property
    def told(self) -> list[str]:
        """What single people were told."""
        return [answer.text for answer in self.slack.responses.answers]

    async def press(self, action: str, user: Presser = KIM, message: Kept | None = None) -> None:
        await self.send(press(self.slack, message or self.top, action, user))

    async def done(self, action: str, user: Presser = KIM) -> None:
        """A button under a fix."""
        await self.press(action, user, next(one for one in self.below if action in buttons(one)))

    async def send(self, content: dict[str, Any]) -> None:
        body = payload(content)
        headers = signed(body, time.time(), secret=self.secret)
        async with (
            ClientSession() as http,
            http.post(f"{self.url}/slack/events", data=body, headers=headers) as answer,
        ):
            assert (answer.status, await answer.text()) == (200, "")

    async def shows(self, *said: str) -> None:
        await wait_for(
            lambda: all(one in words(self.top, *self.below) for one in said), f"{said} in the message"
        )

    async def hears(self, said: str) -> None:
        await wait_for(lambda: any(said in one for one in self.told), f"{said} told to somebody")


def buttons(message: Kept) -> list[str]:
    blocks = [block for block in message.blocks if block["type"] == "actions"]
    return [element["action_id"] for block in blocks for element in block["elements"]]


@asynccontextmanager
async def room(
    folder: Path,
    *,
    config: str = CONFIG,
    fake: FakeKubernetes | None = None,
    env: Mapping[str, Any] = BY_HTTP,
) -> AsyncIterator[Room]:
    fake = fake or cluster()
    async with (
        fake,
        FakeSlack().running() as slack,
        inside(folder, slack, config=config, KUBECONFIG=fake.kubeconfig(folder), **env) as bot,
    ):
        if "SLACK_APP_TOKEN" in env:
            await slack.socket.connected()
        await post(bot.url, CRASH)
        await wait_for(lambda: len(slack.live()) > len(slack.tops()) > 0, "a message with a thread")
        yield Room(slack, bot.url)
        assert slack.pinged == slack.responses.pinged == slack.views.pinged == 0


def diagnoses() -> float:
    return REGISTRY.get_sample_value("opsbot_diagnosis_seconds_count") or 0


async def test_two_who_ask_for_another_look_get_one_and_the_message_says_who(tmp_path: Path) -> None:
    fake = cluster()
    async with room(tmp_path, fake=fake) as here:
        assert buttons(here.top) == ["recheck", "details"]
        fake.latency = 0.3
        before = diagnoses()
        await here.press("recheck")
        await here.shows("Looking again, asked by kim")
        await here.press("recheck", LEE)
        await here.hears("Already looking, asked by kim")
        await here.shows("Looked again, asked by kim")
        assert diagnoses() == before + 1
        assert "Looking again" not in words(here.top)
        assert len(here.slack.tops()) == 1
        assert len(here.told) == 1, "whoever asked first reads the message"


async def test_details_are_a_modal_with_all_of_it(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        await here.press("details")
        await wait_for(lambda: bool(here.slack.views.open_views), "a modal")
        shown = here.slack.views.last.words
        for said in ("Confirmed", f"kubectl logs pod/{POD}", "DB_USER of app: board → board_db", "Ruled out"):
            assert said in shown
        assert here.told == []


async def test_details_come_in_private_where_slack_opens_nothing(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        content = press(here.slack, here.top, "details") | {"trigger_id": "1.2.3"}
        await here.send(content)
        await here.hears("Confirmed")
        assert "DB_USER of app" in "\n".join(here.told)
        assert not any(answer.public for answer in here.slack.responses.answers)


async def test_a_fix_is_done_once_and_taken_back(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        stale = next(one for one in here.below if "done:0" in buttons(one))
        second = press(here.slack, stale, "done:0", LEE)
        replies = len(here.below)
        await here.done("done:0")
        await here.shows("✓ Done by kim")
        await here.send(second)
        await here.hears("kim did this")
        await here.done("undone:0", LEE)
        await here.shows("Not done after all, says lee")
        assert "Done by kim" not in words(*here.below)
        await here.done("done:0", LEE)
        await here.shows("✓ Done by lee")
        assert len(here.below) == replies
        assert len(here.slack.tops()) == 1


async def test_the_fix_stays_done_in_the_console_and_after_another_diagnosis(tmp_path: Path) -> None:
    async with room(tmp_path) as here, ClientSession() as http:
        await here.done("done:0")
        await here.shows("✓ Done by kim")
        await post(here.url, CRASH, Draft({**CRASH.labels, "pod": f"{POD}-2"}, NOW))
        await here.shows("2 firing", "✓ Done by kim")
        async with http.get(f"{here.url}/api/incidents") as answer:
            ((incident,),) = [(await answer.json())["incidents"]]
        async with http.get(f"{here.url}/incidents/{incident['id']}") as answer:
            page = await answer.text()
        assert "✓ Done by kim" in page
        assert "triage" in page


async def test_a_channel_that_may_not_see_it_may_not_press(tmp_path: Path) -> None:
    async with room(tmp_path) as probe:
        channel = probe.slack.channel_id("alerts")
    config = CONFIG + f"access: {{channels: {{{channel}: [other]}}}}\n"
    folder = tmp_path / "second"
    folder.mkdir()
    async with room(folder, config=config) as here:
        before = diagnoses()
        for count, action in enumerate(("recheck", "details"), 1):
            await here.press(action)
            await wait_for(lambda count=count: len(here.told) == count, "a refusal")  # type: ignore[misc]
            assert "not for this channel to see" in here.told[-1]
        await here.done("done:0")
        await wait_for(lambda: len(here.told) == 3, "a refusal")
        assert diagnoses() == before
        assert not here.slack.views.open_views
        assert "Done by" not in words(*here.below)


async def test_a_message_that_was_posted_anew_is_stale(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        stale = press(here.slack, here.top, "details")
        here.slack.remove(here.top.ts)
        await post(here.url, CRASH, Draft({**CRASH.labels, "pod": f"{POD}-2"}, NOW))
        await wait_for(lambda: len(here.slack.tops()) == 1, "a new message")
        await here.send(stale)
        await here.hears("not the incident's message any more")
        assert not here.slack.views.open_views


async def test_socket_mode_presses_the_same(tmp_path: Path) -> None:
    async with room(tmp_path, env=BY_SOCKET) as here:
        content = press(here.slack, here.top, "details")
        answer = await here.slack.socket.deliver(content, "interactive")
        assert set(answer) == {"envelope_id"}
        await wait_for(lambda: bool(here.slack.views.open_views), "a modal")


async def test_where_nobody_listens_there_is_no_button(tmp_path: Path) -> None:
    async with room(tmp_path, env={}) as here:
        assert "actions" not in json.dumps([one.blocks for one in here.slack.live()])


@asynccontextmanager
async def killable(folder: Path) -> AsyncIterator[tuple[Room, Process]]:
    """A process of its own, with the message there."""
    fake = cluster()
    async with fake, FakeSlack().running() as slack:
        kubernetes = f"kubernetes: {{kubeconfig: {fake.kubeconfig(folder)}}}"
        bot = process(folder, slack, config=f"{CONFIG}clusters: [{{name: default, {kubernetes}}}]\n")
        here = Room(slack, bot.url, "trial")
        async with bot.running():
            await post(bot.url, CRASH)
            await wait_for(lambda: len(slack.live()) > len(slack.tops()) > 0, "a message with a thread")
            yield here, bot
        assert len(slack.tops()) == 1
        assert slack.pinged == 0


async def happened(bot: Process) -> list[str]:
    """The incident's timeline."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with ClientSession(bot.url, headers=headers) as http:
        async with http.get("/api/incidents") as answer:
            ((incident,),) = [(await answer.json())["incidents"]]
        async with http.get(f"/api/incidents/{incident['id']}") as answer:
            return [entry["reason"] for entry in (await answer.json())["timeline"]]


async def test_a_press_whose_bot_is_killed_at_once_is_done(tmp_path: Path) -> None:
    """Pressed by another after the kill, the fix is done once and looked at once more at most."""
    async with killable(tmp_path) as (here, bot):
        for action, said in (("done:0", "✓ Done by kim"), ("recheck", "Looked again, asked by ")):
            message = next(one for one in (here.top, *here.below) if action in buttons(one))
            first, again = (press(here.slack, message, action, user) for user in (KIM, LEE))
            await here.send(first)
            await bot.kill()
            await bot.start()
            await here.shows(said)
            await here.send(again)
        assert (await happened(bot)).count("fix_done") == 1

        async def answered() -> bool:
            """One of them waited for the other's look, or came when that was over."""
            reasons = await happened(bot)
            return 0 < reasons.count("recheck_asked") == reasons.count("rechecked")

        await wait_until(answered, "every look that was asked for is done")
        await wait_for(lambda: "Looking again" not in words(here.top), "the message says so")


async def test_a_press_that_was_kept_is_told_after_a_kill(tmp_path: Path) -> None:
    async with killable(tmp_path) as (here, bot):
        # Nothing can be told before the kill.
        here.slack.fail("chat.update", HANGS, times=1)
        await here.done("done:0")

        async def kept() -> bool:
            return "fix_done" in await happened(bot)

        await wait_until(kept, "it is kept")
        await bot.kill()
        assert "Done by" not in words(*here.below)
        await bot.start()
        await here.shows("✓ Done by kim")
        assert (await happened(bot)).count("fix_done") == 1
