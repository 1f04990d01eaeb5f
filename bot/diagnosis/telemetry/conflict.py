"""The line by which a program says that two schema versions conflict, and what it tells of both sides. Pure.

`resource.Merge(a, b)` prints a's schema before b's, and programs write `Merge(resource.Default(), their own)`, so the
first is the SDK's. `resource.New` begins with the program's own and adds what detectors say, so there it is the second.
Up to SDK 1.22 the wording had no addresses: https://github.com/open-telemetry/opentelemetry-go/pull/4876
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from bot.diagnosis.envelopes import Level, logfmt_message, open_json
from bot.diagnosis.evidence import LogTail
from bot.diagnosis.lines.known import known_lines
from bot.diagnosis.signatures import find_error
from bot.diagnosis.telemetry.releases import may_be_an_sdks, numbers

_BY_NEW = re.compile(r"(?i)detect(?:ing|ed)? resource|partial resource")
_TELEMETRY = r"(?:tracing|traces|telemetry|open ?telemetry|otel|tracer(?: provider)?|observability)"
_OFF = re.compile(
    rf"(?i)\bwithout {_TELEMETRY}\b|\b{_TELEMETRY} (?:is |has been |will be )?(?:disabled|off|skipped|unavailable)\b"
    rf"|\b(?:disabling|skipping) {_TELEMETRY}\b|\bno-?op (?:tracer|trace|provider)"
)
_ENDS = re.compile(r"(?i)\b(?:fatal|panic)\b|level=(?:fatal|panic)")
_WARNS = re.compile(r"(?:^|[\s\[|])WARN(?:ING)?(?:[\s\]:|]|$)|(?i:\blevel=warn(?:ing)?\b)|^W\d{4} \d\d:")
# A nil pointer is what a program meets that goes on with what it did not get.
_OURS = re.compile(r"(?i)schema url|open ?telemetry|\botel|telemetry|tracer|tracing|resource|nil pointer")
_GRAVE = 60
_STARTED = re.compile(
    rf"(?i)\b{_TELEMETRY}\b[^\n]{{0,40}}?\b(?:enabled|initiali[sz]ed|started|ready|configured)\b"
)
_NOT = re.compile(
    r"(?i)\b(?:not|no|never|fail\w*|disabled|without|cannot|could not|unable|error|skip\w*|until|unless|if|when|before)\b"
    r"|\b(?:enabled|initiali[sz]ed|started|ready|configured)[\"']?\s*[=:]\s*[\"']?(?:false|0|no)\b"
)
# A plugin that is hooked in says so whether or not a tracer stands behind it: the global one does nothing without.
_PLUGIN = re.compile(
    r"(?i)gorm|redis|grpc|\bgin\b|echo|fiber|https?\b|sql|mongo|kafka|middleware|instrument|plugin|interceptor|hook|handler"
)
# How the log of a process begins, in its first lines.
_BEGINS = re.compile(
    r"(?i)\b(?:start(?:ing|ed|up)?|boot(?:ing|ed|strap\w*)?|launch\w*|listen(?:ing)?|init(?:iali[sz]\w+)?|version|loaded"
    r"|config\w*)\b"
)
_FIRST_LINES = 60
_NEAR = 2
# Modules that brought an old SDK, with the version that no longer does, by the lines in which they name themselves.
_FAMILIES = (
    (
        "gorm.io/plugin/opentelemetry",
        "0.1.16",
        re.compile(r"(?i)\bgorm\b[^\n]{0,80}\b(?:open ?telemetry|otel|tracing)\b"),
    ),
    (
        "github.com/redis/go-redis/extra/redisotel/v9",
        "9.17.2",
        re.compile(r"(?i)\bredisotel\b|\bredis\b[^\n]{0,80}\b(?:open ?telemetry|otel|tracing)\b"),
    ),
    (
        "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc",
        "latest",
        re.compile(r"(?i)\botelgrpc\b"),
    ),
    (
        "go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin",
        "latest",
        re.compile(r"(?i)\botelgin\b"),
    ),
)


class _Started(Enum):
    """What a line says was started: telemetry, or only a plugin of it."""

    ALL = auto()
    PLUGIN = auto()


@dataclass(frozen=True, slots=True)
class Conflict:
    """`first` and `second` are empty in the old wording. `ends`: the line says that the program ends by it.

    `off`: the program says that it goes on without. From SDK 1.23 on a program may also ignore the error and trace on
    with the resource that it got all the same. `overtaken`: a graver error of something else follows.
    """

    first: str
    second: str
    text: str
    by_new: bool
    ends: bool
    off: bool
    warning: bool
    overtaken: bool
    lines_after: int

    @property
    def told(self) -> bool:
        return bool(self.first and self.second)

    @property
    def second_is_the_sdks(self) -> bool:
        """By the wording, unless that would give the SDK a schema that none of its releases has."""
        first, second = may_be_an_sdks(self.first), may_be_an_sdks(self.second)
        return self.by_new if first == second else second

    @property
    def sdk(self) -> str:
        return self.second if self.second_is_the_sdks else self.first

    @property
    def own(self) -> str:
        return self.first if self.second_is_the_sdks else self.second

    @property
    def newer(self) -> bool:
        """Whether the program's own schema is newer than the SDK's."""
        return numbers(self.own) > numbers(self.sdk)


def conflict_in(tail: LogTail) -> Conflict | None:
    """The last one that the log tells of, unless telemetry was started after it."""
    told = [line for line in known_lines(tail.lines) if line.id == "otel-schema-conflict"]
    if not told:
        return None
    line = told[-1]
    after = tail.lines[line.index + 1 :]
    if any(_started(message) == _Started.ALL for message in map(_message, after)):
        return None
    raw = tail.lines[line.index]
    document = open_json(raw)
    return Conflict(
        first=line.facts.get("first", ""),
        second=line.facts.get("second", ""),
        text=line.text,
        by_new=bool(_BY_NEW.search(raw)),
        ends=document.level is Level.FATAL if document else bool(_ENDS.search(raw)),
        off=any(_OFF.search(text) for text in (raw, *after[:_NEAR])),
        warning=document.level is Level.WARNING if document else bool(_WARNS.search(raw)),
        overtaken=_overtaken(after),
        lines_after=len([text for text in after if text.strip()]),
    )


def _overtaken(after: Sequence[str]) -> bool:
    error = find_error(after)
    return error is not None and error.strength >= _GRAVE and _OURS.search(error.text) is None


def enabled_in(tail: LogTail) -> str:
    """The line that says that telemetry started; empty where there is none."""
    said = [(_started(message), message) for message in map(_message, tail.lines)]
    for wanted in (_Started.ALL, _Started.PLUGIN):
        if message := next((message for started, message in said if started == wanted), ""):
            return message[:300]
    return ""


def disabled_in(tail: LogTail) -> str:
    """The line that says that telemetry is off for another reason; empty where there is none."""
    said = (line.text for line in known_lines(tail.lines) if line.id in {"otel-disabled", "otel-fatal"})
    return next(said, "")[:300]


def begins_at_the_start(tail: LogTail) -> bool:
    """Whether what is kept of the log reaches back to where the process began; the kubelet keeps only its newest part."""
    return not tail.cut or any(_BEGINS.search(line) for line in tail.lines[:_FIRST_LINES])


def families(tails: Sequence[LogTail]) -> tuple[tuple[str, str], ...]:
    """(module, version that is new enough) of instrumentation that the logs give away."""
    lines = [line for tail in tails for line in tail.lines]
    return tuple(
        (module, version) for module, version, sign in _FAMILIES if any(sign.search(line) for line in lines)
    )


def _started(message: str) -> _Started | None:
    match = _STARTED.search(message)
    if match is None or _NOT.search(message):
        return None
    return _Started.PLUGIN if _PLUGIN.search(message[: match.end()]) else _Started.ALL


def _message(line: str) -> str:
    document = open_json(line)
    return document.text if document else logfmt_message(line) or line.strip()
