"""Is this request from Slack, fresh, and new? Sans-I/O: decides over raw bytes before anything parses them.

https://docs.slack.dev/authentication/verifying-requests-from-slack. slack_bolt parses first and verifies then, answers
garbage with 500, and logs what it refuses; so its own check is off and this one comes first. No error quotes a request.
"""

import hashlib
import hmac
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from bot.secret import Secret

LIMIT = 1024 * 1024
WINDOW = 300.0
_TIMESTAMP, _SIGNATURE = b"x-slack-request-timestamp", b"x-slack-signature"
_SECONDS = re.compile(rb"[0-9]{1,12}")
_DIGEST = re.compile(rb"v0=[0-9a-f]{64}")
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_FIELDS = 200


class NotVerifiedError(Exception):
    """Nothing shows that Slack sent this, or it was heard before. `result` is the label in the metrics."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


class NotReadableError(Exception):
    """Slack signed it, and it is no command, press or event; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers of a request claim: nothing is known of it before the body has been read."""

    timestamp: int
    stamp: bytes
    signature: bytes


class Verifier:
    """`clock` gives seconds since 1970. What was admitted is remembered, by this process, as long as it would be fresh.

    Among several replicas a replay may reach one that has not heard it: what a command does must bear that.
    """

    def __init__(self, secret: Secret, clock: Callable[[], float], *, remembered: int = 20_000) -> None:
        self._key = secret.reveal().encode("utf-8", "surrogateescape")
        self._clock = clock
        self._remembered = remembered
        self._heard: OrderedDict[bytes, float] = OrderedDict()

    def claim(self, headers: Iterable[tuple[bytes, bytes]]) -> Claim:
        """From raw headers, so that a request that claims nothing costs no body."""
        found: dict[bytes, list[bytes]] = {_TIMESTAMP: [], _SIGNATURE: []}
        for name, value in headers:
            if (lower := name.lower()) in found:
                found[lower].append(value.strip())
        stamps, signatures = found[_TIMESTAMP], found[_SIGNATURE]
        if not stamps or not signatures:
            raise NotVerifiedError("unsigned", "the request does not carry Slack's signature")
        if len(stamps) > 1 or len(signatures) > 1:
            raise NotVerifiedError("unsigned", "the request carries more than one signature or timestamp")
        if not _SECONDS.fullmatch(stamps[0]) or not _DIGEST.fullmatch(signatures[0]):
            raise NotVerifiedError("unsigned", "the signature or its timestamp is not of Slack's form")
        claim = Claim(int(stamps[0]), stamps[0], signatures[0])
        if abs(self._clock() - claim.timestamp) > WINDOW:
            raise NotVerifiedError(
                "stale", "the request is older than five minutes, or one of the clocks is wrong"
            )
        return claim

    def admit(self, claim: Claim, body: bytes) -> None:
        """Exactly once for each request that Slack signed."""
        base = b"v0:" + claim.stamp + b":" + body
        expected = b"v0=" + hmac.new(self._key, base, hashlib.sha256).hexdigest().encode()
        if not hmac.compare_digest(expected, claim.signature):
            raise NotVerifiedError("bad_signature", "the signature does not fit the signing secret")
        now = self._clock()
        self._forget(now)
        # The signature covers the timestamp, but 07 and 7 are one number and sign differently: both are their own request.
        if claim.signature in self._heard:
            raise NotVerifiedError("replayed", "this request was heard before")
        self._heard[claim.signature] = claim.timestamp + WINDOW
        if len(self._heard) > self._remembered:
            self._heard.popitem(last=False)

    def _forget(self, now: float) -> None:
        """Oldest first; what a clock ahead of ours has signed stays a little longer, and those behind it with it."""
        while self._heard and next(iter(self._heard.values())) < now:
            self._heard.popitem(last=False)


def parsed(body: bytes, content_type: str) -> dict[str, Any]:
    """The form of a slash command, the JSON inside the form of a press, or the JSON of an event.

    slack_bolt looks for the word "payload" anywhere in a form, and loses a command whose text has it.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        text = body.decode()
        if kind == _JSON:
            return _mapping(json.loads(text))
        if kind == _FORM:
            return _from_form(dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS)))
    except (ValueError, RecursionError):
        raise NotReadableError("the body is not what Slack sends") from None
    raise NotReadableError("the body is neither a form nor JSON")


def _from_form(fields: Mapping[str, str]) -> dict[str, Any]:
    if "payload" in fields and "command" not in fields:
        return _mapping(json.loads(fields["payload"]))
    return dict(fields)


def _mapping(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise NotReadableError("the body is not a JSON object")
    return content
