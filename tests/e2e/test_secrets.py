"""No secret that a cluster or an alert can hold comes out of the bot: not in Slack, the console, the store, the log or by hand.

All kinds are planted in all places of every written-up incident, the alerts are posted to the real server, and everything
that it has said and kept is searched.
"""

import base64
import json
import re
import sqlite3
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.commands.diagnose import Output, shown
from bot.commands.explain import Form, explained
from bot.delivery.words import Words
from bot.demo.bodies import Draft
from bot.diagnosis.evidence import REDACTED
from bot.settings import load
from tests.e2e.bots import Process, post, process
from tests.e2e.planting import KINDS, Object, Planter, earlier, events, extra_log, in_an_alert, plant
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.slack import FakeSlack
from tests.programs.running import wait_for
from tests.seeds.loading import cluster
from tests.seeds.test_conclusions import STORIES, Story, engine_at
from trials.processes import TOKEN

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

NOW = datetime.now(UTC).replace(microsecond=0)
LAYOUTS = CheckedLayouts(Words("en"))
# What reaches a diagnosis; annotations and Secrets are not even asked for.
TRAVELS = {
    "current-log", "previous-log", "events", "args", "env", "configmap", "parameters", "application", "conditions",
    "states", "change-cause", "hints",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    story: Story
    fake: FakeKubernetes


def planted(planter: Planter, story: Story) -> Planted:
    items: list[Object] = []

    def change(item: Object) -> None:
        plant(planter, item)
        items.append(item)

    fake = cluster(story.runbook, NOW, change)
    logged = {item["pod"] for item in items if item["kind"] == "Log"}
    for item in items:
        if item["kind"] == "Pod":
            fake.add(*events(planter, item))
            if item["metadata"]["name"] not in logged:
                extra_log(planter, fake, item)
        if item["kind"] == "ReplicaSet":
            fake.add(earlier(planter, item))
    return Planted(story, fake)


def draft(planter: Planter, story: Story) -> Draft:
    labels, annotations = in_an_alert(planter)
    named = {"namespace": story.target.namespace, "cluster": story.runbook, "severity": "critical"}
    return Draft({**named, **labels, **story.alert}, NOW, annotations)


def config(folder: Path, planted: list[Planted]) -> str:
    """A cluster and a channel for each incident: Slack takes one message a second for a channel."""
    clusters, routes = [], []
    for one in planted:
        own = folder / one.story.runbook
        own.mkdir()
        name = one.story.runbook
        kubernetes = {"kubeconfig": one.fake.kubeconfig(own)}
        clusters.append({"name": name, "match": {"cluster": name}, "kubernetes": kubernetes})
        routes.append({"match": [f'cluster="{name}"'], "channel": f"#{name}"})
    return json.dumps({"delivery": {"hold": "15s", "routes": routes}, "clusters": clusters})  # JSON is YAML


async def fetched(url: str) -> bytes:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(url) as response:
        assert response.status == 200, f"{url}: {await response.text()}"
        return await response.read()


async def pages(url: str) -> dict[str, bytes]:
    """Everything that the console and the API give."""
    names = ["/", "/incidents", "/api/incidents", "/metrics", "/readyz"]
    listed = json.loads(await fetched(f"{url}/api/incidents"))["incidents"]
    for incident in listed:
        identity = incident["id"]
        names += [f"/incidents/{identity}", f"/api/incidents/{identity}", f"/api/incidents/{identity}/bundle"]
    told = {name: await fetched(url + name) for name in names}
    charts = {
        found.decode()
        for content in list(told.values())
        for found in re.findall(rb'"(/incidents/[^"]+/charts/[^"]+)"', content)
    }
    return told | {name: await fetched(url + name) for name in charts}


def kept(folder: Path) -> dict[str, bytes]:
    """The bytes of the store, and what is compressed in it."""
    found = {path.name: path.read_bytes() for path in folder.glob("opsbot.db*")}
    with sqlite3.connect(f"file:{folder}/opsbot.db?mode=ro", uri=True) as store:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for number, row in enumerate(store.execute(f'SELECT * FROM "{table}"')):
                for unpacked in map(_unpacked, row):
                    found[f"{table} {number}"] = found.get(f"{table} {number}", b"") + unpacked
    return found


def _unpacked(value: object) -> bytes:
    try:
        return zlib.decompress(value) if isinstance(value, bytes) else b""
    except zlib.error:
        return b""


async def all_told(slack: FakeSlack, everyone: list[Planted]) -> None:
    def holds() -> bool:
        return all(len(slack.live(one.story.runbook)) > 1 for one in everyone)

    await wait_for(holds, "a message with a thread for each incident", seconds=40)


@asynccontextmanager
async def served(folder: Path, everyone: list[Planted], slack: FakeSlack) -> AsyncIterator[Process]:
    async with AsyncExitStack() as stack:
        for one in everyone:
            await stack.enter_async_context(one.fake)
        bot = process(folder, slack, config=config(folder, everyone))
        yield await stack.enter_async_context(bot.running())


def slack_holds(slack: FakeSlack) -> dict[str, bytes]:
    messages = [asdict(message) for kept in slack.channels.values() for message in kept]
    return {"slack": json.dumps(messages, ensure_ascii=False).encode(), **slack.files}


def leaks(planter: Planter, everything: dict[str, bytes]) -> dict[str, list[str]]:
    found = {name: planter.leaks(content) for name, content in everything.items()}
    return {name: what[:20] for name, what in found.items() if what}


def canaries(everything: dict[str, bytes]) -> set[str]:
    return {found.decode() for content in everything.values() for found in _CANARY.findall(content)}


_CANARY = re.compile(rb"canary-([a-z]+(?:-[a-z]+)?)")


async def test_a_running_bot_gives_none_away(tmp_path: Path) -> None:
    planter = Planter()
    everyone = [planted(planter, story) for story in STORIES]
    async with FakeSlack().running() as slack, served(tmp_path, everyone, slack) as bot:
        for one in everyone:
            await post(bot.url, draft(planter, one.story))
        await all_told(slack, everyone)
        everything = {**slack_holds(slack), **await pages(bot.url), **kept(tmp_path)}
        everything["log"] = bot.written.encode()
    assert leaks(planter, everything) == {}
    assert TRAVELS | {"alert", "labels"} <= canaries(everything)
    assert REDACTED.encode() in everything["slack"]
    assert any("/charts/" in name for name in everything)
    assert len(KINDS) >= 30
    details = [json.loads(content) for name, content in everything.items() if _is_detail(name)]
    asked = {one.story.runbook for one in everyone}
    assert asked <= {runbook for detail in details for runbook in detail["diagnosis"]["runbooks"]}


def _is_detail(name: str) -> bool:
    return re.fullmatch(r"/api/incidents/[^/]+", name) is not None


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.runbook)
async def test_a_diagnosis_by_hand_gives_none_away(story: Story, tmp_path: Path) -> None:
    planter = Planter()
    async with engine_at(planted(planter, story).fake, tmp_path) as engine:
        diagnosis = await engine.diagnose(story.target)
    everything = {str(output): shown(LAYOUTS, diagnosis, output).encode() for output in Output}
    everything["facts"] = repr(diagnosis).encode()
    assert leaks(planter, everything) == {}
    assert canaries(everything) or story.target.kind == "HorizontalPodAutoscaler"


@pytest.mark.parametrize("form", list(Form))
async def test_an_explained_log_gives_none_away(form: Form, tmp_path: Path) -> None:
    planter = Planter()
    logs: list[Object] = []
    for story in STORIES:
        cluster(story.runbook, NOW, lambda item: logs.append(item) if item["kind"] == "Log" else None)
    for log in logs:
        plant(planter, log)
    file = tmp_path / "pasted.log"
    file.write_text("".join(log.get(which, "") for log in logs for which in ("current", "previous")))
    told = await explained(load({}, None), str(file), form)
    assert told.known
    assert planter.leaks(told.text) == []
    assert REDACTED in told.text


def test_a_leak_would_be_seen() -> None:
    planter = Planter()
    secret = planter.secret("kind", "place")
    assert planter.leaks(f"a {secret} b") == ["kind in place"]
    assert planter.leaks(secret[:12].upper()) != []
    assert planter.leaks(secret[-14:]) != []
    for before in ("", "u", "us", "user:"):
        written = base64.b64encode(f"{before}{secret}".encode())
        assert planter.leaks(written) != []
    assert planter.leaks("Zq7 m9K") == []
