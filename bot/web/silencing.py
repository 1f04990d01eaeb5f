"""Silences in the console: a form with the narrowest matchers, a preview of what they hide, and only then a silence.

Works without a script. What is made, and what it would hide, is not decided here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from bot.delivery.silenced import problem_said
from bot.delivery.view import view
from bot.incidents.silences import Preview, Problem, narrowest, overview, read, written
from bot.incidents.silencing import Order
from bot.matchers import Matcher
from bot.model import Incident
from bot.observe import log
from bot.web import answers
from bot.web.access import Access
from bot.web.asking import LONGEST_ID, fields_of, incident_of
from bot.web.pages import Pages
from bot.web.reads import Orders, Reads

_SPAN = "2h"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Form:
    """As it is filled in. `key` tells one filled form from another, and the same one pressed twice."""

    matchers: str
    span: str
    why: str
    key: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the preview says; `here` and `others` are the first few of each."""

    it: Preview
    here: tuple[str, ...]
    others: tuple[str, ...]
    until: datetime


class Silencing:
    def __init__(
        self, reads: Reads, work: Orders, pages: Pages, access: Access, clock: Callable[[], datetime]
    ) -> None:
        self._reads = reads
        self._silences = work.silences
        self._pages = pages
        self._access = access
        self._clock = clock

    async def form(self, request: web.Request) -> web.StreamResponse:
        """With what the suggested matchers hide, so that one look is enough."""
        incident = await incident_of(self._reads, request)
        if incident is None:
            return self._gone(request)
        narrow = narrowest(incident)
        matchers = "" if isinstance(narrow, Problem) else "\n".join(written(narrow))
        form = Form(matchers, _SPAN, "", self._clock().isoformat())
        if isinstance(narrow, Problem):
            return self._page(request, incident, form, problem=narrow)
        return await self._previewed(request, incident, form)

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """The form came back: show what it hides now, or do it."""
        incident = await incident_of(self._reads, request)
        if incident is None:
            return self._gone(request)
        fields = await fields_of(request)
        form = Form(*(fields.get(name, "") for name in ("matchers", "span", "why", "key")))
        if fields.get("do") != "silence":
            return await self._previewed(request, incident, form)
        return await self._made(request, incident, form)

    async def expire(self, request: web.Request) -> web.StreamResponse:
        incident = await incident_of(self._reads, request)
        asked = request.match_info["silence"]
        known = incident is not None and asked in {silence.id for silence in incident.silences}
        if incident is None or not known:
            return self._gone(request)
        done = await self._silences.expire(asked, self._access.person(request))
        if isinstance(done, Problem):
            return self._trouble(request, self._say(done), 409)
        log.info("a silence is ended", incident=incident.id, silence=asked)
        return answers.go_to(_address(incident))

    async def _previewed(self, request: web.Request, incident: Incident, form: Form) -> web.StreamResponse:
        wanted = self._wanted(form)
        if isinstance(wanted, Problem):
            return self._page(request, incident, form, problem=wanted)
        matchers, until = wanted
        found = await self._silences.propose(incident, matchers)
        if isinstance(found, Problem):
            return self._page(request, incident, form, problem=found)
        shown = Shown(found, overview(found.here, _NAMED), overview(found.others, _NAMED), until)
        return self._page(request, incident, form, shown=shown)

    async def _made(self, request: web.Request, incident: Incident, form: Form) -> web.StreamResponse:
        wanted = self._wanted(form)
        if isinstance(wanted, Problem):
            return self._page(request, incident, form, problem=wanted)
        matchers, until = wanted
        who = self._access.person(request)
        key = f"{who.id} {form.key[:LONGEST_ID]}"
        done = await self._silences.silence(Order(incident.id, matchers, until, form.why, who, key))
        if isinstance(done, Problem):
            return self._page(request, incident, form, problem=done)
        log.info("a silence is made", incident=incident.id, silence=done.silence.id, already=done.already)
        return answers.go_to(f"{_address(incident)}#silences")

    def _wanted(self, form: Form) -> tuple[tuple[Matcher, ...], datetime] | Problem:
        matchers, until = read(form.matchers), self._silences.end(form.span)
        if isinstance(matchers, Problem):
            return matchers
        return until if isinstance(until, Problem) else (matchers, until)

    def _page(
        self,
        request: web.Request,
        incident: Incident,
        form: Form,
        *,
        shown: Shown | None = None,
        problem: Problem | None = None,
    ) -> web.Response:
        html = self._pages.html(
            "silence",
            incident=incident.id,
            title=view(incident, self._pages.words).title,
            form=form,
            shown=shown,
            problem=self._say(problem) if problem else "",
            leave=self._access.has_session(request),
        )
        return answers.page(request, html, status=409 if problem and request.method == "POST" else 200)

    def _say(self, problem: Problem) -> str:
        return problem_said(problem.key, problem.facts, self._pages.words)

    def _gone(self, request: web.Request) -> web.Response:
        return self._trouble(request, self._pages.say("no_such_incident"), 404)

    def _trouble(self, request: web.Request, reason: str, status: int) -> web.Response:
        html = self._pages.html("trouble", reason=reason, status=status)
        return answers.page(request, html, status=status)


def _address(incident: Incident) -> str:
    return f"/incidents/{quote(incident.id, safe='')}"
