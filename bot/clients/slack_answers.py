"""What an answer of the Web API means for whoever asked: taken, refused, or not to be known. No call is made here.

What matters is whether the call may have worked: that decides between repeating and looking up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.delivery.transport import EVENT_TYPE, Ambiguous, Declined, Failure, Mark, Ok, Opened, RateLimited

_SERVER_ERROR = 500
_RATE_LIMITED = 429
_CLIENT_ERROR = 400
_DEFAULT_WAIT = 1.0
_LONGEST_WAIT = 600.0
_SAID = 500
# "It's possible some aspect of the operation succeeded before the error was raised":
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_MAY_HAVE_WORKED = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
_RATE_ERRORS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})


@dataclass(frozen=True, slots=True)
class Answer:
    data: Mapping[str, Any]
    headers: Mapping[str, str]


def refused(response: Any) -> Failure:
    """`response` is slack_sdk's, or aiohttp's own where the body could not be parsed."""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    error = str(data.get("error", "")) if isinstance(data, Mapping) else ""
    if status == _RATE_LIMITED or error in _RATE_ERRORS:
        return RateLimited(pause_of(response.headers))
    if status >= _SERVER_ERROR or error in _MAY_HAVE_WORKED:
        return Ambiguous(error or f"HTTP {status}")
    if error:
        return Declined(error, _said(data))
    if status >= _CLIENT_ERROR:
        return Declined(f"http_{status}")
    return Ambiguous("an answer that is not Slack's")


def _said(data: Any) -> str:
    """https://docs.slack.dev/apis/web-api/#responses: of a malformed argument, where in it and why."""
    about = data.get("response_metadata")
    messages = about.get("messages") if isinstance(about, Mapping) else None
    return "; ".join(map(str, messages))[:_SAID] if isinstance(messages, list) else ""


def pause_of(headers: Mapping[str, str]) -> float:
    stated = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return min(float(stated), _LONGEST_WAIT) if stated.strip().isdecimal() else _DEFAULT_WAIT


def accepted(answer: Answer | Failure) -> Ok | Failure:
    if not isinstance(answer, Answer):
        return answer
    channel, ts = answer.data.get("channel"), answer.data.get("ts")
    if not isinstance(channel, str) or not isinstance(ts, str):
        return Ambiguous("an answer without channel and ts")
    return Ok(channel, ts)


def opened(answer: Answer | Failure) -> Opened | Failure:
    if not isinstance(answer, Answer):
        return answer
    view = answer.data.get("view")
    if not isinstance(view, Mapping) or not isinstance(view.get("id"), str):
        return Ambiguous("an answer without a view")
    return Opened(view["id"], str(view.get("hash", "")))


def messages(answer: Answer) -> list[Mapping[str, Any]]:
    messages = answer.data.get("messages")
    return (
        [message for message in messages if isinstance(message, Mapping)]
        if isinstance(messages, list)
        else []
    )


def carries(message: Mapping[str, Any], mark: Mark) -> bool:
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(payload, Mapping):
        return False
    named = (metadata.get("event_type"), payload.get("incident"), payload.get("part"))
    return named == (EVENT_TYPE, mark.incident, mark.part) and isinstance(message.get("ts"), str)
