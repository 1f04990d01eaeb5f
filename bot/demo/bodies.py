"""Genuine Alertmanager v4 bodies, for `opsbot send` and the demo. Pure: nothing here posts or reads a clock.

Fingerprints and group keys are computed as Prometheus and Alertmanager compute them, so that a body made here and one
that a real Alertmanager sent for the same labels name the same alert and the same group.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

GROUP_BY = ("alertname", "namespace")
EXTERNAL_URL = "http://alertmanager.example:9093"
_GENERATOR = "http://prometheus.example:9090/graph?g0.expr={expr}&g0.tab=1"
_NEVER = "0001-01-01T00:00:00Z"

# FNV-1a with 64 bits, and a byte between names and values that UTF-8 never holds:
# https://github.com/prometheus/common/blob/main/model/signature.go
_OFFSET = 14695981039346656037
_PRIME = 1099511628211
_SEPARATOR = b"\xff"


@dataclass(frozen=True, slots=True)
class Draft:
    """One alert to be sent. It fires while `ends_at` is None."""

    labels: Mapping[str, str]
    starts_at: datetime
    annotations: Mapping[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None


def fingerprint(labels: Mapping[str, str]) -> str:
    digest = _OFFSET
    for name in sorted(labels):
        for byte in name.encode() + _SEPARATOR + labels[name].encode() + _SEPARATOR:
            digest = ((digest ^ byte) * _PRIME) & (2**64 - 1)
    return f"{digest:016x}"


def group_key(group_labels: Mapping[str, str], route: str = "{}") -> str:
    inside = ", ".join(
        f"{name}={json.dumps(group_labels[name], ensure_ascii=False)}" for name in sorted(group_labels)
    )
    return f"{route}:{{{inside}}}"


def body(
    drafts: Sequence[Draft],
    *,
    receiver: str = "opsbot",
    group_by: Iterable[str] = GROUP_BY,
    external_url: str = EXTERNAL_URL,
) -> dict[str, Any]:
    """One webhook body for one group; the drafts must agree on the labels that it is grouped by."""
    common = _common([draft.labels for draft in drafts])
    group_labels = {name: common[name] for name in group_by if name in common}
    return {
        "receiver": receiver,
        "status": "firing" if any(draft.ends_at is None for draft in drafts) else "resolved",
        "alerts": [_alert(draft) for draft in drafts],
        "groupLabels": group_labels,
        "commonLabels": common,
        "commonAnnotations": _common([draft.annotations for draft in drafts]),
        "externalURL": external_url,
        "version": "4",
        "groupKey": group_key(group_labels),
        "truncatedAlerts": 0,
    }


def _alert(draft: Draft) -> dict[str, Any]:
    name = draft.labels.get("alertname", "")
    return {
        "status": "firing" if draft.ends_at is None else "resolved",
        "labels": dict(sorted(draft.labels.items())),
        "annotations": dict(sorted(draft.annotations.items())),
        "startsAt": _time(draft.starts_at),
        "endsAt": _NEVER if draft.ends_at is None else _time(draft.ends_at),
        "generatorURL": _GENERATOR.format(expr=quote(f'ALERTS{{alertname="{name}"}}', safe="")),
        "fingerprint": fingerprint(draft.labels),
    }


def _common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first, rest = maps[0], maps[1:]
    return {
        name: value
        for name, value in sorted(first.items())
        if all(other.get(name) == value for other in rest)
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
