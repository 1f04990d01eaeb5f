"""From what `decide` said, or from why it could not, to one finding per declared cause, in the order of the contract.

Pure. A runbook that fails, is too slow or forgets a cause leaves *not checked*, never silence.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from bot.diagnosis.boundary import Failure, Trouble
from bot.diagnosis.explaining import OF_CONTAINERS
from bot.diagnosis.grants import missing
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Look
from bot.diagnosis.view import gap_of
from bot.model import Finding, Missing, Reason, Source, Verdict

_ORDER = {
    Verdict.CONFIRMED: 0,
    Verdict.LIKELY: 1,
    Verdict.NOT_CHECKED: 2,
    Verdict.RULED_OUT: 3,
}


def ordered(
    findings: Iterable[Finding], rank: Callable[[Finding], int] = lambda _finding: 0
) -> tuple[Finding, ...]:
    """Confirmed, likely, not checked, ruled out; within one by `rank`, then best supported first, then by name."""
    return tuple(sorted(findings, key=lambda f: (_ORDER[f.verdict], rank(f), -f.weight, f.runbook, f.cause)))


def unanswered(runbook: Runbook[Any], failure: Failure, pending: Sequence[Look[Any]]) -> tuple[Finding, ...]:
    """Every cause of a runbook that did not end well; a time-out names the look that it still waited for."""
    gap = _why(runbook, failure, pending)
    return tuple(_not_checked(runbook, cause.id, gap) for cause in runbook.causes)


def completed(runbook: Runbook[Any], said: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """One finding per declared cause, and the sentences for the log about each breach of that contract."""
    explains = {cause.id: cause.explains for cause in runbook.causes}
    declared = list(explains)
    first: dict[str, Finding] = {}
    defects: list[str] = []
    for finding in said:
        if finding.cause not in declared or finding.runbook != runbook.name:
            defects.append(f"answers for {finding.runbook}/{finding.cause}, which it does not declare")
        elif finding.cause in first:
            defects.append(f"answers twice for {finding.cause}")
        else:
            first[finding.cause] = finding
    gap = _defect(runbook, "RunbookError")
    findings: list[Finding] = []
    for cause in declared:
        finding = first.get(cause) or _not_checked(runbook, cause, gap)
        if cause not in first:
            defects.append(f"does not answer for {cause}")
        elif finding.verdict is Verdict.NOT_CHECKED and finding.missing is None:
            defects.append(f"does not say what was missing for {cause}")
            finding = replace(finding, missing=gap)
        elif finding.found and not finding.facts.get("container") and OF_CONTAINERS & set(explains[cause]):
            defects.append(f"does not name the container that {cause} explains")
        findings.append(finding)
    return tuple(findings), tuple(defects)


def _not_checked(runbook: Runbook[Any], cause: str, gap: Missing) -> Finding:
    return Finding(runbook.name, cause, Verdict.NOT_CHECKED, missing=gap)


def _why(runbook: Runbook[Any], failure: Failure, pending: Sequence[Look[Any]]) -> Missing:
    if failure.trouble is not Trouble.TIMEOUT:
        return _defect(runbook, failure.error)
    if pending:
        return missing(gap_of(pending[0], Reason.TIMEOUT, f"{runbook.name} ran out of time waiting for it"))
    return replace(_defect(runbook, failure.error), reason=Reason.TIMEOUT, detail="ran out of time")


def _defect(runbook: Runbook[Any], error: str) -> Missing:
    """The contract has no reason for a defect of ours; `run runbook/NAME` says what did not come about."""
    source = runbook.reads[0].source if runbook.reads else Source.KUBERNETES
    detail = f"the runbook ended in an error ({error}); the log says more"
    return Missing(source, Reason.NOT_READY, "run", f"runbook/{runbook.name}", detail=detail)
