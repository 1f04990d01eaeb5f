"""What is asked of Prometheus about a Prometheus, as values. Pure; names come from Kubernetes and are quoted.

Only series of single metrics of few targets: nothing here may load a Prometheus that has no memory left.
"""

import re
from dataclasses import dataclass

from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery

_HOUR = 3600.0
_MOST_PODS = 20


@dataclass(frozen=True, slots=True)
class Questions:
    """About the container `container` of the pods called `pods`."""

    namespace: str
    pods: tuple[str, ...]
    container: str

    @property
    def working_set(self) -> RangeQuery:
        return RangeQuery(f"container_memory_working_set_bytes{self._selector}", 3 * _HOUR, 60)

    @property
    def peak(self) -> InstantQuery:
        return InstantQuery(f"max_over_time(container_memory_working_set_bytes{self._selector}[1d])")

    @property
    def limits(self) -> InstantQuery:
        """What the pods really have: a LimitRange or an autoscaler may have set it, not the template."""
        chosen = self._selector.removesuffix("}") + ',resource="memory"}'
        return InstantQuery(f"last_over_time(kube_pod_container_resource_limits{chosen}[1d])")

    @property
    def _selector(self) -> str:
        pods = "|".join(_literal(name) for name in sorted(self.pods)[:_MOST_PODS])
        return (
            f'{{namespace="{_quoted(self.namespace)}",pod=~"{pods}",container="{_quoted(self.container)}"}}'
        )


# Of every Prometheus that is known: only afterwards can be told which of them is meant.
SERIES = RangeQuery("prometheus_tsdb_head_series", 24 * _HOUR, 300)
WAL = InstantQuery("last_over_time(prometheus_tsdb_wal_storage_size_bytes[1d])")
RUNNING_QUERIES = RangeQuery("prometheus_engine_queries", 3 * _HOUR, 60)
QUERY_SECONDS = RangeQuery(
    'prometheus_engine_query_duration_seconds{quantile="0.99",slice="inner_eval"}', 3 * _HOUR, 60
)


def working_set_share(namespace: str, begins: str, container: str, limit: int) -> str:
    """For a person: how much of the new limit the pods use whose names begin so."""
    chosen = f'namespace="{_quoted(namespace)}",pod=~"{_literal(begins)}.*",container="{_quoted(container)}"'
    return f"max(container_memory_working_set_bytes{{{chosen}}}) / {limit}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _literal(name: str) -> str:
    """A name as a regular expression that matches it alone, in a quoted string."""
    return _quoted(re.sub(r"([^\w-])", r"\\\1", name, flags=re.ASCII))
