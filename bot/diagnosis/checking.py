"""Does every runbook keep the contract? Run by the tests for the house's own, and at start for a team's own runbooks.

Says what is wrong in sentences that name the runbook, and mends nothing; one that fails here is not loaded.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from bot.diagnosis.boundary import Failure, guarded
from bot.diagnosis.explaining import OF_CONTAINERS, OF_THE_WHOLE
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Look, Read, Unavailable
from bot.diagnosis.view import covers, gap_of
from bot.matchers import MatcherError, parse_matchers
from bot.model import Finding, Reason, Source, Target, Verdict

T = TypeVar("T")

LONGEST = 60.0
_VERBS = frozenset({"get", "list", "watch"})
_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Rollout",
    "Job",
    "CronJob",
    "Pod",
    "HorizontalPodAutoscaler",
    "Service",
    "Node",
    "PersistentVolumeClaim",
    "Application",
    "",
)


class Blind:
    """Sources that can see nothing, and note what a runbook asked without having declared it."""

    def __init__(self, reads: Sequence[Read]) -> None:
        self._reads = reads
        self.undeclared: set[str] = set()

    async def look(self, look: Look[T]) -> T | Unavailable:
        if not covers(self._reads, look.read):
            self.undeclared.add(type(look).__name__)
        return gap_of(look, Reason.UNREACHABLE)


async def check_catalog(runbooks: Sequence[Runbook[Any]]) -> list[str]:
    """One sentence for every breach; empty when all is well."""
    said: list[str] = []
    seen: set[str] = set()
    for runbook in runbooks:
        if runbook.name in seen:
            said.append(f"{runbook.name}: another runbook has this name")
        seen.add(runbook.name)
        said.extend(f"{runbook.name}: {wrong}" for wrong in _declared_wrong(runbook))
        said.extend(f"{runbook.name}: {wrong}" for wrong in await _blindly_wrong(runbook))
    return said


def _declared_wrong(runbook: Runbook[Any]) -> Iterator[str]:
    ids = [cause.id for cause in runbook.causes]
    if not runbook.name or not runbook.name.isidentifier():
        yield "the name must be like a Python name, because it names files"
    if not ids:
        yield "declares no cause"
    yield from (f"declares the cause {cause} twice" for cause in dict.fromkeys(ids) if ids.count(cause) > 1)
    for cause in runbook.causes:
        unknown = sorted(set(cause.explains) - OF_CONTAINERS - OF_THE_WHOLE)
        if unknown:
            yield f"the cause {cause.id} explains {', '.join(unknown)}, which is no cause of triage"
    for text in runbook.alerts:
        try:
            parse_matchers(text)
        except MatcherError as error:
            yield f"matcher {error}"
    if not 0 < runbook.timeout <= LONGEST:
        yield f"the time-out must be above 0 and at most {LONGEST:g} s, not {runbook.timeout:g}"
    for read in runbook.reads:
        yield from _read_wrong(read)


def _read_wrong(read: Read) -> Iterator[str]:
    """A runbook only ever reads, and says exactly what."""
    writes = sorted(set(read.verbs) - _VERBS)
    if writes:
        yield f"a read may not {', '.join(writes)}"
    if read.source is Source.KUBERNETES and not read.resources:
        yield "a read of Kubernetes names no resource"
    if "*" in (read.group, *read.resources):
        yield "a read may not ask for everything (*)"


async def _blindly_wrong(runbook: Runbook[Any]) -> list[str]:
    """With nothing to see, a runbook must say so for every cause, whatever the target."""
    said: dict[str, None] = {}
    for kind in _KINDS:
        sources = Blind(runbook.reads)
        target = Target("check", "" if kind == "Node" else "check", kind, "check")
        answer = await guarded(
            _decide(runbook, target, sources), seconds=runbook.timeout, doing=f"check {runbook.name}"
        )
        said.update(
            dict.fromkeys(f"looks with {name} without declaring it" for name in sorted(sources.undeclared))
        )
        if isinstance(answer, Failure):
            said[f"fails with {answer.error} when nothing can be looked at"] = None
        else:
            said.update(dict.fromkeys(_claims(runbook, answer)))
    return list(said)


async def _decide(runbook: Runbook[Any], target: Target, sources: Blind) -> list[Finding]:
    return runbook.decide(await runbook.collect(target, sources))


def _claims(runbook: Runbook[Any], findings: Sequence[Finding]) -> Iterator[str]:
    declared = sorted(cause.id for cause in runbook.causes)
    answered = sorted(finding.cause for finding in findings)
    if declared != answered:
        yield "does not answer for every declared cause exactly once"
    for finding in findings:
        if finding.runbook != runbook.name:
            yield f"answers as {finding.runbook}"
        if finding.verdict is not Verdict.NOT_CHECKED:
            yield f"says {finding.verdict.value} for {finding.cause} when nothing can be looked at"
        elif finding.missing is None:
            yield f"does not say what was missing for {finding.cause}"
