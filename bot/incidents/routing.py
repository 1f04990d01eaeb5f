"""Where an incident is told and what is looked at for it: its channel, and its (target, runbooks) pairs. Pure.

A channel is chosen once: a message cannot move, so the caller keeps the channel of an incident that has one.
Which runbooks an alert asks for is handed in, so that nothing here knows a runbook.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.incidents.targets import locate
from bot.matchers import Matcher, match_all
from bot.model import Alert, AlertStatus, Target

# Worst first. What is not a known word stands between warning and info: it may matter, and must not outrank a warning.
_SEVERITIES: Mapping[str, int] = {
    "critical": 0,
    "error": 1,
    "page": 1,
    "high": 1,
    "major": 1,
    "warning": 2,
    "warn": 2,
    "info": 4,
    "low": 4,
    "none": 5,
}
_UNKNOWN = 3

Choose = Callable[[Mapping[str, str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Route:
    """All matchers must match one alert."""

    matchers: tuple[Matcher, ...]
    channel: str


@dataclass(frozen=True, slots=True)
class Routes:
    """The first route that matches wins; `default` is where all else goes."""

    routes: tuple[Route, ...]
    default: str

    def channel_for(self, alerts: Iterable[Alert]) -> str:
        """Only the alerts of the worst severity among the firing ones decide, any of them."""
        deciding = _deciding(tuple(alerts))
        for route in self.routes:
            if any(match_all(route.matchers, alert.labels) for alert in deciding):
                return route.channel
        return self.default


@dataclass(frozen=True, slots=True)
class Planned:
    """A target with the alerts that name it and the runbooks that these ask for, in the order they were asked for."""

    target: Target
    runbooks: tuple[str, ...]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`left_out` counts the targets beyond the limit, `nowhere` holds the alerts whose labels name nothing."""

    items: tuple[Planned, ...]
    left_out: int = 0
    nowhere: tuple[Alert, ...] = ()


def severity_rank(labels: Mapping[str, str]) -> int:
    """0 is worst."""
    return _SEVERITIES.get(labels.get("severity", "").strip().lower(), _UNKNOWN)


def plan(
    alerts: Iterable[Alert],
    *,
    cluster: str,
    choose: Choose,
    limit: int = 5,
    owners: Mapping[Target, Target] | None = None,
) -> Plan:
    """The distinct targets of what fires, worst first, then those with most alerts, then by name.

    `owners` folds targets into what owns them, so that many pods of one workload take one place.
    """
    owned = owners or {}
    by_target: dict[Target, list[Alert]] = {}
    nowhere: list[Alert] = []
    for alert in sorted(_telling(tuple(alerts)), key=_urgency):
        target = locate(alert.labels, cluster).target
        if target is None:
            nowhere.append(alert)
        else:
            by_target.setdefault(owned.get(target, target), []).append(alert)
    ordered = sorted(by_target, key=lambda one: _target_urgency(one, by_target[one]))
    items = tuple(
        Planned(target, _chosen(by_target[target], choose), tuple(by_target[target]))
        for target in ordered[:limit]
    )
    return Plan(items, max(0, len(ordered) - limit), tuple(nowhere))


def _telling(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """What fires, or all when nothing does."""
    return tuple(alert for alert in alerts if alert.status is AlertStatus.FIRING) or alerts


def _deciding(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    telling = _telling(alerts)
    worst = min((severity_rank(alert.labels) for alert in telling), default=_UNKNOWN)
    return tuple(alert for alert in telling if severity_rank(alert.labels) == worst)


def _urgency(alert: Alert) -> tuple[int, float, str]:
    return severity_rank(alert.labels), alert.starts_at.timestamp(), alert.fingerprint


def _target_urgency(target: Target, alerts: Sequence[Alert]) -> tuple[int, int, Target]:
    return severity_rank(alerts[0].labels), -len(alerts), target


def _chosen(alerts: Sequence[Alert], choose: Choose) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for alert in alerts for name in choose(alert.labels)))
