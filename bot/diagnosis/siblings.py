"""Other workloads of a namespace that fail like one that is looked at: what their logs say. Looks; who is alike is judged pure.

For a runbook that has found something worth searching for. The number of look-ups is bounded: it grows neither with
the number of pods nor beyond `most` workloads, and what is left out is counted.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.diagnosis.containers import places, worst
from bot.diagnosis.evidence import LogTail, PodList, WorkloadState
from bot.diagnosis.looks import PodsOf, SiblingsOf
from bot.diagnosis.scene import Tail, log_of
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Target

T = TypeVar("T")

KINDS = ("Deployment", "StatefulSet")
MOST = 12
PODS_EACH = 50


@dataclass(frozen=True, slots=True)
class Sibling:
    """`tail` is None where no container of it is in trouble, or none has run."""

    target: Target
    tail: Tail | None


@dataclass(frozen=True, slots=True)
class Siblings:
    """`left_out` counts ailing workloads beyond those that were looked into; `gap` is the first look that gave nothing."""

    looked: tuple[Sibling, ...] = ()
    left_out: int = 0
    gap: Unavailable | None = None


def ailing(workload: WorkloadState) -> bool:
    """Has fewer ready or new pods than it should."""
    desired = workload.desired
    if not desired:
        return False
    return any(count is not None and count < desired for count in (workload.ready, workload.updated))


async def look_at_siblings(of: Target, sources: Sources, most: int = MOST) -> Siblings:
    """Lists the ailing workloads, then their pods, then one log of each: three rounds."""
    lists = await asyncio.gather(*(sources.look(SiblingsOf(of.namespace, kind)) for kind in KINDS))
    gaps = [found for found in lists if isinstance(found, Unavailable)]
    candidates: list[WorkloadState] = []
    beyond = 0
    for found in lists:
        if not isinstance(found, Unavailable):
            beyond += found.more
            candidates += (
                one for one in found.workloads if one.target != of and one.selector and ailing(one)
            )
    candidates.sort(key=lambda one: (one.target.kind, one.target.name))
    looked = await asyncio.gather(*(_look_into(one, sources) for one in candidates[:most]))
    gaps += [found for found in looked if isinstance(found, Unavailable)]
    siblings = tuple(found for found in looked if isinstance(found, Sibling))
    return Siblings(siblings, max(len(candidates) - most, 0) + beyond, next(iter(gaps), None))


async def _look_into(workload: WorkloadState, sources: Sources) -> Sibling | Unavailable:
    pods = await sources.look(PodsOf(workload.target.namespace, workload.selector, limit=PODS_EACH))
    if not isinstance(pods, PodList):
        return pods
    staying = (pod for pod in pods.pods if not pod.deleting)
    chosen = worst((place for place in places(staying) if place.lived), 1)
    return Sibling(workload.target, await log_of(chosen[0], sources) if chosen else None)


def alike(
    siblings: Siblings, signature: Callable[[Sequence[str]], T | None]
) -> tuple[tuple[Sibling, T], ...]:
    """Those in whose log this signature is found, with what was found, by kind and name."""
    found = (
        (sibling, signature(sibling.tail.log.lines))
        for sibling in siblings.looked
        if sibling.tail is not None and isinstance(sibling.tail.log, LogTail)
    )
    return tuple((sibling, what) for sibling, what in found if what is not None)


def unread(siblings: Siblings) -> Unavailable | None:
    """Why it is not known of every sibling whether it fails alike; None where it is."""
    logs = (sibling.tail.log for sibling in siblings.looked if sibling.tail is not None)
    return siblings.gap or next((log for log in logs if isinstance(log, Unavailable)), None)
