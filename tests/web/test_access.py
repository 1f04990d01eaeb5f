"""Who gets in: loopback and its names, a token, a session, a proxy's word; and whose forms are taken."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import pytest

from bot.incidents.store import GivenUp
from bot.incidents.work import JobKind
from bot.secret import Secret
from bot.web import login
from bot.web.access import COOKIE, ConsoleOptions
from bot.web.origin import from_this_site, host_is_local, local_path, safe_link
from bot.web.sessions import LASTS, holder, open_session
from tests.delivery.builders import START
from tests.fakes.reads import FakeReads
from tests.web.conftest import TOKEN, Client, Clock, Open, guarded, read

PAGES = ("/", "/incidents", "/incidents/i1", "/incidents/i1/silence", "/audit")
PROGRAMS = ("/api/incidents", "/api/incidents/i1", "/api/incidents/i1/bundle", "/api/audit")


async def log_in(client: Client, token: str, path: str = "/login") -> int:
    async with client.post(path, data={"token": token}, allow_redirects=False) as response:
        return response.status


class TestOpen:
    @pytest.mark.parametrize(
        "host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "a.localhost"]
    )
    async def test_loopback_names_are_served(self, client: Client, host: str) -> None:
        assert (await read(client, "/", Host=host))[0] == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.nip.io", ""]
    )
    async def test_a_name_that_was_pointed_at_us_is_not(self, client: Client, host: str) -> None:
        assert (await read(client, "/", Host=host))[0] == 403
        status, body = await read(client, "/api/incidents", Host=host)
        assert status == 403
        assert "host name" in body

    async def test_the_configured_host_is_served(self, opened: Open) -> None:
        async with opened(ConsoleOptions(public_url="https://ops.example")) as client:
            assert (await read(client, "/", Host="ops.example"))[0] == 200


class TestGuarded:
    @pytest.mark.parametrize("path", PAGES)
    async def test_a_page_leads_to_the_login(self, opened: Open, path: str) -> None:
        async with opened(guarded()) as client, client.get(path, allow_redirects=False) as response:
            assert response.status == 303
            assert response.headers["Location"].startswith("/login?next=")

    @pytest.mark.parametrize("path", PROGRAMS)
    async def test_a_program_is_told_in_json(self, opened: Open, path: str) -> None:
        async with opened(guarded()) as client, client.get(path) as response:
            assert response.status == 401
            assert "token" in (await response.json())["error"]

    @pytest.mark.parametrize(
        ("header", "status"),
        [
            (f"Bearer {TOKEN}", 200),
            ("bearer the-next", 200),
            ("Bearer wrong", 401),
            ("Bearer ", 401),
            (f"Basic {TOKEN}", 401),
            (TOKEN, 401),
        ],
    )
    async def test_bearer(self, opened: Open, header: str, status: int) -> None:
        async with opened(guarded()) as client:
            assert (await read(client, "/api/incidents", Authorization=header))[0] == status

    async def test_a_token_is_asked_for_on_loopback_too(self, opened: Open) -> None:
        async with opened(guarded(loopback=True)) as client:
            assert (await read(client, "/api/incidents"))[0] == 401

    async def test_nothing_configured_is_closed_and_says_how_to_open_it(self, opened: Open) -> None:
        async with opened(ConsoleOptions(loopback=False)) as client:
            assert (await read(client, "/api/incidents"))[0] == 401
            status, page = await read(client, "/login")
            assert status == 403
            assert "OPSBOT_CONSOLE_TOKEN" in page
            assert await log_in(client, "") != 303

    async def test_a_proxy_speaks_for_its_users_only_where_configured(self, opened: Open) -> None:
        async with opened(guarded(tokens=None, trusted_header="X-User")) as client:
            assert (await read(client, "/", X_User="ada"))[0] == 200
            assert (await read(client, "/", X_User=" "))[0] == 303
        async with opened(guarded()) as client:
            assert (await read(client, "/", X_User="ada"))[0] == 303

    @pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Accept": "text/html,*/*;q=0.8"}])
    async def test_a_link_from_elsewhere_leads_to_the_login_by_a_page_of_ours(
        self, opened: Open, headers: dict[str, str]
    ) -> None:
        async with opened(guarded()) as client:
            status, page = await read(client, "/incidents/i1?a=b&c=%22", **headers)
            assert status == 200
            assert 'http-equiv="refresh" content="0; url=/login?next=/incidents/i1' in page
            assert "board-service" not in page
            asked_by_ours = {**headers, "Sec_Fetch_Site": "same-origin"}
            assert (await read(client, "/incidents/i1", **asked_by_ours))[0] == 303
            assert (await read(client, "/incidents/i1", **headers, Cookie=f"{COOKIE}=1.x"))[0] == 303


class TestLogin:
    async def test_opens_a_session_that_ends(self, opened: Open, clock: Clock) -> None:
        async with opened(guarded()) as client:
            async with client.post(
                "/login?next=/incidents", data={"token": TOKEN}, allow_redirects=False
            ) as done:
                assert (done.status, done.headers["Location"]) == (303, "/incidents")
                cookie = done.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert TOKEN not in cookie
            session = cookie.partition("=")[2].partition(";")[0]
            assert (await read(client, "/", Cookie=f"{COOKIE}={session}"))[0] == 200
            clock.now += LASTS
            assert (await read(client, "/", Cookie=f"{COOKIE}={session}"))[0] == 303

    async def test_logout(self, opened: Open) -> None:
        async with opened(guarded()) as client, client.post("/logout", allow_redirects=False) as left:
            assert left.status == 303
            assert 'opsbot_session=""' in left.headers["Set-Cookie"]

    @pytest.mark.parametrize("token", ["wrong", "", TOKEN + "x", "\udcff"])
    async def test_a_wrong_token(self, opened: Open, token: str) -> None:
        async with opened(guarded()) as client:
            body = "token=" + token.encode("utf-8", "surrogateescape").hex()
            headers = {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}
            async with client.post("/login", data=body, headers=headers) as response:
                assert response.status == 401
                assert "Set-Cookie" not in response.headers

    async def test_a_form_that_never_ends_is_not_waited_for(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login, "_FORM_SECONDS", 0.05)
        head = (
            "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken="
        )
        async with opened(guarded()) as client:
            reader, writer = await asyncio.open_connection(client.host, client.port)
            writer.write(head.encode())
            assert b" 401 " in await reader.readline()
            writer.close()

    async def test_guessing_is_slowed_down_and_forgotten_after_a_minute(
        self, opened: Open, clock: Clock
    ) -> None:
        async with opened(guarded()) as client:
            statuses = [await log_in(client, "wrong") for _ in range(11)]
            assert statuses == [401] * 10 + [429]
            assert await log_in(client, TOKEN) == 429
            clock.now += timedelta(seconds=61)
            assert await log_in(client, TOKEN) == 303

    async def test_leads_nowhere_else(self, opened: Open) -> None:
        async with opened(guarded()) as client:
            for path in ("//evil.example", "https://evil.example", "/\\evil.example", "/\nx"):
                where = f"/login?next={quote(path)}"
                async with client.post(where, data={"token": TOKEN}, allow_redirects=False) as response:
                    assert response.headers["Location"] == "/"


class TestForms:
    @pytest.fixture(autouse=True)
    def _given_up(self, reads: FakeReads) -> None:
        reads.given_up = (GivenUp(7, JobKind.DELIVER, "i1", "i1", 5, "channel_not_found", START, START),)

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "same-origin"}, 303),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({}, 303),
        ],
    )
    async def test_retry_is_taken_from_our_pages_only(
        self, client: Client, reads: FakeReads, headers: dict[str, str], status: int
    ) -> None:
        async with client.post(
            "/jobs/7/retry?next=/incidents/i1", headers=headers, allow_redirects=False
        ) as done:
            assert done.status == status
        assert reads.retried == ([7] if status == 303 else [])

    async def test_our_own_origin(self, client: Client, reads: FakeReads) -> None:
        origin = str(client.make_url("/").origin())
        async with client.post("/jobs/7/retry", headers={"Origin": origin}, allow_redirects=False) as done:
            assert done.status == 303

    async def test_reading_changes_nothing(self, client: Client, reads: FakeReads) -> None:
        assert (await read(client, "/jobs/7/retry"))[0] == 405
        assert reads.retried == []

    async def test_retry_needs_a_login(self, opened: Open, reads: FakeReads) -> None:
        async with opened(guarded()) as client, client.post("/jobs/7/retry", allow_redirects=False) as done:
            assert done.headers["Location"].startswith("/login")
        assert reads.retried == []


class TestPure:
    def test_a_session_holds_for_its_token_and_time_only(self) -> None:
        session = open_session("a", START)
        assert holder(session, [Secret("b"), Secret("a")], START) == Secret("a")
        assert holder(session, [Secret("b")], START) is None
        assert holder(session, [], START) is None
        ends, _, signature = session.partition(".")
        assert holder(f"{int(ends) + 1}.{signature}", [Secret("a")], START) is None
        for broken in ("", ".", "x.y", session + "x", "9" * 5000 + ".x"):
            assert holder(broken, [Secret("a")], START) is None

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "//x",
            "http:x",
            "http://",
            "http://a b",
            "java\nscript:x",
            "http://[x",
        ],
    )
    def test_no_link_to(self, url: str) -> None:
        assert safe_link(url) == ""

    def test_links_and_places(self) -> None:
        assert safe_link("HTTPS://a.example/x?y=1&z=2") == "HTTPS://a.example/x?y=1&z=2"
        assert local_path("/incidents?state=firing") == "/incidents?state=firing"
        assert local_path("incidents") == "/"
        assert from_this_site({"Origin": "https://ops.example", "Host": "pod"}, "https://ops.example/x")
        assert not host_is_local("[::1")
