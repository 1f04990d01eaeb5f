"""POST /slack/events: read within a size and a time, verified as raw bytes, and only then parsed and acknowledged.

Whatever comes is answered with 200 or 4xx: a 5xx would let Slack try again what can never be read. No body is logged.
"""

from dataclasses import dataclass

from aiohttp import web

from bot.ingest import body as bodies
from bot.ingest.body import BadEncodingError, NotArrivedError, TooLargeError
from bot.ingest.slack_app import Acknowledged, SlackApp
from bot.ingest.slack_requests import LIMIT, NotReadableError, NotVerifiedError, Verifier, parsed
from bot.observe import SLACK_REQUESTS, log

PATH = "/slack/events"
_BODY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Refused:
    status: int
    result: str
    reason: str
    close: bool = False


def slack_routes(verifier: Verifier, app: SlackApp) -> list[web.RouteDef]:
    async def events(request: web.Request) -> web.Response:
        answer = await _answer(verifier, app, request)
        if isinstance(answer, Acknowledged):
            SLACK_REQUESTS.labels("http", "ok" if answer.status == 200 else "not_ours").inc()
            return _acknowledgement(answer)
        SLACK_REQUESTS.labels("http", answer.result).inc()
        log.warning("a request to /slack/events is refused", result=answer.result, reason=answer.reason)
        response = web.json_response({"error": answer.reason}, status=answer.status)
        if answer.close:
            response.force_close()
        return response

    # GET alone: aiohttp would add HEAD. https://docs.slack.dev/interactivity/implementing-slash-commands
    return [web.post(PATH, events), web.get(PATH, _ssl_check, allow_head=False)]


async def _answer(verifier: Verifier, app: SlackApp, request: web.Request) -> Acknowledged | _Refused:
    try:
        claim = verifier.claim(request.raw_headers)
        bodies.check_head(request, LIMIT)
        async with bodies.arriving_within(_BODY_SECONDS):
            raw = await bodies.read(request, LIMIT)
        verifier.admit(claim, raw)
        return await app.dispatch(parsed(raw, request.content_type))
    except NotVerifiedError as error:
        return _Refused(401, error.result, str(error), close=True)
    except TooLargeError:
        return _Refused(413, "too_large", f"the body is larger than {LIMIT} bytes", close=True)
    except (NotReadableError, BadEncodingError) as error:
        return _Refused(400, "not_readable", str(error))
    except NotArrivedError as error:
        return _Refused(400, "not_arrived", str(error), close=True)


def _acknowledgement(answer: Acknowledged) -> web.Response:
    kind = "application/json" if answer.json else "text/plain"
    return web.Response(status=answer.status, text=answer.body, content_type=kind)


async def _ssl_check(request: web.Request) -> web.Response:
    """Slack looks now and then whether the certificate is good; there is nothing to verify in that."""
    if request.query.get("ssl_check") == "1":
        return web.Response()
    raise web.HTTPMethodNotAllowed(request.method, ["POST"])
