"""Answers the looks at what stands round workloads: nodes, configuration, Secrets by name, scalers, Services, budgets.

It reads metadata wherever that is enough; of Secrets never anything else.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_calls import (
    BUDGET,
    CONFIG_MAP,
    ENDPOINT_SLICE,
    NODE,
    QUOTA,
    SCALER,
    SECRET,
    SERVICE,
    SETTINGS,
    Call,
    Kind,
    get,
    listing,
)
from bot.clients.kubernetes_json import Json, part, rows, text
from bot.clients.kubernetes_notes import node_state, object_note, service_state
from bot.clients.kubernetes_scalers import scaler_state
from bot.clients.kubernetes_settings import budget_states, config_map_state, endpoints_state, quota_state
from bot.diagnosis.evidence import NodeState, ObjectNote
from bot.diagnosis.evidence_objects import (
    BudgetState,
    ConfigMapState,
    EndpointsState,
    QuotaState,
    ScalerState,
    ServiceState,
)
from bot.diagnosis.looks import ConfigMapNote, NodeOf, NodesJoined, ScalersOf, SecretNote, ServiceOf
from bot.diagnosis.looks_objects import BudgetsOf, ConfigMapOf, EndpointsOf, QuotasOf
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason

_MOST_PAGES = 10
_SERVICE_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


class Around:
    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    @property
    def ways(self) -> Mapping[type[Look[Any]], Any]:
        return {
            NodeOf: self._node,
            NodesJoined: self._nodes_joined,
            ConfigMapNote: self._config_map,
            ConfigMapOf: self._settings,
            SecretNote: self._secret,
            ScalersOf: self._scalers,
            ServiceOf: self._service,
            EndpointsOf: self._endpoints,
            BudgetsOf: self._budgets,
            QuotasOf: self._quotas,
        }

    async def _items(self, call: Call) -> list[Json] | Unavailable:
        if call.kind.namespaced and not call.namespace:
            return call.failed(Reason.NOT_FOUND, "there is no namespace to look in")
        answer = await self._api.json(call)
        return answer if isinstance(answer, Unavailable) else rows(answer, "items")

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

    async def _settings(self, look: ConfigMapOf) -> ConfigMapState | Unavailable:
        item = await self._api.json(get(SETTINGS, look.namespace, look.name))
        if isinstance(item, Unavailable):
            return item
        # Redacting a megabyte takes a tenth of a second; the loop has webhooks to answer meanwhile.
        return await asyncio.to_thread(config_map_state, item)

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

    async def _endpoints(self, look: EndpointsOf) -> EndpointsState | Unavailable:
        call = listing(ENDPOINT_SLICE, look.namespace, labels=f"kubernetes.io/service-name={look.service}")
        if not _SERVICE_NAME.fullmatch(look.service):  # it would widen the question
            return call.failed(Reason.NOT_FOUND, f"{look.service!r} cannot be the name of a Service")
        items = await self._items(call)
        if isinstance(items, Unavailable):
            return items
        return endpoints_state(look.namespace, look.service, items)

    async def _budgets(self, look: BudgetsOf) -> tuple[BudgetState, ...] | Unavailable:
        items = await self._items(listing(BUDGET, look.namespace))
        return items if isinstance(items, Unavailable) else tuple(budget_states(items))

    async def _quotas(self, look: QuotasOf) -> tuple[QuotaState, ...] | Unavailable:
        items = await self._items(listing(QUOTA, look.namespace))
        return items if isinstance(items, Unavailable) else tuple(quota_state(item) for item in items)
