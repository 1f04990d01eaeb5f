"""A row of a table of verdicts: what is known, one cause, and what must be said of it. Each runbook has a table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bot.model import Finding, Verdict

E = TypeVar("E")


@dataclass(frozen=True)
class Row(Generic[E]):
    """`facts` is what the finding must say at least. A runbook's own kind of row says how it decides."""

    name: str
    cause: str
    verdict: Verdict
    of: E
    facts: dict[str, Any] = field(default_factory=dict)

    def findings(self) -> list[Finding]:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.cause}: {self.name}"

    def check(self) -> None:
        finding = one(self.findings(), self.cause)
        assert finding.verdict is self.verdict
        assert {name: finding.facts[name] for name in self.facts} == self.facts


def one(findings: Iterable[Finding], cause: str) -> Finding:
    return next(finding for finding in findings if finding.cause == cause)


def verdicts(rows: Iterable[Any]) -> dict[str, set[Verdict]]:
    """By cause, what the table has of it: a table that only ever finds a cause says nothing."""
    seen: dict[str, set[Verdict]] = {}
    for row in rows:
        seen.setdefault(row.cause, set()).add(row.verdict)
    return seen
