"""A silence from the console, over a real Alertmanager: told in the message, kept over a kill, ended, and written down."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.bots import process, words
from tests.fakes.slack import FakeSlack
from tests.programs.alertmanager import Alertmanager, alert, alertmanager, now, webhook_config
from tests.programs.running import wait_for
from trials.processes import TOKEN

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

CONFIG = """
delivery: {{hold: 0s}}
clusters: [{{name: default, kubernetes: {{kubeconfig: /nonexistent}}, alertmanager: {{url: "{url}"}}}}]
"""


class Console:
    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http

    async def page(self, path: str) -> str:
        async with self._http.get(self._url + path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def document(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.page(path))
        return found

    async def send(self, path: str, **fields: str) -> None:
        async with self._http.post(self._url + path, data=fields, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()


async def states(manager: Alertmanager) -> set[str]:
    return {found["status"]["state"] for found in await manager.alerts()}


async def test_made_told_kept_over_a_kill_and_ended(tmp_path: Path) -> None:
    async with FakeSlack().running() as slack:
        bot = process(tmp_path, slack)
        async with alertmanager(webhook_config(bot.webhook, token=TOKEN)) as (manager,):
            (tmp_path / "bot.yaml").write_text(CONFIG.format(url=manager.url))
            async with bot.running(), aiohttp.ClientSession() as http:
                console = Console(bot.url, http)
                await manager.post(alert("Crash", namespace="shop", pod='web "0"', starts=now()))
                await wait_for(lambda: bool(slack.tops()), "a message", programs=[manager])
                ((incident,),) = [(await console.document("/api/incidents"))["incidents"]]
                path = f"/incidents/{incident['id']}"

                form = await console.page(f"{path}/silence")
                assert "Hides 1 alert that fires now" in form
                area = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)
                key = re.search(r'name="key" value="([^"]*)"', form)
                assert area is not None
                assert key is not None
                fields = {"matchers": unescape(area[1]), "span": "2h", "why": "deploy", "key": key[1]}
                for _ in range(2):
                    await console.send(f"{path}/silence", do="silence", **fields)
                assert await states(manager) == {"suppressed"}
                await wait_for(lambda: "🔕 Silenced by this machine" in words(*slack.tops()), "it is told")
                ((silence,),) = [(await console.document(f"/api{path}"))["silences"]]
                assert (silence["state"], silence["why"]) == ("active", "deploy")

                await bot.kill()
                await bot.start()
                assert "Silenced by this machine" in await console.page(path)
                await console.send(f"{path}/silences/{silence['id']}/expire")
                assert await states(manager) == {"active"}
                await wait_for(lambda: "🔕" not in words(*slack.tops()), "its end is told")
                audit = (await console.document("/api/audit"))["audit"]
    assert [(deed["action"], deed["result"]) for deed in audit] == [
        ("unsilence", "done"),
        ("silence", "nothing"),
        ("silence", "done"),
    ]
