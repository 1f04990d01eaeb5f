"""The contract of a runbook: a frozen description with a `collect` that looks and a pure `decide`.

A runbook file imports this, `sources`, `evidence` and `bot.model`, nothing else of the house, and importing it does nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.explaining import Explained
from bot.diagnosis.sources import Read, Sources
from bot.model import Cause, Finding, Target

E = TypeVar("E")


def never(_workload: WorkloadState) -> bool:
    """An `applies` for runbooks that only alerts or a person choose."""
    return False


@dataclass(frozen=True, slots=True)
class Runbook(Generic[E]):
    """`alerts` are matcher strings, any of which chooses the runbook; `applies` chooses it by the workload's snapshot.

    `beside` is for the one that runs beside all others: what it still has to tell where they have explained some of it.
    `kinds` are kinds of target that choose it whatever the alert, such as HorizontalPodAutoscaler. A cause that is
    `benign` is told to whoever asked for the runbook, not to whom `applies` brought it.
    """

    name: str
    alerts: tuple[str, ...]
    causes: tuple[Cause, ...]
    reads: tuple[Read, ...]
    collect: Callable[[Target, Sources], Awaitable[E]]
    decide: Callable[[E], list[Finding]]
    applies: Callable[[WorkloadState], bool] = never
    beside: Callable[[E, tuple[Explained, ...]], list[Finding]] | None = None
    kinds: tuple[str, ...] = ()
    timeout: float = 15.0
