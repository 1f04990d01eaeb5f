"""A real Chromium driven by Playwright: Debian's, without a sandbox of its own, and without calls of its own to anywhere.

`Watched` is a page that remembers what it must not have done: errors in its console, refused content, foreign requests.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

from tests.programs.running import program

_ARGUMENTS = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    # A name that is not loopback, for what a browser does differently there.
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass(slots=True)
class Watched:
    page: Page
    complaints: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    async def overflows(self) -> bool:
        return bool(
            await self.page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
        )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = program("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def watched(
    browser: Browser, *, width: int = 1280, height: int = 900, dark: bool = False
) -> AsyncIterator[Watched]:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    try:
        page = await context.new_page()
        seen = Watched(page)
        page.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.addresses.add(urlsplit(request.url).netloc))
        yield seen
    finally:
        await context.close()
