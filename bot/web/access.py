"""Who may see the console: everybody on loopback, else a token, a session that a token opened, or a proxy's word.

A token or a trusted header that is configured is asked for on loopback too: whoever set it has a proxy in front of us.
Wraps the console's own handlers only; webhooks, Slack, health and metrics have their own rules.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import hdrs, web

from bot.incidents.audit import Person, Via
from bot.secret import Secret
from bot.web.origin import from_this_site, host_is_local
from bot.web.sessions import holder, matching, name_of

COOKIE = "opsbot_session"
_SAFE = frozenset({"GET", "HEAD"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """`tokens` gives those accepted now, None when none is configured; `loopback` says that only this machine reaches us.

    `webhook_token` says that Alertmanager has to send one, for the configuration that the first page suggests.
    """

    public_url: str = ""
    tokens: Callable[[], tuple[Secret, ...]] | None = None
    trusted_header: str = ""
    loopback: bool = True
    webhook_token: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    options: ConsoleOptions
    clock: Callable[[], datetime]

    @property
    def is_open(self) -> bool:
        return self.options.loopback and self.options.tokens is None and not self.options.trusted_header

    @property
    def takes_tokens(self) -> bool:
        return self.options.tokens is not None

    def refusal(self, request: web.Request) -> str:
        """Why this request is not even looked at; empty when all is well."""
        if self.is_open and not host_is_local(request.headers.get(hdrs.HOST, ""), self.options.public_url):
            return "this host name is not ours; use localhost, or set server.public_url"
        if request.method not in _SAFE and not from_this_site(request.headers, self.options.public_url):
            return "this form was sent by another site"
        return ""

    def admits(self, request: web.Request) -> bool:
        header = self.options.trusted_header
        if self.is_open or (header and request.headers.get(header, "").strip()):
            return True
        return self._bearer(request) is not None or self.has_session(request)

    def has_session(self, request: web.Request) -> bool:
        return self._session(request) is not None

    def person(self, request: web.Request) -> Person:
        """Who asks, for what is written down: as the proxy calls them, else by the token that let them in."""
        named = request.headers.get(self.options.trusted_header, "") if self.options.trusted_header else ""
        if named.strip():
            return Person(Via.CONSOLE, named.strip())
        token = self._bearer(request) or self._session(request)
        return Person(Via.CONSOLE, f"token {name_of(token)}" if token else "this machine")

    def _session(self, request: web.Request) -> Secret | None:
        """The token that opened it."""
        session = request.cookies.get(COOKIE, "")
        if self.options.tokens is None or not session:
            return None
        return holder(session, self.options.tokens(), self.clock())

    def _bearer(self, request: web.Request) -> Secret | None:
        scheme, _, offered = request.headers.get(hdrs.AUTHORIZATION, "").strip().partition(" ")
        if self.options.tokens is None or scheme.lower() != "bearer":
            return None
        return matching(offered.strip(), self.options.tokens())


def followed_a_link(request: web.Request) -> bool:
    """Whether a page without a session may have been opened from another site, where a session would be kept back.

    To plain http under a name a browser does not say where it comes from; a page that it shows is then taken for one.
    (https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header)
    """
    if request.method != "GET" or COOKIE in request.cookies:
        return False
    site = request.headers.get("Sec-Fetch-Site")
    shown = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return site == "cross-site" or (site is None and shown)
