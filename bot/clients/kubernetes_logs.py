"""The last lines of a container's log, whatever the kubelet answers: empty, cut, gone, hanging, or a line of megabytes.

Lines leave here without escape sequences, redacted and of bounded length.
"""

import asyncio
import re

from bot.clients.kubernetes_api import KubernetesApi, Reply, refused, status_of
from bot.clients.kubernetes_calls import POD, Call
from bot.clients.kubernetes_json import cleaned, said, shortened, text
from bot.clients.redaction import redact
from bot.diagnosis.evidence import LogTail
from bot.diagnosis.looks import LogOf
from bot.diagnosis.sources import Unavailable
from bot.model import Reason

LIMIT_BYTES = 512 * 1024
LONGEST_LINE = 4_000
_BIG = 64 * 1024
# The API server passes these on with status 400; the words are those of the kubelet and of the pod's log endpoint:
# https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/strategy.go
_NOT_STARTED = re.compile(r"is waiting to start|ContainerCreating|PodInitializing")
_NO_SUCH = re.compile(
    r"previous terminated container|is not valid for pod|a container name must be specified"
)
# The kubelet answers 200 with this line when the runtime has removed the log file.
_REMOVED = re.compile(
    r"\A(?:unable to retrieve container logs for|failed to try resolving symlinks in path)[^\n]*\n?\Z"
)


async def log_tail(api: KubernetesApi, look: LogOf) -> LogTail | Unavailable:
    lines = max(1, look.lines)
    call = _call(look, lines + 1)  # one more than wanted tells whether there was more
    reply = await api.log(call, LIMIT_BYTES)
    # `limitBytes` cuts the end off, and a program's last words stand at the end: ask for fewer lines instead.
    while isinstance(reply, Reply) and reply.status == 200 and len(reply.body) >= LIMIT_BYTES and lines > 1:
        lines = max(1, lines // 14)
        smaller = await api.log(_call(look, lines), LIMIT_BYTES)
        if isinstance(smaller, Unavailable) or smaller.status != 200:
            break
        reply = Reply(200, smaller.body, cut=True)
    if isinstance(reply, Unavailable):
        return reply
    if reply.status != 200:
        return _not_given(call, look, reply)
    written = reply.body.decode("utf-8", "replace")
    if _REMOVED.match(written):
        return call.failed(Reason.NOT_FOUND, said(written, 300))
    tidy = await asyncio.to_thread(_tidy, written) if len(written) > _BIG else _tidy(written)
    cut = reply.cut or len(tidy) > look.lines
    return LogTail(
        look.pod, look.container, look.previous, tidy[-look.lines :] if look.lines > 0 else (), cut
    )


def _call(look: LogOf, lines: int) -> Call:
    query = [("tailLines", str(lines)), ("limitBytes", str(LIMIT_BYTES))]
    if look.container:
        query.insert(0, ("container", look.container))
    if look.previous:
        query.append(("previous", "true"))
    return Call("get", POD, look.namespace, look.pod, sub="log", query=tuple(query))


def _tidy(written: str) -> tuple[str, ...]:
    """Redacted as one text, because a private key goes over many lines."""
    lines = (line[: 2 * LONGEST_LINE] for line in cleaned(written).split("\n"))
    redacted = redact("\n".join(lines)).split("\n")
    if redacted and not redacted[-1]:
        redacted.pop()
    return tuple(shortened(line.rstrip(), LONGEST_LINE) for line in redacted)


def _not_given(call: Call, look: LogOf, reply: Reply) -> Unavailable:
    details, message = status_of(reply)
    if reply.status == 204:
        return call.failed(Reason.NOT_READY, "the pod is not scheduled yet, so it has no log")
    if reply.status == 404 and text(details.get("name")) not in {"", look.pod}:
        # The API server looks the pod's node up and reports its absence as if a pod were missing.
        return call.failed(Reason.NOT_FOUND, f"node {text(details.get('name'))} is gone, and the log with it")
    if reply.status == 400 and _NO_SUCH.search(message):
        return call.failed(Reason.NOT_FOUND, message)
    if reply.status == 400 and _NOT_STARTED.search(message):
        return call.failed(Reason.NOT_READY, message)
    return refused(call, reply)
