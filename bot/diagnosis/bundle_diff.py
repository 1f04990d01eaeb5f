"""What a reader of two diagnoses of one recording would call another outcome: verdicts, facts, fixes, what changed. Pure.

How an outcome is shown to be so (evidence, charts, the order of equals) may change without being one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.diagnosis.recording import Recording
from bot.model import Change, Diagnosis, Finding, Fix, Missing, Target

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Differs:
    """`before` or `after` is None where there is nothing."""

    target: Target
    what: str
    before: str | None
    after: str | None


def differences(recording: Recording, after: Diagnosis) -> tuple[Differs, ...]:
    before = recording.diagnosis
    return tuple(
        Differs(before.target, what, one, other)
        for what, one, other in (
            *_of_findings(before, after),
            *_of_changes(before, after),
        )
    )


Difference = tuple[str, str | None, str | None]


def _of_findings(before: Diagnosis, after: Diagnosis) -> Iterator[Difference]:
    found, now = _by_cause(before), _by_cause(after)
    for name, one, other in _pairs(found, now):
        if one is None or other is None:
            yield name, one.verdict.value if one else None, other.verdict.value if other else None
            continue
        if one.verdict is not other.verdict:
            yield name, one.verdict.value, other.verdict.value
        yield from _of_values(f"{name} fact", one.facts, other.facts)
        yield from _of_values(f"{name} fix", _fixes(one), _fixes(other))
        if one.missing != other.missing:
            yield f"{name} missing", _gap(one.missing), _gap(other.missing)


def _by_cause(diagnosis: Diagnosis) -> dict[str, Finding]:
    return {f"{finding.runbook}/{finding.cause}": finding for finding in diagnosis.findings}


def _fixes(finding: Finding) -> dict[str, Any]:
    return {fix.key: _fix(fix) for fix in finding.fixes}


def _fix(fix: Fix) -> dict[str, Any]:
    return {"layer": fix.layer.value, "lasting": fix.lasting, **fix.facts}


def _gap(missing: Missing | None) -> str | None:
    if missing is None:
        return None
    told = (missing.reason.value, missing.verb, missing.resource, missing.namespace, missing.detail)
    return " ".join(word for word in told if word)


def _of_changes(before: Diagnosis, after: Diagnosis) -> Iterator[Difference]:
    yield from _of_values("changed", _changes(before), _changes(after))


def _changes(diagnosis: Diagnosis) -> dict[str, Any]:
    return {_named(change): dict(change.facts) for change in diagnosis.changes}


def _named(change: Change) -> str:
    return f"{change.object} {change.key} at {change.at.isoformat()}"


def _of_values(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name, one, other in _pairs(_said(before), _said(after)):
        if one != other:
            yield f"{what} {name}", one, other


def _said(values: Mapping[str, Any]) -> dict[str, str]:
    """As JSON, in which 1, 1.0 and true are as different as a reader sees them."""
    return {name: json.dumps(value, ensure_ascii=False, sort_keys=True) for name, value in values.items()}


def _pairs(before: Mapping[K, V], after: Mapping[K, V]) -> Iterator[tuple[K, V | None, V | None]]:
    """In the order of before, then what is new."""
    for name in dict.fromkeys((*before, *after)):
        yield name, before.get(name), after.get(name)
