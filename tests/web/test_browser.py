"""The console in a real Chromium: it fits, it is live, what the reader did stays, and it asks nobody else."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from bot.model import IncidentState
from tests.delivery.builders import DIAGNOSIS, START, an_alert, an_incident, diagnosed
from tests.fakes.reads import FakeReads
from tests.programs.chromium import chromium, watched
from tests.web.conftest import TOKEN, Client, Open, guarded

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

PATHS = ("/", "/incidents", "/incidents/i1", "/incidents/none")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def at(client: Client, path: str) -> str:
    return str(client.make_url(path))


def unbroken(reads: FakeReads) -> None:
    """Long words without a place to break, in everything that an alert brings."""
    long = "x" * 5_000
    alert = replace(
        an_alert(labels={"pod": long, "alertname": long, "severity": long, long: "v"}),
        annotations={"summary": long},
        generator_url=f"https://prometheus.example/{long}",
    )
    reads.keep(replace(diagnosed(an_incident(), DIAGNOSIS), id="i1", alerts=(alert,), channel=long))


@pytest.mark.parametrize("width", [360, 1280])
async def test_fits_whatever_an_alert_brings(
    browser: Browser, client: Client, reads: FakeReads, width: int
) -> None:
    for hostile in (False, True):
        if hostile:
            unbroken(reads)
        async with watched(browser, width=width, dark=hostile) as seen:
            for path in PATHS[:3]:
                await seen.page.goto(at(client, path))
                await seen.page.evaluate(
                    "document.querySelectorAll('details').forEach(each => each.open = true)"
                )
                assert not await seen.overflows(), f"{path} at {width}"
            assert seen.complaints == []
            assert seen.addresses == {f"{client.host}:{client.port}"}


async def test_news_appear_and_what_the_reader_did_stays(
    browser: Browser, client: Client, reads: FakeReads
) -> None:
    async with watched(browser, height=500) as seen:
        page = seen.page
        await page.goto(at(client, "/incidents/i1"))
        await page.locator("#alert-fp1 summary").click()
        await page.evaluate(
            "getSelection().selectAllChildren(document.querySelector('.finding h3'));"
            "window.before = document.querySelector('.finding'); scrollTo(0, 300)"
        )
        selected = await page.evaluate("String(getSelection())")
        over = replace(an_incident(IncidentState.RESOLVED), channel="#elsewhere")
        reads.keep(diagnosed(over, DIAGNOSIS))
        await expect(page.locator(".headline .chip")).to_have_text("Resolved")
        assert (
            await page.title()
            == "🟢 Resolved · critical · KubePodCrashLooping · shop/Deployment/board-service · opsbot"
        )
        assert await page.locator("#alert-fp1").get_attribute("open") is not None
        assert await page.evaluate("String(getSelection())") == selected
        assert selected.startswith("Container app")
        assert await page.evaluate("scrollY") == 300
        assert await page.evaluate("window.before === document.querySelector('.finding')")
        assert seen.complaints == []


async def test_what_the_reader_looks_at_stays_where_it_is(
    browser: Browser, client: Client, reads: FakeReads
) -> None:
    """When what stands above it moves to the end, and when it goes."""
    reads.keep(diagnosed(an_incident(alerts=60), DIAGNOSIS))
    async with watched(browser, height=500) as seen:
        page = seen.page
        place = "document.activeElement.closest('#alert-fp30').getBoundingClientRect().top"
        await page.goto(at(client, "/incidents/i1"))
        await page.evaluate("document.querySelector('#alert-fp30 summary').focus()")
        before = await page.evaluate(place)
        shuffled = replace(an_incident(), alerts=tuple(an_alert(n, over=n < 10) for n in range(60)))
        reads.keep(diagnosed(shuffled, DIAGNOSIS))
        await expect(page.locator("#alert-fp0 .chip")).to_have_text("Resolved")
        assert abs(await page.evaluate(place) - before) < 2
        reads.keep(diagnosed(replace(shuffled, alerts=shuffled.alerts[20:]), DIAGNOSIS))
        await expect(page.locator("#alert-fp0")).to_have_count(0)
        assert abs(await page.evaluate(place) - before) < 2
        shown = await page.locator("#alerts details").evaluate_all("all => all.map(each => each.id)")
        assert shown == [f"alert-fp{number}" for number in range(20, 60)]


async def test_an_incident_appears_in_the_list_without_a_reload(
    browser: Browser, client: Client, reads: FakeReads
) -> None:
    async with watched(browser) as seen:
        await seen.page.goto(at(client, "/"))
        await seen.page.evaluate("window.kept = true")
        reads.keep(replace(an_incident(), id="i9"))
        await expect(seen.page.locator("#now-i9")).to_be_visible()
        await expect(seen.page.locator("h1")).to_have_text("2 firing")
        assert await seen.page.evaluate("window.kept")


async def test_copies_the_exact_command(browser: Browser, client: Client) -> None:
    async with watched(browser) as seen:
        page = seen.page
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.goto(at(client, "/incidents/i1"))
        button = page.locator(".evidence .copy").first
        await button.click()
        await expect(button).to_have_attribute("data-said", "Copied")
        expected = DIAGNOSIS.findings[0].evidence[0].reproduce
        assert await page.evaluate("navigator.clipboard.readText()") == expected
        # The way of plain http, where a browser has no clipboard for pages.
        await page.evaluate(
            "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); }"
        )
        await page.locator(".fix .copy").first.click()
        await expect(page.locator(".fix .copy").first).to_have_attribute("data-said", "Copied")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await page.locator(".fix pre").first.text_content()


async def test_times_are_told_in_words(browser: Browser, client: Client) -> None:
    async with watched(browser) as seen:
        await seen.page.clock.install(time=START + timedelta(seconds=125))
        await seen.page.goto(at(client, "/"))
        await expect(seen.page.locator("#now-i1 time")).to_have_text(re.compile(r"^for 2 min \d+ s$"))
        assert await seen.page.locator("#now-i1 time").get_attribute("title") == "2026-01-01 03:12:00Z"


async def test_the_bar_fits_a_phone_with_a_login_too(browser: Browser, opened: Open) -> None:
    async with opened(guarded()) as client, watched(browser, width=360) as seen:
        await seen.page.goto(at(client, "/login"))
        await seen.page.get_by_label("Console token").fill(TOKEN)
        await seen.page.get_by_role("button", name="Log in").click()
        await expect(seen.page.locator("#pulse")).to_have_text("Live")
        assert await seen.page.evaluate("document.querySelector('.bar').offsetHeight") < 52
        for name in ("opsbot", "Overview", "Incidents"):
            link = seen.page.get_by_role("banner").get_by_role("link", name=name)
            assert await link.evaluate("each => each.getClientRects().length") == 1
        assert not await seen.overflows()


async def test_logs_in_and_out_and_survives_a_broken_store(
    browser: Browser, opened: Open, reads: FakeReads
) -> None:
    async with opened(guarded()) as client, watched(browser) as seen:
        page = seen.page
        await page.goto(at(client, "/incidents/i1"))
        await page.get_by_label("Console token").fill("wrong")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("Console token").fill(TOKEN)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.locator("h1")).to_contain_text("KubePodCrashLooping")
        reads.broken = "the disk is full"
        await expect(page.locator("#pulse")).to_have_class("pulse lost", timeout=15_000)
        reads.broken = ""
        await expect(page.locator("#pulse")).to_have_class("pulse", timeout=15_000)
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_label("Console token")).to_be_visible()


@pytest.mark.parametrize("host", ["localhost", "ops.test"])
async def test_a_link_elsewhere_finds_the_reader_logged_in(browser: Browser, opened: Open, host: str) -> None:
    """Also on plain http under a name, where a browser tells less of where it comes from."""
    async with opened(guarded()) as client, watched(browser) as seen:
        page = seen.page
        ours = f"http://{host}:{client.port}"
        await page.goto(f"{ours}/login")
        await page.get_by_label("Console token").fill(TOKEN)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.locator("h1")).to_have_text("1 firing")
        assert seen.complaints == []
        link = f"<a href='{ours}/incidents/i1?from=slack'>incident</a>"
        await page.route(
            "http://chat.test/*", lambda route: route.fulfill(body=link, content_type="text/html")
        )
        await page.goto("http://chat.test/")
        await page.get_by_role("link").click()
        await expect(page.locator("h1")).to_contain_text("KubePodCrashLooping")
        assert page.url == f"{ours}/incidents/i1?from=slack"
