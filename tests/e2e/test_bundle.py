"""From a webhook to a file that decides the same again: what the API says, without the cluster that it was seen in."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from bot.delivery.words import Words
from bot.demo.bodies import Draft
from bot.diagnosis.bundle import decode
from bot.diagnosis.bundle_replay import replay
from runbooks.catalog import CATALOG
from tests.builders import NOW
from tests.e2e.bots import inside, post, wait_until
from tests.e2e.test_diagnosis import POD, cluster
from tests.fakes.slack import FakeSlack

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]


async def _fetched(url: str) -> bytes:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        assert response.status == 200, await response.text()
        return await response.read()


async def test_an_incident_is_decided_again_to_the_same_bytes(tmp_path: Path) -> None:
    fake = cluster()
    fake.deny(resource="nodes")
    alert = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": POD, "password": "hunter3"}
    async with fake, FakeSlack().running() as slack:
        kubeconfig = fake.kubeconfig(tmp_path)
        async with inside(tmp_path, slack, KUBECONFIG=kubeconfig) as bot:
            await post(bot.url, Draft(alert, NOW))
            api = f"{bot.url}/api/incidents"

            async def diagnosed() -> bool:
                found = json.loads(await _fetched(api))["incidents"]
                return bool(found) and bool(
                    json.loads(await _fetched(f"{api}/{found[0]['id']}"))["diagnosis"]
                )

            await wait_until(diagnosed, "an incident with a diagnosis")
            (incident,) = json.loads(await _fetched(api))["incidents"]
            shown = json.loads(await _fetched(f"{api}/{incident['id']}"))["diagnosis"]
            bundle = await _fetched(f"{api}/{incident['id']}/bundle")
    assert b"hunter" not in bundle
    assert b"aHVudGVyMg" not in bundle
    (again,) = await asyncio.to_thread(replay, decode(bundle), CATALOG)
    assert shown["findings"][0]["verdict"] == "confirmed"
    assert json.dumps(Words("en").to_json(again)) == json.dumps(shown)
