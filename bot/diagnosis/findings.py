"""Short ways for `decide` to answer for a cause, so that a runbook reads as its reasoning. Pure.

An `Unavailable` becomes *not checked* with the grant that would allow the look; nothing else may.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.grants import missing
from bot.diagnosis.ownership import Ownership
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """Answers for one cause of one runbook; `weight` is how well it explains other findings of the same verdict."""

    runbook: str
    cause: str
    weight: int = 0

    def confirmed(
        self,
        facts: Facts,
        evidence: Sequence[Observation] = (),
        fixes: Sequence[Fix] = (),
        gap: Unavailable | None = None,
    ) -> Finding:
        return self._found(Verdict.CONFIRMED, facts, (evidence, fixes), gap)

    def likely(
        self,
        facts: Facts,
        evidence: Sequence[Observation] = (),
        fixes: Sequence[Fix] = (),
        gap: Unavailable | None = None,
    ) -> Finding:
        return self._found(Verdict.LIKELY, facts, (evidence, fixes), gap)

    def ruled_out(self, facts: Facts, evidence: Sequence[Observation] = ()) -> Finding:
        return self._found(Verdict.RULED_OUT, facts, (evidence, ()), None)

    def not_checked(self, gap: Unavailable) -> Finding:
        return Finding(
            self.runbook, self.cause, Verdict.NOT_CHECKED, missing=missing(gap), weight=self.weight
        )

    def _found(
        self,
        verdict: Verdict,
        facts: Facts,
        shown: tuple[Sequence[Observation], Sequence[Fix]],
        gap: Unavailable | None,
    ) -> Finding:
        """`gap` is what would have told more about a cause that is known all the same."""
        evidence, fixes = shown
        return Finding(
            self.runbook,
            self.cause,
            verdict,
            facts,
            tuple(evidence),
            tuple(fixes),
            None if gap is None else missing(gap),
            self.weight,
        )


def fixes_where_they_last(key: str, owner: Ownership, facts: Facts) -> tuple[Fix, ...]:
    """One fix for a live object; for an owned one the change at its source, then the same live as a stopgap.

    `KEY-at-source` and `KEY` are worded apart: a patch for whoever owns it, and commands that will be put back.
    """
    known = {**facts, "owner": owner.by, "layer": owner.layer.value}
    if owner.lasting_live:
        return (Fix(key, Layer.LIVE, lasting=True, facts=known),)
    return (
        Fix(f"{key}-at-source", owner.layer, lasting=True, facts=known),
        Fix(key, Layer.LIVE, lasting=False, facts=known),
    )
