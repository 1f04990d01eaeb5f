"""Requests as Slack makes them: slash commands and presses, signed. For tests and for the fake."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"


def signature(body: bytes, timestamp: str, secret: str = SIGNING_SECRET) -> str:
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed(
    body: bytes, now: float, *, secret: str = SIGNING_SECRET, content_type: str = FORM
) -> dict[str, str]:
    """The headers of a request that Slack made at `now`."""
    timestamp = str(int(now))
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(body, timestamp, secret),
    }


def slash(text: str, **changes: str) -> dict[str, str]:
    """https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling"""
    return {
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "team_id": "T0001",
        "team_domain": "example",
        "channel_id": "C000ALERTS",
        "channel_name": "alerts",
        "user_id": "U0ASKER",
        "user_name": "asker",
        "command": "/ops",
        "text": text,
        "response_url": "",
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
        "api_app_id": "A123456",
    } | changes


def form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def payload(content: Mapping[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(content)}).encode()
