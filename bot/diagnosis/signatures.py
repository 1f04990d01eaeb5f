"""Which line of a log looks like the error: the one that an on-call engineer would quote. Pure.

Works on lines that were already stripped of colours and redacted. A log without such a line gives None: the last line
of a healthy log is not an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.diagnosis.envelopes import Level, logfmt_message, open_json

_LONGEST = 500
_SCANNED = 4000
_BEFORE, _AFTER = 2, 3
# Strongest first: what ends a process outweighs what a process survives.
_FATAL, _EXCEPTION, _ERROR, _SUSPECT = 100, 80, 60, 40
_CLOSING_WORDS = 5


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """`text` is the message without its envelope; `context` is the raw lines around it."""

    text: str
    index: int
    strength: int
    context: tuple[str, ...]


_RULES: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (strength, re.compile(pattern))
    for strength, pattern in (
        (_FATAL, r"^panic: |^thread '.*' (?:\(\d+\) )?panicked at|^fatal error: |^\*\* \("),
        (_FATAL, r"\bOutOfMemoryError\b|JavaScript heap out of memory|^runtime: out of memory"),
        (_FATAL, r"^terminate called after throwing|(?i:\bsegmentation fault\b)|\bKernel pid terminated\b"),
        (_FATAL, r"^Exception in thread |^Unhandled exception|^Uncaught |^PHP Fatal error:"),
        (_FATAL, r"^exec .*: |exec format error|error while loading shared libraries"),
        (_FATAL, r"^(?:\S*sh|/\S+): .*(?:not found|[Pp]ermission denied|No such file or directory)$"),
        (_FATAL, r"(?i)(?:^|[\s\[|])(?:FATAL|PANIC|EMERG|CRITICAL|CRIT)(?:[\s\]:|]|$)"),
        (_FATAL, r"(?i)\blevel=(?:fatal|panic|critical)\b|^F\d{4} \d\d:\d\d:\d\d"),
        (_EXCEPTION, r"^Caused by: |^Error: |^\S+:\d+:in .*\(\w*(?:Error|Exception)\)$"),
        (_EXCEPTION, r"^(?:[a-zA-Z_][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Fault)(?: \[\w+\])?(?::|$)"),
        (_ERROR, r"(?:^|[\s\[|])(?:ERROR|SEVERE|ERR|Error)(?:[\s\]:|]|$)|(?i:\blevel=(?:error|err)\b)"),
        (_ERROR, r"^E\d{4} \d\d:\d\d:\d\d|(?i:\berror ?[:=])|(?i:\bexception ?:)"),
        (_SUSPECT, r"(?i)\b(?:failed|failure|cannot|could not|unable to|refused|denied|rejected|invalid)\b"),
        (_SUSPECT, r"(?i)\b(?:no such (?:host|file)|timed out|deadline exceeded|does not exist|error)\b"),
        (_SUSPECT, r"(?i)\b(?:missing|must be set|is not set|not configured|unauthori[sz]ed|killed)\b"),
    )
)
_HARMLESS = re.compile(
    r"(?i)\b(?:0|no|zero|without) (?:errors?|failures?)\b"
    r"|\b(?:errors?|failed|failures?)[=:] ?(?:0|nil|null|none|false|<nil>)(?:\b|,|$)"
    r"|\berror (?:handler|page|reporting)\b"
)
_QUIET = re.compile(
    r"(?:^|[\s\[|])(?:TRACE|DEBUG|INFO|NOTICE)(?:[\s\]:|]|$)|(?i:\blevel=(?:trace|debug|info)\b)"
    r"|^I\d{4} \d\d:\d\d:\d\d"
)
_WARNING = re.compile(
    r"(?:^|[\s\[|])WARN(?:ING)?(?:[\s\]:|]|$)|(?i:\blevel=warn(?:ing)?\b)|^W\d{4} \d\d:\d\d:\d\d"
)
_CLOSING = re.compile(
    r"(?i)\b(?:abort(?:ing|ed)|shutting down|exiting|exit(?:ed)? (?:with )?(?:code|status)|lifecycle)\b|^npm "
)
_FRAME = re.compile(
    r"^\s+at |^\s+\.\.\. \d+ |^\s+File \"|^goroutine \d+ |^\s*\d+: +(?:0x)?[\w:<]+$|^\s+from \S+:\d+"
    r"|^\t\S+\.go:\d+|^stack backtrace:|^note: run with|^created by |^#\d+ |^exit status \d+$|^\[signal "
)
_TRACEBACK = re.compile(r"^\s*Traceback \(most recent call last\)|^\s*\+ Exception Group Traceback")
_CHAINED = re.compile(r"^Caused by: |^\s+---> ")
_STAMP = re.compile(
    r"^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?\s+"
)


def find_error(lines: Sequence[str]) -> ErrorLine | None:
    """The strongest line; of equals the last, which is nearest to the end of the process."""
    return _found(tuple(lines))


# Many judges ask after one log, within one diagnosis.
@lru_cache(maxsize=32)
def _found(lines: tuple[str, ...]) -> ErrorLine | None:
    best: tuple[int, int, str] | None = None
    in_traceback = False
    for index, raw in enumerate(lines):
        line = _STAMP.sub("", raw[:_SCANNED].rstrip())
        if _TRACEBACK.match(line):
            in_traceback = True
            continue
        ends_traceback = in_traceback and bool(line) and not line[0].isspace()
        in_traceback = in_traceback and not ends_traceback
        strength, text = _judge(line)
        if ends_traceback and strength < _EXCEPTION:
            # Python names the exception on the first line that is not indented, whatever it is called.
            strength, text = _EXCEPTION, line
        if strength and (best is None or strength >= best[0]):
            best = strength, index, text
    if best is None:
        return None
    strength, index, text = best
    index, text = _root_cause(lines, index, text)
    context = tuple(line[:_LONGEST] for line in lines[max(index - _BEFORE, 0) : index + _AFTER + 1])
    return ErrorLine(_continued(lines, index, text)[:_LONGEST], index, strength, context)


def _judge(line: str) -> tuple[int, str]:
    document = open_json(line)
    if document is not None:
        return _by_level(document.level, document.text, says_error=document.says_error), document.text
    if not line.strip() or _FRAME.match(line):
        return 0, ""
    strength = _strength(line)
    return strength, (logfmt_message(line) or line.strip()) if strength else ""


def _by_level(level: Level, text: str, *, says_error: bool) -> int:
    """A structured line is believed what it says of itself; without a level its text is judged."""
    if level is Level.QUIET:
        return 0
    if level is Level.FATAL:
        return _FATAL
    if level is Level.ERROR:
        return _ERROR - _closing(text)
    found = _strength(text) or (_SUSPECT if says_error else 0)
    return min(found, _SUSPECT) if level is Level.WARNING else found


def _strength(line: str) -> int:
    """How much a line of text looks like the error. What its own level calls harmless is believed."""
    if _HARMLESS.search(line) or _QUIET.search(line):
        return 0
    strength = next((weight for weight, pattern in _RULES if pattern.search(line)), 0)
    if strength and _WARNING.search(line):
        return min(strength, _SUSPECT)
    return strength - _closing(line) if strength else 0


def _closing(line: str) -> int:
    """The farewell after the error says less than the error."""
    return _CLOSING_WORDS if _CLOSING.search(line) else 0


def _root_cause(lines: Sequence[str], index: int, text: str) -> tuple[int, str]:
    """Within the stack trace that follows, the last `Caused by` is where it began."""
    found = index, text
    for position in range(index + 1, len(lines)):
        line = _STAMP.sub("", lines[position][:_SCANNED].rstrip())
        if _CHAINED.match(line):
            found = position, line.strip()
        elif not _FRAME.match(line):
            break
    return found


def _continued(lines: Sequence[str], index: int, text: str) -> str:
    """An error that ends in a colon goes on in the next line."""
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    if text.endswith(":") and following and not _FRAME.match(lines[index + 1]):
        return f"{text} {following}"
    return text
