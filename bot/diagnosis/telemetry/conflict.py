"""The line by which a program says that two schema versions conflict, and what it tells of both sides. Pure.

`resource.Merge(a, b)` prints a's schema before b's, and programs write `Merge(resource.Default(), their own)`, so the
first is the SDK's. `resource.New` begins with the program's own and adds what detectors say, so there it is the second.
Up to SDK 1.22 the wording had no addresses: https://github.com/open-telemetry/opentelemetry-go/blob/main/sdk/resource
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.envelopes import Level, open_json
from bot.diagnosis.evidence import LogTail
from bot.diagnosis.lines.known import KnownLine, known_lines

_BY_NEW = re.compile(r"(?i)detect(?:ing|ed)? resource|partial resource")
_GOES_ON = re.compile(r"(?i)continuing without|tracing (?:is |has been )?disabled|without tracing|ignor")
_ENDS = re.compile(r"(?i)\b(?:fatal|panic)\b|level=(?:fatal|panic)")
_ENABLED = re.compile(
    r"(?i)(?:tracing|opentelemetry|otel)[^\n]{0,40}(?:enabled|initiali[sz]ed|started|ready)"
)
# Modules whose start lines tell that they are there: what carries an old SDK most often.
_FAMILIES = (
    ("gorm.io/plugin/opentelemetry", "0.1.16", re.compile(r"(?i)\bgorm\b")),
    ("github.com/redis/go-redis/extra/redisotel/v9", "9.17.2", re.compile(r"(?i)redisotel|\bredis\b")),
    (
        "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc",
        "latest",
        re.compile(r"(?i)\bgrpc\b"),
    ),
    (
        "go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin",
        "latest",
        re.compile(r"\[GIN|(?i:\bgin\b)"),
    ),
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """`first` and `second` are empty in the old wording. `ends`: the line says that the program ends by it."""

    first: str
    second: str
    text: str
    by_new: bool
    ends: bool
    goes_on: bool
    lines_after: int

    @property
    def sdk(self) -> str:
        return self.second if self.by_new else self.first

    @property
    def own(self) -> str:
        return self.first if self.by_new else self.second

    @property
    def newer(self) -> bool | None:
        """Whether the program's own schema is newer than the SDK's; None where the line does not say."""
        if not self.first or not self.second:
            return None
        return _numbers(self.own) > _numbers(self.sdk)


def conflict_in(tail: LogTail) -> Conflict | None:
    """The last one that the log tells of, unless telemetry was started after it."""
    told = [line for line in known_lines(tail.lines) if line.id == "otel-schema-conflict"]
    if not told:
        return None
    line = told[-1]
    after = tail.lines[line.index + 1 :]
    if any(_ENABLED.search(text) and "fail" not in text.lower() for text in after):
        return None
    raw = tail.lines[line.index]
    document = open_json(raw)
    fatal = document.level is Level.FATAL if document else bool(_ENDS.search(raw))
    near = (raw, *after[:2])
    return Conflict(
        first=line.facts.get("first", ""),
        second=line.facts.get("second", ""),
        text=line.text,
        by_new=bool(_BY_NEW.search(raw)),
        ends=fatal,
        goes_on=any(_GOES_ON.search(text) for text in near),
        lines_after=len([text for text in after if text.strip()]),
    )


def enabled_in(tail: LogTail) -> str:
    """The line that says that telemetry started; empty where there is none."""
    said = (line for line in reversed(tail.lines) if _ENABLED.search(line) and "fail" not in line.lower())
    return next(said, "").strip()[:300]


def disabled_in(tail: LogTail) -> KnownLine | None:
    """That telemetry is off, for whatever reason."""
    return next((line for line in known_lines(tail.lines) if line.id == "otel-disabled"), None)


def families(tails: Sequence[LogTail]) -> tuple[tuple[str, str], ...]:
    """(module, version that is new enough) of instrumentation that the logs give away."""
    text = "\n".join(line for tail in tails for line in tail.lines)
    return tuple((module, version) for module, version, sign in _FAMILIES if sign.search(text))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
