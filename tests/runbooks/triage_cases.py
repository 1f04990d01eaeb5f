"""What a cause is found by, and what looks like it but is not: the tables that several tests of triage run over."""

from bot.diagnosis.scene import Scene
from bot.model import Finding, Verdict
from runbooks.triage import decide
from tests.runbooks.table import Row, one

CONFIRMED, LIKELY = Verdict.CONFIRMED, Verdict.LIKELY
RULED_OUT, NOT_CHECKED = Verdict.RULED_OUT, Verdict.NOT_CHECKED


class Case(Row[Scene]):
    def findings(self) -> list[Finding]:
        return decide(self.of)


def found(of: Scene, cause: str) -> Finding:
    return one(decide(of), cause)
