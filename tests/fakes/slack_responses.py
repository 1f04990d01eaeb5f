"""response_urls: each is good for 5 uses in 30 minutes, and what comes is held to the limits of a message."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.slack_limits import pings, refused

USES = 5
SECONDS = 1800.0


@dataclass(slots=True)
class Answer:
    """One use of a response_url."""

    number: int
    body: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return self.body.get("blocks") or []

    @property
    def public(self) -> bool:
        return self.body.get("response_type") == "in_channel"

    @property
    def replaces(self) -> bool:
        return self.body.get("replace_original") is True


@dataclass(slots=True)
class _Open:
    ends: float
    left: int = USES


@dataclass(slots=True)
class ResponseUrls:
    clock: Callable[[], float]
    root: str = ""
    answers: list[Answer] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    pinged: int = 0
    _open: list[_Open] = field(default_factory=list)

    def make(self, *, uses: int = USES) -> str:
        self._open.append(_Open(self.clock() + SECONDS, uses))
        return f"{self.root}{len(self._open) - 1}"

    async def take(self, request: web.Request) -> web.Response:
        number, body = int(request.match_info["number"]), await request.json()
        url = self._open[number] if number < len(self._open) else _Open(0)
        error = "expired_url" if self.clock() > url.ends else "" if url.left else "used_url"
        error = error or refused(body, update=False)
        if error:
            self.refusals.append(error)
            return web.json_response({"ok": False, "error": error}, status=404)
        url.left -= 1
        self.pinged += pings(body)
        self.answers.append(Answer(number, body))
        return web.Response(text="ok")
