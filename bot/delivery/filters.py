"""The filters that words and layouts may use: from facts (numbers, names, times) to how a person writes them. Pure.

A fact of the wrong kind raises, and whoever words the sentence falls back to plain words; nothing is guessed.
"""

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.delivery.plaintext import clean, cut, one_line

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_KILO = 1024
_SPANS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_FRACTION = re.compile(r"\.(\d{6})\d+")


def sh(value: object) -> str:
    """One word for a shell, whatever it holds."""
    return shlex.quote(clean(str(value)))


def size(value: object) -> str:
    """Bytes as Kubernetes writes them: 536870912 → 512Mi. A quantity that is one already stays."""
    if isinstance(value, str):
        if not value.isdecimal():
            return one_line(value)
        value = int(value)
    number = _number(value)
    power = 0
    while abs(number) >= _KILO and power < len(_BINARY) - 1:
        number /= _KILO
        power += 1
    return f"{number_text(round(number, 1))}{_BINARY[power]}"


def number_text(value: float) -> str:
    """A number without the noise of binary fractions."""
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.3g}"


def span(seconds: object, units: Mapping[str, str]) -> str:
    """Seconds in the two largest units that are not zero; `units` words day, hour, minute and second."""
    left = round(abs(_number(seconds)))
    parts: list[str] = []
    for unit, length in _SPANS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count}{units[unit]}")
        if len(parts) == 2:
            break
    return " ".join(parts) or f"0{units['second']}"


def moment(value: object) -> datetime:
    """A time from a datetime, seconds since 1970, or ISO 8601 text, which may have nanoseconds; always UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, str):
        parsed = datetime.fromisoformat(_FRACTION.sub(r".\1", value))
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    return datetime.fromtimestamp(_number(value), UTC)


def time(value: object) -> str:
    return moment(value).strftime("%Y-%m-%d %H:%M:%SZ")


def shorten(value: object, limit: int = 200) -> str:
    return cut(one_line(str(value)), limit)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number is needed, not {type(value).__name__}")
    return value
