"""What stands around an incident: those with the same cause, what a re-check found, and the button that asks for one."""

import json
from dataclasses import replace

import pytest

from bot.incidents.store import Entry
from bot.model import Difference, IncidentState, Outcome, Recheck, Rechecked, Related, Relative
from tests.delivery.builders import (
    DIAGNOSIS,
    OOM,
    RECHECK,
    SHARED_DIAGNOSIS,
    START,
    TARGET,
    an_incident,
    diagnosed,
    following,
    leading,
)
from tests.fakes.reads import FakeReads
from tests.web.conftest import Client, Open, guarded, read

SHARED = diagnosed(an_incident(), SHARED_DIAGNOSIS)
OVER = replace(diagnosed(an_incident(IncidentState.RESOLVED), DIAGNOSIS), rechecks=(RECHECK,))


class TestSameCause:
    async def test_the_leader_links_to_all_that_follow(self, client: Client, reads: FakeReads) -> None:
        reads.keep(leading(SHARED, 30))
        _, page = await read(client, "/incidents/i1")
        assert "30 incidents with the same cause" in page
        assert page.count('href="/incidents/r') == 30
        assert '<a href="/incidents/r29">shop/service-29</a>' in page

    async def test_a_follower_links_to_its_leader_and_keeps_its_findings(
        self, client: Client, reads: FakeReads
    ) -> None:
        reads.keep(following(SHARED))
        _, page = await read(client, "/incidents/i1")
        assert "The same cause as" in page
        assert '<a href="/incidents/r9">shop/service-9</a>' in page
        assert "Raise the memory limit" in page

    async def test_alone_nothing_is_said(self, client: Client, reads: FakeReads) -> None:
        reads.keep(SHARED)
        for path in ("/", "/incidents/i1"):
            assert "same cause" not in (await read(client, path))[1].lower()

    async def test_lists_say_both_directions(self, client: Client, reads: FakeReads) -> None:
        reads.keep(leading(SHARED, 2), replace(following(SHARED), id="i2"))
        for path in ("/", "/incidents"):
            _, page = await read(client, path)
            assert "Also 2 incidents with the same cause: shop/service-0, shop/service-1" in page
            assert "Same cause as shop/service-9" in page

    async def test_json(self, client: Client, reads: FakeReads) -> None:
        reads.keep(leading(SHARED, 2), replace(following(SHARED), id="i2"))
        found = {name: json.loads((await read(client, f"/api/incidents/{name}"))[1]) for name in ("i1", "i2")}
        others = [{"id": f"r{number}", "name": f"shop/service-{number}"} for number in (0, 1)]
        assert (found["i1"]["leads"], found["i1"]["follows"]) == (others, [])
        assert (found["i2"]["leads"], found["i2"]["follows"]) == (
            [],
            [{"id": "r9", "name": "shop/service-9"}],
        )
        listed = json.loads((await read(client, "/api/incidents"))[1])["incidents"]
        assert {one["id"]: len(one["leads"]) for one in listed} == {"i1": 2, "i2": 0}


class TestRecheck:
    async def test_what_was_found(self, client: Client, reads: FakeReads) -> None:
        reads.keep(OVER)
        reads.entries["i1"] = (Entry(START, "recheck_asked", {}), Entry(START, "rechecked", {"fixed": 1}))
        _, page = await read(client, "/incidents/i1")
        for said in (
            "Checked again: shop/Deployment/board-service",
            "container killed for memory: fixed",
            "limit 512Mi → 1Gi",
            "image cannot be pulled: not known whether fixed",
            "pressure on the node: newly found",
            "somebody asked to check again",
            "checked again",
            "Confirmed",
        ):
            assert said in page, said

    async def test_before_there_is_one(self, client: Client) -> None:
        _, page = await read(client, "/incidents/i1")
        assert "Look again for what was found" in page
        assert 'action="/incidents/i1/recheck"' in page

    async def test_nothing_to_check_again_where_nobody_looked(self, client: Client, reads: FakeReads) -> None:
        reads.keep(an_incident())
        assert "/recheck" not in (await read(client, "/incidents/i1"))[1]

    async def test_json(self, client: Client, reads: FakeReads) -> None:
        reads.keep(OVER)
        (recheck,) = json.loads((await read(client, "/api/incidents/i1"))[1])["rechecks"]
        assert [one["outcome"] for one in recheck["findings"]] == ["fixed", "unknown", "new"]
        reads.keep(SHARED)
        assert json.loads((await read(client, "/api/incidents/i1"))[1])["rechecks"] == []


class TestAsking:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "same-origin"}, 303),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Origin": "https://evil.example"}, 403),
            ({}, 303),
        ],
    )
    async def test_from_our_pages_only(
        self, client: Client, reads: FakeReads, headers: dict[str, str], status: int
    ) -> None:
        async with client.post("/incidents/i1/recheck", headers=headers, allow_redirects=False) as done:
            assert done.status == status
            assert done.headers.get("Location", "/incidents/i1") == "/incidents/i1"
        assert reads.rechecked == (["i1"] if status == 303 else [])

    async def test_needs_a_login(self, opened: Open, reads: FakeReads) -> None:
        async with (
            opened(guarded()) as client,
            client.post("/incidents/i1/recheck", allow_redirects=False) as done,
        ):
            assert done.headers["Location"].startswith("/login")
        assert reads.rechecked == []

    async def test_of_an_incident_that_is_not_there(self, client: Client, reads: FakeReads) -> None:
        for asked in ("none", "%00", "x" * 3000):
            async with client.post(f"/incidents/{asked}/recheck", allow_redirects=False) as done:
                assert done.status == 404
        assert reads.rechecked == []

    async def test_the_way_back_leads_nowhere_else(self, client: Client, reads: FakeReads) -> None:
        reads.keep(replace(SHARED, id="/evil.example?x"))
        async with client.post("/incidents/%2Fevil.example%3Fx/recheck", allow_redirects=False) as done:
            assert done.headers["Location"] == "/incidents/%2Fevil.example%3Fx"

    async def test_reading_changes_nothing(self, client: Client, reads: FakeReads) -> None:
        assert (await read(client, "/incidents/i1/recheck"))[0] == 405
        assert reads.rechecked == []

    async def test_a_broken_store_is_said(self, client: Client, reads: FakeReads) -> None:
        reads.broken = "the disk is full"
        async with client.post("/incidents/i1/recheck") as done:
            assert done.status == 503


async def test_hostile_names_are_text(client: Client, reads: FakeReads) -> None:
    text = "<script>alert(1)</script>\"' \u202e"
    other = Relative(text, text, ("t",), text, text)
    finding = replace(OOM, facts={"container": text}, runbook=text, cause=text)
    differences = (Difference(text, text, text),)
    recheck = Recheck(
        replace(TARGET, name=text), START, (Rechecked(Outcome.STILL_THERE, finding, differences),)
    )
    reads.keep(replace(SHARED, related=Related((other,), (other,)), rechecks=(recheck,)))
    for path in ("/", "/incidents/i1"):
        status, page = await read(client, path)
        assert status == 200
        assert "<script>alert" not in page
        assert "\u202e" not in page
