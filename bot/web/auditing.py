"""Who did what, as a page and as JSON: newest first, by person, by incident, page by page."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.delivery.worded import stamp
from bot.incidents.audit import Asked, Deed
from bot.web import answers
from bot.web.access import Access
from bot.web.asking import AskedWronglyError, is_number, limit_of, text_of
from bot.web.pages import Pages
from bot.web.reads import Reads


class Auditing:
    def __init__(self, reads: Reads, pages: Pages, access: Access) -> None:
        self._reads = reads
        self._pages = pages
        self._access = access

    async def page(self, request: web.Request) -> web.StreamResponse:
        asked, deeds, following = await self._found(request)
        html = self._pages.html(
            "audit", asked=asked, deeds=deeds, next=following, leave=self._access.has_session(request)
        )
        return answers.page(request, html)

    async def api(self, request: web.Request) -> web.StreamResponse:
        _, deeds, following = await self._found(request)
        return answers.document({"audit": [document(deed) for deed in deeds], "next": following or None})

    async def _found(self, request: web.Request) -> tuple[Asked, tuple[Deed, ...], int]:
        asked = _asked(request.query)
        one_more = Asked(asked.since, asked.user, asked.incident_id, asked.before, asked.limit + 1)
        found = await self._reads.deeds(one_more)
        deeds = found[: asked.limit]
        return asked, deeds, deeds[-1].id if len(found) > asked.limit else 0


def document(deed: Deed) -> dict[str, Any]:
    return {
        "id": deed.id,
        "at": stamp(deed.at),
        "via": deed.person.via.value,
        "who": deed.person.id,
        "name": deed.person.name,
        "action": deed.action,
        "arguments": deed.arguments,
        "place": deed.place,
        "incident": deed.incident_id,
        "result": deed.result,
    }


def _asked(query: Mapping[str, str]) -> Asked:
    before = query.get("before", "") or "0"
    if not is_number(before):
        raise AskedWronglyError("before is the id of an entry")
    return Asked(
        user=text_of(query, "user", "the id or the name of a person"),
        incident_id=text_of(query, "incident", "the id of an incident"),
        before=int(before),
        limit=limit_of(query),
    )
