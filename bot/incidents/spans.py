"""How long a silence lasts, as people write it: `2h`, `1h30m`, `until 09:00`, `until tomorrow 09:00`, `내일 09:00까지`. Pure.

What cannot be understood is a `Problem` that says what can be written instead.
"""

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from bot.incidents.silences import Problem

SHORTEST = timedelta(minutes=1)
_LONGEST_TEXT = 100

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}
_WORDS = {
    "weeks": "w", "week": "w", "주": "w", "days": "d", "day": "d", "일": "d", "hours": "h", "hour": "h", "hrs": "h",
    "hr": "h", "시간": "h", "minutes": "m", "minute": "m", "mins": "m", "min": "m", "분": "m",
}  # fmt: skip
_PART = re.compile(rf"(\d{{1,5}})\s*({'|'.join(_WORDS)}|[wdhm])\s*", re.IGNORECASE)
_UNTIL = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)[T ]\s*|(?P<tomorrow>tomorrow|내일)\s+|(?:today|오늘)\s+)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d|[A-Za-z_]+/[\w+/-]+)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def ends_at(text: str, now: datetime, *, zone: tzinfo = UTC, longest: timedelta) -> datetime | Problem:
    """When a silence that begins now would end. `zone` is meant where none is written."""
    said = " ".join(text[:_LONGEST_TEXT].split())
    if not said:
        return Problem("span_none")
    until = _after_until(said)
    end = _after(said, now, longest) if until is None else _moment(until, now, zone)
    if isinstance(end, Problem):
        return end
    if end < now + SHORTEST:
        return Problem("span_short") if until is None else Problem("span_past")
    return end if end <= now + longest else _too_long(longest)


def _too_long(longest: timedelta) -> Problem:
    return Problem("span_long", {"longest": longest.total_seconds()})


def _unclear(said: str) -> Problem:
    told = {"text": said}
    return Problem("span_unit", told) if said.isdecimal() else Problem("span_unclear", told)


def _after(said: str, now: datetime, longest: timedelta) -> datetime | Problem:
    span = span_of(said)
    if span is None:
        return _unclear(said)
    return now + span if span <= longest else _too_long(longest)


def _after_until(said: str) -> str | None:
    """What stands after `until`, or before 까지; None where a span of time is meant."""
    if said.endswith("까지"):
        return said.removesuffix("까지").strip()
    word, _, rest = said.partition(" ")
    if word.lower() in {"until", "till"}:
        return rest.strip()
    return said if _UNTIL.fullmatch(said) else None


def span_of(said: str) -> timedelta | None:
    """Such as 2h or 1d12h; None for anything else."""
    bare = said.lower().removeprefix("for ").strip().removesuffix("동안").strip()
    total, at = timedelta(), 0
    while match := _PART.match(bare, at):
        unit = match[2].lower()
        total += int(match[1]) * _UNITS[_WORDS.get(unit, unit)]
        at = match.end()
    return total if bare and at == len(bare) else None


def _moment(said: str, now: datetime, zone: tzinfo) -> datetime | Problem:
    """Of a time without a date the next one."""
    match = _UNTIL.fullmatch(said)
    if match is None:
        return _unclear(said)
    own = _zone(match["zone"]) if match["zone"] else zone
    if own is None:
        return Problem("span_zone", {"zone": match["zone"]})
    here = now.astimezone(own)
    try:
        day = datetime.fromisoformat(match["date"]).date() if match["date"] else here.date()
        moment = datetime.combine(day, time(int(match["hour"]), int(match["minute"]), tzinfo=own))
        if match["tomorrow"] or (not match["date"] and moment <= here and not _today(said)):
            moment += timedelta(days=1)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return _unclear(said)


def _today(said: str) -> bool:
    return said.lower().startswith(("today", "오늘"))


def _zone(name: str) -> tzinfo | None:
    if name.upper() in {"Z", "UTC"}:
        return UTC
    if match := _OFFSET.fullmatch(name):
        sign = -1 if match[1] == "-" else 1
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(sign * offset) if offset < timedelta(hours=24) else None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, no key at all, a folder
        return None
