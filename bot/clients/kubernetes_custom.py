"""Answers the looks at CustomResourceDefinitions and custom resources: ArgoCD, Prometheus operator, External Secrets.

A kind that is not installed is a gap like any other; which version of it a cluster serves is the API's concern.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_applications import application_state
from bot.clients.kubernetes_calls import (
    APPLICATION,
    ARGO_NAMESPACE,
    CLUSTER_STORE,
    CRD,
    EXTERNAL_SECRET,
    PROMETHEUS,
    STORE,
    Call,
    field_selector,
    get,
    listing,
)
from bot.clients.kubernetes_json import rows
from bot.clients.kubernetes_operators import (
    crd_state,
    external_secret_state,
    prometheus_state,
    store_state,
    version_of,
)
from bot.diagnosis.evidence_objects import (
    ApplicationState,
    CrdState,
    ExternalSecretState,
    PrometheusState,
    StoreState,
)
from bot.diagnosis.looks import ApplicationOf
from bot.diagnosis.looks_objects import ClusterStoreOf, CrdOf, ExternalSecretsOf, PrometheusOf, StoreOf
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason


class Custom:
    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    @property
    def ways(self) -> Mapping[type[Look[Any]], Any]:
        return {
            ApplicationOf: self._application,
            CrdOf: self._crd,
            PrometheusOf: self._prometheus,
            ExternalSecretsOf: self._external_secrets,
            StoreOf: self._store,
            ClusterStoreOf: self._cluster_store,
        }

    async def _application(self, look: ApplicationOf) -> ApplicationState | Unavailable:
        if look.namespace:
            item = await self._api.json(get(APPLICATION, look.namespace, look.name))
            return item if isinstance(item, Unavailable) else application_state(item)
        call = listing(APPLICATION, fields=field_selector({"metadata.name": look.name}))
        answer = await self._api.json(call)
        if isinstance(answer, Unavailable):
            refused = answer.reason is Reason.FORBIDDEN
            own = await self._api.json(get(APPLICATION, ARGO_NAMESPACE, look.name)) if refused else answer
            return answer if isinstance(own, Unavailable) else application_state(own)
        for item in rows(answer, "items"):
            return application_state(item)
        return call.failed(Reason.NOT_FOUND, f'applications.argoproj.io "{look.name}" not found')

    async def _crd(self, look: CrdOf) -> CrdState | Unavailable:
        item = await self._api.json(get(CRD, "", look.name))
        # The schemas of one can be a megabyte, and each of its versions is digested.
        return item if isinstance(item, Unavailable) else await asyncio.to_thread(crd_state, item)

    async def _prometheus(self, look: PrometheusOf) -> PrometheusState | Unavailable:
        item = await self._api.json(get(PROMETHEUS, look.namespace, look.name))
        return item if isinstance(item, Unavailable) else prometheus_state(item)

    async def _external_secrets(
        self, look: ExternalSecretsOf
    ) -> tuple[ExternalSecretState, ...] | Unavailable:
        if look.name:
            item = await self._api.json(get(EXTERNAL_SECRET, look.namespace, look.name))
            return item if isinstance(item, Unavailable) else (external_secret_state(item),)
        answer = await self._api.json(listing(EXTERNAL_SECRET, look.namespace))
        if isinstance(answer, Unavailable):
            return answer
        return tuple(external_secret_state(item, version_of(answer)) for item in rows(answer, "items"))

    async def _store(self, look: StoreOf) -> StoreState | Unavailable:
        return await self._stored(get(STORE, look.namespace, look.name))

    async def _cluster_store(self, look: ClusterStoreOf) -> StoreState | Unavailable:
        return await self._stored(get(CLUSTER_STORE, "", look.name))

    async def _stored(self, call: Call) -> StoreState | Unavailable:
        item = await self._api.json(call)
        return item if isinstance(item, Unavailable) else store_state(call.kind.name, item)
