"""Pictures of messages, to look at: `python -m trials.pictures [--to DIR] [--only WORD]`.

Each is really rendered, from an incident of a write-up, drawn as a phone and a desk would show it, in light and dark, and saved
as PNG by Chromium. Nothing is judged here; people do that.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import timedelta, timezone
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser

from bot.delivery.artist import Artist
from bot.delivery.message import Message
from bot.delivery.offers import Offers
from bot.delivery.render import Layouts
from bot.delivery.words import Words
from tests.builders import NOW
from tests.delivery.catalogue import CASES, sights, states
from tests.programs.chromium import chromium
from trials.slack_page import Posted, Reader, page

# When they are looked at: while it lasts, and when it is over.
_MINUTES, _LATER = 8, 40
_SEOUL = timezone(timedelta(hours=9))
_PHONE, _DESK, _COLOURS = 390, 900, 96
_OFFERS = Offers(listens=True, silences=frozenset({"default"}))


@dataclass(frozen=True, slots=True)
class Shot:
    case: str
    state: str
    language: str = "en"

    @property
    def name(self) -> str:
        return f"{self.case}-{self.state.replace(' ', '-')}-{self.language}"


_STATES = (
    "diagnosing",
    "nothing found",
    "forbidden",
    "resolved",
    "resolved and re-checked",
    "stale",
    "silenced",
    "leading others",
    "following another",
)
# What the message becomes later.
_EDITED = frozenset({"resolved", "resolved and re-checked", "stale", "silenced"})
SHOTS = (
    *(Shot(case.runbook, "firing", language) for case in CASES for language in ("en", "ko")),
    *(Shot("crashloop_db_auth", state, language) for state in _STATES for language in ("en", "ko")),
    Shot("prometheus_oomkilled", "resolved and re-checked"),
)


async def posted(shot: Shot) -> Posted:
    case = next(case for case in CASES if case.runbook == shot.case)
    layouts = Layouts(Words(shot.language), public_url="https://ops.example", offers=_OFFERS)
    top, *thread = (part.message for part in layouts.parts(states(case)[shot.state]))
    return Posted(top, thread, await _drawn(thread), rings=shot.state not in _EDITED)


async def _drawn(thread: list[Message]) -> dict[str, bytes]:
    artist, drawn = Artist(), {}
    for message in thread:
        if message.picture and (image := await artist.draw(message.picture, "png")):
            drawn[message.picture.title] = image
    return drawn


async def shoot(browser: Browser, shot: Shot, to: Path) -> None:
    minutes = _LATER if shot.state.startswith("resolved") else _MINUTES
    seen, reader = await posted(shot), Reader(NOW + timedelta(minutes=minutes), _SEOUL, shot.language)
    for thread in (False, True) if seen.thread else (False,):
        content = page(seen, reader, channel=_channel(seen), thread=thread)
        for width, dark, look in (
            (_PHONE, False, "phone"),
            (_PHONE, True, "phone-dark"),
            (_DESK, False, "desk"),
        ):
            name = f"{shot.name}{'-thread' if thread else ''}-{look}.png"
            await _save(browser, content, to / name, width, dark=dark)


def _channel(seen: Posted) -> str:
    """As in docs/slack.md: what is critical has a channel of its own."""
    return "#alerts-critical" if "critical" in seen.top.text else "#alerts"


async def _save(browser: Browser, content: str, file: Path, width: int, *, dark: bool) -> None:
    scheme = "dark" if dark else "light"
    context = await browser.new_context(
        viewport={"width": width, "height": 400}, color_scheme=scheme, device_scale_factor=2
    )
    shown = await context.new_page()
    await shown.set_content(content)
    _small(await shown.screenshot(full_page=True)).save(file, optimize=True)
    await context.close()


def _small(picture: bytes) -> Image.Image:
    """A page has few colours: so many are enough for soft edges and signs."""
    return Image.open(BytesIO(picture)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)


async def main(arguments: argparse.Namespace) -> int:
    await asyncio.to_thread(sights)
    wanted = [shot for shot in SHOTS if arguments.only in shot.name]
    arguments.to.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for shot in wanted:
            await shoot(browser, shot, arguments.to)
            print(shot.name, flush=True)
    return 0 if wanted else 2


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pictures of messages")
    parser.add_argument("--to", type=Path, default=Path("pictures"), help="the folder that they are saved in")
    parser.add_argument("--only", default="", help="a part of the names of those that are wanted")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parsed())))
