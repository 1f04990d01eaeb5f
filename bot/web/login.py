"""Login with a console token and logout. The token is compared and forgotten; the browser gets a signed session."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from aiohttp import hdrs, web

from bot.observe import log
from bot.web import answers
from bot.web.access import COOKIE, Access
from bot.web.origin import local_path
from bot.web.pages import Pages
from bot.web.sessions import LASTS, open_session, token_matches

_WINDOW = timedelta(minutes=1)
_FAILURES = 10
_REMEMBERED = 1_000
_LONGEST_FORM = 16_384
_FORM_SECONDS = 5.0


@dataclass(slots=True)
class Attempts:
    """Failures by address within the last minute, of the newest addresses only, so that nobody can fill the memory."""

    clock: Callable[[], datetime]
    _failed: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def too_many(self, address: str) -> bool:
        times = self._failed.get(address, deque())
        while times and self.clock() - times[0] > _WINDOW:
            times.popleft()
        return len(times) >= _FAILURES

    def failed(self, address: str) -> None:
        self._failed.setdefault(address, deque(maxlen=_FAILURES)).append(self.clock())
        self._failed.move_to_end(address)
        if len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)


class Login:
    def __init__(self, pages: Pages, access: Access) -> None:
        self._pages = pages
        self._access = access
        self._attempts = Attempts(access.clock)

    async def form(self, request: web.Request) -> web.StreamResponse:
        following = local_path(request.query.get("next", "/"))
        if reason := self._access.refusal(request):
            return answers.error(reason, 403)
        if self._access.admits(request):
            return answers.go_to(following)
        return self._page(request, following, "", 200)

    async def enter(self, request: web.Request) -> web.StreamResponse:
        if reason := self._access.refusal(request):
            return answers.error(reason, 403)
        following = local_path(request.query.get("next", "/"))
        address = request.remote or ""
        if self._attempts.too_many(address):
            response = self._page(request, following, "login_too_often", 429)
            response.headers[hdrs.RETRY_AFTER] = str(int(_WINDOW.total_seconds()))
            return response
        token = await _token(request)
        tokens = self._access.options.tokens
        if tokens is None or not token_matches(token, tokens()):
            self._attempts.failed(address)
            log.warning("a login to the console failed", remote=address)
            return self._page(request, following, "login_wrong", 401)
        response = answers.go_to(following)
        secure = request.secure or request.headers.get("X-Forwarded-Proto", "") == "https"
        response.set_cookie(
            COOKIE,
            open_session(token, self._access.clock()),
            max_age=int(LASTS.total_seconds()),
            path="/",
            httponly=True,
            samesite="Strict",
            secure=secure,
        )
        return response

    async def leave(self, request: web.Request) -> web.StreamResponse:
        if reason := self._access.refusal(request):
            return answers.error(reason, 403)
        response = answers.go_to("/login")
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
        return response

    def _page(self, request: web.Request, following: str, problem: str, status: int) -> web.Response:
        closed = not self._access.takes_tokens
        proxy = bool(self._access.options.trusted_header)
        html = self._pages.html("login", following=following, problem=problem, closed=closed, proxy=proxy)
        return answers.page(request, html, status=403 if closed else status)


async def _token(request: web.Request) -> str:
    """Empty for anything that is not our form: nothing large or slow is read from somebody unknown."""
    length = request.content_length
    if (
        length is None
        or length > _LONGEST_FORM
        or request.content_type != "application/x-www-form-urlencoded"
    ):
        return ""
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            body = await request.read()
    except TimeoutError:
        return ""
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    return fields.get("token", [""])[0].strip()
