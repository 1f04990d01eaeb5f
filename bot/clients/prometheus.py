"""Prometheus: instant and range queries as snapshots. Never raises; values that are no numbers are left out.

`--web.route-prefix` moves the whole API, and its default is the path of `--web.external-url`: an address without that
path gets 404 and nothing else. The client then finds the path itself, works on, and says so with every answer.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from bot.clients.http import HttpSource, Options, Reply
from bot.diagnosis.evidence import Point, Series, SeriesSet
from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Source
from bot.observe import log

T = TypeVar("T")

MOST_SERIES = 500
# Seconds between two searches for the path.
_PATIENCE = 60.0
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
        self._looking = asyncio.Lock()
        self._look_after = 0.0

    async def close(self) -> None:
        await self._http.close()

    @property
    def notice(self) -> str:
        """What to correct in the configuration; empty where the address is right."""
        if self._base == self._http.address:
            return ""
        return f"the API answers under {self._base}, not under the configured url {self._http.address}"

    async def answer(self, look: Look[T]) -> T | Unavailable:
        match look:
            case InstantQuery():
                when = {} if look.at is None else {"time": f"{look.at:.3f}"}
                answer = await self._query("/api/v1/query", {"query": look.expr, **when})
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
        answer = await self._query("/api/v1/query", {"query": "1"})
        if isinstance(answer, Unavailable):
            return answer
        return self._http.failed(Reason.NOT_CONFIGURED, "/api/v1/query", self.notice) if self.notice else None

    async def _query(self, path: str, params: Mapping[str, str]) -> SeriesSet | Unavailable:
        reply = await self._http.get(path, params, at=self._base)
        if (
            isinstance(reply, Reply)
            and reply.status == 404
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
        found = series_set(reply.document)
        return SeriesSet(found.series, (*found.warnings, *((self.notice,) if self.notice else ())))

    async def _found_path(self) -> bool:
        """Look for the path, whoever asks first and then not again for a while; True where another one is known now."""
        before = self._base
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if self._base != before or now < self._look_after:
                return self._base != before
            self._look_after = now + _PATIENCE
            async for candidate in self._candidates():
                reply = await self._http.get("/api/v1/query", {"query": "1"}, at=candidate, follow=False)
                if isinstance(reply, Reply) and _is_api(reply):
                    self._base = candidate
                    log.warning("prometheus answers under another path", found=candidate)
                    break
        return self._base != before

    async def _candidates(self) -> AsyncIterator[str]:
        """Where the root of the server redirects to, then the configured address and the root itself."""
        root = self._http.root
        reply = await self._http.get("/", at=root, follow=False)
        if isinstance(reply, Reply) and reply.location.startswith(("/", f"{root}/")):
            path = reply.location.removeprefix(root).partition("?")[0].rstrip("/")
            for page in _PAGES:
                path = path.removesuffix(page)
            if path:
                yield root + path
        for known in (self._http.address, root):
            if known != self._base:
                yield known


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
