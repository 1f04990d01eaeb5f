"""Silences from Slack, over a real Alertmanager: pressed, typed and sent off as Slack would, kept over a kill, and ended there."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.bots import Process, process, thread, wait_until, words
from tests.e2e.test_silence import CONFIG, Console, states
from tests.fakes.slack import FakeSlack, Kept
from tests.fakes.slack_presses import KIM, LEE, press, submit, typed
from tests.fakes.slack_signing import form, payload, signed, slash
from tests.fakes.slack_views import View
from tests.programs.alertmanager import Alertmanager, alert, alertmanager, now, webhook_config
from tests.programs.running import wait_for
from trials.processes import TOKEN

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

_SECRET = "trial"


class People:
    """What they do in Slack, as signed requests to the bot."""

    def __init__(self, bot: Process, slack: FakeSlack, http: aiohttp.ClientSession) -> None:
        self.bot = bot
        self.slack = slack
        self.console = Console(bot.url, http)
        self._http = http

    async def do(self, content: Mapping[str, Any]) -> str:
        return await self._post(payload(content))

    async def type(self, text: str) -> None:
        channel, url = self.slack.channel_id("alerts"), self.slack.responses.make()
        trigger = self.slack.views.trigger()
        fields = slash(text, channel_id=channel, response_url=url, trigger_id=trigger, user_name="kim")
        assert await self._post(form(fields)) == ""

    async def _post(self, body: bytes) -> str:
        headers, url = signed(body, time.time(), secret=_SECRET), f"{self.bot.url}/slack/events"
        async with self._http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200
            return await answer.text()

    async def incident(self) -> str:
        found = (await self.console.document("/api/incidents"))["incidents"]
        return next(str(one["id"]) for one in found if "Crash" in str(one))

    async def deeds(self) -> list[tuple[str, str, str]]:
        """Oldest first."""
        audit = (await self.console.document("/api/audit"))["audit"]
        return [(deed["name"], deed["action"], deed["result"]) for deed in reversed(audit)]

    @property
    def top(self) -> Kept:
        return next(one for one in self.slack.tops() if "Crash" in words(one))

    @property
    def said(self) -> str:
        """The last private answer."""
        answers = self.slack.responses.answers
        return str(answers[-1].body) if answers else ""

    def offering(self, action: str) -> list[Kept]:
        """The messages of the incident's thread with that button."""
        return [one for one in thread(self.slack, self.top) if action in str(one.blocks)]


@asynccontextmanager
async def crashing(folder: Path) -> AsyncIterator[tuple[People, Alertmanager]]:
    """Two groups of one namespace fire, and both are told."""
    async with FakeSlack().running() as slack, aiohttp.ClientSession() as http:
        bot = process(folder, slack)
        async with alertmanager(webhook_config(bot.webhook, token=TOKEN)) as (manager,):
            (folder / "bot.yaml").write_text(CONFIG.format(url=manager.url))
            async with bot.running():
                for name, pod in (("Crash", "web-0"), ("Slow", "db-0")):
                    await manager.post(alert(name, namespace="shop", pod=pod, starts=now()))
                await wait_for(lambda: len(slack.tops()) == 2, "both messages", programs=[manager])
                yield People(bot, slack, http), manager
        assert slack.pinged == slack.views.pinged == slack.responses.pinged == 0


async def shows(view: View, told: str) -> None:
    await wait_for(lambda: told in view.words, f"the form shows {told!r}")


async def suppressed(manager: Alertmanager) -> set[str]:
    found = await manager.alerts()
    return {one["labels"]["pod"] for one in found if one["status"]["state"] == "suppressed"}


async def test_from_the_message_to_its_end_in_the_thread(tmp_path: Path) -> None:
    async with crashing(tmp_path) as (people, manager):
        slack = people.slack
        await people.do(press(slack, people.top, "silence"))
        await wait_for(lambda: bool(slack.views.open_views), "the form")
        view = slack.views.last
        await shows(view, "Hides 1 alert that fires now")
        await people.do(typed(slack, view, "silence_matchers", 'namespace="shop"'))
        await shows(view, "Hides 2 alerts that fire now")
        assert "⚠ 1 not of this incident:\n  alertname=Slow, namespace=shop, pod=db-0" in view.words
        await people.do(typed(slack, view, "silence_matchers", 'namespace="shop"\npod=~"web-.+"'))
        await shows(view, "Hides 1 alert that fires now")

        bad = await people.do(submit(slack, view, {"silence_until": "soon"}))
        assert "soon cannot be understood" in bad
        sent = submit(slack, view, {"silence_until": "45m", "silence_why": "deploy"})
        assert await people.do(sent) == ""
        await wait_for(lambda: "🔕 Silenced by kim until" in words(people.top), "the message says it")
        assert await suppressed(manager) == {"web-0"}
        await people.bot.kill()
        await people.bot.start()
        assert await people.do(sent) == "", "to a process that has never heard it"

        (silence,) = (await people.console.document(f"/api/incidents/{await people.incident()}"))["silences"]
        assert (silence["state"], silence["why"]) == ("active", "deploy")
        end = f"unsilence:{silence['id']}"
        await wait_for(lambda: bool(people.offering(end)), "its button in the thread")
        (part,) = people.offering(end)
        told = words(part)
        assert "deploy" in told
        assert f"{manager.url}/#/silences/" in told
        pressed = press(slack, part, end, LEE)
        await people.do(pressed)
        await wait_for(lambda: "🔕" not in words(people.top), "the message says that it is over")
        assert await states(manager) == {"active"}
        await wait_for(lambda: not people.offering(end), "its button is gone")
        assert "Silence by kim, ended by lee" in words(*thread(slack, people.top))
        await people.do(pressed | {"trigger_id": slack.views.trigger()})
        await wait_for(
            lambda: "That silence is over already: lee ended it." in people.said, "a stale press is told"
        )

        async def written() -> bool:
            return len(await people.deeds()) == 3

        await wait_until(written, "all is written down")
        assert await people.deeds() == [
            ("kim", "silence", "done"),
            ("lee", "unsilence", "done"),
            ("lee", "unsilence", "nothing"),
        ]


async def test_typed_twice_it_is_one_silence(tmp_path: Path) -> None:
    async with crashing(tmp_path) as (people, manager):
        incident = await people.incident()
        await people.type(f"silence {incident[:8]} 2h")
        await wait_for(lambda: "🔕 Silenced until" in people.said, "it is made")
        assert await suppressed(manager) == {"web-0"}
        await people.type(f"silence {incident[:8]} 2h")
        await wait_for(lambda: "this is silenced already" in people.said, "it is there")
        async with people._http.get(f"{manager.url}/api/v2/silences") as answer:
            (kept,) = await answer.json()
        assert kept["createdBy"].startswith("kim (U")
        await wait_for(lambda: "🔕 Silenced by kim until" in words(people.top), "the message says it")
        assert await people.deeds() == [("kim", "silence", "done"), ("kim", "silence", "nothing")]


async def test_what_alertmanager_is_not_there_for(tmp_path: Path) -> None:
    """A form that opened stays, says why, and shows what it hides as soon as somebody answers again."""
    async with crashing(tmp_path) as (people, manager):
        slack = people.slack
        incident = await people.incident()
        manager.process.kill()
        await people.type(f"silence {incident[:8]} 2h")
        await wait_for(lambda: "Alertmanager was not reached" in people.said, "that is told")
        await people.do(press(slack, people.top, "silence", KIM))
        await wait_for(lambda: bool(slack.views.open_views), "the form")
        view = slack.views.last
        await shows(view, "Alertmanager was not reached")
        assert await people.do(submit(slack, view, {"silence_why": "deploy"})) == ""
        await wait_for(lambda: slack.views.last is not view, "the form comes back")
        assert "Nothing was changed." in slack.views.last.words
        assert "'initial_value': 'deploy'" in str(slack.views.last.blocks)
        assert "🔕" not in words(people.top)
