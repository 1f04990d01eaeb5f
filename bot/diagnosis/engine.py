"""Runs the runbooks of a target under one deadline with one shared view of the cluster, and adds what changed.

The engine judges nothing and words nothing. Whatever a runbook or a client does, a diagnosis comes out in time, with
every declared cause answered. A diagnosis that is already running for the same question is joined, not repeated.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from bot.diagnosis.answers import completed, ordered, unanswered
from bot.diagnosis.boundary import Failure, RunbookError, Trouble, guarded
from bot.diagnosis.changes import CHANGE_READS, WORKLOAD_KINDS, what_changed
from bot.diagnosis.choosing import CONTAINER, Choice, Chooser, ExtraMatch
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.explaining import Explained, anything, explained_by, relevance, worth_telling
from bot.diagnosis.grants import missing
from bot.diagnosis.joining import Joining
from bot.diagnosis.looks import WorkloadOf
from bot.diagnosis.recording import Asked, Recording
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Answerer, Look, Read, Unavailable
from bot.diagnosis.view import Lens, View, gap_of
from bot.diagnosis.watching import Progress, Watch
from bot.model import Alert, Change, Diagnosis, Finding, Missing, Reason, Source, Target
from bot.observe import DIAGNOSES, DIAGNOSIS_SECONDS, log

T = TypeVar("T")
# What has been collected is judged, even at the end of a diagnosis.
_TO_DECIDE = 1.0
Changed = tuple[tuple[Change, ...], tuple[Missing, ...]]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Seconds; `extra` are the configured matches of alerts to runbooks.

    Judges read whole logs, so others are served meanwhile; where a clock jumps while it waits, they are not to be waited for.
    """

    deadline: float = 25.0
    look_timeout: float = 8.0
    extra: tuple[ExtraMatch, ...] = ()
    judges_in_threads: bool = True


@dataclass(frozen=True, slots=True)
class _Question:
    """Two that differ only in how they were asked are one."""

    target: Target
    choice: Choice
    since: datetime | None
    containers: frozenset[str]
    asked: Asked = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a runbook collected, or why it did not, and what it looked through."""

    evidence: Any
    lens: Lens


@dataclass(frozen=True, slots=True)
class _Session:
    """One diagnosis: what everyone in it shares. `ends` is in the time of the event loop."""

    target: Target
    view: View
    ends: float

    @property
    def left(self) -> float:
        return max(self.ends - asyncio.get_running_loop().time(), 0.0)


class Engine:
    def __init__(
        self,
        runbooks: Sequence[Runbook[Any]],
        answerers: Mapping[str, Mapping[Source, Answerer]],
        *,
        clock: Callable[[], datetime],
        options: EngineOptions | None = None,
    ) -> None:
        self._runbooks = {runbook.name: runbook for runbook in runbooks}
        self._answerers = answerers
        self._clock = clock
        self._options = options or EngineOptions()
        self._runs = Joining(self._run)
        self.chooser = Chooser(runbooks, self._options.extra)

    @property
    def reads(self) -> tuple[Read, ...]:
        """Every permission that a diagnosis may use; what `opsbot rbac` and `opsbot check` are made of."""
        declared = (read for runbook in self._runbooks.values() for read in runbook.reads)
        return tuple(dict.fromkeys((*declared, *CHANGE_READS)))

    async def diagnose(
        self,
        target: Target,
        *,
        names: Sequence[str] | None = None,
        alerts: Sequence[Alert] = (),
        since: datetime | None = None,
        watch: Watch | None = None,
    ) -> Diagnosis:
        """Run `names`, or the runbooks that fit `alerts`, the kind of the target or the workload as it is.

        Of the fallback is shown what they do not explain. `since` is when the trouble began; by default the start of the
        earliest alert, or now.
        """
        question = self._question(target, names, alerts, since)
        return (await self._runs.join(question, watch)).diagnosis

    async def record(
        self,
        target: Target,
        *,
        names: Sequence[str] | None = None,
        alerts: Sequence[Alert] = (),
        since: datetime | None = None,
    ) -> Recording:
        """Like `diagnose`, with the answers that it was made from."""
        return await self._runs.join(self._question(target, names, alerts, since))

    def _question(
        self, target: Target, names: Sequence[str] | None, alerts: Sequence[Alert], since: datetime | None
    ) -> _Question:
        labels = self.chooser.telling(alert.labels for alert in alerts)
        choice = self.chooser.choose(names, target.kind, labels)
        began = since or min((alert.starts_at for alert in alerts), default=None)
        asked = Asked(None if names is None else tuple(names), labels, began)
        containers = frozenset(one[CONTAINER] for one in labels if one.get(CONTAINER))
        return _Question(target, choice, began, containers, asked)

    async def ask(self, cluster: str, look: Look[T]) -> T | Unavailable:
        """One look outside of a diagnosis, with the same time-out and the same metrics."""
        view = View(self._answerers.get(cluster, {}), self._options.look_timeout)
        try:
            return await view.ask(look)
        finally:
            await view.close()

    async def owner(self, target: Target) -> Target:
        """The workload behind a target, so that many pods of one workload cost one diagnosis; else the target itself.

        A kind that has a runbook of its own stays: the workload would not say which of its autoscalers is meant.
        """
        if target.kind not in WORKLOAD_KINDS or self.chooser.chooses_by(target.kind):
            return target
        workload = await self.ask(target.cluster, WorkloadOf(target))
        return target if isinstance(workload, Unavailable) else workload.target

    async def close(self) -> None:
        """Cancel what still runs and wait until it has ended."""
        await self._runs.close()

    async def _run(self, question: _Question, watchers: Sequence[Watch]) -> Recording:
        def tell(progress: Progress) -> None:
            for watch in watchers:
                watch(progress)

        loop = asyncio.get_running_loop()
        began, now = loop.time(), self._clock()
        view = View(self._answerers.get(question.target.cluster, {}), self._options.look_timeout, tell)
        session = _Session(question.target, view, began + self._options.deadline)
        try:
            found, (changes, gaps) = await asyncio.gather(
                self._chosen(session, question.choice), self._changes(session, question.since or now)
            )
        finally:
            await view.close()
        took = loop.time() - began
        DIAGNOSIS_SECONDS.observe(took)
        diagnosis = Diagnosis(
            target=question.target,
            runbooks=tuple(found),
            findings=ordered(
                (finding for findings in found.values() for finding in findings),
                relevance(question.choice.matched, self._runbooks, question.containers),
            ),
            changes=changes,
            gaps=gaps,
            at=now,
            took_ms=round(took * 1000),
        )
        return Recording(
            question.asked, diagnosis, view.answers, view.seconds, view.unanswered, self._options.deadline
        )

    async def _chosen(self, session: _Session, choice: Choice) -> dict[str, tuple[Finding, ...]]:
        """What each runbook found. Of the fallback only what no other explains, or all where none found anything."""
        if choice.named is not None:
            return await self._all_findings(session, choice.named)
        fallback = [self._runbooks[name] for name in self.chooser.fallback()]
        aside = asyncio.gather(*(self._seen(session, runbook) for runbook in fallback))
        try:
            names = await self._fitting(session, choice)
            found = worth_telling(await self._all_findings(session, names), self._runbooks, choice.matched)
            explained = explained_by(found, self._runbooks)
            seen = await aside
        finally:
            aside.cancel()
        left = {
            runbook.name: await self._judged(session, runbook, one, explained)
            for runbook, one in zip(fallback, seen, strict=True)
        }
        return {**found, **left} if anything(left) or not anything(found) else found

    async def _all_findings(self, session: _Session, names: Sequence[str]) -> dict[str, tuple[Finding, ...]]:
        found = await asyncio.gather(*(self._findings(session, self._runbooks[name]) for name in names))
        return dict(zip(names, found, strict=True))

    async def _fitting(self, session: _Session, choice: Choice) -> tuple[str, ...]:
        if not choice.by_symptoms:
            return choice.matched
        workload = await self._workload(session)
        return choice.matched if workload is None else self.chooser.with_symptoms(choice, workload)

    async def _workload(self, session: _Session) -> WorkloadState | Unavailable | None:
        if session.target.kind not in WORKLOAD_KINDS:
            return None
        look = WorkloadOf(session.target)
        answer = await guarded(session.view.ask(look), seconds=session.left, doing="look WorkloadOf")
        return gap_of(look, Reason.TIMEOUT) if isinstance(answer, Failure) else answer

    async def _findings(self, session: _Session, runbook: Runbook[Any]) -> tuple[Finding, ...]:
        return await self._judged(session, runbook, await self._seen(session, runbook))

    async def _seen(self, session: _Session, runbook: Runbook[Any]) -> _Seen:
        lens = Lens(session.view, runbook.reads)
        seconds = min(runbook.timeout, session.left)
        doing = f"runbook {runbook.name}"
        return _Seen(
            await guarded(_collect(session.target, lens, runbook), seconds=seconds, doing=doing), lens
        )

    async def _judged(
        self, session: _Session, runbook: Runbook[Any], seen: _Seen, explained: tuple[Explained, ...] = ()
    ) -> tuple[Finding, ...]:
        said = seen.evidence
        if not isinstance(said, Failure):
            judge = partial(_decide, runbook, said, explained)
            work = asyncio.to_thread(judge) if self._options.judges_in_threads else _inline(judge)
            said = await guarded(work, seconds=max(session.left, _TO_DECIDE), doing=f"runbook {runbook.name}")
        if isinstance(said, Failure):
            DIAGNOSES.labels(runbook.name, said.trouble).inc()
            return unanswered(runbook, said, seen.lens.pending)
        findings, defects = completed(runbook, said)
        for defect in defects:
            log.error("broke its contract", runbook=runbook.name, defect=defect)
        DIAGNOSES.labels(runbook.name, Trouble.DEFECT if defects else "ok").inc()
        return findings

    async def _changes(self, session: _Session, since: datetime) -> Changed:
        workload = await self._workload(session)
        lens = Lens(session.view, CHANGE_READS)
        doing = f"what changed for {session.target}"
        found = await guarded(
            what_changed(session.target, workload, lens, since), seconds=session.left, doing=doing
        )
        if not isinstance(found, Failure):
            return found
        late = "the diagnosis ran out of time"
        gaps = [gap_of(look, Reason.TIMEOUT, late) for look in lens.pending]
        if not gaps:
            reason = Reason.TIMEOUT if found.trouble is Trouble.TIMEOUT else Reason.NOT_READY
            gaps = [Unavailable(Source.KUBERNETES, reason, "run", "changes", detail=found.error)]
        return (), tuple(missing(gap) for gap in gaps)


async def _collect(target: Target, lens: Lens, runbook: Runbook[Any]) -> Any:
    evidence = await runbook.collect(target, lens)
    if lens.refused:
        raise RunbookError(f"{runbook.name} hid that it was refused: {', '.join(lens.refused)}")
    return evidence


def _decide(runbook: Runbook[Any], evidence: Any, explained: tuple[Explained, ...]) -> list[Finding]:
    if explained and runbook.beside is not None:
        return runbook.beside(evidence, explained)
    return runbook.decide(evidence)


async def _inline(judge: Callable[[], T]) -> T:
    return judge()
