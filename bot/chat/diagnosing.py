"""`/ops diagnose`: from a typed name to one target that the asker may see, and from its diagnosis to an answer.

Which target is meant is settled in private; only a diagnosis is shown in the channel. A diagnosis of the same target that
another command has begun is joined by the engine; that of an incident asks something else. Nothing here looks at a cluster itself.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from bot.chat.diagnosis_screens import DiagnosisScreens
from bot.chat.grammar import Diagnose
from bot.chat.ports import EVERYWHERE, Access, Refusal, Result
from bot.chat.replies import Reply
from bot.chat.waiting import Pace, through
from bot.delivery.message import Message
from bot.delivery.render import Layouts
from bot.diagnosis.naming import UnclearNameError
from bot.diagnosis.resolving import Nowhere, Resolved, resolve
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.watching import Progress, Watch
from bot.heard import Heard
from bot.model import Diagnosis, Target

T = TypeVar("T")
_PRIVATE_PAGES = 2
_THREAD_PAGES = 6


class Engine(Protocol):
    async def ask(self, cluster: str, look: Look[T]) -> T | Unavailable: ...

    async def diagnose(self, target: Target, *, watch: Watch | None = None) -> Diagnosis: ...


def _messages(screens: DiagnosisScreens, diagnosis: Diagnosis, thread: int) -> tuple[Message, ...]:
    """A headline over so many messages of a thread; without one, all that a single person needs."""
    if not thread:
        return screens.whole(diagnosis, most=_PRIVATE_PAGES)
    return screens.headline(diagnosis), *screens.details(diagnosis, most=thread)


@dataclass(frozen=True, slots=True)
class _Told:
    """There is no one target to look at, and this is what the asker hears instead."""

    message: Message
    result: Result = Result.UNCLEAR


@dataclass(frozen=True, slots=True)
class _Meant:
    """`unasked` are clusters that may have it too."""

    target: Target
    unasked: Mapping[str, Unavailable]


@dataclass(slots=True)
class _Latest:
    progress: Progress = field(default_factory=lambda: Progress(0, 0))

    def note(self, progress: Progress) -> None:
        self.progress = progress


@dataclass(frozen=True, slots=True)
class Diagnosing:
    """`clusters` are the names of all of them, the default one first."""

    engine: Engine
    access: Access
    layouts: Layouts
    clusters: Sequence[str]
    pace: Pace = field(default_factory=Pace)

    async def answer(self, asked: Diagnose, heard: Heard, reply: Reply, command: str) -> Result:
        screens = DiagnosisScreens(self.layouts, command)
        looking = screens.looking_for(asked.wanted)
        meant = await through(self._meant(asked, heard, screens), reply, lambda: looking, self.pace)
        if isinstance(meant, _Told):
            await reply.show(meant.message)
            return meant.result
        if asked.public:
            reply.publish()
        latest = _Latest()
        diagnosis = await through(
            self.engine.diagnose(meant.target, watch=latest.note),
            reply,
            lambda: screens.progress(meant.target, latest.progress),
            self.pace,
        )
        await self._show(screens, diagnosis, reply)
        if meant.unasked:
            await reply.add(screens.unasked(asked, meant.unasked))
        return Result.DONE

    async def _show(self, screens: DiagnosisScreens, diagnosis: Diagnosis, reply: Reply) -> None:
        most = _THREAD_PAGES if reply.edits else _PRIVATE_PAGES
        # Of many findings that takes a while, and others are to be acknowledged meanwhile.
        first, *more = await asyncio.to_thread(_messages, screens, diagnosis, most if reply.public else 0)
        await reply.show(first)
        for message in more:
            await reply.add(message)

    async def _meant(self, asked: Diagnose, heard: Heard, screens: DiagnosisScreens) -> _Meant | _Told:
        named = [name for name in self.clusters if name.casefold() == asked.cluster.casefold()]
        clusters = named[:1] if asked.cluster else tuple(self.clusters)
        if not clusters:
            known = ", ".join(self.clusters)
            return _Told(screens.sentence("no_cluster", name=asked.cluster, clusters=known))
        try:
            found = await asyncio.gather(*(resolve(self.engine, name, asked.wanted) for name in clusters))
        except UnclearNameError:
            return _Told(screens.sentence("unclear", said=asked.wanted.name))
        targets = [target for one in found if isinstance(one, tuple) for target in one]
        allowed = self._visible(heard, targets)
        by_cluster = dict(zip(clusters, found, strict=True))
        if len(allowed) == 1:
            return _Meant(allowed[0], _gaps(by_cluster))
        if allowed:
            return _Told(screens.several(asked, allowed))
        return self._none(asked, heard, by_cluster, screens)

    def _none(
        self, asked: Diagnose, heard: Heard, found: dict[str, Resolved], screens: DiagnosisScreens
    ) -> _Told:
        if gaps := _gaps(found):
            return _Told(screens.unseen(asked, gaps), Result.FAILED)
        # Where a channel does not see everything, what is hidden from it and what is not there are answered alike.
        hidden = [target for one in found.values() if isinstance(one, tuple) for target in one]
        limits = [self._refusal(heard, target) for target in hidden] or [
            self._limits(heard, asked.wanted.namespace)
        ]
        if limits[0]:
            return _Told(screens.refused(limits[0]), Result.REFUSED)
        near = [target for one in found.values() if isinstance(one, Nowhere) for target in one.near]
        return _Told(screens.nowhere(asked, tuple(found), self._visible(heard, near)))

    def _visible(self, heard: Heard, targets: Sequence[Target]) -> list[Target]:
        return [target for target in targets if not self._refusal(heard, target)]

    def _refusal(self, heard: Heard, target: Target) -> Refusal | None:
        return self.access.may(heard.user, heard.channel, "diagnose", target.namespace or EVERYWHERE)

    def _limits(self, heard: Heard, namespace: str) -> Refusal | None:
        """Of a namespace that it sees a channel may hear what is not there."""
        return self.access.may(heard.user, heard.channel, "diagnose", namespace or EVERYWHERE)


def _gaps(found: Mapping[str, Resolved]) -> dict[str, Unavailable]:
    return {name: one for name, one in found.items() if isinstance(one, Unavailable)}
