"""A diagnosis made again, told against the one before: what is fixed, still there, unknown or new, in which numbers. Pure.

Nothing is taken for fixed that was not looked at: only a cause that is ruled out now is.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from bot.model import Diagnosis, Difference, Fact, Finding, Outcome, Recheck, Rechecked, Verdict

_OUTCOMES = {
    Verdict.CONFIRMED: Outcome.STILL_THERE,
    Verdict.LIKELY: Outcome.STILL_THERE,
    Verdict.RULED_OUT: Outcome.FIXED,
    Verdict.NOT_CHECKED: Outcome.UNKNOWN,
}
# A quantity of Kubernetes, a share, or a version: numbers that are written as text. Names and times are none.
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([mkMGTPE]|[KMGTPE]i|%)?|v?\d+(\.\d+){1,3}")
_LONGEST = 40


def compare(before: Diagnosis, after: Diagnosis) -> Recheck:
    """The findings of before in their order, then what is found only now."""
    unchecked = sum(finding.verdict is Verdict.NOT_CHECKED for finding in after.findings)
    return Recheck(after.target, after.at, (*_earlier(before, after), *_new(before, after)), unchecked)


def worth_a_recheck(diagnosis: Diagnosis) -> bool:
    return any(finding.found for finding in diagnosis.findings)


def _earlier(before: Diagnosis, after: Diagnosis) -> Iterator[Rechecked]:
    now = {(finding.runbook, finding.cause): finding for finding in after.findings}
    for was in (finding for finding in before.findings if finding.found):
        found = now.get((was.runbook, was.cause))
        if found is None or "explained" in found.facts:
            yield Rechecked(Outcome.UNKNOWN, _bare(replace(was, missing=None)))
        elif found.verdict is Verdict.NOT_CHECKED:
            yield Rechecked(Outcome.UNKNOWN, _bare(found))
        else:
            yield Rechecked(_OUTCOMES[found.verdict], _bare(found), tuple(_differences(was, found)))


def _new(before: Diagnosis, after: Diagnosis) -> Iterator[Rechecked]:
    known = {(finding.runbook, finding.cause) for finding in before.findings if finding.found}
    for finding in after.findings:
        if finding.found and (finding.runbook, finding.cause) not in known:
            yield Rechecked(Outcome.NEW, replace(_bare(finding), fixes=finding.fixes))


def _differences(was: Finding, found: Finding) -> Iterator[Difference]:
    for name in sorted(was.facts.keys() & found.facts.keys()):
        before, after = was.facts[name], found.facts[name]
        if before != after and _is_number(before) and _is_number(after):
            yield Difference(name, before, after)


def _is_number(fact: Fact) -> TypeGuard[int | float | str]:
    """However it is written. What is not known now has not become anything."""
    if isinstance(fact, str):
        return len(fact) <= _LONGEST and bool(_NUMBER.fullmatch(fact))
    return isinstance(fact, int | float) and not isinstance(fact, bool)


def _bare(finding: Finding) -> Finding:
    return replace(finding, evidence=(), fixes=(), charts=())
