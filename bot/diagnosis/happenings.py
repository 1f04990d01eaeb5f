"""Kubernetes events as they help a person: folded by reason, and the scheduler's sentence taken apart. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from bot.diagnosis.evidence import EventNote
from bot.model import Row

MOUNT_REASONS = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedUnMount"})
CLAIM_REASONS = frozenset({"ProvisioningFailed", "FailedBinding", "VolumeResizeFailed", "VolumeMismatch"})


def fold(events: Iterable[EventNote]) -> tuple[Row, ...]:
    """One row per reason, most frequent first: how often, when last, and the newest message."""
    groups: dict[str, list[EventNote]] = {}
    for event in events:
        if event.type == "Warning":
            groups.setdefault(event.reason, []).append(event)
    rows = [_folded(reason, group) for reason, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-int(row["count"] or 0), str(row["reason"]))))


def _folded(reason: str, group: list[EventNote]) -> Row:
    newest = latest(group)
    at = last_time(newest)
    return {
        "reason": reason,
        "count": sum(max(event.count, 1) for event in group),
        "last_at": at.isoformat() if at else "",
        "object": newest.object,
        "message": newest.message,
    }


def last_time(event: EventNote) -> datetime | None:
    return event.last_at or event.first_at


def latest(events: Iterable[EventNote]) -> EventNote:
    """The newest; events without a time come first, equal times by message, so that the answer never wavers."""

    def when(event: EventNote) -> tuple[float, str]:
        at = last_time(event)
        return (at.timestamp() if at else 0.0, event.message)

    return max(events, key=when)


class Obstacle(StrEnum):
    """Why nodes do not take a pod."""

    CPU = "cpu"
    MEMORY = "memory"
    RESOURCE = "resource"
    PODS = "pods"
    TAINT = "taint"
    AFFINITY = "affinity"
    SPREAD = "spread"
    VOLUME = "volume"
    PORT = "port"
    UNSCHEDULABLE = "unschedulable"
    OTHER = "other"


# The sentence reads: 0/3 nodes are available, then a colon and a list of counts with reasons, then what preemption did.
_HEAD = re.compile(r"(\d+)/(\d+) nodes are available: ?")
_PART = re.compile(r"(?:^|, )(\d+) (?=[A-Za-z])")
_OBSTACLES: tuple[tuple[Obstacle, re.Pattern[str]], ...] = tuple(
    (obstacle, re.compile(pattern, re.IGNORECASE))
    for obstacle, pattern in (
        (Obstacle.CPU, r"^Insufficient cpu"),
        (Obstacle.MEMORY, r"^Insufficient memory"),
        (Obstacle.PODS, r"^Insufficient pods|Too many pods"),
        (Obstacle.RESOURCE, r"^Insufficient "),
        (Obstacle.VOLUME, r"volume|PersistentVolumeClaim|persistentvolume"),
        (Obstacle.SPREAD, r"topology spread"),
        (Obstacle.TAINT, r"taint"),
        (Obstacle.AFFINITY, r"affinity|selector"),
        (Obstacle.PORT, r"free ports"),
        (Obstacle.UNSCHEDULABLE, r"unschedulable"),
    )
)


def obstacles(message: str) -> tuple[Row, ...]:
    """The scheduler's reasons with the nodes each holds for; one row without a count where it names no nodes."""
    head = _HEAD.search(message)
    body = message[head.end() if head else 0 :].partition(" preemption:")[0].strip().rstrip(".")
    cuts = [*_PART.finditer(body)] if head else []
    if not cuts:
        return ({"nodes": None, "obstacle": _obstacle(body).value, "text": body},) if body else ()
    ends = [*(cut.start() for cut in cuts[1:]), len(body)]
    found = ((int(cut.group(1)), body[cut.end() : end].strip()) for cut, end in zip(cuts, ends, strict=True))
    return tuple({"nodes": nodes, "obstacle": _obstacle(text).value, "text": text} for nodes, text in found)


def _obstacle(text: str) -> Obstacle:
    return next((obstacle for obstacle, pattern in _OBSTACLES if pattern.search(text)), Obstacle.OTHER)


_PROBE = re.compile(r"^(Liveness|Readiness|Startup) probe (?:failed|errored|warning)", re.IGNORECASE)
_PROBE_KILL = re.compile(r"[Cc]ontainer (\S+) failed (liveness|startup) probe")


def failed_probe(event: EventNote) -> str:
    """liveness, readiness or startup for an Unhealthy event; empty for any other."""
    match = _PROBE.match(event.message) if event.reason == "Unhealthy" else None
    return match.group(1).lower() if match else ""


def probe_kill(event: EventNote) -> str:
    """The container that the kubelet killed because of its probe; empty for any other event."""
    match = _PROBE_KILL.search(event.message) if event.reason == "Killing" else None
    return match.group(1) if match else ""
