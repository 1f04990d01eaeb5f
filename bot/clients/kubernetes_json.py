"""Reading API objects without trusting them: a null, a missing field or a value of the wrong type reads as absent.

Nothing in here raises for any JSON. Text that people wrote (messages, annotations, log lines) leaves through `said`,
which strips control characters, redacts and shortens it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.clients.redaction import is_secret_name, redact
from bot.clients.redaction_rules import MARK

Json = Mapping[str, Any]

LONGEST_TEXT = 2_000
_NOTHING: Json = {}

# https://en.wikipedia.org/wiki/ANSI_escape_code#Control_Sequence_Introducer_commands
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]?|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[@-Z\\^_=>]?")
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))  # they reorder what a reader sees
_CONTROLS: dict[int, str] = {
    **dict.fromkeys((*range(9), 0x0B, *range(0x0E, 0x20), 0x7F, *range(0x80, 0xA0), *_BIDI), ""),
    **dict.fromkeys((0x0C, 0x0D, 0x2028, 0x2029), "\n"),
}


def cleaned(raw: str) -> str:
    """Without escape sequences, control characters and half surrogates; lines end in a newline only."""
    if not raw.isascii():
        raw = raw.encode("utf-8", "replace").decode("utf-8")
    if raw.isprintable():
        return raw
    return _ESCAPES.sub("", raw.replace("\r\n", "\n")).translate(_CONTROLS)


def shortened(raw: str, limit: int) -> str:
    return raw if len(raw) <= limit else raw[: limit - 1] + "…"


def said(value: Any, limit: int = LONGEST_TEXT) -> str:
    """Text that a person or a program wrote: clean, redacted, of bounded length."""
    # What is cut off before redaction is cut again after it, so that half a secret cannot stay at the edge.
    return shortened(redact(cleaned(text(value)[: 2 * limit])), limit).strip()


def setting(name: str, value: Any, limit: int = LONGEST_TEXT) -> str:
    """A value as it is set, white space included, unless its name or what stands in it is secret."""
    written = text(value)
    if written and is_secret_name(name):
        return MARK
    return shortened(redact(cleaned(written)), limit)


def part(value: Any, *path: str) -> Json:
    """The object at the end of the path, or an empty one."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else _NOTHING


def rows(value: Any, *path: str) -> list[Json]:
    """The objects of the list at the end of the path."""
    *parents, last = path
    items = part(value, *parents).get(last)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def texts(value: Any) -> tuple[str, ...]:
    return tuple(text(item) for item in value) if isinstance(value, list) else ()


def text(value: Any) -> str:
    """A name, a type or a reason; numbers are written out, everything else is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    written = str(value)
    return written if written.isascii() and written.isprintable() else _sound(written)


def _sound(written: str) -> str:
    """What every database and JSON encoder accepts: no half surrogate, no NUL."""
    return written.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def count(value: Any, default: int = 0) -> int:
    found = number(value)
    return default if found is None else found


def when(value: Any) -> datetime | None:
    """RFC 3339 as the API writes it, with or without a fraction, as UTC."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def pairs(value: Any) -> dict[str, str]:
    """A map of names to names, such as labels, limits or a selector."""
    if not isinstance(value, dict):
        return {}
    return {text(key): text(item) for key, item in value.items() if isinstance(item, str | int | float)}


def controller(metadata: Json) -> Json:
    """The owner reference that controls the object, or an empty one."""
    for owner in rows(metadata, "ownerReferences"):
        if owner.get("controller") is True:
            return owner
    return _NOTHING


def owner_name(metadata: Json) -> str:
    owner = controller(metadata)
    return f"{text(owner.get('kind'))}/{text(owner.get('name'))}" if owner else ""


def label_selector(selector: Json) -> str:
    """A LabelSelector as the text that a `labelSelector` parameter takes."""
    terms = [f"{key}={value}" for key, value in sorted(pairs(selector.get("matchLabels")).items())]
    for expression in rows(selector, "matchExpressions"):
        key, values = text(expression.get("key")), ",".join(texts(expression.get("values")))
        match expression.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(key)
            case "DoesNotExist":
                terms.append(f"!{key}")
            case _:
                continue
    return ",".join(terms)
