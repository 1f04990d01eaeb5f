"""A whole log, explained: each known failure once, what matters first, and no sentence told twice. Pure.

Works on lines that were stripped of colours and redacted. It words nothing, and knows nothing of who asks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from types import MappingProxyType

from bot.diagnosis.envelopes import Level
from bot.diagnosis.lines.known import FACTS, PATTERNS, KnownLine, last_known_lines
from bot.diagnosis.signatures import find_error

# A second or so. What is more is at the beginning of a log that is huge or hostile; errors are at the end.
_EFFORT, _LINES = 5_000_000, 150_000
_SEARCHED, _SEARCHED_LINES, _SEARCHED_LINE = 500_000, 10_000, 1_000
# Different failures that are told; nobody reads more, and a scan of ports would fill pages.
MOST = 50

_Decisive = frozenset[tuple[str, str]]
# A good end, not a failure.
UNTOLD = frozenset({"wal-replay-done"})
# Before the line itself: `kubectl logs --prefix`, Compose, the runtime's file (CRI), `--timestamps`, BuildKit.
_PREFIX = re.compile(
    r"\A(?:\[pod/[^\]\s]{1,300}\] |[\w.-]{1,100} {0,40}\| |#\d{1,4} \d{1,6}\.\d{1,4} )?"
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}(?:Z|[+-]\d\d:\d\d) (?:std(?:out|err) [FP] )?)?"
)
# A line that goes on with the sentence before it; libpq lists its attempts one below the other:
# https://www.postgresql.org/docs/current/libpq-connect.html
_CONTINUES = re.compile(r"\s|Caused by: |connection to server at |[\])}]")
_UNFINISHED = (",", ":", "(", "[", "{")

# In this order: what no process survives, what it needs and is refused, what it cannot reach, what it can live without.
_ORDER: tuple[tuple[str, ...], ...] = (
    ("go-ambiguous-import", "image-pull", "exec-format", "binary-missing"),
    ("oom-killed", "heap-exhausted", "config-field-unknown", "yaml-parse"),
    ("disk-full", "permission-denied", "port-in-use", "conversion-webhook-failed"),
    tuple(
        dict.fromkeys(one.id for one in PATTERNS if one.family == "database" and one.id != "pool-exhausted")
    ),
    ("service-account-missing", "aws-role-denied", "s3-no-credentials", "s3-bad-credentials"),
    ("s3-no-such-bucket", "s3-access-denied"),
    ("x509-expired", "x509-name-mismatch", "x509-unknown-authority", "tls-not-spoken"),
    ("no-such-host", "connection-refused", "no-route", "dial-timeout", "unreachable", "pool-exhausted"),
    ("liveness-failed", "slow-start", "exit-137", "wal-replay"),
    ("otel-fatal", "otel-schema-conflict", "prometheus-404", "argocd-token-rejected"),
    ("argocd-not-configured", "actuator-missing", "otel-disabled"),
)
_RANK: Mapping[str, int] = MappingProxyType(
    {id_: number for number, id_ in enumerate(id_ for group in _ORDER for id_ in group)}
)
_NETWORK = frozenset(one.id for one in PATTERNS if one.family == "network")
_SENTENCES = frozenset(one.id for one in PATTERNS if one.family in {"database", "storage", "eso", "image"})
_REACHED = _SENTENCES - {"pool-exhausted"}
# Within one sentence or stack trace, the one is told by the other.
_TOLD_BY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(_NETWORK, _REACHED),
        "unreachable": _REACHED | (_NETWORK - {"unreachable"}),
        "pool-exhausted": _REACHED | _NETWORK,
        "postgres-hba": frozenset({"postgres-password"}),
        "yaml-parse": frozenset({"config-field-unknown"}),
        "otel-disabled": frozenset({"otel-schema-conflict", "otel-fatal"}),
        "otel-fatal": frozenset({"otel-schema-conflict"}),
        "exit-137": frozenset({"oom-killed"}),
    }
)
# Facts that differ from line to line of one failure: who asked, how far it got, which words a registry chose.
_PASSING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "conversion-webhook-failed": frozenset({"kind", "error"}),
        "go-ambiguous-import": frozenset({"package", "importer"}),
        "image-pull": frozenset({"reason"}),
        "liveness-failed": frozenset({"reason"}),
        "mysql-access-denied": frozenset({"host", "password"}),
        "postgres-hba": frozenset({"host"}),
        "s3-access-denied": frozenset({"operation"}),
        "wal-replay": frozenset({"segment"}),
    }
)
_NEWEST = frozenset({"segment"})


@dataclass(frozen=True, slots=True)
class Explained:
    """One failure. Lines count from 1; `facts` has every fact of its id, empty where the log does not say it."""

    id: str
    family: str
    facts: Mapping[str, str]
    count: int
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line that looks like the error, where nothing is known."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """`skipped` lines at the beginning of a very long log were not looked at; `more` failures are not told."""

    known: tuple[Explained, ...]
    unknown: Unknown | None
    skipped: int = 0
    more: int = 0


def explain(lines: Sequence[str]) -> Explanation:
    before = max(len(lines) - _LINES, 0)
    bare = [_bare(line) for line in lines[before:]]
    known, skipped = last_known_lines(bare, _EFFORT)
    groups = sorted(_failures(_told(known, bare)), key=_weight)
    told = tuple(_explained(group, before) for group in groups[:MOST])
    unknown = None if told else _unknown(bare, before)
    return Explanation(told, unknown, before + skipped, len(groups) - len(told))


def _bare(line: str) -> str:
    match = _PREFIX.match(line)
    return line[match.end() :] if match else line


def _unknown(lines: Sequence[str], before: int) -> Unknown | None:
    searched: list[str] = []
    room = _SEARCHED
    for line in islice(reversed(lines), _SEARCHED_LINES):
        searched.append(line[:_SEARCHED_LINE])
        room -= len(searched[-1])
        if room < 0:
            break
    error = find_error(searched[::-1])
    return Unknown(error.text, before + len(lines) - len(searched) + error.index + 1) if error else None


def _weight(group: Sequence[KnownLine]) -> tuple[bool, bool, int, int]:
    """What the log itself calls fatal stands before, what it calls only a warning behind."""
    levels = {line.level for line in group}
    return Level.FATAL not in levels, levels == {Level.WARNING}, _RANK[group[0].id], group[0].index


# -- one sentence, told once


def _told(known: Sequence[KnownLine], lines: Sequence[str]) -> list[KnownLine]:
    """Without what another line of the same sentence says better, and without what ended well."""
    done = max((line.index for line in known if line.id == "wal-replay-done"), default=-1)
    failures = [
        line
        for line in known
        if line.id not in UNTOLD and not (line.id == "wal-replay" and line.index < done)
    ]
    kept: list[KnownLine] = []
    for _, group in groupby(
        zip(failures, _sentences(failures, lines), strict=True), key=lambda pair: pair[1]
    ):
        sentence = [line for line, _ in group]
        ids = {line.id for line in sentence}
        kept += [line for line in sentence if not _TOLD_BY.get(line.id, frozenset()) & ids]
    return kept


def _sentences(known: Sequence[KnownLine], lines: Sequence[str]) -> Iterator[int]:
    """For each known line, the number of the line that its sentence or stack trace begins with."""
    start, at = 0, -1
    for one in known:
        for index in range(at + 1, one.index + 1):
            if not _goes_on(lines, index):
                start = index
        at = one.index
        yield start


def _goes_on(lines: Sequence[str], index: int) -> bool:
    if index == 0 or not lines[index]:
        return False
    return _CONTINUES.match(lines[index]) is not None or lines[index - 1].rstrip().endswith(_UNFINISHED)


# -- one failure, told once


def _failures(known: Sequence[KnownLine]) -> list[list[KnownLine]]:
    by_facts: dict[tuple[str, _Decisive], list[KnownLine]] = {}
    for line in known:
        by_facts.setdefault((line.id, _decisive(line)), []).append(line)
    wholes: dict[str, dict[_Decisive, list[KnownLine]]] = {}
    # The most telling first; what says a part of the same is another line of it.
    for (id_, facts), group in sorted(by_facts.items(), key=lambda item: -len(item[0][1])):
        wider = wholes.setdefault(id_, {})
        whole = next((one for one in islice(wider, MOST) if facts <= one), facts)
        wider.setdefault(whole, []).extend(group)
    groups = (group for wider in wholes.values() for group in wider.values())
    return [sorted(group, key=lambda line: line.index) for group in groups]


def _decisive(line: KnownLine) -> _Decisive:
    passing = _PASSING.get(line.id, frozenset())
    return frozenset((name, fact) for name, fact in line.facts.items() if fact and name not in passing)


def _explained(group: Sequence[KnownLine], before: int) -> Explained:
    """Quotes the first line that says the most. `before` lines stand above those that were looked at."""
    most = max(group, key=lambda line: (sum(map(bool, line.facts.values())), -line.index))
    facts = dict.fromkeys(sorted(FACTS[most.id]), "")
    for line in group:
        facts |= {name: fact for name, fact in line.facts.items() if not facts[name] or name in _NEWEST}
    first, last = before + group[0].index + 1, before + group[-1].index + 1
    return Explained(most.id, most.family, facts, len(group), first, last, most.text)
