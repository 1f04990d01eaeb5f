"""From the bytes that Alertmanager posts to an AlertGroup, for every version that sends format 4. Sans-I/O and pure.

A body that can never be accepted raises NotAcceptableError with one sentence: it is copied into Alertmanager's log, so it
names fields, never values. What Alertmanager may leave out or send as null is taken as empty.
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.ingest.json_members import NotANumberError, has_lone_surrogate, members
from bot.model import Alert, AlertGroup, AlertStatus

# RFC 3339, as Go writes it; datetime itself would also take weeks, commas and dates alone.
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_NOT_SET = "0001-01-01"
# Far enough from both ends of datetime that adding and subtracting spans never leaves it.
_YEARS = range(1970, 9000)
_MOST_TRUNCATED = 2**31 - 1
_LONGEST_NAME = 40
# Characters. Nobody reads more of one value, and whatever searches it holds the interpreter until it is done.
_LONGEST_VALUE = 32_768

# The 64-bit FNV-1a of sorted names and values, each followed by this byte: Alertmanager's own fingerprint.
# https://github.com/prometheus/common/blob/main/model/signature.go
_FNV_OFFSET, _FNV_PRIME, _FNV_MASK = 14695981039346656037, 1099511628211, 2**64 - 1
_SEPARATOR = 255


class NotAcceptableError(ValueError):
    """A body that can never be accepted; the message is one short sentence without values of the body."""


def parse(body: bytes) -> AlertGroup:
    found = _read(body)
    if found.get("version") != "4":
        raise NotAcceptableError('version is not "4": this is not a body of an Alertmanager webhook')
    alerts = found.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        raise NotAcceptableError("alerts is not a list with at least one alert")
    group_key = _key(_text(found.get("groupKey"), "groupKey"))
    if not group_key:
        raise NotAcceptableError("groupKey is missing")
    return AlertGroup(
        receiver=_text(found.get("receiver"), "receiver"),
        group_key=group_key,
        alerts=_alerts(alerts),
        group_labels=_texts(found.get("groupLabels"), "groupLabels"),
        common_labels=_texts(found.get("commonLabels"), "commonLabels"),
        common_annotations=_texts(found.get("commonAnnotations"), "commonAnnotations"),
        external_url=_address(found.get("externalURL"), "externalURL"),
        truncated=_count(found.get("truncatedAlerts"), "truncatedAlerts"),
    )


def _read(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode()
        found = members(text)
        halved = has_lone_surrogate(text, found)
    except UnicodeDecodeError as error:
        raise NotAcceptableError(f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotAcceptableError(f"the body is not a JSON object: {error.msg} at {where}") from None
    except RecursionError:
        raise NotAcceptableError("the body is nested too deeply") from None
    except NotANumberError as error:
        raise NotAcceptableError(f"the body holds {error}, which is not JSON") from None
    except ValueError:  # what int() says to more digits than sys.get_int_max_str_digits()
        raise NotAcceptableError("the body holds a number with too many digits") from None
    if halved:
        raise NotAcceptableError("the body holds half of a surrogate pair, which is not text")
    return found


def _alerts(raw: list[Any]) -> tuple[Alert, ...]:
    """Takes the list apart: to free thousands of alerts at once would hold up every other thread."""
    found: list[Alert] = []
    raw.reverse()
    while raw:
        found.append(_alert(raw.pop(), f"alerts[{len(found)}]"))
    return tuple(found)


def _alert(raw: Any, where: str) -> Alert:
    if not isinstance(raw, dict):
        raise NotAcceptableError(f"{where} is not an object")
    if "labels" not in raw:
        raise NotAcceptableError(f"{where} has no labels")
    labels = _texts(raw["labels"], f"{where}.labels")
    status = _status(raw.get("status"), f"{where}.status")
    starts_at = _time(raw.get("startsAt"), f"{where}.startsAt")
    if starts_at is None:
        raise NotAcceptableError(f"{where}.startsAt is missing")
    ends_at = _time(raw.get("endsAt"), f"{where}.endsAt")
    return Alert(
        status=status,
        labels=labels,
        annotations=_texts(raw.get("annotations"), f"{where}.annotations"),
        starts_at=starts_at,
        ends_at=ends_at if status is AlertStatus.RESOLVED else None,
        generator_url=_address(raw.get("generatorURL"), f"{where}.generatorURL"),
        fingerprint=_text(raw.get("fingerprint"), f"{where}.fingerprint") or fingerprint(labels),
    )


def _status(raw: Any, where: str) -> AlertStatus:
    if raw == AlertStatus.FIRING:
        return AlertStatus.FIRING
    if raw == AlertStatus.RESOLVED:
        return AlertStatus.RESOLVED
    raise NotAcceptableError(f"{where} is neither firing nor resolved")


def _time(raw: Any, where: str) -> datetime | None:
    """UTC in microseconds; None where Go's zero time, the first of January of the year 1, says "not set"."""
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str) or not _TIME.fullmatch(raw):
        raise NotAcceptableError(f"{where} is not an RFC 3339 time")
    if raw.startswith(_NOT_SET):
        return None
    try:
        moment = datetime.fromisoformat(raw.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAcceptableError(f"{where} is not an RFC 3339 time") from None
    if moment.year not in _YEARS:
        raise NotAcceptableError(f"{where} is too far from today")
    return moment


def _texts(raw: Any, where: str) -> Mapping[str, str]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise NotAcceptableError(f"{where} is not an object")
    found: dict[str, str] = {}
    for name, value in raw.items():
        if value is not None and not isinstance(value, str):
            raise NotAcceptableError(f"{where}: {_short(name)} is not text")
        found[_clean(name)] = _shortened(_clean(value or ""))
    return found


def _text(raw: Any, where: str) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise NotAcceptableError(f"{where} is not text")
    return _clean(raw)


def _address(raw: Any, where: str) -> str:
    """A part of an address leads nowhere."""
    text = _text(raw, where)
    return text if len(text) <= _LONGEST_VALUE else ""


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL cannot keep. An alert that quotes a binary log is still an alert."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def _shortened(text: str, longest: int = _LONGEST_VALUE) -> str:
    """Up to the end of a word, so that no half of a secret is left that nobody would know for one."""
    if len(text) <= longest:
        return text
    words = text[: longest - 1].rsplit(maxsplit=1)
    return f"{words[0] if len(words) > 1 else ''}…"


def _key(text: str) -> str:
    """What is left of a longer one tells it from all others."""
    if len(text) <= _LONGEST_VALUE:
        return text
    told = hashlib.sha256(text.encode()).hexdigest()
    return f"{_shortened(text, _LONGEST_VALUE // 2)}#{told}"


def _count(raw: Any, where: str) -> int:
    if raw is None:
        return 0
    if type(raw) is not int or not 0 <= raw <= _MOST_TRUNCATED:
        raise NotAcceptableError(f"{where} is not a number of alerts")
    return raw


def _short(name: str) -> str:
    return json.dumps(name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…", ensure_ascii=False)


def fingerprint(labels: Mapping[str, str]) -> str:
    """What Alertmanager would have called the alert with these labels; old versions do not say."""
    total = _FNV_OFFSET
    for name, value in sorted((name.encode(), value.encode()) for name, value in labels.items()):
        for byte in (*name, _SEPARATOR, *value, _SEPARATOR):
            total = ((total ^ byte) * _FNV_PRIME) & _FNV_MASK
    return f"{total:016x}"
