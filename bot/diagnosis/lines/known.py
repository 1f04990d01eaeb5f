"""The lines of a log whose meaning is known, in the order of the log, with what they name. Pure.

Works on lines that were stripped of colours and redacted; looks inside JSON and logfmt. A line that only talks about an
error (what is retried and then works, a link to a page, what its own level calls harmless) is not one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from bot.diagnosis.envelopes import Level, logfmt_message, open_json
from bot.diagnosis.lines import database, gomodules, network, platform, runtime, storage, telemetry
from bot.diagnosis.lines.pattern import Pattern

PATTERNS: tuple[Pattern, ...] = (
    *database.PATTERNS,
    *runtime.PATTERNS,
    *telemetry.PATTERNS,
    *storage.PATTERNS,
    *platform.PATTERNS,
    # Last: a driver's sentence often ends in what the network said, and the sentence says more.
    *network.PATTERNS,
)
AMBIGUOUS = "go-ambiguous-import"
_SCANNED = 4000
_SHOWN = 500
# A level stands at the beginning.
_HEAD = 500
# What costs as much as trying one pattern on one character.
_A_LINE, _A_FIND = 40, 150
# What says of itself that it is only information; some ids are information.
_QUIET_IDS = frozenset({"wal-replay", "wal-replay-done", "argocd-not-configured", "slow-start"})
# A line that says itself that it went well in the end; what comes before the words may deny them.
_OVERCOME = re.compile(
    r"(?i)\b(?:succeeded after|recovered (?:from|after)|(?:re)?connected\b[^\n]{0,40}?\bafter\b|retry (?:succeeded|successful|ok)\b)"
)
_DENIED = re.compile(r"(?i)\b(?:not|never|no|fail\w*|unable|cannot|could|lost|dis\w+)\b")
_QUIET = re.compile(r"(?:^|[\s\[|])(?:TRACE|DEBUG|INFO)(?:[\s\]:|]|$)|(?i:\blevel=(?:trace|debug|info)\b)")
_WARNING = re.compile(r"(?:^|[\s\[|])WARN(?:ING)?(?:[\s\]:|]|$)|(?i:\blevel=warn(?:ing)?\b)|^W\d{4} \d\d:")
_FATAL = re.compile(
    r"(?i:\blevel=(?:fatal|panic|critical)\b)|^panic: |^F\d{4} \d\d:|(?:^|[\s\[|])FATAL[\s\]|]"
)
# A JSON encoder may write what is no letter as its number.
_ESCAPED = "\\u00"


def _numbered() -> tuple[tuple[str, tuple[int, ...]], ...]:
    found: dict[str, list[int]] = {}
    for number, one in enumerate(PATTERNS):
        for needle in one.needles:
            found.setdefault(needle, []).append(number)
    return tuple((needle, tuple(numbers)) for needle, numbers in found.items())


_NEEDLES = _numbered()


def _facts_by_id() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in PATTERNS:
        found[one.id] = found.get(one.id, frozenset()) | one.names
    return MappingProxyType({**found, AMBIGUOUS: found[AMBIGUOUS] | gomodules.NAMES})


# By id: the names of all facts that a line of it may give.
FACTS = _facts_by_id()


@dataclass(frozen=True, slots=True)
class KnownLine:
    """`text` is the message without its envelope, `level` what the line says of itself."""

    id: str
    family: str
    facts: Mapping[str, str]
    index: int
    text: str
    level: Level = Level.UNKNOWN


def known_lines(lines: Sequence[str]) -> tuple[KnownLine, ...]:
    return _all_known(tuple(lines))


# Many judges ask after one log, within one diagnosis.
@lru_cache(maxsize=32)
def _all_known(lines: tuple[str, ...]) -> tuple[KnownLine, ...]:
    found = (_known(line, index, lines, _tried(line)) for index, line in enumerate(map(_scanned, lines)))
    return tuple(line for line in found if line is not None)


def last_known_lines(lines: Sequence[str], effort: int) -> tuple[tuple[KnownLine, ...], int]:
    """From the end backwards until the effort is spent; and the index of the first line that was looked at.

    Effort is counted, not timed, so that the same log always gives the same answer.
    """
    found: list[KnownLine] = []
    for index in range(len(lines) - 1, -1, -1):
        line = _scanned(lines[index])
        tried = _tried(line)
        effort -= _A_LINE + len(line) // 4 + len(line) * len(tried)
        if effort < 0:
            return tuple(reversed(found)), index + 1
        known = _known(line, index, lines, tried)
        if known is not None:
            found.append(known)
            effort -= _A_FIND
    return tuple(reversed(found)), 0


def _scanned(line: str) -> str:
    return line[:_SCANNED].rstrip()


def _tried(line: str) -> Sequence[int]:
    """The numbers of the patterns that have to be tried; any number, where only what is inside can tell."""
    lowered = line.lower()
    return _candidates(lowered) or ((0,) if _ESCAPED in lowered else ())


def _known(line: str, index: int, lines: Sequence[str], tried: Sequence[int]) -> KnownLine | None:
    if not tried:
        return None
    text, whole, level = _opened(line)
    if _overcome(text):
        return None
    for number in tried if whole == line else _candidates(whole.lower()):
        one = PATTERNS[number]
        if level is Level.QUIET and one.id not in _QUIET_IDS:
            continue
        facts = one.found(_joined(whole, index, lines, one.over) if one.over > 1 else whole)
        if facts is None:
            continue
        if one.id == AMBIGUOUS:
            facts |= gomodules.modules(lines, index)
        return KnownLine(one.id, one.family, facts, index, text[:_SHOWN], level)
    return None


def _overcome(text: str) -> bool:
    match = _OVERCOME.search(text)
    return match is not None and _DENIED.search(text[: match.start()]) is None


def _candidates(lowered: str) -> list[int]:
    """The patterns of which a needle is there, in their order."""
    hits = [numbers for needle, numbers in _NEEDLES if needle in lowered]
    return sorted({number for numbers in hits for number in numbers}) if hits else []


def _opened(line: str) -> tuple[str, str, Level]:
    """The message, all that is searched, and the level."""
    document = open_json(line)
    if document is not None:
        # A container runtime wraps what may be an envelope already.
        inner = open_json(document.text)
        document = document if inner is None else inner
        # What the envelope carries beside its message, such as a code or the numbers of a segment, counts as well.
        return document.text, f"{document.text} {_unquoted(line)}", document.level
    text = logfmt_message(line) or line.strip()
    return text, _unquoted(line), _level(line[:_HEAD])


def _unquoted(line: str) -> str:
    """A name in quotes within a text in quotes is one without what keeps the quotes apart."""
    return line.replace('\\"', '"')


def _level(line: str) -> Level:
    if _QUIET.search(line):
        return Level.QUIET
    if _WARNING.search(line):
        return Level.WARNING
    return Level.FATAL if _FATAL.search(line) else Level.UNKNOWN


def _joined(whole: str, index: int, lines: Sequence[str], over: int) -> str:
    """With the lines that follow, as long as one ends in the middle of a sentence."""
    for line in lines[index + 1 : index + over]:
        if not whole.endswith((",", ":")):
            break
        rest = line[:_SCANNED].strip(" \t#")
        whole = f"{whole} {rest}"
    return whole
