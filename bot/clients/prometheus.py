"""Prometheus: queries, the replay of its log and other addresses as snapshots. Never raises; values that are no numbers are left out.

`--web.route-prefix` moves the whole API, and its default is the path of `--web.external-url`: an address without that
path gets 404 and nothing else. The client then finds the path itself, works on, and says so with every answer.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from bot.clients.addresses import NotAskedError, asked_at
from bot.clients.http import HttpSource, Options, Reply
from bot.diagnosis.evidence import Point, Series, SeriesSet
from bot.diagnosis.evidence_objects import AddressState, WalReplayState
from bot.diagnosis.looks_metrics import InstantQuery, PrometheusAt, RangeQuery, WalReplayOf
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Source
from bot.observe import log

T = TypeVar("T")

MOST_SERIES = 500
# Seconds between two searches for the path.
_PATIENCE = 60.0
_NOT_FOUND = 404
_GLANCE = 64 * 2**10
_QUERY = "/api/v1/query"
_WAL_REPLAY = "/api/v1/status/walreplay"
_PAGES = ("/classic/graph", "/graph", "/query", "/agent")


class PrometheusClient:
    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        options: Options | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._http = HttpSource(Source.PROMETHEUS, url, token=token, options=options)
        self._base = self._http.address
        # For addresses that somebody else chose: it knows no token, and reads no more than an answer to `1` is long.
        self._stranger = HttpSource(
            Source.PROMETHEUS, self._base, options=replace(options or Options(), glance=_GLANCE)
        )
        self._looking = asyncio.Lock()
        self._look_after = 0.0

    async def close(self) -> None:
        await self._http.close()
        await self._stranger.close()

    @property
    def notice(self) -> str:
        """What to correct in the configuration; empty where the address is right."""
        if self._base == self._http.address:
            return ""
        return f"the API answers under {self._base}, not under the configured url {self._http.address}"

    async def answer(self, look: Look[T]) -> T | Unavailable:
        answer: object
        match look:
            case WalReplayOf():
                answer = await self._wal_replay()
            case PrometheusAt():
                answer = await self._at(look)
            case InstantQuery():
                when = {} if look.at is None else {"time": f"{look.at:.3f}"}
                answer = await self._query(_QUERY, {"query": look.expr, **when})
            case RangeQuery():
                end = self._clock()
                span = {"start": f"{end - look.seconds:.3f}", "end": f"{end:.3f}", "step": f"{look.step:g}"}
                answer = await self._query("/api/v1/query_range", {"query": look.expr, **span})
            case _:
                detail = f"Prometheus does not answer {type(look).__name__}"
                answer = Unavailable(Source.PROMETHEUS, Reason.NOT_CONFIGURED, "query", detail=detail)
        return cast("T | Unavailable", answer)

    async def ping(self) -> Unavailable | None:
        """None when all is well; a wrong path is told even though queries survive it."""
        answer = await self._query(_QUERY, {"query": "1"})
        if isinstance(answer, Unavailable):
            return answer
        return self._http.failed(Reason.NOT_CONFIGURED, _QUERY, self.notice) if self.notice else None

    async def alert_rules(self) -> dict[str, Any] | Unavailable:
        """As the API tells them; without the alerts that they fire, where it is new enough to leave them out."""
        return await self._document("/api/v1/rules", {"type": "alert", "exclude_alerts": "true"})

    async def _query(self, path: str, params: Mapping[str, str]) -> SeriesSet | Unavailable:
        document = await self._document(path, params)
        if isinstance(document, Unavailable):
            return document
        found = series_set(document)
        return SeriesSet(found.series, (*found.warnings, *((self.notice,) if self.notice else ())))

    async def _wal_replay(self) -> WalReplayState | Unavailable:
        document = await self._document(_WAL_REPLAY, {})
        if isinstance(document, Unavailable):
            return document
        data = document.get("data")
        numbers = [data.get(key) if isinstance(data, dict) else None for key in ("min", "max", "current")]
        known = [number for number in numbers if isinstance(number, int)]
        if len(known) < len(numbers):
            return self._http.failed(
                Reason.NOT_CONFIGURED, _WAL_REPLAY, "it does not say how far the replay is"
            )
        return WalReplayState(*known)

    async def _at(self, look: PrometheusAt) -> AddressState | Unavailable:
        """Without credentials, and where a redirect points to is not asked."""
        try:
            place = asked_at(look.url, self._http.address)
        except NotAskedError as error:
            return self._http.failed(Reason.NOT_CONFIGURED, _QUERY, f"this address is not asked: {error}")
        reply = await self._stranger.get(_QUERY, {"query": "1"}, at=place, follow=False)
        if isinstance(reply, Unavailable):
            return reply
        # A route prefix moves the whole API, so that nothing else is at the old place.
        found = await self._elsewhere(place) if reply.status == _NOT_FOUND and not _is_api(reply) else ""
        return AddressState(look.url, reply.status, _is_api(reply), found)

    async def _elsewhere(self, place: str) -> str:
        """Where on the same server the API answers instead; no other server is asked."""
        parts = urlsplit(place)
        async for candidate in _candidates(self._stranger, f"{parts.scheme}://{parts.netloc}", place):
            if await _answers_at(self._stranger, candidate):
                return candidate
        return ""

    async def _document(self, path: str, params: Mapping[str, str]) -> dict[str, Any] | Unavailable:
        """What the API says, at the path where it is found."""
        reply = await self._http.get(path, params, at=self._base)
        if (
            isinstance(reply, Reply)
            and reply.status == _NOT_FOUND
            and not _is_api(reply)
            and await self._found_path()
        ):
            reply = await self._http.get(path, params, at=self._base)
        if isinstance(reply, Unavailable):
            return reply
        gap = self._http.refused(reply, path)
        if gap is not None:
            return gap
        if not _is_api(reply):
            detail = f"what answers at {self._base} is not Prometheus"
            return self._http.failed(Reason.NOT_CONFIGURED, path, detail)
        return cast("dict[str, Any]", reply.document)

    async def _found_path(self) -> bool:
        """Look for the path, whoever asks first and then not again for a while; True where another one is known now."""
        before = self._base
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if self._base != before or now < self._look_after:
                return self._base != before
            self._look_after = now + _PATIENCE
            async for candidate in _candidates(self._http, self._http.root, self._base):
                if await _answers_at(self._http, candidate):
                    self._base = candidate
                    log.warning("prometheus answers under another path", found=candidate)
                    break
        return self._base != before


async def _answers_at(http: HttpSource, candidate: str) -> bool:
    """Queries are refused until the log is replayed; how far that has come is told at once."""
    for path, params in ((_QUERY, {"query": "1"}), (_WAL_REPLAY, {})):
        reply = await http.get(path, params, at=candidate, follow=False)
        if isinstance(reply, Reply) and _is_api(reply):
            return True
    return False


async def _candidates(http: HttpSource, root: str, known: str) -> AsyncIterator[str]:
    """Where the root of the server redirects to, then the configured address if it is there, and the root itself."""
    reply = await http.get("/", at=root, follow=False)
    if isinstance(reply, Reply) and reply.location.startswith(("/", f"{root}/")):
        path = reply.location.removeprefix(root).partition("?")[0].rstrip("/")
        for page in _PAGES:
            path = path.removesuffix(page)
        if path:
            yield root + path
    for other in dict.fromkeys((*((http.address,) if http.root == root else ()), root)):
        if other != known:
            yield other


def _is_api(reply: Reply) -> bool:
    return isinstance(reply.document, dict) and reply.document.get("status") in {"success", "error"}


def series_set(document: Any) -> SeriesSet:
    """The snapshot of an answer; whatever is not as documented is left out."""
    warnings = [text for text in _list(document, "warnings") if isinstance(text, str)]
    data = document.get("data") if isinstance(document, dict) else None
    result = data.get("result") if isinstance(data, dict) else None
    kind = data.get("resultType") if isinstance(data, dict) else None
    if kind == "scalar":
        points = tuple(_points([result]))
        return SeriesSet((Series({}, points),) if points else (), tuple(warnings))
    items = result if isinstance(result, list) and kind in {"vector", "matrix"} else []
    if len(items) > MOST_SERIES:
        warnings.append(f"only {MOST_SERIES} of {len(items)} series were kept")
    found = (_series(item) for item in items[:MOST_SERIES])
    return SeriesSet(tuple(series for series in found if series is not None), tuple(warnings))


def _series(item: Any) -> Series | None:
    """None for a series without a plain number, such as a native histogram."""
    if not isinstance(item, dict):
        return None
    points = tuple(_points([item["value"]] if "value" in item else _list(item, "values")))
    metric = item.get("metric")
    labels = {str(key): str(value) for key, value in metric.items()} if isinstance(metric, dict) else {}
    return Series(labels, points) if points else None


def _points(pairs: list[Any]) -> Iterator[Point]:
    """NaN and infinity have no place in JSON, in a chart or in a comparison."""
    for pair in pairs:
        try:
            at, value = float(pair[0]), float(pair[1])
            if math.isfinite(value):
                yield Point(datetime.fromtimestamp(at, UTC), value)
        except (IndexError, KeyError, OverflowError, TypeError, ValueError, OSError):
            continue


def _list(document: Any, key: str) -> list[Any]:
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, list) else []
