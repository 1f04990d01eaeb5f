"""Answers the looks at what runs: workloads, their pods, revisions, logs, and the events about any of them.

It reads metadata wherever that is enough, and never a list without a selector or a limit.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_calls import (
    CONTROLLER_REVISION,
    EVENT,
    PAGE,
    POD,
    REPLICA_SET,
    WORKLOADS,
    Call,
    field_selector,
    get,
    listing,
)
from bot.clients.kubernetes_find import find_targets
from bot.clients.kubernetes_json import Json, count, part, rows, text
from bot.clients.kubernetes_logs import log_head, log_tail
from bot.clients.kubernetes_notes import newest_events
from bot.clients.kubernetes_owners import Owners
from bot.clients.kubernetes_pods import pod_state
from bot.clients.kubernetes_workloads import (
    belongs,
    controller_revision,
    newest_first,
    replica_set_revision,
    workload_state,
)
from bot.diagnosis.evidence import EventNote, LogTail, PodList, Revision, WorkloadList, WorkloadState
from bot.diagnosis.looks import (
    EventsOf,
    FindTargets,
    LogHead,
    LogOf,
    PodsOf,
    RevisionsOf,
    SiblingsOf,
    WorkloadOf,
)
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Target

_MOST_PAGES = 10
# In what a controller keeps the earlier templates of a workload.
_BY_SETS = frozenset({"Deployment", "Rollout"})
_BY_REVISIONS = frozenset({"StatefulSet", "DaemonSet"})


class Running:
    def __init__(self, api: KubernetesApi, cluster: str) -> None:
        self._api = api
        self._cluster = cluster
        self._owners = Owners(api, cluster)

    @property
    def ways(self) -> Mapping[type[Look[Any]], Any]:
        return {
            FindTargets: self._find,
            WorkloadOf: self._workload,
            SiblingsOf: self._siblings,
            PodsOf: self._pods,
            LogOf: self._log,
            LogHead: self._head,
            EventsOf: self._events,
            RevisionsOf: self._revisions,
        }

    async def _find(self, look: FindTargets) -> tuple[Target, ...] | Unavailable:
        return await find_targets(self._api, self._cluster, look)

    async def _workload(self, look: WorkloadOf) -> WorkloadState | Unavailable:
        return await self._owners.workload_of(look.target)

    async def _siblings(self, look: SiblingsOf) -> WorkloadList | Unavailable:
        kind = WORKLOADS.get(look.kind)
        call = listing(kind or POD, look.namespace, limit=max(1, look.limit))
        if kind is None or not look.namespace:
            what = f"{look.kind} is not a kind that runs pods" if kind is None else "there is no namespace"
            return call.failed(Reason.NOT_FOUND, what)
        answer = await self._api.json(call)
        if isinstance(answer, Unavailable):
            return answer
        items = rows(answer, "items")
        states = await asyncio.to_thread(
            lambda: tuple(workload_state(self._cluster, look.kind, item) for item in items)
        )
        more = await self._more(call, answer)
        return WorkloadList(tuple(sorted(states, key=lambda state: state.target)), more)

    async def _pods(self, look: PodsOf) -> PodList | Unavailable:
        if look.pod:
            pod = await self._api.json(get(POD, look.namespace, look.pod))
            return pod if isinstance(pod, Unavailable) else PodList((pod_state(pod),))
        few = look.limit < PAGE
        call = listing(POD, look.namespace, labels=look.selector, limit=look.limit if few else PAGE)
        if not look.selector:  # every pod of the namespace would be a wrong answer
            return call.failed(Reason.NOT_FOUND, "there is no selector to find its pods by")
        answer = await self._api.json(call)
        if isinstance(answer, Unavailable):
            return answer
        # Hundreds of pods take the tenth of a second; the loop has webhooks to answer meanwhile.
        pods = await asyncio.to_thread(lambda: tuple(pod_state(item) for item in rows(answer, "items")))
        if few:
            return PodList(pods, int(bool(text(part(answer, "metadata").get("continue")))))
        return PodList(pods, await self._more(call, answer))

    async def _more(self, call: Call, answer: Json) -> int:
        """How many lie beyond the page. With a selector the API server does not say it, so the rest is counted."""
        metadata = part(answer, "metadata")
        counted, pages = 0, 0
        while token := text(metadata.get("continue")):
            remaining = count(metadata.get("remainingItemCount"))
            if remaining or pages == _MOST_PAGES:
                return counted + max(1, remaining)
            rest = await self._api.json(replace(call, metadata=True).page(token))
            if isinstance(rest, Unavailable):
                return counted + 1
            counted, pages = counted + len(rows(rest, "items")), pages + 1
            metadata = part(rest, "metadata")
        return counted

    async def _log(self, look: LogOf) -> LogTail | Unavailable:
        return await log_tail(self._api, look)

    async def _head(self, look: LogHead) -> LogTail | Unavailable:
        return await log_head(self._api, look)

    async def _events(self, look: EventsOf) -> tuple[EventNote, ...] | Unavailable:
        chosen = {"involvedObject.kind": look.kind, "involvedObject.name": look.name}
        if look.warnings_only:
            chosen["type"] = "Warning"
        # Events about objects without a namespace, such as nodes, are kept in `default`.
        answer = await self._api.json(
            listing(EVENT, look.namespace or "default", fields=field_selector(chosen))
        )
        return answer if isinstance(answer, Unavailable) else newest_events(rows(answer, "items"))

    async def _revisions(self, look: RevisionsOf) -> tuple[Revision, ...] | Unavailable:
        target = look.target
        by_sets = target.kind in _BY_SETS
        if not by_sets and target.kind not in _BY_REVISIONS:
            return ()
        kind = REPLICA_SET if by_sets else CONTROLLER_REVISION
        answer = await self._api.json(listing(kind, target.namespace, labels=look.selector))
        if isinstance(answer, Unavailable):
            return answer
        mine = (item for item in rows(answer, "items") if belongs(item, target.kind, target.name, look.uid))
        return newest_first(
            replica_set_revision(item) if by_sets else controller_revision(item) for item in mine
        )
