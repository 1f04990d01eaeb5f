"""Which series are about the Prometheus that is meant, how large its head is, and whether it grew. Pure.

There may be several Prometheis, and the one that is asked may be another than the one that dies. A series counts
without doubt where its labels name one of the pods; the only one that is known, scraped by itself, counts with doubt.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from bot.diagnosis.evidence import Point, Series, SeriesSet

_POD_LABELS = ("pod", "pod_name", "kubernetes_pod_name")
_NAMESPACE_LABELS = ("namespace", "kubernetes_namespace", "kubernetes_pod_namespace")
_ITSELF = ("localhost:", "127.0.0.1:", "[::1]:")
# The head is compared with the day before: this many times its size is growth, and so many series at least.
GROWTH_RATIO = 1.5
_LEAST_GROWTH = 10_000
_RECENT, _EARLIER = 3600.0, 3 * 3600.0


@dataclass(frozen=True, slots=True)
class Own:
    """`sure` is False where nothing but being the only one says that the series are of the Prometheus that is meant."""

    series: tuple[Series, ...]
    sure: bool = True

    @property
    def points(self) -> tuple[Point, ...]:
        """Of the series with the largest value: of two replicas, the one with more to hold."""
        largest = max(
            self.series, key=lambda one: (max(p.value for p in one.points), sorted(one.labels.items()))
        )
        return largest.points

    @property
    def instance(self) -> str:
        return self.series[0].labels.get("instance", "")

    @property
    def most(self) -> float:
        return max(point.value for point in self.points)

    @property
    def newest(self) -> float:
        return self.points[-1].value


def own(found: SeriesSet, namespace: str, pods: Collection[str]) -> Own | None:
    """None where no series can be said to be about these pods."""
    told = [series for series in found.series if series.points]
    named = tuple(series for series in told if _names(series, namespace, pods))
    if named:
        return Own(named)
    alone = len({series.labels.get("instance", "") for series in told}) == 1
    if alone and told[0].labels.get("instance", "").startswith(_ITSELF):
        return Own(tuple(told), sure=False)
    return None


def _names(series: Series, namespace: str, pods: Collection[str]) -> bool:
    pod = any(series.labels.get(label) in pods for label in _POD_LABELS)
    place = {series.labels[label] for label in _NAMESPACE_LABELS if label in series.labels}
    return pod and (not place or namespace in place)


@dataclass(frozen=True, slots=True)
class Growth:
    """Series of the head: before, now, and how many times as many."""

    before: float
    now: float

    @property
    def ratio(self) -> float:
        return self.now / max(self.before, 1.0)

    @property
    def grew(self) -> bool:
        return self.ratio >= GROWTH_RATIO and self.now - self.before >= _LEAST_GROWTH


def growth(points: Sequence[Point]) -> Growth | None:
    """The most within the last hour that is known, against the median of what lies over three hours before.

    None where nothing lies that far back: a young series is not a series that did not grow.
    """
    if not points:
        return None
    newest = points[-1].at
    ages = [((newest - point.at).total_seconds(), point.value) for point in points]
    earlier = [value for age, value in ages if age > _EARLIER]
    if not earlier:
        return None
    return Growth(median(earlier), max(value for age, value in ages if age <= _RECENT))
