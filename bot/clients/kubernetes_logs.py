"""The last or first lines of a container's log, whatever the kubelet answers: empty, cut, gone, hanging, or a line of megabytes.

Lines leave here without escape sequences, redacted and of bounded length.
"""

import asyncio
import re
from dataclasses import dataclass

from bot.clients.kubernetes_api import KubernetesApi, Reply, refused, status_of
from bot.clients.kubernetes_calls import POD, Call
from bot.clients.kubernetes_json import cleaned, said, shortened, text
from bot.clients.redaction import redact
from bot.diagnosis.evidence import LogTail
from bot.diagnosis.looks import LogHead, LogOf
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
    call = _last(look, lines + 1)  # one more than wanted tells whether there was more
    reply = await api.log(call, LIMIT_BYTES)
    # `limitBytes` cuts the end off, and a program's last words stand at the end: ask for fewer lines instead.
    while isinstance(reply, Reply) and reply.status == 200 and len(reply.body) >= LIMIT_BYTES and lines > 1:
        lines = max(1, lines // 14)
        smaller = await api.log(_last(look, lines), LIMIT_BYTES)
        if isinstance(smaller, Unavailable) or smaller.status != 200:
            break
        reply = Reply(200, smaller.body, cut=True)
    written = _written(call, reply)
    if isinstance(written, Unavailable):
        return written
    tidy = await _tidied(written.text)
    kept = tidy[-look.lines :] if look.lines > 0 else ()
    return LogTail(look.pod, look.container, look.previous, kept, written.cut or len(tidy) > look.lines)


async def log_head(api: KubernetesApi, look: LogHead) -> LogTail | Unavailable:
    """Whole lines only: where the limit fell inside a line, half a secret could stand at the edge."""
    limit = max(1, look.kibibytes) * 1024
    call = _call(look, ("limitBytes", str(limit)))
    written = _written(call, await api.log(call, limit))
    if isinstance(written, Unavailable):
        return written
    cut = written.cut or written.size >= limit
    whole = written.text.rpartition("\n")[0] if cut else written.text
    return LogTail(look.pod, look.container, look.previous, await _tidied(whole), cut)


@dataclass(frozen=True, slots=True)
class _Written:
    text: str
    size: int
    cut: bool


def _written(call: Call, reply: Reply | Unavailable) -> _Written | Unavailable:
    """What the kubelet gave, unless it gave no log."""
    if isinstance(reply, Unavailable):
        return reply
    if reply.status != 200:
        return _not_given(call, reply)
    written = reply.body.decode("utf-8", "replace")
    if _REMOVED.match(written):
        return call.failed(Reason.NOT_FOUND, said(written, 300))
    return _Written(written, len(reply.body), reply.cut)


def _last(look: LogOf, lines: int) -> Call:
    return _call(look, ("tailLines", str(lines)), ("limitBytes", str(LIMIT_BYTES)))


def _call(look: LogOf | LogHead, *limits: tuple[str, str]) -> Call:
    query = [("container", look.container)] if look.container else []
    query += limits
    if look.previous:
        query.append(("previous", "true"))
    return Call("get", POD, look.namespace, look.pod, sub="log", query=tuple(query))


async def _tidied(written: str) -> tuple[str, ...]:
    return await asyncio.to_thread(clean_lines, written) if len(written) > _BIG else clean_lines(written)


def clean_lines(written: str) -> tuple[str, ...]:
    """Redacted as one text, because a private key goes over many lines."""
    lines = (line[: 2 * LONGEST_LINE] for line in cleaned(written).split("\n"))
    redacted = redact("\n".join(lines)).split("\n")
    if redacted and not redacted[-1]:
        redacted.pop()
    return tuple(shortened(line.rstrip(), LONGEST_LINE) for line in redacted)


def _not_given(call: Call, reply: Reply) -> Unavailable:
    details, message = status_of(reply)
    if reply.status == 204:
        return call.failed(Reason.NOT_READY, "the pod is not scheduled yet, so it has no log")
    if reply.status == 404 and text(details.get("name")) not in {"", call.name}:
        # The API server looks the pod's node up and reports its absence as if a pod were missing.
        return call.failed(Reason.NOT_FOUND, f"node {text(details.get('name'))} is gone, and the log with it")
    if reply.status == 400 and _NO_SUCH.search(message):
        return call.failed(Reason.NOT_FOUND, message)
    if reply.status == 400 and _NOT_STARTED.search(message):
        return call.failed(Reason.NOT_READY, message)
    return refused(call, reply)
