"""What Alertmanager sent without the secrets that labels and annotations may quote, so that nothing keeps or shows one.

Pure. What is secret is told by the caller. Identity stays: fingerprints are of the labels as they were sent, and group keys
that differ only in a secret still differ.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.model import Alert, AlertGroup, AlertStatus

# From the name of a label or annotation, or from none, and its value to the value that may be kept.
Mask = Callable[[str, str], str]

_REMEMBERED, _SHORT = 4_096, 200
_NOT_SET = "0001-01-01T00:00:00Z"


class Remembering:
    """A mask that remembers which short texts hold no secret: most labels of an alert were those of the one before.

    What holds one is not remembered.
    """

    def __init__(self, mask: Mask, *, most: int = _REMEMBERED) -> None:
        self._mask = mask
        self._most = most
        self._harmless: set[tuple[str, str]] = set()

    def __call__(self, name: str, value: str) -> str:
        if (name, value) in self._harmless:
            return value
        kept = self._mask(name, value)
        if kept == value and len(value) <= _SHORT:
            if len(self._harmless) >= self._most:
                self._harmless.clear()
            self._harmless.add((name, value))
        return kept


def masked(group: AlertGroup, mask: Mask) -> AlertGroup:
    """An equal group where nothing in it is secret. Alerts of a group are much alike: what is alike is masked once."""
    seen: dict[tuple[str, str], str] = {}

    def text(value: str, name: str = "") -> str:
        if (name, value) not in seen:
            seen[name, value] = mask(name, value)
        return seen[name, value]

    def texts(values: Mapping[str, str]) -> dict[str, str]:
        return {name: text(value, name) for name, value in values.items()}

    return replace(
        group,
        group_key=_key(group.group_key, text(group.group_key)),
        alerts=tuple(
            replace(
                alert,
                labels=texts(alert.labels),
                annotations=texts(alert.annotations),
                generator_url=text(alert.generator_url),
            )
            for alert in group.alerts
        ),
        group_labels=texts(group.group_labels),
        common_labels=texts(group.common_labels),
        common_annotations=texts(group.common_annotations),
        external_url=text(group.external_url),
    )


def _key(sent: str, kept: str) -> str:
    return sent if kept == sent else f"{kept}#{hashlib.sha256(sent.encode()).hexdigest()[:16]}"


def body_of(group: AlertGroup) -> bytes:
    """A body that is parsed to this group."""
    firing = any(alert.status is AlertStatus.FIRING for alert in group.alerts)
    return json.dumps(
        {
            "version": "4",
            "status": (AlertStatus.FIRING if firing else AlertStatus.RESOLVED).value,
            "receiver": group.receiver,
            "groupKey": group.group_key,
            "groupLabels": dict(group.group_labels),
            "commonLabels": dict(group.common_labels),
            "commonAnnotations": dict(group.common_annotations),
            "externalURL": group.external_url,
            "truncatedAlerts": group.truncated,
            "alerts": [_alert(alert) for alert in group.alerts],
        },
        ensure_ascii=False,
    ).encode()


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "status": alert.status.value,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": _time(alert.starts_at),
        "endsAt": _time(alert.ends_at),
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def _time(moment: datetime | None) -> str:
    return _NOT_SET if moment is None else moment.isoformat()
