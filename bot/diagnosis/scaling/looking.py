"""Finds the autoscaler of a target and looks at what stands around it. Looks only, in at most three rounds; judges nothing.

It asks the same values as `scene`, so that what several runbooks need is asked once.
"""

import asyncio

from bot.diagnosis.changes import SCALABLE_KINDS, WORKLOAD_KINDS
from bot.diagnosis.evidence import EventNote, PodList, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState
from bot.diagnosis.looks import ApplicationOf, EventsOf, PodsOf, ScalersOf, WorkloadOf
from bot.diagnosis.looks_objects import BudgetsOf, QuotasOf
from bot.diagnosis.naming import some
from bot.diagnosis.ownership import application_of
from bot.diagnosis.scaling.shown import history_of
from bot.diagnosis.scaling.situation import Around
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Reason, Source, Target

HPA = "HorizontalPodAutoscaler"

Found = ScalerState | Unavailable | None
Notes = tuple[EventNote, ...] | Unavailable


async def find_scaler(target: Target, sources: Sources) -> tuple[Found, WorkloadState | Unavailable]:
    """The autoscaler and what it scales; None where nothing scales the target."""
    if target.kind not in WORKLOAD_KINDS:
        gap = _not_scaled(target)
        return gap, gap
    workload, named = await asyncio.gather(sources.look(WorkloadOf(target)), _named(target, sources))
    scaler = await _of_workload(workload, sources) if named is None else _first(named)
    return scaler, workload


def _not_scaled(target: Target) -> Unavailable:
    detail = f"{some(target.kind)} is not scaled"
    resource = "horizontalpodautoscalers"
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", resource, target.namespace, detail)


async def look_around_scaler(
    scaler: ScalerState, workload: WorkloadState | Unavailable, sources: Sources
) -> Around:
    namespace = scaler.namespace
    application, pods, (events, refusals), budgets, quotas, history = await asyncio.gather(
        _application(scaler, workload, sources),
        _pods(workload, sources),
        _events(scaler, sources),
        sources.look(BudgetsOf(namespace)),
        sources.look(QuotasOf(namespace)),
        sources.look(history_of(namespace, scaler.name)),
    )
    return Around(workload, application, pods, refusals, events, budgets, quotas, history)


async def _named(target: Target, sources: Sources) -> tuple[ScalerState, ...] | Unavailable | None:
    if target.kind != HPA:
        return None
    return await sources.look(ScalersOf(target.namespace, name=target.name))


async def _of_workload(workload: WorkloadState | Unavailable, sources: Sources) -> Found:
    if isinstance(workload, Unavailable):
        return workload
    owner = workload.target
    if owner.kind not in SCALABLE_KINDS:
        return None
    return _first(await sources.look(ScalersOf(owner.namespace, owner.kind, owner.name)))


def _first(found: tuple[ScalerState, ...] | Unavailable) -> Found:
    if isinstance(found, Unavailable):
        return found
    return min(found, key=lambda scaler: scaler.name, default=None)


async def _application(
    scaler: ScalerState, workload: WorkloadState | Unavailable, sources: Sources
) -> ApplicationState | Unavailable | None:
    """Of the workload, whose count it may write; else of the autoscaler."""
    found = [scaler.marks] if isinstance(workload, Unavailable) else [workload.marks, scaler.marks]
    names = (application_of(marks.labels, marks.annotations, marks.managers) for marks in found)
    name = next(filter(None, names), "")
    return await sources.look(ApplicationOf(name)) if name else None


async def _pods(workload: WorkloadState | Unavailable, sources: Sources) -> PodList | Unavailable | None:
    if isinstance(workload, Unavailable):
        return workload
    if not workload.selector:
        return None
    return await sources.look(PodsOf(workload.target.namespace, workload.selector))


async def _events(scaler: ScalerState, sources: Sources) -> tuple[Notes, Notes]:
    """Of the autoscaler, and of what it scales."""
    objects = ((HPA, scaler.name), (scaler.target_kind, scaler.target_name))
    looks = (EventsOf(scaler.namespace, kind, name, warnings_only=False) for kind, name in objects)
    own, scaled = await asyncio.gather(*(sources.look(look) for look in looks))
    return own, scaled
