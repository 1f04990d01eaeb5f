"""The charts of an incident as SVG, each under the digest of what it shows. Drawing is the artist's job."""

from typing import Protocol

from aiohttp import web

from bot.delivery.artist import Format
from bot.delivery.charts import Picture
from bot.delivery.view import view
from bot.delivery.words import Words
from bot.model import Incident
from bot.web.answers import STRICT, error

# An SVG brings its own style; nothing else in it is let do anything, also where it is opened by itself.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


class Draws(Protocol):
    async def draw(self, picture: Picture, wanted: Format) -> bytes | None: ...


class Charts:
    def __init__(self, words: Words, artist: Draws) -> None:
        self._words = words
        self._artist = artist

    async def answer(self, incident: Incident | None, digest: str) -> web.Response:
        picture = self._picture(incident, digest) if incident else None
        if picture is None:
            return error("there is no such chart", 404)
        drawn = await self._artist.draw(picture, "svg")
        if drawn is None:
            return error("the chart could not be drawn; the log says why", 503)
        headers = {
            **STRICT,
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "private, max-age=86400, immutable",
        }
        return web.Response(body=drawn, content_type="image/svg+xml", headers=headers)

    def _picture(self, incident: Incident, digest: str) -> Picture | None:
        shown = view(incident, self._words).diagnoses
        return next((one for each in shown for one in each.pictures if one.digest == digest), None)
