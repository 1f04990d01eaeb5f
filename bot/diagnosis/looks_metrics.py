"""Looks at Prometheus: queries, the replay of its log at start, and whether an address is its API. Values only."""

import shlex
from dataclasses import dataclass
from typing import ClassVar

from bot.diagnosis.commands import promtool
from bot.diagnosis.evidence import SeriesSet
from bot.diagnosis.evidence_objects import AddressState, WalReplayState
from bot.diagnosis.reads import METRICS
from bot.diagnosis.sources import Look, Read


@dataclass(frozen=True, slots=True)
class InstantQuery(Look[SeriesSet]):
    read: ClassVar[Read] = METRICS
    expr: str
    at: float | None = None

    def reproduce(self) -> str:
        return promtool("instant", self.expr)


@dataclass(frozen=True, slots=True)
class RangeQuery(Look[SeriesSet]):
    """The last `seconds` until now, one point each `step` seconds. Relative, so that the same question is asked once."""

    read: ClassVar[Read] = METRICS
    expr: str
    seconds: float
    step: float

    def reproduce(self) -> str:
        start = f'--start="$(date -u -d "-{self.seconds:.0f} seconds" +%s)"'
        return promtool("range", self.expr, start, f"--step={self.step:.0f}s")


@dataclass(frozen=True, slots=True)
class WalReplayOf(Look[WalReplayState]):
    """How far the replay of the write-ahead log has come: the one page that answers before Prometheus is ready."""

    read: ClassVar[Read] = METRICS

    def reproduce(self) -> str:
        return 'curl --silent "$PROMETHEUS_URL/api/v1/status/walreplay"'


@dataclass(frozen=True, slots=True)
class PrometheusAt(Look[AddressState]):
    """Whether the API of a Prometheus answers at `url`, an address that a workload is configured with.

    The client asks only addresses inside the cluster or on the host it is configured with itself, without credentials,
    and follows nothing.
    """

    read: ClassVar[Read] = METRICS
    url: str

    def reproduce(self) -> str:
        return shlex.join(("curl", "--silent", "--include", f"{self.url.rstrip('/')}/api/v1/query?query=1"))
