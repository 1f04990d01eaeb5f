"""Look-ups as values: what can be asked of a source, what permission it needs, and what an answer may be.

A look is a small frozen value. Whoever answers it (a client, the demo, a test, a replayed bundle) gets the same value,
so memoising, single flight, time-outs, permissions, metrics and recording are each done once, in the engine.
Nothing here does I/O.
"""

from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from bot.model import Reason, Source

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Read:
    """A permission. For Kubernetes: API group, resources and verbs; `cluster_wide` where a Role cannot give it."""

    source: Source
    group: str = ""
    resources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("get", "list")
    cluster_wide: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A look-up that gave nothing, and why. It is evidence: a cause that needed it is *not checked*."""

    source: Source
    reason: Reason
    verb: str = ""
    resource: str = ""
    namespace: str = ""
    detail: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Unsent(Unavailable):
    """An order that surely was not carried out, because it never left us."""


@dataclass(frozen=True, slots=True)
class Rejected(Unavailable):
    """What was asked was understood, and is not taken as it is: `detail` is what the source said to that, in its own words."""


class Look(Generic[T_co]):
    """A question to a source. Subclasses are frozen dataclasses; `read` is the permission it needs."""

    __slots__ = ()
    read: ClassVar[Read]

    def reproduce(self) -> str:
        """The command that asks the same question by hand, safe to paste; empty where there is none."""
        return ""


class Sources(Protocol):
    """What a runbook sees of the world. Never raises for a failed look-up; refuses what the runbook did not declare."""

    async def look(self, look: Look[T]) -> T | Unavailable: ...


class Answerer(Protocol):
    """Who answers the looks of one source of one cluster: a client, the demo, a fake or a replayed bundle."""

    async def answer(self, look: Look[T]) -> T | Unavailable: ...
