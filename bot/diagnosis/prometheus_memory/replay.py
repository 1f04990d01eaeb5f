"""How far a Prometheus came before it died, from the end of its log. Pure.

Understands logfmt and JSON, and the wordings since 2.0: the log is asked for the last thing that happened, so that a
line of the life before or of another component does not matter.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """`BEFORE`: before the write-ahead log was opened. `UNKNOWN`: an empty log, or one that leaves such lines out."""

    BEFORE = "before"
    REPLAY = "replay"
    AFTER = "after"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Progress:
    """`segment` is the last that was loaded of `last`, both None where no segment was loaded."""

    phase: Phase
    segment: int | None = None
    last: int | None = None


# https://github.com/prometheus/prometheus/blob/main/tsdb/head.go: "this may take awhile" and no end line before 2.19.
_BEGUN = re.compile(r"replaying WAL, this may take a ?while|WAL checkpoint loaded", re.IGNORECASE)
_SEGMENT = re.compile(r"\b(?:WAL|WBL) segment loaded\b", re.IGNORECASE)
_DONE = re.compile(
    r"WAL replay completed|TSDB started|Agent WAL storage started|Server is ready to receive web requests"
    r"|Completed loading of configuration file|Head GC completed|\bwrite block\b",
    re.IGNORECASE,
)
_STARTED = re.compile(
    r"Starting Prometheus|Starting TSDB|Starting WAL storage|on-disk memory mappable chunks"
)
# With `--log.level=warn` no line tells how far it came.
_TELLS = re.compile(r"\blevel\W{1,4}info\b", re.IGNORECASE)
_NUMBER = r'"?\s*[=:]\s*"?(\d{1,12})'
_AT, _OF = re.compile(rf"\bsegment{_NUMBER}"), re.compile(rf"\bmaxSegment{_NUMBER}", re.IGNORECASE)


def progress(lines: Sequence[str], *, cut: bool) -> Progress:
    """`cut` says that the log began earlier: a replay would have left a line among the last ones."""
    for line in reversed(lines):
        if _SEGMENT.search(line):
            return Progress(Phase.REPLAY, _number(_AT, line), _number(_OF, line))
        if _BEGUN.search(line):
            return Progress(Phase.REPLAY)
        if _DONE.search(line):
            return Progress(Phase.AFTER)
    if any(_STARTED.search(line) for line in lines):
        return Progress(Phase.BEFORE)
    told = cut and any(_TELLS.search(line) for line in lines)
    return Progress(Phase.AFTER if told else Phase.UNKNOWN)


def _number(pattern: re.Pattern[str], line: str) -> int | None:
    match = pattern.search(line)
    return int(match[1]) if match else None
