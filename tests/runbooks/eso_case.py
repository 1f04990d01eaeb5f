"""What a case of eso_sync_failed is, for the tables of its tests."""

from dataclasses import dataclass, field
from typing import Any

from bot.diagnosis.external_secrets.situation import Situation
from bot.model import Finding, Verdict
from runbooks.eso_sync_failed import decide

CONFIRMED, LIKELY = Verdict.CONFIRMED, Verdict.LIKELY
RULED_OUT, NOT_CHECKED = Verdict.RULED_OUT, Verdict.NOT_CHECKED


@dataclass(frozen=True, slots=True)
class Case:
    """`facts` is what the finding must say at least."""

    name: str
    cause: str
    verdict: Verdict
    of: Situation
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.cause}: {self.name}"

    def check(self) -> None:
        finding = found(self.of, self.cause)
        assert finding.verdict is self.verdict
        assert {name: finding.facts[name] for name in self.facts} == self.facts


def found(of: Situation, cause: str) -> Finding:
    return next(finding for finding in decide(of) if finding.cause == cause)
