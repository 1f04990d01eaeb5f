"""Alerts and bodies for tests, with times in minutes since one moment, so that a test reads like a time line."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.incidents.merge import Merged, MergeOptions, merge
from bot.model import Alert, AlertGroup, AlertStatus, Incident

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LABELS = {"alertname": "KubePodCrashLooping", "namespace": "shop", "severity": "warning"}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def firing(pod: str, start: float = 0, /, *, says: str = "broken", **labels: str) -> Alert:
    return Alert(
        AlertStatus.FIRING, LABELS | {"pod": pod} | labels, {"summary": says}, at(start), None, "", pod
    )


def resolved(pod: str, start: float, end: float, /, *, says: str = "broken", **labels: str) -> Alert:
    alert_labels = LABELS | {"pod": pod} | labels
    return Alert(AlertStatus.RESOLVED, alert_labels, {"summary": says}, at(start), at(end), "", pod)


def body(*alerts: Alert, truncated: int = 0, external_url: str = "http://alertmanager") -> AlertGroup:
    return AlertGroup("opsbot", "{}:{x}", alerts, {"namespace": "shop"}, {}, {}, external_url, truncated)


class Story:
    """Bodies told one after the other; keeps the incident as a store would."""

    def __init__(self, options: MergeOptions | None = None) -> None:
        self.options = options or MergeOptions()
        self.incident: Incident | None = None
        self._ids = count(1)

    def hears(self, group: AlertGroup, minute: float) -> Merged:
        merged = merge(
            self.incident,
            group,
            cluster="prod",
            now=at(minute),
            new_id=lambda: f"i{next(self._ids)}",
            options=self.options,
        )
        self.incident = merged.incident or self.incident
        return merged

    @property
    def now(self) -> Incident:
        assert self.incident is not None
        return self.incident

    @property
    def states(self) -> Mapping[str, str]:
        return {alert.fingerprint: alert.status.value for alert in self.now.alerts}
