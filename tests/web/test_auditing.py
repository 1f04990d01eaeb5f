"""Who did what, in the console and as JSON; and whom the console says that it was."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incidents.audit import Deed, Person, Via
from bot.incidents.store import GivenUp
from bot.incidents.work import JobKind
from bot.secret import Secret
from bot.web.console import ConsoleOptions
from bot.web.sessions import name_of, open_session
from tests.delivery.builders import START
from tests.fakes.reads import FakeReads
from tests.web.conftest import TOKEN, Client, Clock, Open, guarded, read

HOSTILE = "<script>alert(1)</script>\"' \u202egnp"
ADA = Person(Via.SLACK, "U1", "ada")
BOB = Person(Via.CONSOLE, "bob@example.com")


def a_deed(number: int, who: Person = ADA, **changes: object) -> Deed:
    at = START + timedelta(minutes=number)
    deed = Deed(at, who, "diagnose", f"shop/board-{number}", "C1", "i1", "done", number)
    return replace(deed, **changes)  # type: ignore[arg-type]  # the tests name the fields


class TestPage:
    async def test_newest_first_page_by_page(self, client: Client, reads: FakeReads) -> None:
        reads.done = tuple(a_deed(number) for number in range(1, 6))
        _, page = await read(client, "/audit?limit=2")
        assert re.findall(r'id="deed-(\d+)"', page) == ["5", "4"]
        following = re.findall(r'rel="next" href="([^"]+)"', page)
        assert following == ["/audit?before=4&amp;user=&amp;incident="]
        _, page = await read(client, "/audit?before=2&limit=2")
        assert re.findall(r'id="deed-(\d+)"', page) == ["1"]
        assert 'rel="next"' not in page
        assert "Newest" in page

    async def test_what_it_says(self, client: Client, reads: FakeReads) -> None:
        reads.done = (a_deed(1), a_deed(2, BOB, result="failed: not_reached", incident_id=""))
        _, page = await read(client, "/audit")
        for said in (
            "ada",
            "Slack C1",
            "diagnose shop/board-1",
            "/incidents/i1",
            "bob@example.com",
            "console",
        ):
            assert said in page, said
        assert "failed: not_reached" in page
        assert '<time datetime="2026-01-01T03:13:00' in page

    async def test_of_one_person_or_incident(self, client: Client, reads: FakeReads) -> None:
        reads.done = (a_deed(1), a_deed(2, BOB), a_deed(3, incident_id="i2"))
        for query, found in (
            ("user=U1", ["3", "1"]),
            ("user=bob@example.com", ["2"]),
            ("incident=i2", ["3"]),
        ):
            _, page = await read(client, f"/audit?{query}")
            assert re.findall(r'id="deed-(\d+)"', page) == found

    async def test_nothing_yet(self, client: Client) -> None:
        assert "Nobody has done anything yet" in (await read(client, "/audit"))[1]

    async def test_everything_comes_out_inert(self, client: Client, reads: FakeReads) -> None:
        hostile = Person(Via.SLACK, HOSTILE, HOSTILE)
        reads.done = (a_deed(1, hostile, action=HOSTILE, arguments=HOSTILE, place=HOSTILE, result=HOSTILE),)
        for path in ("/audit", f"/audit?user={'%3Cscript%3E'}", "/incidents/i1"):
            _, page = await read(client, path)
            assert "<script>alert" not in page
            assert "\u202e" not in page
        _, page = await read(client, "/audit")
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=x", "before=-1", "before=x", "before=²", "user=%00", f"incident={'x' * 999}"],
    )
    async def test_a_query_that_makes_no_sense(self, client: Client, query: str) -> None:
        assert (await read(client, f"/audit?{query}"))[0] == 400
        status, body = await read(client, f"/api/audit?{query}")
        assert status == 400
        assert body.startswith('{"error": ')

    @pytest.mark.parametrize("language", ["en", "ko"])
    async def test_both_languages(self, opened: Open, reads: FakeReads, language: str) -> None:
        reads.done = tuple(
            a_deed(number, Person(via, "x"), result=result)
            for number, (via, result) in enumerate(zip(Via, ("done", "refused", "unclear"), strict=True))
        )
        async with opened(language=language) as client:
            _, page = await read(client, "/audit")
        assert f'<html lang="{language}"' in page
        assert {"en": "refused", "ko": "거절됨"}[language] in page


async def test_an_incident_shows_what_was_done_to_it(client: Client, reads: FakeReads) -> None:
    reads.done = (*(a_deed(number) for number in range(1, 25)), a_deed(99, incident_id="other"))
    _, page = await read(client, "/incidents/i1")
    assert re.findall(r'id="deed-(\d+)"', page) == [str(number) for number in range(24, 4, -1)]
    assert "/audit?incident=i1" in page


async def test_as_json(client: Client, reads: FakeReads) -> None:
    reads.done = tuple(a_deed(number) for number in (1, 2, 3))
    _, body = await read(client, "/api/audit?limit=2")
    document = json.loads(body)
    assert document["next"] == 2
    assert document["audit"][0] == {
        "id": 3,
        "at": "2026-01-01T03:15:00Z",
        "via": "slack",
        "who": "U1",
        "name": "ada",
        "action": "diagnose",
        "arguments": "shop/board-3",
        "place": "C1",
        "incident": "i1",
        "result": "done",
    }
    assert json.loads((await read(client, "/api/audit?before=2"))[1])["next"] is None


class TestWho:
    """Whom the console writes down."""

    @staticmethod
    async def press(client: Client, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with client.post("/incidents/i1/recheck", headers=named, allow_redirects=False) as response:
            assert response.status == 303

    async def test_on_loopback(self, client: Client, reads: FakeReads) -> None:
        await self.press(client)
        assert reads.people == [Person(Via.CONSOLE, "this machine")]

    async def test_as_the_proxy_says(self, opened: Open, reads: FakeReads) -> None:
        async with opened(guarded(trusted_header="X-User")) as client:
            await self.press(client, X_User=" ada@example.com ")
        assert reads.people == [Person(Via.CONSOLE, "ada@example.com")]

    async def test_a_header_that_nobody_trusts_names_nobody(self, client: Client, reads: FakeReads) -> None:
        await self.press(client, X_User="root")
        assert reads.people == [Person(Via.CONSOLE, "this machine")]

    async def test_by_the_token_and_without_it(self, opened: Open, reads: FakeReads, clock: Clock) -> None:
        async with opened(guarded()) as client:
            await self.press(client, Authorization=f"Bearer {TOKEN}")
            await self.press(client, Authorization="Bearer the-next")
            await self.press(client, Cookie=f"opsbot_session={open_session(TOKEN, clock.now)}")
        first, other, session = (person.id for person in reads.people)
        assert first == session == f"token {name_of(Secret(TOKEN))}"
        assert other != first
        assert TOKEN not in first

    async def test_a_retry_too(self, client: Client, reads: FakeReads) -> None:
        reads.given_up = (GivenUp(7, JobKind.DELIVER, "i1", "i1", 5, "no", START, START),)
        async with client.post("/jobs/7/retry", allow_redirects=False) as response:
            assert response.status == 303
        assert len(reads.people) == 1


async def test_the_page_is_in_the_navigation(opened: Open) -> None:
    async with opened(ConsoleOptions()) as client:
        assert 'href="/audit"' in (await read(client, "/"))[1]
