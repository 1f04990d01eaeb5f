"""Whether spans arrive, by what the collector, Tempo and whoever counts spans by service say in Prometheus. Pure."""

from bot.diagnosis.evidence import SeriesSet
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.sources import Unavailable
from bot.model import Observation, Row, Source


def rate_of(answer: SeriesSet | Unavailable | None) -> float | None:
    """Spans each second over all series; None where nobody counts them."""
    if not isinstance(answer, SeriesSet):
        return None
    rates = [series.points[-1].value for series in answer.series if series.points]
    return sum(rates) if rates else None


def arriving_shown(answer: SeriesSet | Unavailable | None, expr: str) -> list[Observation]:
    if not isinstance(answer, SeriesSet) or rate_of(answer) is None:
        return []
    rows: tuple[Row, ...] = tuple(
        {"job": series.labels.get("job", ""), "rate": round(series.points[-1].value, 2)}
        for series in answer.series
        if series.points
    )
    return [Observation(Source.PROMETHEUS, "spans", {"rows": rows}, InstantQuery(expr).reproduce())]


def own_shown(answer: SeriesSet | Unavailable | None, expr: str) -> list[Observation]:
    rate = rate_of(answer)
    if rate is None:
        return []
    return [
        Observation(Source.PROMETHEUS, "own-spans", {"rate": round(rate, 2)}, InstantQuery(expr).reproduce())
    ]
