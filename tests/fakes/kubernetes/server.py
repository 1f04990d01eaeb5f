"""The server: routes of the API, lists with pages, metadata by Accept header, refusals, and switches for trouble."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.kubernetes.logs import ContainerLog, log_answer
from tests.fakes.kubernetes.managed import with_fields
from tests.fakes.kubernetes.permitting import Permissions, grants
from tests.fakes.kubernetes.resources import (
    KINDS,
    PLURALS,
    VERSIONS,
    Object,
    asked_of,
    converted,
    list_of,
    metadata_of,
    page_of,
)
from tests.fakes.kubernetes.selecting import matches_fields, matches_labels
from tests.fakes.kubernetes.statuses import (
    Asked,
    Refusal,
    failed_with,
    forbidden,
    not_acceptable,
    not_found,
    unauthorized,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request. `size` counts the bytes of the answer's body; `began` and `ended` are of one clock."""

    method: str
    path: str
    query: dict[str, str]
    accept: str
    authorization: str
    status: int
    size: int
    began: float
    ended: float

    @property
    def metadata_only(self) -> bool:
        return "as=PartialObjectMetadata" in self.accept


class FakeKubernetes:
    """`async with FakeKubernetes() as cluster:` listens on a free port of loopback.

    Switches: `latency` (seconds), `hang`, `malformed` (the body of every answer), `fail_with` (a status for every request), `fail_times` (how many
    requests it lasts, None for all), `drop_times` (connections closed without an answer), `token` (the only one accepted),
    `unserved` (API groups, or kinds as `plural.group`, that are not installed), `versions` (what a group serves), `dead_webhooks` (for an API group the host
    that converts between its versions and does not answer).
    """

    def __init__(self, *objects: Object) -> None:
        self._objects: dict[tuple[str, str], dict[tuple[str, str], Object]] = {}
        self._logs: dict[tuple[str, str], dict[str, ContainerLog]] = {}
        self._permissions = Permissions()
        self._never = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self.requests: list[Recorded] = []
        self.leaks: list[str] = []
        self.unserved: set[str] = set()
        self.versions = dict(VERSIONS)
        self.dead_webhooks: dict[str, str] = {}
        self.latency = 0.0
        self.hang = False
        self.malformed = ""
        self.fail_with = 0
        self.fail_times: int | None = None
        self.drop_times = 0
        self.token = ""
        self.add(*objects)

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse_connections()
        assert not self.leaks, f"Secrets were asked for with their content: {self.leaks}"

    async def listen(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def refuse_connections(self) -> None:
        """Nothing listens any more; `listen` takes the same port up again."""
        self._never.set()
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner, self._never = None, asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def kubeconfig(self, folder: Path, *, token: str = "", namespace: str = "shop") -> str:
        """Writes a kubeconfig with one context, `fake`, and gives its path."""
        context = {"cluster": "fake", "user": "bot", "namespace": namespace}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "contexts": [{"name": "fake", "context": context}],
            "users": [{"name": "bot", "user": {"token": token} if token else {}}],
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(content))  # JSON is YAML
        return str(path)

    def add(self, *objects: Object) -> None:
        """Puts objects in, in place of those with the same name."""
        for item in objects:
            group = item["apiVersion"].rpartition("/")[0]
            store = self._objects.setdefault((group, PLURALS[group, item["kind"]]), {})
            store[item["metadata"].get("namespace") or "", item["metadata"]["name"]] = with_fields(item)

    def remove(self, kind: str, namespace: str, name: str) -> None:
        for (group, plural), store in self._objects.items():
            if KINDS[group, plural] == kind:
                store.pop((namespace, name), None)

    def log(self, namespace: str, pod: str, container: str, log: ContainerLog) -> None:
        self._logs.setdefault((namespace, pod), {})[container] = log

    def deny(self, verb: str = "*", resource: str = "*", namespace: str = "*") -> None:
        """Resource as in a Role: `pods/log`. Namespace "" is the cluster scope only."""
        self._permissions.denied.append((verb, resource, namespace))

    def allow_only(self, manifest: str) -> None:
        """What the RBAC of this manifest grants, and nothing else."""
        self._permissions.granted = grants(manifest)

    def allow_all(self) -> None:
        self._permissions = Permissions()

    @property
    def refused(self) -> tuple[Asked, ...]:
        """What was answered with 403."""
        asked = (asked_of(request.path.strip("/")) for request in self.requests if request.status == 403)
        return tuple(one for one in asked if one is not None)

    @property
    def received(self) -> int:
        """Bytes of all answers."""
        return sum(request.size for request in self.requests)

    def asked(self) -> Counter[str]:
        return Counter(f"{request.method} {request.path}" for request in self.requests)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        try:
            response = await self._given(request)
        except Refusal as refusal:
            headers = {"Retry-After": "1"} if refusal.code == 429 else {}
            response = web.json_response(refusal.body(), status=refusal.code, headers=headers)
        size = (
            len(response.body)
            if isinstance(response, web.Response) and isinstance(response.body, bytes)
            else 0
        )
        self.requests.append(
            Recorded(
                request.method,
                request.path,
                dict(request.query),
                request.headers.get("Accept", ""),
                request.headers.get("Authorization", ""),
                response.status,
                size if isinstance(response, web.Response) else response.body_length,
                began,
                time.perf_counter(),
            )
        )
        return response

    async def _given(self, request: web.Request) -> web.StreamResponse:
        if (broken := await self._trouble(request)) is not None:
            return broken
        path = request.path.strip("/")
        if path == "version":
            return web.json_response({"major": "1", "minor": "36", "gitVersion": "v1.36.2"})
        if path.endswith("/selfsubjectaccessreviews"):
            return await self._review(request)
        asked = asked_of(path)
        if asked is None or not self._serves(asked):
            return web.Response(status=404, text="404 page not found\n")
        if not self._permissions.allow(asked):
            raise forbidden(asked)
        if asked.sub == "log":
            pod = self._one(Asked("get", "", "pods", asked.namespace, asked.name))
            logs = self._logs.get((asked.namespace, asked.name), {})
            return await log_answer(request, pod, asked, logs, self._never)
        body = self._object(request, asked) if asked.name else self._list(request, asked)
        return web.json_response(body)

    def _serves(self, asked: Asked) -> bool:
        absent = {asked.group, f"{asked.resource}.{asked.group}"} & set(self.unserved)
        known = (asked.group, asked.resource) in KINDS and not absent
        return known and asked.version in self.versions.get(asked.group, ("v1",))

    async def _trouble(self, request: web.Request) -> web.Response | None:
        if self.latency:
            await asyncio.sleep(self.latency)
        if self.hang:
            await self._never.wait()
        if self.drop_times:
            self.drop_times -= 1
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            raise unauthorized()
        if self.fail_with and self.fail_times != 0:
            self.fail_times = None if self.fail_times is None else self.fail_times - 1
            raise failed_with(self.fail_with)
        return web.Response(text=self.malformed) if self.malformed else None

    async def _review(self, request: web.Request) -> web.Response:
        review = await request.json()
        wanted = review["spec"]["resourceAttributes"]
        asked = Asked(
            wanted["verb"],
            wanted.get("group", ""),
            wanted["resource"],
            wanted.get("namespace", ""),
            sub=wanted.get("subresource", ""),
        )
        allowed = self._permissions.allow(asked)
        status = {"allowed": allowed} if allowed else {"allowed": False, "reason": "no RBAC policy matched"}
        return web.json_response({**review, "status": status}, status=201)

    def _one(self, asked: Asked) -> Object:
        found = self._objects.get((asked.group, asked.resource), {}).get((asked.namespace, asked.name))
        if found is None:
            raise not_found(asked)
        return self._converted(found, asked)

    def _converted(self, item: Object, asked: Asked) -> Object:
        return converted(item, asked, self.dead_webhooks.get(asked.group, ""))

    def _object(self, request: web.Request, asked: Asked) -> Object:
        found, only = self._one(asked), self._metadata_wanted(request, asked)
        return metadata_of(found) if only else found

    def _metadata_wanted(self, request: web.Request, asked: Asked) -> bool:
        accept = request.headers.get("Accept", "")
        wanted = "as=PartialObjectMetadata" in accept
        if wanted and ("as=PartialObjectMetadataList" in accept) is bool(asked.name):
            raise not_acceptable()
        if asked.resource == "secrets" and (not wanted or "," in accept):
            self.leaks.append(f"{request.method} {request.path} accepts {accept!r}")
            raise not_acceptable()
        return wanted

    def _list(self, request: web.Request, asked: Asked) -> Object:
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        stored = self._objects.get((asked.group, asked.resource), {})
        here = [item for (place, _), item in sorted(stored.items()) if asked.namespace in {"", place}]
        found = [
            item
            for item in [self._converted(item, asked) for item in here]
            if (not labels or matches_labels(labels, item["metadata"].get("labels") or {}))
            and (not fields or matches_fields(asked.resource, fields, item))
        ]
        page, metadata = page_of(found, request.query.get("limit"), request.query.get("continue"))
        if metadata.get("continue") and (labels or fields):
            del metadata[
                "remainingItemCount"
            ]  # "the number of remaining items is unknown", as the reference says
        only = self._metadata_wanted(request, asked)
        return list_of(asked, page, metadata, metadata_only=only)
