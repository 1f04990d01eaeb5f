"""What the finding of one runbook says about what the fallback sees, and who of them all is told first. Pure.

A crash loop that a refused password explains is not told twice; a panic beside a warning that explains nothing is.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.model import Cause, Finding, Verdict

# The causes of the fallback that another runbook's cause may name in `explains`: of one container, and of the whole.
OF_CONTAINERS = frozenset(
    {"config-error", "crashing", "image-pull", "oom-killed", "probe-failing", "start-error"}
)
OF_THE_WHOLE = frozenset(
    {
        "evicted",
        "job-failed",
        "node-unhealthy",
        "rollout-stuck",
        "scaled-to-zero",
        "scaler-limited",
        "sync-failed",
        "unschedulable",
        "volume-problem",
    }
)


@dataclass(frozen=True, slots=True)
class Explained:
    """One cause of the fallback for which a better answer was found.

    `by` is that answer, as runbook/cause, and `line` is what it quotes. One that is not `certain` explains how a program ended only if the program said
    nothing else at its end.
    """

    cause: str
    by: str
    container: str = ""
    line: str = ""
    certain: bool = True

    def fits(self, cause: str, container: str, error: str) -> bool:
        """Whether it speaks of this end of this container; `error` is the line that the fallback would quote."""
        same_line = error in self.line or bool(self.line and self.line in error)
        return (cause, container) == (self.cause, self.container) and (self.certain or same_line)


class Declared(Protocol):
    """A runbook, as far as it matters here."""

    @property
    def causes(self) -> tuple[Cause, ...]: ...


Runbooks = Mapping[str, Declared]
Found = Mapping[str, tuple[Finding, ...]]


def anything(found: Found) -> bool:
    return any(finding.found for findings in found.values() for finding in findings)


def worth_telling(
    found: Found, runbooks: Runbooks, matched: Collection[str]
) -> dict[str, tuple[Finding, ...]]:
    """Without those that nobody asked for and that found nothing but that all is well."""
    return {
        name: findings
        for name, findings in found.items()
        if name in matched or not _only_benign(findings, runbooks[name])
    }


def _only_benign(findings: Iterable[Finding], runbook: Declared) -> bool:
    benign = {cause.id for cause in runbook.causes if cause.benign}
    causes = {finding.cause for finding in findings if finding.found}
    return bool(causes) and causes <= benign


def explained_by(found: Found, runbooks: Runbooks) -> tuple[Explained, ...]:
    return tuple(
        Explained(
            cause,
            f"{name}/{finding.cause}",
            str(finding.facts.get("container") or ""),
            str(finding.facts.get("line") or ""),
            finding.verdict is Verdict.CONFIRMED,
        )
        for name, findings in found.items()
        for finding in findings
        if finding.found
        for cause in _explains(finding, runbooks)
    )


def _explains(finding: Finding, runbooks: Runbooks) -> tuple[str, ...]:
    return next(cause.explains for cause in runbooks[finding.runbook].causes if cause.id == finding.cause)


def relevance(
    matched: Collection[str], runbooks: Runbooks, containers: Collection[str]
) -> Callable[[Finding], int]:
    """Of one verdict, what comes first: what the alert asks for by its name, then what ends the container that it
    names, then what ends or stops anything, then what does not.
    """

    def rank(finding: Finding) -> int:
        if finding.runbook in matched:
            return 0
        if finding.cause not in OF_CONTAINERS | OF_THE_WHOLE and not _explains(finding, runbooks):
            return 3
        return 1 if finding.facts.get("container") in containers else 2

    return rank
