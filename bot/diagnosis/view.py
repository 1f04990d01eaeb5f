"""What one diagnosis sees of the world: every look is asked once, has its own time-out, and is measured.

A `View` is shared by all runbooks of a diagnosis; each runbook gets a `Lens` that refuses what it did not declare.
Nothing here judges an answer, and a failed look is an answer like any other.
"""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from bot.diagnosis.boundary import Failure, RunbookError, Trouble, guarded
from bot.diagnosis.sources import Answerer, Look, Read, Unavailable
from bot.diagnosis.watching import Progress, Watch, ignored
from bot.model import Reason, Source, Target
from bot.observe import LOOK_SECONDS, LOOKS

T = TypeVar("T")


# What to set, where nothing tells this bot where a source is.
_SETTINGS = {
    Source.KUBERNETES: "KUBECONFIG is not set",
    Source.PROMETHEUS: "PROMETHEUS_URL is not set",
}


def covers(declared: Sequence[Read], needed: Read) -> bool:
    """Whether what was declared includes what a look needs; the reason given with it does not matter."""
    return any(
        read.source is needed.source
        and read.group == needed.group
        and set(needed.resources) <= set(read.resources)
        and set(needed.verbs) <= set(read.verbs)
        for read in declared
    )


def gap_of(look: Look[Any], reason: Reason, detail: str = "") -> Unavailable:
    """The gap that a look leaves when its answerer said nothing itself."""
    target = getattr(look, "target", None)
    namespace = target.namespace if isinstance(target, Target) else getattr(look, "namespace", "")
    read = look.read
    kubernetes = read.source is Source.KUBERNETES
    verb, resource = next(zip(read.verbs, read.resources, strict=False), ("", "")) if kubernetes else ("", "")
    return Unavailable(read.source, reason, verb, resource, namespace, detail, read.group)


@dataclass(slots=True)
class View:
    """The memoised, single-flight world of one diagnosis. What a replay needs: `answers`, `seconds`, `unanswered`."""

    answerers: Mapping[Source, Answerer]
    look_timeout: float
    watch: Watch = ignored
    seconds: dict[Look[Any], float] = field(default_factory=dict)
    _asked: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)

    async def ask(self, look: Look[T]) -> T | Unavailable:
        task = self._asked.get(look)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._timed(look))
            self._asked[look] = task
            self._tell()
        # One runbook's time-out must not take the answer away from another that waits for it too.
        return cast("T | Unavailable", await asyncio.shield(task))

    @property
    def answers(self) -> dict[Look[Any], Any]:
        return {
            cast("Look[Any]", look): task.result()
            for look, task in self._asked.items()
            if task.done() and not task.cancelled()
        }

    @property
    def pending(self) -> tuple[Look[Any], ...]:
        return tuple(cast("Look[Any]", look) for look, task in self._asked.items() if not task.done())

    @property
    def unanswered(self) -> tuple[Look[Any], ...]:
        """What is still open, or was when this was closed."""
        return tuple(cast("Look[Any]", look) for look in self._asked if look not in self.seconds)

    async def close(self) -> None:
        waiting = [task for task in self._asked.values() if not task.done()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _timed(self, look: Look[T]) -> T | Unavailable:
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await self._answer(look)
        self.seconds[look] = loop.time() - began
        self._tell()
        return answer

    def _tell(self) -> None:
        waiting = next(iter(self.unanswered), None)
        source = waiting.read.source if waiting else None
        self.watch(Progress(len(self.seconds), len(self._asked), source))

    async def _answer(self, look: Look[T]) -> T | Unavailable:
        source = look.read.source
        answerer = self.answerers.get(source)
        if answerer is None:
            LOOKS.labels(source, Reason.NOT_CONFIGURED).inc()
            return gap_of(look, Reason.NOT_CONFIGURED, _SETTINGS.get(source, ""))
        with LOOK_SECONDS.labels(source).time():
            answer = await guarded(
                answerer.answer(look), seconds=self.look_timeout, doing=f"look {type(look).__name__}"
            )
        if isinstance(answer, Failure):
            answer = _failed(look, answer, self.look_timeout)
        LOOKS.labels(source, answer.reason if isinstance(answer, Unavailable) else "ok").inc()
        return answer


def _failed(look: Look[Any], failure: Failure, seconds: float) -> Unavailable:
    if failure.trouble is Trouble.TIMEOUT:
        return gap_of(look, Reason.TIMEOUT, f"no answer within {seconds:g} s")
    return gap_of(look, Reason.UNREACHABLE, f"the client failed with {failure.error}; the log says more")


@dataclass(slots=True)
class Lens:
    """The `Sources` of one runbook. An undeclared look is a defect of the runbook, and is remembered even if caught."""

    view: View
    reads: tuple[Read, ...]
    refused: list[str] = field(default_factory=list)
    _asked: list[Look[Any]] = field(default_factory=list)

    @property
    def pending(self) -> tuple[Look[Any], ...]:
        """What this runbook still waits for, in the order in which it asked."""
        open_looks = set(self.view.pending)
        return tuple(look for look in self._asked if look in open_looks)

    async def look(self, look: Look[T]) -> T | Unavailable:
        if not covers(self.reads, look.read):
            self.refused.append(type(look).__name__)
            raise RunbookError(f"{type(look).__name__} needs a read that was not declared: {look.read}")
        self._asked.append(look)
        return await self.view.ask(look)
