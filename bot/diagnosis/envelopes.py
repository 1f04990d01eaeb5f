"""Structured log lines: what a JSON or logfmt line says, and how serious it says it is. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Level(Enum):
    UNKNOWN = auto()
    QUIET = auto()
    WARNING = auto()
    ERROR = auto()
    FATAL = auto()


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON line. `text` is the message with the error behind it; `says_error` where it carries an error field."""

    level: Level
    text: str
    says_error: bool


# pino and bunyan write numbers: https://github.com/pinojs/pino/blob/main/docs/api.md#logger-level
_LEVELS: Mapping[str, Level] = {
    **dict.fromkeys(
        ("trace", "debug", "verbose", "info", "information", "notice", "10", "20", "30"), Level.QUIET
    ),
    **dict.fromkeys(("warn", "warning", "40"), Level.WARNING),
    **dict.fromkeys(("error", "err", "severe", "50"), Level.ERROR),
    **dict.fromkeys(
        ("fatal", "panic", "dpanic", "critical", "crit", "emergency", "emerg", "alert", "60"), Level.FATAL
    ),
}
_LEVEL_KEYS = ("level", "severity", "lvl", "levelname", "log.level", "@level", "@l", "loglevel")
_MESSAGE_KEYS = ("msg", "message", "@m", "@message", "event", "log", "text")
_ERROR_KEYS = ("error", "err", "exception", "cause", "exc_info", "error.message", "@x")
_INNER_KEYS = ("message", "msg", "error", "reason", "code")
_LOGFMT_MESSAGE = re.compile(r'(?:^|\s)(?:msg|message)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_LOGFMT_ERROR = re.compile(r'(?:^|\s)(?:err|error|cause)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def open_json(line: str) -> Document | None:
    """A line that is one JSON object; None for any other line."""
    text = line.strip()
    if not text.startswith("{") or not text.endswith("}"):
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):  # pragma: no cover - a text in braces is an object
        return None
    lowered = {str(key).lower(): value for key, value in fields.items()}
    level = _LEVELS.get(_first(lowered, _LEVEL_KEYS).lower(), Level.UNKNOWN)
    message, error = _first(lowered, _MESSAGE_KEYS), _first(lowered, _ERROR_KEYS)
    return Document(level, _joined(message, error) or text, bool(error))


def logfmt_message(line: str) -> str:
    """The message and error of a logfmt line; empty for any other line."""
    message, error = _LOGFMT_MESSAGE.search(line), _LOGFMT_ERROR.search(line)
    return _joined(_value(message), _value(error))


def _value(match: re.Match[str] | None) -> str:
    if match is None:
        return ""
    quoted = match.group(1) or ""
    return match.group(2) or _sentence(quoted.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t"))


def _joined(message: str, error: str) -> str:
    if not message or not error or error in message:
        return message or error
    return f"{message}: {error}"


def _first(fields: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := _text(fields.get(key)))), "")


def _text(value: Any) -> str:
    """The first sentence of a value, or of the message inside it."""
    if isinstance(value, dict):
        return _first({str(key).lower(): inner for key, inner in value.items()}, _INNER_KEYS)
    if value is None or isinstance(value, bool | list):
        return ""
    return _sentence(str(value))


def _sentence(value: str) -> str:
    """The first line, with the next where it only announces that: pgx says there what each server answered."""
    first, _, rest = value.strip().partition("\n")
    announced = rest.strip().partition("\n")[0].rstrip()
    return f"{first.rstrip()} {announced}" if announced and first.rstrip().endswith(":") else first
