"""The lines of a log whose meaning is known, in the order of the log, with what they name. Pure.

Works on lines that were stripped of colours and redacted; looks inside JSON and logfmt. A line that only talks about an
error (what is retried and then works, a link to a page, what its own level calls harmless) is not one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.diagnosis.envelopes import Level, logfmt_message, open_json
from bot.diagnosis.lines import database, network, platform, telemetry
from bot.diagnosis.lines.pattern import Pattern

PATTERNS: tuple[Pattern, ...] = (
    *database.PATTERNS,
    *telemetry.PATTERNS,
    *platform.PATTERNS,
    # Last: a driver's sentence often ends in what the network said, and the sentence says more.
    *network.PATTERNS,
)
_SCANNED = 4000
_SHOWN = 500
# Two modules stand on the two lines that follow: https://go.dev/ref/mod#resolve-pkg-mod
_MODULE = re.compile(r"^\s+(?P<module>[\w./-]{3,200}) v(?P<version>\S{1,100})\s*$")
# What says of itself that it is only information; some ids are information.
_QUIET_IDS = frozenset({"wal-replay", "wal-replay-done", "argocd-not-configured", "otel-disabled"})
_QUIET = re.compile(r"(?:^|[\s\[|])(?:TRACE|DEBUG|INFO)(?:[\s\]:|]|$)|(?i:\blevel=(?:trace|debug|info)\b)")


@dataclass(frozen=True, slots=True)
class KnownLine:
    """`text` is the message without its envelope."""

    id: str
    family: str
    facts: Mapping[str, str]
    index: int
    text: str


def known_lines(lines: Sequence[str]) -> tuple[KnownLine, ...]:
    found = [_known(line[:_SCANNED].rstrip(), index, lines) for index, line in enumerate(lines)]
    return tuple(line for line in found if line is not None)


def _known(line: str, index: int, lines: Sequence[str]) -> KnownLine | None:
    document = open_json(line)
    if document is not None:
        text, quiet = document.text, document.level is Level.QUIET
    else:
        text, quiet = logfmt_message(line) or line.strip(), _QUIET.search(line) is not None
    # What the envelope carries beside its message, such as a code or the numbers of a segment, counts as well.
    whole = line if document is None else f"{text} {line}"
    lowered = whole.lower()
    for pattern in PATTERNS:
        facts = pattern.found(whole, lowered)
        if facts is None or (quiet and pattern.id not in _QUIET_IDS):
            continue
        if pattern.id == "go-ambiguous-import":
            facts |= _modules(lines[index + 1 : index + 6])
        return KnownLine(pattern.id, pattern.family, facts, index, text[:_SHOWN])
    return None


def _modules(following: Sequence[str]) -> dict[str, str]:
    named = [match for line in following if (match := _MODULE.match(line[:_SCANNED]))]
    return {f"module{number}": f"{m['module']} v{m['version']}" for number, m in enumerate(named[:2], 1)}
