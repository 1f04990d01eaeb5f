"""The line by which the SDK of Python says that it did not merge two resources, and what is lost by it. Pure.

It goes on with the first resource as it is: traces are sent, without the attributes of the second.
https://github.com/open-telemetry/opentelemetry-python/blob/main/opentelemetry-sdk/src/opentelemetry/sdk/resources/__init__.py
"""

import re
from dataclasses import dataclass

from bot.diagnosis.evidence import LogTail
from bot.diagnosis.telemetry.looking import Evidence, Log

_SCHEMA = r"https?://\S*?/schemas/v?(\d[\d.]*\d)"
_DROPPED = re.compile(rf"Failed to merge resources: The two schemas {_SCHEMA} and {_SCHEMA} are incompatible")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Dropped:
    """`kept` is the schema of the resource that goes on, `lost` that of the one whose attributes are gone."""

    log: Log
    kept: str
    lost: str
    text: str


def dropped(seen: Evidence) -> Dropped | None:
    """The last one that a log tells of."""
    found = [
        Dropped(log, match[1], match[2], match[0][:_LONGEST])
        for log in seen.logs
        if isinstance(log.tail, LogTail)
        for line in log.tail.lines
        if (match := _DROPPED.search(line))
    ]
    return found[-1] if found else None
