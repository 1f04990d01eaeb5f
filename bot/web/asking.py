"""What a request of the console asks for: fields of a form, pages of a list, one incident. Bounded, and checked.

What cannot be answered is an AskedWronglyError, whose message says what to ask instead.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qs

from aiohttp import web

from bot.model import Incident

PAGE = 50
LONGEST_ID = 200
_MOST = 200
_LONGEST_FORM = 65_536
_FORM_SECONDS = 5.0
_FIELDS = 20


class AskedWronglyError(Exception):
    """A query that cannot be answered; the message says what to ask instead."""


class Gets(Protocol):
    async def get(self, incident_id: str) -> Incident | None: ...


def limit_of(query: Mapping[str, str]) -> int:
    limit = query.get("limit", str(PAGE))
    if not (is_number(limit) and 1 <= int(limit) <= _MOST):
        raise AskedWronglyError(f"limit is a number from 1 to {_MOST}")
    return int(limit)


def text_of(query: Mapping[str, str], name: str, what: str) -> str:
    """No database takes a zero character in a text."""
    value = query.get(name, "")
    if len(value) > LONGEST_ID or not value.isprintable():
        raise AskedWronglyError(f"{name} is {what}")
    return value


def is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


async def incident_of(reads: Gets, request: web.Request) -> Incident | None:
    asked = request.match_info["id"]
    return await reads.get(asked) if len(asked) <= LONGEST_ID and asked.isprintable() else None


async def fields_of(request: web.Request) -> Mapping[str, str]:
    """Of a form of ours; empty for anything else. Nothing large or slow is read."""
    length = request.content_length
    of_ours = request.content_type == "application/x-www-form-urlencoded"
    if length is None or length > _LONGEST_FORM or not of_ours:
        return {}
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            body = await request.read()
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_FIELDS)
    except (TimeoutError, ValueError):  # too slow; too many fields
        return {}
    return {name: values[0].replace("\r\n", "\n") for name, values in found.items()}
