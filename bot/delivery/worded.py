"""A diagnosis in words: frozen and plain, in the shape of the contract's JSON. Nothing here words or lays out."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.delivery.buttons import TickView
from bot.delivery.charts import Picture
from bot.delivery.steps import Step, flat
from bot.model import Missing, Target, Verdict

SCHEMA = 1
# Beside the word of a verdict: told apart by shape, in any colour and in none.
VERDICT_MARKS = {
    Verdict.CONFIRMED: "●",
    Verdict.LIKELY: "◐",
    Verdict.NOT_CHECKED: "○",
    Verdict.RULED_OUT: "–",
}


@dataclass(frozen=True, slots=True)
class WordedEvidence:
    source: str
    text: str
    reproduce: str
    at: datetime | None

    def to_json(self) -> dict[str, Any]:
        return {"source": self.source, "text": self.text, "reproduce": self.reproduce, "at": stamp(self.at)}


@dataclass(frozen=True, slots=True)
class WordedFix:
    """`doing` is what to paste, `checking` how to see that it helped. `repeated`: another finding of the same diagnosis offers
    it already. `put_back_by` names who undoes a fix that does not last, where that is known.
    """

    title: str
    layer: str
    lasting: bool
    doing: tuple[Step, ...]
    patch: str
    risk: str
    checking: tuple[Step, ...]
    repeated: bool = False
    put_back_by: str = ""
    key: str = field(default="", compare=False)
    tick: TickView | None = None

    @property
    def commands(self) -> tuple[str, ...]:
        return tuple(step.command for step in self.doing)

    @property
    def verify(self) -> tuple[str, ...]:
        """Each command, and behind it as a sentence what to expect."""
        return flat(self.checking)

    def to_json(self) -> dict[str, Any]:
        """Nothing but commands is among the commands: what is remarked on them stands with the risk."""
        remarks = (step.remark for step in self.doing)
        return {
            "title": self.title,
            "layer": self.layer,
            "lasting": self.lasting,
            "commands": list(self.commands),
            "patch": self.patch,
            "risk": " ".join(filter(None, (self.risk, *remarks))),
            "verify": list(self.verify),
        }


@dataclass(frozen=True, slots=True)
class WordedGap:
    """What could not be looked at; `text` says what and why, `brief` the same without what only the API's own words add,
    `missing` holds the rest.
    """

    text: str
    missing: Missing
    brief: str = ""

    def to_json(self) -> dict[str, str]:
        missing = self.missing
        return {
            "reason": missing.reason.value,
            "verb": missing.verb,
            "resource": missing.resource,
            "namespace": missing.namespace,
            "grant": missing.grant,
        }


@dataclass(frozen=True, slots=True)
class WordedFinding:
    """`name` is the short noun phrase of the cause, `workloads` how many have it, with the target."""

    runbook: str
    cause: str
    verdict: Verdict
    name: str
    title: str
    detail: str
    evidence: tuple[WordedEvidence, ...]
    fixes: tuple[WordedFix, ...]
    gap: WordedGap | None
    pictures: tuple[Picture, ...] = ()
    workloads: int = 1

    @property
    def mark(self) -> str:
        return VERDICT_MARKS[self.verdict]

    @property
    def grant(self) -> str:
        return self.gap.missing.grant if self.gap else ""

    def to_json(self) -> dict[str, Any]:
        return {
            "runbook": self.runbook,
            "cause": self.cause,
            "verdict": self.verdict.value,
            "title": self.title,
            "detail": self.detail,
            "evidence": [evidence.to_json() for evidence in self.evidence],
            "fixes": [fix.to_json() for fix in self.fixes],
            "missing": self.gap.to_json() if self.gap else None,
        }


@dataclass(frozen=True, slots=True)
class WordedChange:
    at: datetime
    object: str
    text: str

    def to_json(self) -> dict[str, Any]:
        return {"at": stamp(self.at), "object": self.object, "text": self.text}


@dataclass(frozen=True, slots=True)
class WordedDiagnosis:
    target: Target
    runbooks: tuple[str, ...]
    findings: tuple[WordedFinding, ...]
    changes: tuple[WordedChange, ...]
    gaps: tuple[WordedGap, ...]
    took_ms: int

    def of(self, *verdicts: Verdict) -> tuple[WordedFinding, ...]:
        return tuple(finding for finding in self.findings if finding.verdict in verdicts)

    @property
    def found(self) -> tuple[WordedFinding, ...]:
        return self.of(Verdict.CONFIRMED, Verdict.LIKELY)

    @property
    def not_checked(self) -> tuple[WordedFinding, ...]:
        return self.of(Verdict.NOT_CHECKED)

    @property
    def ruled_out(self) -> tuple[WordedFinding, ...]:
        return self.of(Verdict.RULED_OUT)

    def to_json(self) -> dict[str, Any]:
        target = self.target
        return {
            "schema": SCHEMA,
            "target": {
                "cluster": target.cluster,
                "namespace": target.namespace,
                "kind": target.kind,
                "name": target.name,
            },
            "runbooks": list(self.runbooks),
            "findings": [finding.to_json() for finding in self.findings],
            "changes": [change.to_json() for change in self.changes],
            "gaps": [{"text": gap.text, **gap.to_json()} for gap in self.gaps],
            "took_ms": self.took_ms,
        }


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
