"""The Kubernetes source: answers every Kubernetes look of a cluster with a snapshot or with `Unavailable`, never an exception.

It only reads. It asks for narrow lists and, wherever that is enough, for metadata only; of Secrets never anything else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_calls import (
    ACCESS_REVIEW,
    APPLICATION,
    CONFIG_MAP,
    CONTROLLER_REVISION,
    EVENT,
    NODE,
    POD,
    REPLICA_SET,
    SCALER,
    SECRET,
    SERVICE,
    VERSION,
    Call,
    Kind,
    field_selector,
    get,
    listing,
)
from bot.clients.kubernetes_config import CannotOpenError, KubernetesAccess
from bot.clients.kubernetes_find import find_targets
from bot.clients.kubernetes_json import Json, count, part, rows, said, text
from bot.clients.kubernetes_logs import log_tail
from bot.clients.kubernetes_notes import (
    application_state,
    newest_events,
    node_state,
    object_note,
    scaler_state,
    service_state,
)
from bot.clients.kubernetes_owners import Owners
from bot.clients.kubernetes_pods import pod_state
from bot.clients.kubernetes_workloads import belongs, controller_revision, newest_first, replica_set_revision
from bot.diagnosis.evidence import EventNote, LogTail, NodeState, ObjectNote, PodList, Revision, WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState, ScalerState, ServiceState
from bot.diagnosis.looks import (
    ApplicationOf,
    ConfigMapNote,
    EventsOf,
    FindTargets,
    LogOf,
    NodeOf,
    NodesJoined,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    SecretNote,
    ServiceOf,
    WorkloadOf,
)
from bot.diagnosis.sources import Look, Read, Unavailable
from bot.model import Reason, Source, Target

T = TypeVar("T")
Way = Callable[[Any], Awaitable[object]]
_MOST_PAGES = 10


class KubernetesClient:
    """`api` is given in tests; otherwise it is made from `access`. Making a client opens and asks nothing."""

    def __init__(self, cluster: str, access: KubernetesAccess, api: KubernetesApi | None = None) -> None:
        self._cluster = cluster
        self._api = api or KubernetesApi(access)
        self._owners = Owners(self._api, cluster)
        self._ways: Mapping[type[Look[Any]], Way] = {
            FindTargets: self._find,
            WorkloadOf: self._workload,
            PodsOf: self._pods,
            LogOf: self._log,
            EventsOf: self._events,
            RevisionsOf: self._revisions,
            NodeOf: self._node,
            NodesJoined: self._nodes_joined,
            ConfigMapNote: self._config_map,
            SecretNote: self._secret,
            ScalersOf: self._scalers,
            ServiceOf: self._service,
            ApplicationOf: self._application,
        }

    async def answer(self, look: Look[T]) -> T | Unavailable:
        way = self._ways.get(type(look))
        if way is None:
            detail = f"{type(look).__name__} is not a question for Kubernetes"
            return Unavailable(look.read.source, Reason.NOT_CONFIGURED, detail=detail)
        return cast("T | Unavailable", await way(look))

    async def connect(self) -> Unavailable | None:
        """Reads the configuration now instead of at the first look. No network I/O, and most of it in a thread."""
        try:
            await self._api.open()
        except CannotOpenError as error:
            return Unavailable(Source.KUBERNETES, Reason.NOT_CONFIGURED, detail=said(str(error), 300))
        return None

    async def close(self) -> None:
        await self._api.close()

    async def ping(self) -> str | Unavailable:
        """The version of the API server."""
        version = await self._api.json(get(VERSION, "", "version"))
        return version if isinstance(version, Unavailable) else text(version.get("gitVersion"))

    async def can(self, read: Read, namespace: str = "") -> bool | Unavailable:
        """Whether the bot holds the permission; `Unavailable` when that could not be asked."""
        gaps = await self.denied(read, namespace)
        return next((gap for gap in gaps if gap.reason is not Reason.FORBIDDEN), not gaps)

    async def denied(self, read: Read, namespace: str = "") -> tuple[Unavailable, ...]:
        """One gap for each verb on each resource that is refused, or that could not be asked about."""
        place = "" if read.cluster_wide else namespace
        asked = [(verb, resource) for resource in read.resources for verb in read.verbs]
        gaps = await asyncio.gather(*(self._denied(read, verb, resource, place) for verb, resource in asked))
        return tuple(gap for gap in gaps if gap is not None)

    async def _denied(self, read: Read, verb: str, resource: str, namespace: str) -> Unavailable | None:
        plural, _, sub = resource.partition("/")
        attributes = {
            "verb": verb,
            "group": read.group,
            "resource": plural,
            "subresource": sub,
            "namespace": namespace,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        answer = await self._api.json(Call("create", ACCESS_REVIEW), review)
        if isinstance(answer, Unavailable):
            # Not being allowed to ask is not the same as not being allowed.
            refusal = answer.reason is Reason.FORBIDDEN
            return replace(answer, reason=Reason.NOT_READY) if refusal else answer
        status = part(answer, "status")
        if status.get("allowed") is True:
            return None
        detail = said(status.get("reason"), 300)
        return Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, verb, resource, namespace, detail, read.group)

    async def _items(self, call: Call) -> list[Json] | Unavailable:
        answer = await self._api.json(call)
        return answer if isinstance(answer, Unavailable) else rows(answer, "items")

    async def _find(self, look: FindTargets) -> tuple[Target, ...] | Unavailable:
        return await find_targets(self._api, self._cluster, look)

    async def _workload(self, look: WorkloadOf) -> WorkloadState | Unavailable:
        return await self._owners.workload_of(look.target)

    async def _pods(self, look: PodsOf) -> PodList | Unavailable:
        if look.pod:
            pod = await self._api.json(get(POD, look.namespace, look.pod))
            return pod if isinstance(pod, Unavailable) else PodList((pod_state(pod),))
        call = listing(POD, look.namespace, labels=look.selector)
        if not look.selector:  # every pod of the namespace would be a wrong answer
            return call.failed(Reason.NOT_FOUND, "there is no selector to find its pods by")
        answer = await self._api.json(call)
        if isinstance(answer, Unavailable):
            return answer
        # Hundreds of pods take the tenth of a second; the loop has webhooks to answer meanwhile.
        pods = await asyncio.to_thread(lambda: tuple(pod_state(item) for item in rows(answer, "items")))
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

    async def _events(self, look: EventsOf) -> tuple[EventNote, ...] | Unavailable:
        chosen = {"involvedObject.kind": look.kind, "involvedObject.name": look.name}
        if look.warnings_only:
            chosen["type"] = "Warning"
        # Events about objects without a namespace, such as nodes, are kept in `default`.
        items = await self._items(listing(EVENT, look.namespace or "default", fields=field_selector(chosen)))
        return items if isinstance(items, Unavailable) else newest_events(items)

    async def _revisions(self, look: RevisionsOf) -> tuple[Revision, ...] | Unavailable:
        target = look.target
        if target.kind not in {"Deployment", "StatefulSet", "DaemonSet"}:
            return ()
        of_deployment = target.kind == "Deployment"
        kind = REPLICA_SET if of_deployment else CONTROLLER_REVISION
        items = await self._items(listing(kind, target.namespace, labels=look.selector))
        if isinstance(items, Unavailable):
            return items
        mine = (item for item in items if belongs(item, target.kind, target.name, look.uid))
        return newest_first(
            replica_set_revision(item) if of_deployment else controller_revision(item) for item in mine
        )

    async def _node(self, look: NodeOf) -> NodeState | Unavailable:
        node = await self._api.json(get(NODE, "", look.name))
        return node if isinstance(node, Unavailable) else node_state(node)

    async def _nodes_joined(self, _look: NodesJoined) -> tuple[ObjectNote, ...] | Unavailable:
        call, notes = listing(NODE, metadata=True), list[ObjectNote]()
        page = call
        for _ in range(_MOST_PAGES):
            answer = await self._api.json(page)
            if isinstance(answer, Unavailable):
                return answer
            notes += (object_note("Node", item) for item in rows(answer, "items"))
            token = text(part(answer, "metadata").get("continue"))
            if not token:
                break
            page = call.page(token)
        return tuple(notes)

    async def _note(self, kind: Kind, namespace: str, name: str) -> ObjectNote | Unavailable:
        item = await self._api.json(get(kind, namespace, name))
        return item if isinstance(item, Unavailable) else object_note(kind.name, item)

    async def _config_map(self, look: ConfigMapNote) -> ObjectNote | Unavailable:
        return await self._note(CONFIG_MAP, look.namespace, look.name)

    async def _secret(self, look: SecretNote) -> ObjectNote | Unavailable:
        return await self._note(SECRET, look.namespace, look.name)

    async def _scalers(self, look: ScalersOf) -> tuple[ScalerState, ...] | Unavailable:
        if look.name:
            scaler = await self._api.json(get(SCALER, look.namespace, look.name))
            return scaler if isinstance(scaler, Unavailable) else (scaler_state(scaler),)
        items = await self._items(listing(SCALER, look.namespace))
        if isinstance(items, Unavailable):
            return items
        states = (scaler_state(item) for item in items)
        wanted = (look.kind, look.workload)
        return tuple(
            state
            for state in states
            if not look.workload or (state.target_kind if look.kind else "", state.target_name) == wanted
        )

    async def _service(self, look: ServiceOf) -> ServiceState | Unavailable:
        service = await self._api.json(get(SERVICE, look.namespace, look.name))
        return service if isinstance(service, Unavailable) else service_state(service)

    async def _application(self, look: ApplicationOf) -> ApplicationState | Unavailable:
        if look.namespace:
            item = await self._api.json(get(APPLICATION, look.namespace, look.name))
            return item if isinstance(item, Unavailable) else application_state(item)
        call = listing(APPLICATION, fields=field_selector({"metadata.name": look.name}))
        items = await self._items(call)
        if isinstance(items, Unavailable):
            own = await self._api.json(get(APPLICATION, "argocd", look.name)) if _refused(items) else items
            return items if isinstance(own, Unavailable) else application_state(own)
        if not items:
            return call.failed(Reason.NOT_FOUND, f'applications.argoproj.io "{look.name}" not found')
        return application_state(items[0])


def _refused(gap: Unavailable) -> bool:
    return gap.reason is Reason.FORBIDDEN
