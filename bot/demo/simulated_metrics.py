"""A Prometheus that is only simulated: series by name and labels, and what a scenario prepared word for word. No network."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar, cast

from bot.demo.world import Metric, World
from bot.demo.worlds import prepared
from bot.diagnosis.evidence import Point, Series, SeriesSet
from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.matchers import MatcherError, match_all, parse_matchers
from bot.model import Reason

T = TypeVar("T")


class SimulatedPrometheus:
    """Knows series by name and by the label matchers of the first selector in a query; functions are not computed."""

    def __init__(self, clock: Callable[[], datetime], worlds: Mapping[str, World]) -> None:
        self._clock = clock
        self._worlds = worlds

    async def answer(self, look: Look[T]) -> T | Unavailable:
        ready = prepared(self._worlds.values(), look)
        if ready is not None:
            return cast("T | Unavailable", ready)
        if isinstance(look, InstantQuery):
            at = look.at if look.at is not None else self._clock().timestamp()
            return cast("T", self._series(look.expr, (at,)))
        if isinstance(look, RangeQuery):
            start = self._clock().timestamp() - look.seconds
            steps = range(int(look.seconds // look.step) + 1)
            return cast("T", self._series(look.expr, tuple(start + look.step * n for n in steps)))
        return gap_of(look, Reason.NOT_FOUND, "the simulated Prometheus does not know that")

    def _series(self, expr: str, times: tuple[float, ...]) -> SeriesSet:
        return SeriesSet(
            tuple(
                Series(metric.labels, tuple(_point(metric, at) for at in times))
                for world in self._worlds.values()
                for metric in world.metrics
                if _selects(expr, metric)
            )
        )


def _point(metric: Metric, at: float) -> Point:
    return Point(datetime.fromtimestamp(at, UTC), metric.value(at))


def _selects(expr: str, metric: Metric) -> bool:
    before, name, rest = expr.partition(metric.name)
    if not name or (before and (before[-1].isalnum() or before[-1] in "_:")) or rest[:1].isalnum():
        return False
    if not rest.startswith("{"):
        return not rest.startswith("_")
    inside = rest[1 : rest.find("}")].strip()
    try:
        return not inside or match_all(parse_matchers(inside), metric.labels)
    except MatcherError:
        return False
