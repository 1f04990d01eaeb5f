"""What Alertmanager sends, as frozen types: a part of the vocabulary in `bot.model`, by which everybody knows it.

Standard library only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

# Go's zero time and the Unix epoch are "not set", never a start.
_NOT_A_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class AlertStatus(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as Alertmanager sent it. Times are UTC; `ends_at` is None while it fires."""

    status: AlertStatus
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None
    generator_url: str
    fingerprint: str

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """One webhook body. `truncated` counts the alerts that Alertmanager's `max_alerts` hid."""

    receiver: str
    group_key: str
    alerts: tuple[Alert, ...]
    group_labels: Mapping[str, str]
    common_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    external_url: str
    truncated: int


def began(alerts: Iterable[Alert], heard_at: datetime, otherwise: datetime) -> datetime:
    """The earliest start; one that is not set, or that was still to come when it was heard of, is none."""
    starts = (alert.starts_at for alert in alerts)
    return min((one for one in starts if _NOT_A_TIME <= one <= heard_at), default=otherwise)
