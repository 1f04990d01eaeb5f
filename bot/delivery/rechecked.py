"""Re-checks in words: what has become of each finding, and its numbers before → after. Pure; nothing is compared here.

How a number is called is data too: `facts` in the words of the runbook or in `common.yaml`. What has no name there is not
told: it was never meant for a reader.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.delivery import filters
from bot.delivery.dictionary import COMMON
from bot.delivery.plaintext import cut, one_line
from bot.delivery.worded import WordedGap, stamp
from bot.delivery.words import Words
from bot.model import Difference, Incident, Outcome, Recheck, Rechecked, Target

_NUMBERS = 3
_NAMES = 3
_VALUE = 60
_BYTES = frozenset({"limit", "memory_limit", "need", "request", "memory_request", "peak", "usage", "wal"})
_SECONDS = frozenset({"window"})
_SUFFIXES = {"_bytes": "bytes", "_seconds": "seconds", "_percent": "percent"}


@dataclass(frozen=True, slots=True)
class WordedDifference:
    """`text` is the whole line; the values are as the facts hold them."""

    text: str
    difference: Difference

    def to_json(self) -> dict[str, Any]:
        found = self.difference
        return {"name": found.name, "before": found.before, "after": found.after, "text": self.text}


@dataclass(frozen=True, slots=True)
class WordedOutcome:
    """`name` is the short noun phrase of the cause, `text` a sentence on how it is now."""

    runbook: str
    cause: str
    outcome: Outcome
    word: str
    name: str
    text: str
    differences: tuple[WordedDifference, ...]
    gap: WordedGap | None

    def to_json(self) -> dict[str, Any]:
        return {
            "runbook": self.runbook,
            "cause": self.cause,
            "outcome": self.outcome.value,
            "text": self.text,
            "differences": [difference.to_json() for difference in self.differences],
            "missing": self.gap.to_json() if self.gap else None,
        }


@dataclass(frozen=True, slots=True)
class WordedRecheck:
    """`nothing` says what there is to say where nothing was found either time."""

    target: Target
    at: datetime | None
    outcomes: tuple[WordedOutcome, ...]
    nothing: str

    def to_json(self) -> dict[str, Any]:
        target = self.target
        return {
            "target": {
                "cluster": target.cluster,
                "namespace": target.namespace,
                "kind": target.kind,
                "name": target.name,
            },
            "at": stamp(self.at),
            "findings": [outcome.to_json() for outcome in self.outcomes],
        }


def word_recheck(recheck: Recheck, words: Words) -> WordedRecheck:
    outcomes = tuple(_outcome(one, recheck.target, words) for one in recheck.findings)
    nothing = "" if outcomes else words.common("outcomes", "nothing", unchecked=recheck.unchecked)
    return WordedRecheck(recheck.target, recheck.at, outcomes, nothing)


def brief(rechecks: tuple[WordedRecheck, ...], words: Words) -> str:
    """One line of what has become of the findings; empty where nobody looked again."""
    told = [
        f"{words.common('outcomes', outcome.value)}: {names}"
        for outcome in Outcome
        if (names := _names(rechecks, outcome, words))
    ]
    told = told or [one.nothing for one in rechecks][:1]
    return words.label("checked_again", told="; ".join(told)) if told else ""


def is_fixed(incident: Incident, target: Target, runbook: str, cause: str) -> bool:
    return any(
        one.outcome is Outcome.FIXED and (one.finding.runbook, one.finding.cause) == (runbook, cause)
        for recheck in incident.rechecks
        if recheck.target == target
        for one in recheck.findings
    )


def _names(rechecks: tuple[WordedRecheck, ...], outcome: Outcome, words: Words) -> str:
    named = [
        _name(one, recheck.target if len(rechecks) > 1 else None)
        for recheck in rechecks
        for one in recheck.outcomes
        if one.outcome is outcome
    ]
    told = ", ".join(named[:_NAMES])
    rest = len(named) - _NAMES
    return f"{told} {words.label('more_names', count=rest)}" if rest > 0 else told


def _name(one: WordedOutcome, target: Target | None) -> str:
    name = f"{one.name}, {cut(one_line(target.name), _VALUE)}" if target else one.name
    numbers = ", ".join(difference.text for difference in one.differences[:_NUMBERS])
    return f"{name} ({numbers})" if numbers else name


def _outcome(one: Rechecked, target: Target, words: Words) -> WordedOutcome:
    finding = one.finding
    worded = words.finding(finding, target)
    text = worded.title
    if one.outcome is Outcome.UNKNOWN:
        text = worded.gap.text if worded.gap else words.label("not_looked_for")
    return WordedOutcome(
        finding.runbook,
        finding.cause,
        one.outcome,
        words.common("outcomes", one.outcome.value),
        worded.name,
        text,
        tuple(_differences(finding.runbook, one.differences, words)),
        worded.gap,
    )


def _differences(runbook: str, found: Iterable[Difference], words: Words) -> Iterator[WordedDifference]:
    """In the order in which the words list them: what a reader asks for first stands first. Each name once."""
    rank = {name: place for place, name in enumerate(_named(runbook, words))}
    told: set[str] = set()
    for one in sorted(found, key=lambda one: rank.get(_key(one.name, rank), len(rank))):
        key = _key(one.name, rank)
        if key not in rank or key in told:
            continue
        told.add(key)
        text = words.common(
            "difference",
            name=_label(runbook, key, words),
            before=_value(one.name, one.before, words),
            after=_value(one.name, one.after, words),
        )
        yield WordedDifference(text, one)


def _named(runbook: str, words: Words) -> list[str]:
    """Those that all share, then those of the runbook alone."""
    books = (words.dictionary.find(book, "facts") or {} for book in (COMMON, runbook))
    return list(dict.fromkeys(name for book in books for name in book))


def _key(name: str, known: Container[str]) -> str:
    """`limit_bytes` is called as `limit`, unless it has a name of its own."""
    suffix = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")
    return name if name in known else name.removesuffix(suffix)


def _label(runbook: str, key: str, words: Words) -> str:
    own = words.dictionary.find(runbook, "facts", key)
    return one_line(str(own) if own else words.common("facts", key))


def _value(name: str, value: float | str, words: Words) -> str:
    measure = "bytes" if name in _BYTES else "seconds" if name in _SECONDS else ""
    measure = measure or next((_SUFFIXES[end] for end in _SUFFIXES if name.endswith(end)), "")
    match measure, value:
        case "bytes", _:
            return filters.size(value)
        case "seconds", int() | float():
            return words.duration(value)
        case "percent", int() | float():
            return f"{filters.number_text(value)}%"
    return cut(one_line(str(words.finalize(value))), _VALUE)
