"""What a cause is found by, and what looks like it but is not: the tables that several tests of triage run over."""

from dataclasses import dataclass, field
from typing import Any

from bot.diagnosis.scene import Scene
from bot.model import Finding, Verdict
from runbooks.triage import decide

CONFIRMED, LIKELY = Verdict.CONFIRMED, Verdict.LIKELY
RULED_OUT, NOT_CHECKED = Verdict.RULED_OUT, Verdict.NOT_CHECKED


@dataclass(frozen=True, slots=True)
class Case:
    """`facts` is what the finding must say at least."""

    name: str
    cause: str
    verdict: Verdict
    of: Scene
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.cause}: {self.name}"

    def check(self) -> None:
        finding = found(self.of, self.cause)
        assert finding.verdict is self.verdict
        assert {name: finding.facts[name] for name in self.facts} == self.facts


def found(of: Scene, cause: str) -> Finding:
    return next(finding for finding in decide(of) if finding.cause == cause)
