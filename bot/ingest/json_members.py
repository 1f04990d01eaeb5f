"""Reads the members of one JSON object, the elements of its arrays one at a time. Sans-I/O; knows nothing of alerts.

`json.loads` keeps the interpreter to itself until it is done, for 50 ms with 8 MiB, whichever thread it runs in. Here it
is given back between elements, so that an event loop goes on beside a big body. Accepts what `json.loads` accepts, but
for NaN and Infinity, and raises ValueError or RecursionError as that does.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")


class NotANumberError(ValueError):
    """NaN or an infinity, which JSON does not have."""


def _refuse(constant: str) -> NoReturn:
    raise NotANumberError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def members(text: str) -> dict[str, Any]:
    """The members of the object that `text` is; of a name that occurs twice the last one, as everywhere."""
    position = _expect(text, _skip(text, 0), "{")
    found: dict[str, Any] = {}
    position = _skip(text, position)
    if text.startswith("}", position):
        return _end(text, position + 1, found)
    while True:
        if not text.startswith('"', position):
            raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, position)
        name, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _expect(text, _skip(text, position), ":"))
        if text.startswith("[", position):
            found[name], position = _elements(text, position + 1)
        else:
            found[name], position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text.startswith("}", position):
            return _end(text, position + 1, found)
        position = _skip(text, _expect(text, position, ","))


def _elements(text: str, position: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    position = _skip(text, position)
    if text.startswith("]", position):
        return found, position + 1
    while True:
        element, position = _DECODER.raw_decode(text, position)
        found.append(element)
        position = _skip(text, position)
        if text.startswith("]", position):
            return found, position + 1
        position = _skip(text, _expect(text, position, ","))


def _end(text: str, position: int, found: dict[str, Any]) -> dict[str, Any]:
    position = _skip(text, position)
    if position != len(text):
        raise json.JSONDecodeError("Extra data", text, position)
    return found


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _expect(text: str, position: int, character: str) -> int:
    if not text.startswith(character, position):
        raise json.JSONDecodeError(f"Expecting {character!r}", text, position)
    return position + 1


def has_lone_surrogate(text: str, found: dict[str, Any]) -> bool:
    """Half a character anywhere, names too: no database, log or network takes it. Only an escape can bring one in."""
    if "\\ud" not in text and "\\uD" not in text:
        return False
    return any(_cannot_be_sent(part) for part in _parts(found))


def _parts(found: dict[str, Any]) -> Iterator[Any]:
    for name, value in found.items():
        yield name
        yield from value if isinstance(value, list) else (value,)


def _cannot_be_sent(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
