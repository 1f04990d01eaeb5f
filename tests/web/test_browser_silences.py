"""A silence and the audit in a real Chromium, on a phone: from the incident to the preview to the silence and its end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.incidents.audit import Deed, Person, Via
from bot.silence import SilenceState
from tests.delivery.builders import START
from tests.fakes.reads import FakeReads
from tests.programs.chromium import chromium, watched
from tests.web.conftest import Client, Clock
from tests.web.silencing_bench import Bench, silencing

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def bench(reads: FakeReads, clock: Clock, tmp_path: Path) -> AsyncIterator[Bench]:
    async with silencing(reads, clock, tmp_path) as bench:
        yield bench


def at(client: Client, path: str) -> str:
    return str(client.make_url(path))


async def test_from_the_incident_to_the_silence_and_its_end(
    browser: Browser, bench: Bench, client: Client
) -> None:
    async with watched(browser, width=360) as seen:
        page = seen.page
        await page.goto(at(client, "/incidents/i1"))
        await page.get_by_role("link", name="Silence…").click()
        await page.get_by_label("How long").fill("1d")
        await page.get_by_label("Why").fill("deploy")
        await page.get_by_label("Which alerts").fill('severity="critical"')
        await page.get_by_role("button", name="Show what that hides").click()
        await expect(page.locator("#hides-title")).to_have_text("Hides 2 alerts that fire now")
        await expect(page.locator(".surprise")).to_contain_text("namespace=billing")
        assert not await seen.overflows()
        await page.get_by_role("button", name="Silence", exact=True).click()
        await expect(page).to_have_url(at(client, "/incidents/i1") + "#silences")
        await bench.refresh()
        await page.reload()
        await expect(page.locator("#silences")).to_contain_text("Silenced by this machine until")
        assert not await seen.overflows()
        await page.get_by_role("button", name="End it now").click()
        await expect(page).to_have_url(at(client, "/incidents/i1"))
        assert seen.complaints == []
    (silence,) = await bench.silences()
    assert (silence.state, silence.said) == (SilenceState.ENDED, "deploy")


@pytest.mark.parametrize("width", [360, 1280])
async def test_long_words_fit(
    browser: Browser, bench: Bench, client: Client, reads: FakeReads, width: int
) -> None:
    long = "x" * 400
    deed = Deed(START, Person(Via.SLACK, long, long), long, long, long, "i1", long, 1)
    reads.done = (deed, replace(deed, person=Person(Via.CLI, "root"), action="send", arguments="", id=2))
    known = bench.alertmanager.firing[0]
    bench.alertmanager.firing = [replace(known, labels={**known.labels, long: long}, receivers=(long,))]
    async with watched(browser, width=width) as seen:
        for path in ("/audit", "/incidents/i1", "/incidents/i1/silence"):
            await seen.page.goto(at(client, path))
            assert not await seen.overflows(), path
        assert seen.complaints == []
