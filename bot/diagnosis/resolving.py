"""From what a person typed to what there is of that name in a cluster: one thing, several, none, or nobody could look.

Says it as a value; how a person is told, and what to do about several, belongs to whoever asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.diagnosis.looks import FindTargets
from bot.diagnosis.naming import CLUSTER_WIDE, Asked, UnclearNameError
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Target

T = TypeVar("T")

# Of these a refused look is no reason to stop: their runbooks say what could not be seen, and why.
_TAKEN_AT_ITS_WORD = frozenset(
    {"HorizontalPodAutoscaler", "Service", "Application", "ExternalSecret", "SecretStore", *CLUSTER_WIDE}
)
_UNSEEN = frozenset({Reason.FORBIDDEN, Reason.NOT_READY})


class Asks(Protocol):
    """The engine, to those who only look."""

    async def ask(self, cluster: str, look: Look[T]) -> T | Unavailable: ...


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nothing is called so; `near` are the names that come close."""

    near: tuple[Target, ...] = ()
    detail: str = ""


Resolved = tuple[Target, ...] | Nowhere | Unavailable


async def resolve(asks: Asks, cluster: str, wanted: Asked) -> Resolved:
    """One target or more of exactly that name, the likeliest first."""
    if wanted.kind == "PersistentVolumeClaim":  # nothing looks for one by its name
        if not wanted.namespace:
            raise UnclearNameError(
                f"a {wanted.kind} needs its namespace: write namespace/{wanted.kind.lower()}/name"
            )
        return (Target(cluster, wanted.namespace, wanted.kind, wanted.name),)
    found = await asks.ask(cluster, FindTargets(wanted.name, wanted.namespace, wanted.kind))
    if isinstance(found, Unavailable):
        return _unseen(wanted, cluster, found)
    exact = tuple(_owners_first(target for target in found if target.name == wanted.name))
    return exact or Nowhere(found)


def _unseen(wanted: Asked, cluster: str, gap: Unavailable) -> Resolved:
    """The target as it was typed, where that names exactly one thing."""
    if gap.reason is Reason.NOT_FOUND:
        return Nowhere(detail=gap.detail)
    placed = wanted.namespace or wanted.kind in {*CLUSTER_WIDE, "Application"}
    if placed and wanted.kind in _TAKEN_AT_ITS_WORD and gap.reason in _UNSEEN:
        return (Target(cluster, wanted.namespace, wanted.kind, wanted.name),)
    return gap


def _owners_first(found: Iterable[Target]) -> list[Target]:
    """A bare name that a workload bears means the workload, not a Job or Pod of the same name beside it."""
    ordered = sorted(found)
    return [target for target in ordered if target.kind not in {"Pod", "Job"}] or ordered
