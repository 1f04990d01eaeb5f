"""The web console and the JSON API as routes for `bot.app` to mount. Shows what the store knows; decides nothing.

A page is rendered anew for every request and answered with 304 while it is the same, which is how it stays live.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from bot.delivery.words import Words
from bot.incidents.audit import Asked
from bot.incidents.store import StoreError
from bot.model import Incident, IncidentState
from bot.observe import log
from bot.web import answers, documents, shown
from bot.web.access import Access, ConsoleOptions, Handler, followed_a_link
from bot.web.asking import AskedWronglyError, incident_of, limit_of, text_of
from bot.web.assets import Assets
from bot.web.auditing import Auditing
from bot.web.charts import Charts, Draws
from bot.web.login import Login
from bot.web.origin import local_path
from bot.web.pages import WEB, Pages
from bot.web.reads import Orders, Reads
from bot.web.silencing import Silencing

__all__ = ["ConsoleOptions", "console"]

# So many that fire are shown, the worst of the newest.
_FIRING = 50
_RANKED = 200
_RECENT = 10
_READY_SECONDS = 3.0

Readiness = Callable[[], Awaitable[list[str]]]


def console(  # noqa: PLR0913 - all that the console shows and does is handed in here, once
    reads: Reads,
    work: Orders,
    words: Words,
    options: ConsoleOptions,
    *,
    artist: Draws,
    readiness: Readiness,
    clock: Callable[[], datetime],
) -> list[web.RouteDef]:
    """Every route guards itself, so nothing else that the application serves is touched."""
    access = Access(options, clock)
    assets = Assets(WEB)
    pages = Pages(words, assets.version)
    served = Console(reads, work, pages, access, readiness, Charts(words, artist))
    login = Login(pages, access)
    auditing = Auditing(reads, pages, access)
    silencing = Silencing(reads, work, pages, access, clock)
    return [
        web.get("/", served.page(served.overview)),
        web.get("/incidents", served.page(served.listing)),
        web.get("/incidents/{id}", served.page(served.detail)),
        web.get(r"/incidents/{id}/charts/{digest:[0-9a-f]{64}}.svg", served.page(served.chart)),
        web.get("/api/incidents", served.api(served.api_listing)),
        web.get("/api/incidents/{id}", served.api(served.api_detail)),
        web.get("/api/incidents/{id}/bundle", served.api(served.api_bundle)),
        web.get("/audit", served.page(auditing.page)),
        web.get("/api/audit", served.api(auditing.api)),
        web.post("/incidents/{id}/recheck", served.page(served.recheck)),
        web.get("/incidents/{id}/silence", served.page(silencing.form)),
        web.post("/incidents/{id}/silence", served.page(silencing.ask)),
        web.post("/incidents/{id}/silences/{silence}/expire", served.page(silencing.expire)),
        web.post(r"/jobs/{id:\d{1,18}}/retry", served.page(served.retry)),
        web.get("/login", login.form),
        web.post("/login", login.enter),
        web.post("/logout", login.leave),
        web.get("/assets/{name}", assets.serve),
    ]


class Console:
    def __init__(
        self,
        reads: Reads,
        work: Orders,
        pages: Pages,
        access: Access,
        readiness: Readiness,
        charts: Charts,
    ) -> None:
        self._charts = charts
        self._reads = reads
        self._work = work
        self._pages = pages
        self._words = pages.words
        self._access = access
        self._readiness = readiness

    # -- guards

    def page(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if reason := self._access.refusal(request):
                return self._trouble(request, reason, 403)
            if not self._access.admits(request):
                return self._turned_away(request)
            try:
                return await handler(request)
            except StoreError as error:
                log.warning("a page could not be read", path=request.path, reason=str(error))
                return self._trouble(request, str(error), 503)
            except AskedWronglyError as error:
                return self._trouble(request, str(error), 400)

        return guarded

    def api(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if reason := self._access.refusal(request):
                return answers.error(reason, 403)
            if not self._access.admits(request):
                return answers.error(
                    "a console token is needed: Authorization: Bearer …", 401, {"WWW-Authenticate": "Bearer"}
                )
            try:
                return await handler(request)
            except StoreError as error:
                return answers.error(str(error), 503)
            except AskedWronglyError as error:
                return answers.error(str(error), 400)

        return guarded

    def _turned_away(self, request: web.Request) -> web.StreamResponse:
        path = request.path_qs if request.method == "GET" else "/"
        login = str(request.rel_url.with_path("/login").with_query({"next": local_path(path)}))
        if followed_a_link(request):
            # In Slack, say: the browser keeps a strict cookie back until a page of ours asks. The login then lets it in.
            return answers.page(request, self._pages.html("again", login=login))
        return answers.go_to(login)

    def _trouble(self, request: web.Request, reason: str, status: int) -> web.Response:
        html = self._pages.html("trouble", reason=reason, status=status)
        return answers.page(request, html, status=status)

    # -- pages

    async def overview(self, request: web.Request) -> web.StreamResponse:
        counts, firing, stale, resolved, health, storms = await asyncio.gather(
            self._reads.counts(),
            self._reads.incidents(state=IncidentState.FIRING, limit=_RANKED),
            self._reads.incidents(state=IncidentState.STALE, limit=_RECENT),
            self._reads.incidents(state=IncidentState.RESOLVED, limit=_RECENT),
            self._health(),
            self._storms(),
        )
        worst, quiet, over = await asyncio.gather(
            self._rows(shown.by_severity(firing)[:_FIRING]), self._rows(stale), self._rows(resolved)
        )
        content = shown.Overview(counts, worst, quiet, over, health, storms)
        base = self._access.options.public_url or str(request.url.origin())
        html = self._pages.html(
            "overview",
            it=content,
            base=base.rstrip("/"),
            webhook_token=self._access.options.webhook_token,
            leave=self._access.has_session(request),
        )
        return answers.page(request, html)

    async def listing(self, request: web.Request) -> web.StreamResponse:
        state, limit, before = _asked(request)
        found, counts = await asyncio.gather(
            self._reads.incidents(state=state, limit=limit + 1, before=before), self._reads.counts()
        )
        following = found[limit - 1].id if len(found) > limit else ""
        rows = await self._rows(found[:limit])
        content = shown.Listing(rows, state, counts, following, before is None)
        html = self._pages.html("incidents", it=content, leave=self._access.has_session(request))
        return answers.page(request, html)

    async def detail(self, request: web.Request) -> web.StreamResponse:
        incident = await self._incident(request)
        if incident is None:
            return self._trouble(request, self._pages.say("no_such_incident"), 404)
        entries, parts, deeds, health = await asyncio.gather(
            self._reads.timeline(incident.id),
            self._reads.parts(incident.id),
            self._reads.deeds(Asked(incident_id=incident.id, limit=shown.DEEDS + 1)),
            self._health(),
        )
        content = shown.detail(incident, self._words, entries, parts, health)
        can_silence = bool(incident.firing) and self._work.silences.reaches(incident)
        content = shown.with_deeds(content, deeds, can_silence=can_silence)
        html = self._pages.html("incident", it=content, leave=self._access.has_session(request))
        return answers.page(request, html)

    async def chart(self, request: web.Request) -> web.StreamResponse:
        return await self._charts.answer(await self._incident(request), request.match_info["digest"])

    async def retry(self, request: web.Request) -> web.StreamResponse:
        job = int(request.match_info["id"])
        taken_up = await self._work.retry(job, self._access.person(request))
        log.info("a given-up job is tried again" if taken_up else "no such given-up job", job=job)
        return answers.go_to(local_path(request.query.get("next", "/")))

    async def recheck(self, request: web.Request) -> web.StreamResponse:
        incident = await self._incident(request)
        if incident is None:
            return self._trouble(request, self._pages.say("no_such_incident"), 404)
        asked = await self._work.recheck(incident.id, self._access.person(request))
        log.info("a recheck is asked for" if asked else "nothing to check again", incident=incident.id)
        return answers.go_to(f"/incidents/{quote(incident.id, safe='')}")

    # -- for programs

    async def api_listing(self, request: web.Request) -> web.StreamResponse:
        state, limit, before = _asked(request)
        found = await self._reads.incidents(state=state, limit=limit + 1, before=before)
        following = found[limit - 1].id if len(found) > limit else None
        listed = [documents.summary(incident, self._words) for incident in found[:limit]]
        return answers.document({"incidents": listed, "next": following})

    async def api_detail(self, request: web.Request) -> web.StreamResponse:
        incident = await self._incident(request)
        if incident is None:
            return answers.error("there is no incident with this id", 404)
        entries, parts = await asyncio.gather(
            self._reads.timeline(incident.id), self._reads.parts(incident.id)
        )
        return answers.document(documents.whole(incident, self._words, entries, parts))

    async def api_bundle(self, request: web.Request) -> web.StreamResponse:
        incident = await self._incident(request)
        if incident is None:
            return answers.error("there is no incident with this id", 404)
        kept = await self._reads.bundle(incident.id)
        if kept is None:
            return answers.error("no bundle is kept: nothing was looked at, or it was too big", 404)
        return answers.download(kept, f"opsbot-{incident.id}.json")

    # -- reading

    async def _incident(self, request: web.Request) -> Incident | None:
        return await incident_of(self._reads, request)

    async def _storms(self) -> tuple[shown.ShownStorm, ...]:
        seen = await self._reads.storms()
        parts = await asyncio.gather(*(self._reads.parts(one.id) for one in seen))
        return tuple(shown.storm(one, rows) for one, rows in zip(seen, parts, strict=True))

    async def _health(self) -> shown.Health:
        reasons, channels, given_up = await asyncio.gather(
            self._reasons(), self._reads.channels_in_trouble(), self._reads.gave_up()
        )
        return shown.Health(tuple(reasons), channels, given_up)

    async def _reasons(self) -> list[str]:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                return await self._readiness()
        except TimeoutError:
            return [f"no answer from within after {_READY_SECONDS:g} s"]

    async def _rows(self, listed: Sequence[Incident]) -> tuple[shown.Row, ...]:
        """Every list tells the cause."""
        return tuple(shown.row(one, self._words) for one in await self._reads.with_causes(listed))


def _asked(request: web.Request) -> tuple[IncidentState | None, int, str | None]:
    query = request.query
    state = query.get("state", "")
    if state and state not in set(IncidentState):
        raise AskedWronglyError(f"state is one of {', '.join(IncidentState)}")
    before = text_of(query, "before", "the id of an incident")
    return IncidentState(state) if state else None, limit_of(query), before or None
