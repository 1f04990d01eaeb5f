"""Signs that queries, not series, took the memory of a Prometheus: from its logs and from its own metrics. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.diagnosis.prometheus_memory.series import Own

# https://github.com/prometheus/prometheus/blob/main/promql/engine.go
_TOO_MANY = re.compile(r"would load too many samples into memory")
# Written at the next start, from a file that outlives the crash:
# https://github.com/prometheus/prometheus/blob/main/promql/query_logger.go
_UNFINISHED = re.compile(r"These queries didn'?t finish in prometheus'? last run")
_QUERY = re.compile(r'query\\*":\s*\\*"(.{1,4000}?)\\*",\s*\\*"timestamp')
_LONGEST = 200
# Half of what may run at once, and a tenth of the usual time-out of two minutes.
_BUSY = 0.5
_SLOW = 12.0


@dataclass(frozen=True, slots=True)
class Load:
    """`too_many`: lines that say that a query would have loaded too many samples. `unfinished`: the queries that were
    running at an earlier death. `running` of `possible` ran at once at most; `seconds`: how long the slowest took.
    """

    too_many: int = 0
    unfinished: tuple[str, ...] = ()
    unfinished_count: int = 0
    running: float | None = None
    possible: int = 20
    seconds: float | None = None

    @property
    def busy(self) -> bool:
        return self.running is not None and self.running >= self.possible * _BUSY

    @property
    def slow(self) -> bool:
        return self.seconds is not None and self.seconds >= _SLOW

    @property
    def proven(self) -> bool:
        """Queries beyond the limit of samples, or so many at once that others had to wait."""
        return self.too_many > 0 or (self.running is not None and self.running >= self.possible)

    @property
    def suspected(self) -> bool:
        """Rules are queries too: that some were running proves nothing."""
        return self.proven or self.busy or self.slow or self.unfinished_count > 0

    @property
    def measured(self) -> bool:
        return self.running is not None


def load(
    died: Iterable[str], began: Iterable[str], possible: int, running: Own | None, seconds: Own | None
) -> Load:
    """`died` is the end of the life that died, `began` the beginnings of that life and of the next."""
    lists = [line for line in began if _UNFINISHED.search(line)]
    queries = _QUERY.findall(lists[-1]) if lists else []
    shown = tuple(_plain(query) for query in queries[:3])
    return Load(
        too_many=sum(1 for line in died if _TOO_MANY.search(line)),
        unfinished=shown,
        unfinished_count=max(len(queries), 1) if lists else 0,
        running=None if running is None else running.most,
        possible=possible,
        seconds=None if seconds is None else seconds.most,
    )


def _plain(query: str) -> str:
    return re.sub(r"\\+", "", query)[:_LONGEST]
