"""The Kubernetes source: answers every Kubernetes look of a cluster with a snapshot or with `Unavailable`, never an exception.

It only reads. It asks for narrow lists and, wherever that is enough, for metadata only; of Secrets never anything else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from bot.clients.kubernetes_api import KubernetesApi
from bot.clients.kubernetes_around import Around
from bot.clients.kubernetes_calls import ACCESS_REVIEW, VERSION, Call, get
from bot.clients.kubernetes_config import CannotOpenError, KubernetesAccess
from bot.clients.kubernetes_custom import Custom
from bot.clients.kubernetes_json import part, said, text
from bot.clients.kubernetes_running import Running
from bot.diagnosis.sources import Look, Read, Unavailable
from bot.model import Reason, Source

T = TypeVar("T")
Way = Callable[[Any], Awaitable[object]]


class KubernetesClient:
    """`api` is given in tests; otherwise it is made from `access`. Making a client opens and asks nothing."""

    def __init__(self, cluster: str, access: KubernetesAccess, api: KubernetesApi | None = None) -> None:
        self._api = api or KubernetesApi(access)
        self._ways: Mapping[type[Look[Any]], Way] = {
            **Running(self._api, cluster).ways,
            **Around(self._api).ways,
            **Custom(self._api).ways,
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
