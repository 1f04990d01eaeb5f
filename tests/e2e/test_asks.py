"""What Slack was told is taken is done, whatever is killed: by the next start, once, with one answer in one place."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.e2e.bots import Process, process, wait_until, words
from tests.e2e.test_diagnosis import cluster
from tests.e2e.test_silence_slack import crashing, suppressed
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.slack import HANGS_AFTER, FakeSlack
from tests.fakes.slack_presses import press, submit
from tests.fakes.slack_signing import form, signed, slash
from tests.programs.postgres import Postgres
from tests.programs.running import wait_for
from trials.processes import TOKEN

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]


@dataclass(slots=True)
class Room:
    slack: FakeSlack
    fake: FakeKubernetes
    bots: list[Process]

    @property
    def bot(self) -> Process:
        return self.bots[0]

    async def type(self, text: str, *, again: bytes = b"") -> bytes:
        """What was sent; `again` sends that once more, signed anew."""
        channel, url = self.slack.channel_id("alerts"), self.slack.responses.make()
        trigger = self.slack.views.trigger()
        fields = slash(text, channel_id=channel, response_url=url, trigger_id=trigger, user_name="kim")
        body, began = again or form(fields), time.perf_counter()
        headers = signed(body, time.time(), secret="trial")
        async with (
            ClientSession() as http,
            http.post(f"{self.bot.url}/slack/events", data=body, headers=headers) as answer,
        ):
            assert (answer.status, await answer.text()) == (200, "")
        assert time.perf_counter() - began < 1
        return body

    @property
    def told(self) -> list[str]:
        return [answer.text for answer in self.slack.responses.answers]

    async def deeds(self, count: int) -> list[tuple[str, str]]:
        """Oldest first, once there are so many."""
        headers, found = {"Authorization": f"Bearer {TOKEN}"}, list[tuple[str, str]]()

        async def written() -> bool:
            async with ClientSession(self.bot.url, headers=headers) as http, http.get("/api/audit") as answer:
                found[:] = [
                    (deed["action"], deed["result"]) for deed in reversed((await answer.json())["audit"])
                ]
            return len(found) >= count

        await wait_until(written, f"{count} lines in the audit")
        return found


@asynccontextmanager
async def room(folder: Path, *, store: str = "", replicas: int = 1) -> AsyncIterator[Room]:
    """Bots that share a store; the second of them is not started yet."""
    async with cluster() as fake, FakeSlack().running() as slack:
        kubernetes = f"kubernetes: {{kubeconfig: {fake.kubeconfig(folder)}}}"
        config = f"clusters: [{{name: default, {kubernetes}}}]\n"
        bots = [
            process(folder, slack, store=store, replica=f"bot{n}", config=config) for n in range(replicas)
        ]
        slack.channel_id("alerts")
        here = Room(slack, fake, bots)
        async with bots[0].running():
            yield here
        for bot in bots[1:]:
            await bot.kill()
        assert slack.pinged == slack.responses.pinged == 0
        for bot in bots:
            assert "/commands/" not in bot.written, "a response_url lets whoever reads it speak"


@pytest.mark.parametrize("after", [0.0, 0.03, 0.3])
async def test_a_diagnosis_is_answered_after_a_kill(tmp_path: Path, after: float) -> None:
    async with room(tmp_path) as here:
        here.fake.latency = 0.2
        sent = await here.type("diagnose board-service")
        await asyncio.sleep(after)
        await here.bot.kill()
        await here.bot.start()
        await wait_for(lambda: any("Confirmed" in one for one in here.told), "the answer")
        assert await here.deeds(1) == [("diagnose", "done")]
        await here.type("", again=sent)
        await here.type("help")
        assert await here.deeds(2) == [("diagnose", "done"), ("help", "done")]
        assert len([one for one in here.told if "Confirmed" in one]) == 1


async def test_in_the_channel_the_message_that_stands_there_becomes_the_answer(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        here.fake.latency = 0.5
        await here.type("diagnose board-service --in-channel")
        await wait_for(lambda: bool(here.slack.tops()), "the message")
        await here.bot.kill()
        (top,) = here.slack.tops()
        assert "Confirmed" not in top.text
        here.fake.latency = 0.0
        await here.bot.start()
        await wait_for(lambda: "Confirmed" in here.slack.tops()[0].text, "the answer")
        assert await here.deeds(1) == [("diagnose", "done")]
        assert [one.ts for one in here.slack.tops()] == [top.ts]
        below = [words(one) for one in here.slack.live(thread=top.ts)]
        assert "board_db" in "\n".join(below)
        assert len(below) == len(set(below))


async def test_a_post_that_slack_took_and_did_not_answer_is_found_again(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        here.fake.latency = 0.3
        here.slack.fail("chat.postMessage", HANGS_AFTER)
        await here.type("diagnose board-service --in-channel")
        await wait_for(lambda: bool(here.slack.tops()), "the message")
        await here.bot.kill()
        await here.bot.start()
        await wait_for(lambda: "Confirmed" in here.slack.tops()[0].text, "the answer")
        assert await here.deeds(1) == [("diagnose", "done")]
        assert len(here.slack.tops()) == 1


async def test_another_replica_answers_for_one_that_is_gone_for_ever(
    tmp_path: Path, postgres: Postgres
) -> None:
    with postgres.fresh("migrated") as store:
        async with room(tmp_path, store=store, replicas=2) as here:
            here.fake.latency = 0.3
            sent = await here.type("diagnose board-service --in-channel")
            await wait_for(lambda: bool(here.slack.tops()), "the message")
            await here.bot.kill()
            here.bots.reverse()
            await here.bot.start()
            await here.type("", again=sent)
            await wait_for(lambda: "Confirmed" in here.slack.tops()[0].text, "the answer")
            assert await here.deeds(1) == [("diagnose", "done")]
            assert len(here.slack.tops()) == 1


@pytest.mark.parametrize("by", ["form", "command"])
async def test_a_silence_is_made_after_a_kill(tmp_path: Path, by: str) -> None:
    async with crashing(tmp_path) as (people, manager):
        slack = people.slack
        if by == "form":
            await people.do(press(slack, people.top, "silence"))
            await wait_for(lambda: bool(slack.views.open_views), "the form")
            sent = submit(slack, slack.views.last, {"silence_until": "45m", "silence_why": "deploy"})
            assert await people.do(sent) == ""
        else:
            await people.type(f"silence {(await people.incident())[:8]} 45m")
        await people.bot.kill()
        await people.bot.start()
        await wait_for(lambda: "🔕 Silenced by kim until" in words(people.top), "the message says it")
        assert await suppressed(manager) == {"web-0"}

        async def written() -> bool:
            return bool(await people.deeds())

        await wait_until(written, "it is written down")
        assert ("kim", "silence", "done") in await people.deeds()
        async with people._http.get(f"{manager.url}/api/v2/silences") as answer:
            assert len(await answer.json()) == 1
