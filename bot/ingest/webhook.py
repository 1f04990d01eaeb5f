"""POST /webhooks/alertmanager: who may, how much, how long; one durable job, and only then 200.

Alertmanager drops what is answered with 4xx for good and sends again what is answered with 503. So 4xx is only for what can
never be accepted, and whatever may pass is 503: no other 5xx, no 429. Neither a body nor a token is ever logged.
"""

import asyncio
import hashlib
import time
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime

from aiohttp import hdrs, web

from bot.incidents.work import CannotKeepError, JobKind, NewJob, Work
from bot.ingest import body as bodies
from bot.ingest.alertmanager import NotAcceptableError, parse
from bot.ingest.auth import CHALLENGE, authorized
from bot.ingest.body import BadEncodingError, NotArrivedError, Sent, TooLargeError
from bot.ingest.masking import Mask, Remembering, body_of, masked
from bot.ingest.tokens import TokenSource
from bot.model import AlertGroup
from bot.observe import WEBHOOK_SECONDS, WEBHOOKS, log

PATH = "/webhooks/alertmanager"
# Who sent it, where that is a person at a command line: as sure as the token beside it.
PERSON = "X-Opsbot-Person"
_BUCKET_SECONDS = 30


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """Sizes in bytes, times in seconds. Together the times stay under the 15 s that the other node of a pair waits.

    A body over `big` is read and parsed in one of `big_places`, off the event loop, so that a burst of them fills neither
    the memory nor the loop. `mask` takes secrets out of what people wrote into alerts, before anything is kept. `told` is
    told which person sent which alerts by hand, and never raises.
    """

    limit: int = 8 * 1024 * 1024
    big: int = 64 * 1024
    big_places: int = 4
    body_seconds: float = 8.0
    keep_seconds: float = 5.0
    mask: Mask = lambda _name, value: value
    told: Callable[[str, str], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`result` is the label in the metrics; `error` is empty with 200."""

    status: int
    result: str
    error: str = ""
    close: bool = False


_KEPT = Answer(200, "kept")
_UNAUTHORIZED = Answer(
    401, "unauthorized", "a configured token is needed: bearer, or basic auth with it as password"
)
_NO_TOKENS = Answer(503, "no_tokens", "no token can be read now")
_FAILED = Answer(503, "failed", "the webhook could not be handled now")


def event_job(group: AlertGroup, body: bytes, now: datetime) -> NewJob:
    """One job for a body. The same news within half a minute is one job while it waits; later repeats are heard again."""
    states = sorted(f"{a.fingerprint}\0{a.starts_at.isoformat()}\0{a.status}" for a in group.alerts)
    bucket = str(int(now.timestamp()) // _BUCKET_SECONDS)
    key = _hash(group.receiver, group.group_key)
    dedup = _hash(key, bucket, str(group.truncated), *states)
    return NewJob(JobKind.EVENT, key=key, dedup=f"event:{dedup}", payload=zlib.compress(body, 1))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Webhook:
    """`tokens` is None where everybody may post, which is for loopback alone."""

    def __init__(
        self, work: Work, tokens: TokenSource | None, options: WebhookOptions, clock: Callable[[], datetime]
    ) -> None:
        self._work = work
        self._tokens = tokens
        self._options = options
        self._clock = clock
        self._mask = Remembering(options.mask)
        self._big = asyncio.Semaphore(options.big_places)
        self._parsing = asyncio.Lock()

    async def handle(self, request: web.Request) -> web.Response:
        began = time.perf_counter()
        answer = _FAILED
        try:
            answer = await self._answer(request)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of a webhook: whatever it was, it must come again
            log.error("webhook failed", error=type(error).__name__, exc_info=error)
        finally:
            WEBHOOKS.labels(answer.result).inc()
            WEBHOOK_SECONDS.observe(time.perf_counter() - began)
        if answer.status != 200:
            log.warning("webhook not kept", status=answer.status, result=answer.result, reason=answer.error)
        return _response(answer)

    async def _answer(self, request: web.Request) -> Answer:
        refused = self._who(request)
        if refused is not None:
            return refused
        try:
            async with AsyncExitStack() as stack:
                job, group = await self._job(request, stack)
                async with asyncio.timeout(self._options.keep_seconds):
                    await self._work.put([job])
        except (NotAcceptableError, BadEncodingError) as error:
            return Answer(400, "not_acceptable", str(error))
        except TooLargeError:
            return Answer(
                413, "too_large", f"the body is larger than {self._options.limit} bytes", close=True
            )
        except NotArrivedError as error:
            return Answer(503, "not_arrived", str(error), close=True)
        except (CannotKeepError, TimeoutError) as error:
            told = isinstance(error, CannotKeepError)
            return Answer(503, "not_kept", str(error) if told else "the alerts could not be stored in time")
        await self._tell(request, group)
        return _KEPT

    async def _tell(self, request: web.Request, group: AlertGroup) -> None:
        person = request.headers.get(PERSON, "").strip()
        if person and self._options.told is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.keep_seconds):
                    names = ", ".join(dict.fromkeys(alert.name for alert in group.alerts))
                    await self._options.told(person, names)

    def _who(self, request: web.Request) -> Answer | None:
        if self._tokens is None:
            return None
        tokens = self._tokens.current()
        if not tokens:
            return _NO_TOKENS
        known = authorized(request.headers.get(hdrs.AUTHORIZATION), tokens)
        return None if known else _UNAUTHORIZED

    async def _job(self, request: web.Request, stack: AsyncExitStack) -> tuple[NewJob, AlertGroup]:
        """The stack holds the place of a big body until its job is kept."""
        options = self._options
        encoding = bodies.check_head(request, options.limit)
        length = request.content_length
        big = bool(encoding) or length is None or length > options.big
        async with bodies.arriving_within(options.body_seconds):
            if big:
                await stack.enter_async_context(self._big)
            sent = Sent(await bodies.read(request, options.limit), encoding)
        if not big:
            return self._make(sent)
        async with self._parsing:  # one at a time: the loop then competes with one thread at most
            return await asyncio.to_thread(self._make, sent)

    def _make(self, sent: Sent) -> tuple[NewJob, AlertGroup]:
        body = bodies.decode(sent, self._options.limit)
        group = parse(body)
        kept = masked(group, self._mask)
        return event_job(kept, body if kept == group else body_of(kept), self._clock()), kept


def _response(answer: Answer) -> web.Response:
    content = {"error": answer.error} if answer.error else {"status": "kept"}
    response = web.json_response(content, status=answer.status)
    if answer.status == _UNAUTHORIZED.status:
        response.headers[hdrs.WWW_AUTHENTICATE] = CHALLENGE
    if answer.close:
        response.force_close()
    return response


async def _only_post(_: web.Request) -> web.Response:
    WEBHOOKS.labels("wrong_method").inc()
    error = "this is where Alertmanager posts its webhooks; send a version 4 body with POST"
    return web.json_response({"error": error}, status=405, headers={hdrs.ALLOW: hdrs.METH_POST})


def webhook_routes(
    work: Work, tokens: TokenSource | None, options: WebhookOptions, clock: Callable[[], datetime]
) -> list[web.RouteDef]:
    webhook = Webhook(work, tokens, options, clock)
    return [web.post(PATH, webhook.handle), web.route("*", PATH, _only_post)]
