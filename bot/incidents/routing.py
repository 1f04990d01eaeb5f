"""Where an incident is told and what is looked at for it: its channel, and its targets with their alerts. Pure.

Which runbooks a target's alerts ask for is not decided here, nor when an incident goes on in another channel.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.incidents.targets import locate
from bot.matchers import Matcher, match_all
from bot.model import Alert, AlertStatus, Incident, Target
from bot.severity import rank, severity_of

# Generated names use an alphabet without vowels and look-alikes, so a word of a workload's own name is not taken for one.
# https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
_POD_SUFFIX = re.compile(
    r"(?:-[bcdfghjklmnpqrstvwxz2456789]{5,10}-[a-z0-9]{1,5}|-[bcdfghjklmnpqrstvwxz2456789]{5}|-[0-9]+)$"
)


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

    def channel_for(self, incident: Incident) -> str:
        """By its firing alerts, of which only those of the worst severity decide."""
        deciding = worst(incident.alerts)
        for route in self.routes:
            if any(match_all(route.matchers, alert.labels) for alert in deciding):
                return route.channel
        return self.default


@dataclass(frozen=True, slots=True)
class Planned:
    """A target with the alerts that name it, worst and oldest first."""

    target: Target
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`left_out` are the targets beyond the limit, `nowhere` holds the alerts whose labels name nothing."""

    entries: tuple[Planned, ...]
    left_out: tuple[Target, ...] = ()
    nowhere: tuple[Alert, ...] = ()


def plan(
    alerts: Iterable[Alert], cluster: str, limit: int = 5, owners: Mapping[Target, Target] | None = None
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
    ordered = sorted(by_target, key=lambda one: urgency(one, by_target[one]))
    entries = tuple(Planned(target, tuple(by_target[target])) for target in ordered[:limit])
    return Plan(entries, tuple(ordered[limit:]), tuple(nowhere))


def by_kin(targets: Iterable[Target]) -> tuple[tuple[Target, ...], ...]:
    """Groups of targets that have one owner as far as names tell: the pods of a workload; everything else alone."""
    groups: dict[Target, list[Target]] = {}
    for target in targets:
        stem = _POD_SUFFIX.sub("", target.name) if target.kind == "Pod" else target.name
        groups.setdefault(replace(target, name=stem), []).append(target)
    return tuple(map(tuple, groups.values()))


def _telling(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """What fires, or all when nothing does."""
    return tuple(alert for alert in alerts if alert.status is AlertStatus.FIRING) or alerts


def worst(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """Those of the worst severity among what fires, or among all when nothing does."""
    telling = _telling(alerts)
    least = min(map(_rank, telling), default=0)
    return tuple(alert for alert in telling if _rank(alert) == least)


def _urgency(alert: Alert) -> tuple[int, float, str]:
    return _rank(alert), alert.starts_at.timestamp(), alert.fingerprint


def urgency(target: Target, alerts: Sequence[Alert]) -> tuple[int, int, Target]:
    """By which targets are sorted; of the alerts that name it the worst comes first."""
    return _rank(alerts[0]), -len(alerts), target


def _rank(alert: Alert) -> int:
    return rank(severity_of(alert.labels))
