"""The pages over every state: what they say, that they are the same until something changes, and that alerts stay inert."""

import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from bot.delivery.ledger import ChannelRow, PartRow
from bot.incidents.store import Entry, GivenUp
from bot.incidents.work import JobKind
from bot.model import IncidentState
from bot.web.console import ConsoleOptions
from bot.web.pages import WEB, Pages
from tests.delivery.builders import DIAGNOSIS, GRANT, START, an_alert, an_incident, diagnosed
from tests.delivery.conftest import words_in
from tests.fakes.reads import FakeReads
from tests.web.conftest import Client, Open, read

DEPLOY = Path(__file__).parents[2] / "deploy"
HOSTILE = "<script>alert(1)</script>\"' onload=x \u202egnp.exe {{ 7*7 }}"


class TestOverview:
    async def test_what_fires_comes_first_with_its_cause(self, client: Client, reads: FakeReads) -> None:
        reads.keep(replace(an_incident(IncidentState.STALE), id="i2"))
        reads.keep(replace(an_incident(IncidentState.RESOLVED), id="i3"))
        _, page = await read(client, "/")
        assert page.index('id="now-i1"') < page.index('id="stale-i2"') < page.index('id="over-i3"')
        assert "Container app is killed" in page
        assert "<title>🔴 1 firing" in page

    async def test_the_worst_comes_first_whenever_it_began(self, client: Client, reads: FakeReads) -> None:
        for number, severity in enumerate(("warning", "critical", "none", "critical")):
            at = START - timedelta(minutes=number)
            alerts = (an_alert(labels={"severity": severity}),)
            reads.keep(replace(an_incident(), id=f"i{number}", alerts=alerts, opened_at=at))
        _, page = await read(client, "/")
        assert re.findall(r'id="now-(\w+)"', page) == ["i1", "i3", "i0", "i2"]

    async def test_empty_says_what_to_do_next(self, opened: Open, reads: FakeReads) -> None:
        reads.found.clear()
        async with opened(ConsoleOptions(public_url="https://ops.example/", webhook_token=True)) as client:
            _, page = await read(client, "/")
        shown = html.unescape(re.findall(r'id="receiver"><code>(.*?)</code>', page, re.DOTALL)[0])
        told = (
            (DEPLOY / "alertmanager.yaml")
            .read_text()
            .replace("http://opsbot.opsbot.svc:8080", "https://ops.example")
        )
        assert yaml.safe_load(shown) == yaml.safe_load(told)

    async def test_trouble_of_the_bot_itself(
        self, client: Client, reads: FakeReads, reasons: list[str]
    ) -> None:
        reasons.append("no worker runs")
        reads.trouble = (ChannelRow("#alerts", None, "not_in_channel", "invite the bot", START),)
        reads.given_up = (GivenUp(7, JobKind.DELIVER, "i1", "i1", 5, "channel_not_found", START, START),)
        _, page = await read(client, "/")
        assert page.index('id="firing"') < page.index('id="health"')
        for said in (
            "no worker runs",
            "not_in_channel",
            "invite the bot",
            "channel_not_found",
            "/jobs/7/retry",
        ):
            assert said in page

    async def test_what_is_not_there_is_said_in_plain_words(self, client: Client) -> None:
        status, page = await read(client, "/incidents/none")
        assert status == 404
        assert "<p>There is no incident" in page

    async def test_a_broken_store_is_said_and_watched(self, client: Client, reads: FakeReads) -> None:
        reads.broken = "the disk is full"
        status, page = await read(client, "/")
        assert status == 503
        assert "the disk is full" in page
        assert "data-poll" in page


class TestListing:
    @pytest.mark.parametrize("state", IncidentState)
    async def test_the_cause_is_told_and_not_what_the_alert_says(
        self, client: Client, reads: FakeReads, state: IncidentState
    ) -> None:
        reads.keep(diagnosed(an_incident(state), DIAGNOSIS))
        for path in ("/", "/incidents"):
            _, page = await read(client, path)
            assert "Container app is killed" in page
            assert "is crash looping" not in page

    async def test_pages_and_states(self, client: Client, reads: FakeReads) -> None:
        for number in range(5):
            at = START - timedelta(minutes=number + 1)
            reads.keep(replace(an_incident(IncidentState.RESOLVED), id=f"r{number}", opened_at=at))
        _, page = await read(client, "/incidents?state=resolved&limit=2")
        assert re.findall(r'id="in-(\w+)"', page) == ["r0", "r1"]
        _, page = await read(client, "/incidents?state=resolved&limit=2&before=r1")
        assert re.findall(r'id="in-(\w+)"', page) == ["r2", "r3"]

    @pytest.mark.parametrize(
        "query", ["state=x", "limit=0", "limit=1e9", "limit=999", "limit=²", "before=%00"]
    )
    async def test_a_query_that_makes_no_sense(self, client: Client, query: str) -> None:
        assert (await read(client, f"/incidents?{query}"))[0] == 400
        status, body = await read(client, f"/api/incidents?{query}")
        assert status == 400
        assert body.startswith('{"error": ')


class TestDetail:
    async def test_everything_that_was_found(self, client: Client, reads: FakeReads) -> None:
        reads.entries["i1"] = (
            Entry(START, "first", {"alerts": 2, "firing": 2}),
            Entry(START, "diagnosed", {"targets": 1, "confirmed": "oom-killed"}),
        )
        reads.kept["i1"] = (
            PartRow("i1", "top", "#alerts", "t", START, ts="1.0"),
            PartRow("i1", "detail:0", "#alerts", "t", START),
            PartRow("i1", "chart:1", "#alerts", "t", START),
        )
        _, page = await read(client, "/incidents/i1")
        for said in (
            "Confirmed",
            "Not checked",
            "Ruled out",
            "kubectl get pod/board-service-1",
            GRANT.splitlines()[0],
            "3 min 20 s before the alert",
            "first report",
            "delivered to #alerts",
            "not yet confirmed",
            "Thread, message 1",
            "Thread, chart 2",
            "board-service-1",
        ):
            assert said in page, said

    async def test_of_several_with_one_cause_the_first_is_told_and_the_others_are_folded(
        self, client: Client, reads: FakeReads
    ) -> None:
        found = tuple(replace(one, root="shared") if one.found else one for one in DIAGNOSIS.findings)
        first = replace(DIAGNOSIS, findings=found)
        second = replace(first, target=replace(DIAGNOSIS.target, name="chat-service"))
        reads.keep(replace(an_incident(), diagnoses=(first, second), diagnosed_revision=1))
        _, page = await read(client, "/incidents/i1")
        folded = re.search(
            r'<details class="same" id="d2-same">(.*?)</details>\s*</section>', page, re.DOTALL
        )
        assert folded
        for part in ("d2-changes", "d2-out"):
            assert f'id="{part}"' in folded[1]
            assert page.count(f'id="{part}"') == 1
        assert 'id="d1-same"' not in page
        assert page.index('id="d1-changes"') < page.index('id="d2-same"')

    async def test_a_finding_says_what_it_could_not_see(self, client: Client, reads: FakeReads) -> None:
        found, unreadable, _ = DIAGNOSIS.findings
        partly = replace(DIAGNOSIS, findings=(replace(found, missing=unreadable.missing),))
        reads.keep(diagnosed(an_incident(), partly))
        _, page = await read(client, "/incidents/i1")
        assert "get pods/log in shop: not allowed" in page
        assert "kind: Role" in page

    async def test_without_a_diagnosis_yet(self, client: Client, reads: FakeReads) -> None:
        reads.keep(an_incident())
        _, page = await read(client, "/incidents/i1")
        assert "Diagnosing…" in page

    @pytest.mark.parametrize("asked", ["none", "x" * 3000, "%00", "..%2f..", "%ff"])
    async def test_unknown(self, client: Client, asked: str) -> None:
        assert (await read(client, f"/incidents/{asked}"))[0] in {400, 404}

    @pytest.mark.parametrize("state", list(IncidentState))
    @pytest.mark.parametrize("language", ["en", "ko"])
    async def test_every_state_and_language(
        self, opened: Open, reads: FakeReads, state: IncidentState, language: str
    ) -> None:
        reads.keep(diagnosed(an_incident(state), DIAGNOSIS, replace(DIAGNOSIS, findings=(), changes=())))
        async with opened(language=language) as client:
            for path in ("/", "/incidents", "/incidents/i1"):
                status, page = await read(client, path)
                assert status == 200
                assert f'<html lang="{language}"' in page


class TestLive:
    async def test_the_same_page_is_not_sent_twice(self, client: Client, reads: FakeReads) -> None:
        async with client.get("/incidents/i1") as first:
            etag = first.headers["ETag"]
        assert (await read(client, "/incidents/i1", If_None_Match=etag))[0] == 304
        reads.keep(replace(reads.found["i1"], truncated=3))
        assert (await read(client, "/incidents/i1", If_None_Match=etag))[0] == 200

    async def test_assets(self, client: Client) -> None:
        for name in ("console.css", "console.js"):
            async with client.get(f"/assets/{name}") as first:
                etag = first.headers["ETag"]
            assert (await read(client, f"/assets/{name}", If_None_Match=etag))[0] == 304
        assert (await read(client, "/assets/base.html.j2"))[0] == 404


class TestInert:
    @pytest.fixture
    async def hostile(self, client: Client, reads: FakeReads) -> str:
        labels = {"pod": HOSTILE, "alertname": HOSTILE, "big": "x" * 100_000, "bad": "\udcff"}
        alert = replace(
            an_alert(labels=labels),
            annotations={
                "summary": HOSTILE,
                "runbook_url": "javascript:alert(1)",
                "description": "y" * 9_000,
            },
            generator_url="javascript:alert(2)",
            fingerprint='"><script>',
        )
        incident = replace(
            an_incident(), alerts=(alert,), common_annotations=alert.annotations, channel=HOSTILE
        )
        reads.keep(incident)
        reads.trouble = (ChannelRow(HOSTILE, None, HOSTILE, HOSTILE, START),)
        reads.given_up = (GivenUp(7, JobKind.EVENT, "k", "i1", 5, HOSTILE, START, START),)
        status, page = await read(client, "/incidents/i1")
        assert status == 200
        assert (await read(client, "/"))[0] == 200
        return page

    def test_nothing_of_it_is_markup(self, hostile: str) -> None:
        assert "<script>" not in hostile
        assert "&lt;script&gt;" in hostile
        assert not re.findall(r'(?:href|src)="javascript', hostile)
        assert "\u202e" not in hostile
        assert "{{ 7*7 }}" in hostile

    def test_long_values_are_cut_and_said(self, hostile: str) -> None:
        assert len(hostile) < 60_000
        assert "more characters" in hostile

    async def test_strict_headers_everywhere(self, client: Client) -> None:
        for path in ("/", "/incidents/none", "/api/incidents", "/assets/console.js", "/incidents?state=x"):
            async with client.get(path) as response:
                policy = response.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
                assert "unsafe" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Cache-Control"] == ("no-cache" if "assets" in path else "no-store")


class TestProgrammes:
    async def test_the_diagnosis_has_the_contracts_shape(self, client: Client) -> None:
        async with client.get("/api/incidents/i1") as response:
            found = await response.json()
        assert found["diagnosis"] == words_in("en").to_json(DIAGNOSIS)
        assert "diagnoses" not in found
        assert found["state"] == "firing"

    async def test_several_and_none(self, client: Client, reads: FakeReads) -> None:
        reads.keep(diagnosed(an_incident(), DIAGNOSIS, DIAGNOSIS), replace(an_incident(), id="i2"))
        async with client.get("/api/incidents/i1") as response:
            assert len((await response.json())["diagnoses"]) == 2
        async with client.get("/api/incidents/i2") as response:
            assert (await response.json())["diagnosis"] is None

    async def test_a_list_in_pages(self, client: Client, reads: FakeReads) -> None:
        reads.keep(replace(an_incident(), id="i0", opened_at=START - timedelta(hours=1)))
        async with client.get("/api/incidents?limit=1") as response:
            first = await response.json()
        assert [one["id"] for one in first["incidents"]] == ["i1"]
        async with client.get(f"/api/incidents?limit=1&before={first['next']}") as response:
            second = await response.json()
        assert [one["id"] for one in second["incidents"]] == ["i0"]
        assert second["next"] is None

    async def test_the_evidence_is_a_file(self, client: Client, reads: FakeReads) -> None:
        reads.keep(replace(diagnosed(an_incident(), DIAGNOSIS), id='a/b";x'))
        reads.bundles = {"i1": b'{"schema": 1}', 'a/b";x': b"{" + b" " * 5000 + b"}"}
        async with client.get("/api/incidents/i1/bundle") as response:
            assert (response.status, response.content_type) == (200, "application/json")
            assert response.headers["Content-Disposition"] == 'attachment; filename="opsbot-i1.json"'
            assert response.headers["Cache-Control"] == "no-store"
            assert await response.read() == reads.bundles["i1"]
        async with client.get("/api/incidents/a%2Fb%22;x/bundle") as response:
            assert response.headers["Content-Disposition"] == 'attachment; filename="opsbot-a-b--x.json"'
            assert await response.json() == {}
        assert '<a href="/api/incidents/i1/bundle" download>' in (await read(client, "/incidents/i1"))[1]

    async def test_no_evidence(self, client: Client, reads: FakeReads) -> None:
        reads.keep(replace(an_incident(), id="i2"))
        for incident, why in (("i1", "no bundle is kept: "), ("none", "there is no incident")):
            status, body = await read(client, f"/api/incidents/{incident}/bundle")
            assert (status, json.loads(body)["error"].startswith(why)) == (404, True)
        assert "/bundle" not in (await read(client, "/incidents/i2"))[1]

    async def test_trouble_in_json(self, client: Client, reads: FakeReads) -> None:
        status, body = await read(client, "/api/incidents/none")
        assert (status, body[:9]) == (404, '{"error":')
        reads.broken = "the disk is full"
        assert await read(client, "/api/incidents") == (503, '{"error": "the disk is full"}')


def test_every_word_of_the_pages_is_there_in_both_languages() -> None:
    used = set().union(*(re.findall(r"\bt\('([\w.]+)'[,)]", file.read_text()) for file in WEB.glob("*.j2")))
    assert "retry" in used
    books = [words_in(language).dictionary for language in ("en", "ko")]
    missing = {key for key in used for book in books if book.own("web", *key.split(".")) is None}
    assert not missing
    for section in ("state", "kind", "event", "trouble", "via", "result"):
        assert books[0].own("web", section).keys() == books[1].own("web", section).keys()
    assert books[0].own("web").keys() == books[1].own("web").keys()


def test_a_word_that_is_missing_never_costs_the_page() -> None:
    assert Pages(words_in("en"), "v").say("state.of_grace") == "of grace"
