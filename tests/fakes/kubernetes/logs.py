"""The log endpoint with every oddity that was seen at a real one, switchable for each container.

https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/strategy.go has most of the words.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.kubernetes.statuses import Asked, Refusal, bad_request, not_found


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """`previous` is None where no earlier container is left.

    `oddity` is one of: "" | node_gone | kubelet_down | waiting | hang | cut (after `cut_after` bytes) | hang_midway.
    """

    current: bytes = b""
    previous: bytes | None = None
    oddity: str = ""
    cut_after: int = 0


def _container(pod: dict[str, Any], asked: Asked, wanted: str) -> str:
    spec = pod.get("spec") or {}
    init = [item["name"] for item in spec.get("initContainers") or ()]
    main = [item["name"] for item in spec.get("containers") or ()]
    if wanted and wanted not in init + main:
        raise bad_request(f"container {wanted} is not valid for pod {asked.name}")
    if not wanted and len(init + main) != 1:
        also = f" or one of the init containers: [{' '.join(init)}]" if init else ""
        choices = f"choose one of: [{' '.join(main)}]{also}"
        raise bad_request(f"a container name must be specified for pod {asked.name}, {choices}")
    return wanted or main[0]


def _tail(written: bytes, query: dict[str, str]) -> bytes:
    if lines := query.get("tailLines"):
        kept = written.splitlines(keepends=True)
        written = b"".join(kept[-int(lines) :]) if int(lines) else b""
    if limit := query.get("limitBytes"):
        written = written[: int(limit)]  # the end is lost, exactly as at a real kubelet
    return written


def _refuse(pod: dict[str, Any], asked: Asked, container: str, log: ContainerLog) -> None:
    node = pod["spec"]["nodeName"]
    match log.oddity:
        case "node_gone":
            raise not_found(Asked("get", "", "pods", asked.namespace, node))
        case "kubelet_down":
            url = f"https://10.0.0.7:10250/containerLogs/{asked.namespace}/{asked.name}/{container}"
            raise Refusal(
                500, "InternalError", f'Get "{url}": dial tcp 10.0.0.7:10250: connect: connection refused'
            )
        case "waiting":
            raise bad_request(
                f'container "{container}" in pod "{asked.name}" is waiting to start: ContainerCreating'
            )
        case _:
            return


async def log_answer(
    request: web.Request,
    pod: dict[str, Any],
    asked: Asked,
    logs: dict[str, ContainerLog],
    never: asyncio.Event,
) -> web.StreamResponse:
    query = dict(request.query)
    container = _container(pod, asked, query.get("container", ""))
    if not (pod.get("spec") or {}).get("nodeName"):
        return web.Response(status=204)
    log = logs.get(container, ContainerLog())
    _refuse(pod, asked, container, log)
    if log.oddity == "hang":
        await never.wait()
    written = log.current
    if query.get("previous") == "true":
        if log.previous is None:
            raise bad_request(f'previous terminated container "{container}" in pod "{asked.name}" not found')
        written = log.previous
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    written = _tail(written, query)
    if log.oddity in {"cut", "hang_midway"}:
        await response.write(written[: log.cut_after])
        if log.oddity == "hang_midway":
            await never.wait()
        assert request.transport is not None
        request.transport.close()  # no last chunk: the reader must notice
        return response
    await response.write(written)
    await response.write_eof()
    return response
