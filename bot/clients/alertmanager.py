"""Alertmanager's API: whether it answers, which alerts fire, and silences. Never raises; what is secret in labels stays out.

One address of a cluster of Alertmanagers is enough: they tell each other of silences, within seconds. Behind an address
that leads to several, a silence may therefore not be found just after it was made.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from bot.clients.http import HttpSource, Options, Reply, said_by
from bot.clients.redaction import redact, redact_member
from bot.diagnosis.sources import Rejected, Unavailable
from bot.matchers import Matcher, match_all, parse_matchers
from bot.model import Reason, Source
from bot.silence import Draft, KnownAlert, KnownSilence

_STATUS = "/api/v2/status"
_ALERTS = "/api/v2/alerts"
_SILENCES = "/api/v2/silences"
# What it answers to a matcher or a silence that it does not take as it is.
_NOT_TAKEN = frozenset({400, 422})
# Proxies take addresses of 8 KiB or less; what is not asked for is left out here.
_LONGEST_QUERY = 3_000


class AlertmanagerClient:
    def __init__(self, url: str, *, token: str = "", options: Options | None = None) -> None:
        self._http = HttpSource(Source.ALERTMANAGER, url, token=token, options=options)

    async def close(self) -> None:
        await self._http.close()

    async def ping(self) -> Unavailable | None:
        """The answer also holds the whole configuration, with its secrets: nothing of it is kept."""
        reply = await self._http.get(_STATUS)
        if isinstance(reply, Unavailable):
            return reply
        gap = self._http.refused(reply, _STATUS)
        if gap is not None:
            return gap
        cluster = reply.document.get("cluster") if isinstance(reply.document, dict) else None
        if not isinstance(cluster, dict):
            detail = "what answers at this url is not Alertmanager"
            return self._http.failed(Reason.NOT_CONFIGURED, _STATUS, detail)
        if cluster.get("status") == "settling":
            return self._http.failed(Reason.NOT_READY, _STATUS, "it is still joining its cluster")
        return None

    async def alerts(self, matchers: Sequence[Matcher]) -> tuple[KnownAlert, ...] | Unavailable:
        """Those that fire and fit all matchers, whoever receives them, in one order."""
        asked, left = _asked(matchers)
        reply = await self._http.get(_ALERTS, {"filter": [str(matcher) for matcher in asked]})
        document = self._document(reply, _ALERTS)
        if isinstance(document, Unavailable):
            return document
        if not isinstance(document, list):
            return self._strange(_ALERTS)
        found = [one for item in document if (one := _alert(item, left))]
        return tuple(sorted(found, key=lambda one: sorted(one.labels.items())))

    async def create(self, draft: Draft) -> str | Unavailable:
        """The id of the new silence. Asked twice, it makes two: look for the first before asking again."""
        reply = await self._http.order("POST", _SILENCES, _posted(draft))
        document = self._document(reply, _SILENCES, verb="post")
        if isinstance(document, Unavailable):
            return document
        made = document.get("silenceID") if isinstance(document, dict) else None
        return made if isinstance(made, str) and made else self._strange(_SILENCES, verb="post")

    async def silence(self, silence_id: str) -> KnownSilence | Unavailable | None:
        """None where Alertmanager knows none of this id, which it forgets some days after the end."""
        path = _path(silence_id)
        reply = await self._http.get(path)
        if isinstance(reply, Reply) and reply.status == 404:
            return None
        document = self._document(reply, path)
        return document if isinstance(document, Unavailable) else _silence(document) or self._strange(path)

    async def find(self, mark: str) -> KnownSilence | Unavailable | None:
        """The silence with `mark` in its comment; of several an active one."""
        document = self._document(await self._http.get(_SILENCES), _SILENCES)
        if isinstance(document, Unavailable):
            return document
        if not isinstance(document, list):
            return self._strange(_SILENCES)
        marked = (item for item in document if isinstance(item, dict) and mark in str(item.get("comment")))
        found = [one for one in map(_silence, marked) if one]
        return max(found, key=lambda one: (one.active, one.ends_at), default=None)

    async def expire(self, silence_id: str) -> Unavailable | None:
        path = _path(silence_id)
        document = self._document(await self._http.order("DELETE", path), path, verb="delete")
        return document if isinstance(document, Unavailable) else None

    def _document(self, reply: Reply | Unavailable, path: str, *, verb: str = "get") -> Any:
        """What it says, or the gap. Its errors quote what they were asked, and with it what stands in labels."""
        if isinstance(reply, Unavailable):
            return replace(reply, detail=redact(reply.detail))
        gap = self._http.refused(reply, path, verb=verb)
        if gap is None:
            return reply.document
        if reply.status in _NOT_TAKEN and (said := said_by(reply.document)):
            return Rejected(gap.source, gap.reason, verb, path, detail=redact(said))
        return replace(gap, detail=redact(gap.detail))

    def _strange(self, path: str, *, verb: str = "get") -> Unavailable:
        return self._http.failed(Reason.NOT_READY, path, "its answer cannot be understood", verb=verb)


def _path(silence_id: str) -> str:
    return f"/api/v2/silence/{quote(silence_id, safe='')}"


def _asked(matchers: Sequence[Matcher]) -> tuple[list[Matcher], list[Matcher]]:
    """Those to ask for, and those to look at here; the short ones go first, because more of them fit."""
    asked: list[Matcher] = []
    left: list[Matcher] = []
    room = _LONGEST_QUERY
    for matcher in sorted(matchers, key=lambda one: (len(str(one)), str(one))):
        room -= len(quote(str(matcher)))
        # Regular expressions are Alertmanager's own to read; any other matcher means the same here.
        (asked if room >= 0 or matcher.pattern else left).append(matcher)
    return asked, left


def _posted(draft: Draft) -> dict[str, Any]:
    return {
        "matchers": [
            {
                "name": matcher.name,
                "value": matcher.value,
                "isRegex": matcher.pattern is not None,
                "isEqual": not matcher.operator.startswith("!"),
            }
            for text in draft.matchers
            for matcher in parse_matchers(text)
        ],
        "startsAt": draft.starts_at.astimezone(UTC).isoformat(),
        "endsAt": draft.ends_at.astimezone(UTC).isoformat(),
        "createdBy": draft.created_by,
        "comment": draft.comment,
    }


def _alert(item: Any, matchers: Sequence[Matcher]) -> KnownAlert | None:
    if not isinstance(item, dict) or not isinstance(item.get("labels"), dict):
        return None
    labels = {str(name): str(value) for name, value in item["labels"].items()}
    if not match_all(matchers, labels):
        return None
    status, receivers = item.get("status"), item.get("receivers")
    named = receivers if isinstance(receivers, list) else []
    return KnownAlert(
        str(item.get("fingerprint") or ""),
        {name: redact_member(name, value) for name, value in labels.items()},
        tuple(str(one.get("name")) for one in named if isinstance(one, dict)),
        silenced=isinstance(status, dict) and bool(status.get("silencedBy")),
    )


def _silence(item: Any) -> KnownSilence | None:
    try:
        state = item["status"]["state"]
        ends_at = datetime.fromisoformat(item["endsAt"])
        return KnownSilence(str(item["id"]), state != "expired", ends_at.astimezone(UTC))
    except (KeyError, TypeError, ValueError):
        return None
