"""`opsbot explain`: names the known failures in a log that somebody has, without a cluster and without a server.

The end of a long log is what is read. Everything is cleaned and redacted before anything else sees it.
"""

import asyncio
import codecs
import json
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from bot.catalogue import catalogue_of
from bot.connections import readable_lines
from bot.delivery.explaining import WordedLine, label, worded_line
from bot.delivery.filters import size
from bot.delivery.plaintext import cut, one_line
from bot.delivery.words import Words
from bot.diagnosis.lines.explained import Explained, Explanation, explain
from bot.settings import Settings

MOST_BYTES = 5 * 1024 * 1024
_SCHEMA = 1
_QUOTED = 300
_CHUNK = 64 * 1024
_USAGE = "give it a log: opsbot explain FILE, or: kubectl logs POD --previous | opsbot explain -"
# What Windows writes into a file; the rest of the world is UTF-8.
_BYTE_ORDERS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"


class NoLogError(Exception):
    """There is nothing to read; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Explainer:
    """What was found, for a reader. `known` decides the exit code."""

    text: str
    known: bool


@dataclass(frozen=True, slots=True)
class _Log:
    """`cut` where it is only the end of a longer one."""

    lines: tuple[str, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class _Told:
    failure: Explained
    words: WordedLine


async def explained(settings: Settings, file: str, form: Form) -> Explainer:
    """`file` may be `-`, or empty for what is piped in."""
    given = await asyncio.to_thread(_read, file)
    catalogue = await catalogue_of(settings.runbooks)
    catalogue.tell()
    words = catalogue.words(settings.delivery.language)
    found = explain(given.lines)
    told = tuple(
        _Told(failure, worded_line(words, failure.id, failure.facts, catalogue.names))
        for failure in found.known
    )
    text = _document(given, found, told) if form is Form.JSON else _text(words, given, found, told)
    return Explainer(text, known=bool(told))


# -- reading


def _read(file: str) -> _Log:
    name = file if file not in {"", "-"} else "standard input"
    try:
        data, is_cut, order = _bytes(file)
    except IsADirectoryError:
        raise NoLogError(f"{name} is a directory; give a file, or - for standard input") from None
    except OSError as error:
        raise NoLogError(f"{name} cannot be read: {error.strerror}") from None
    except ValueError as error:  # a name with a NUL in it
        raise NoLogError(f"{name!r} cannot be read: {error}") from None
    text = data.decode(order, "replace").removeprefix("\ufeff")
    if is_cut:
        text = text.partition("\n")[2] or text  # the first line is the rest of one
    lines = readable_lines(text)
    if not any(map(str.strip, lines)):
        raise NoLogError(f"{name} is empty")
    return _Log(lines, is_cut)


def _bytes(file: str) -> tuple[bytes, bool, str]:
    """The end of the log, whether there was more before it, and its encoding."""
    if file not in {"", "-"}:
        with Path(file).open("rb") as stream:
            return _end_of(stream)
    given = cast("TextIO | None", sys.stdin)  # none at all under some supervisors
    if given is None or (not file and given.isatty()):
        raise NoLogError(_USAGE)
    return _end_of(given.buffer)


def _end_of(stream: BinaryIO) -> tuple[bytes, bool, str]:
    first = stream.read(2)
    order = _BYTE_ORDERS.get(first, "utf-8")
    if stream.seekable():
        before = max(stream.seek(0, 2) - MOST_BYTES, 0)
        stream.seek(before + before % 2)  # a character of UTF-16 has two bytes
        return stream.read(MOST_BYTES), before > 0, order
    kept = deque((first,))
    held, before = len(first), 0
    while chunk := stream.read(_CHUNK):
        kept.append(chunk)
        held += len(chunk)
        while held - len(kept[0]) >= MOST_BYTES:
            before += len(kept[0])
            held -= len(kept.popleft())
    over = max(held - MOST_BYTES, 0)
    return b"".join(kept)[over + over % 2 :], before + over > 0, order


# -- as text and as JSON


def _text(words: Words, given: _Log, found: Explanation, told: tuple[_Told, ...]) -> str:
    count = len(given.lines)
    head = (
        label(words, "known", count=len(told) + found.more, lines=count)
        if told
        else label(words, "nothing", lines=count)
    )
    paragraphs = ["\n".join((head, *_limits(words, given, found)))]
    paragraphs += [_paragraph(words, number, one) for number, one in enumerate(told, 1)]
    if found.more:
        paragraphs.append(label(words, "more", count=found.more))
    if found.unknown:
        line = label(words, "once", first=found.unknown.line)
        paragraphs.append(f"{label(words, 'unknown')}\n  {line}\n    > {_quoted(found.unknown.text)}")
    elif not told:
        paragraphs.append(label(words, "no_error"))
    return "\n\n".join(paragraphs)


def _limits(words: Words, given: _Log, found: Explanation) -> Iterator[str]:
    if given.cut:
        yield label(words, "cut", size=size(MOST_BYTES))
    if found.skipped:
        yield label(words, "skipped", count=len(given.lines) - found.skipped)


def _paragraph(words: Words, number: int, one: _Told) -> str:
    failure, said = one.failure, one.words
    seen = label(
        words,
        "once" if failure.count == 1 else "often",
        first=failure.first,
        last=failure.last,
        count=failure.count,
    )
    lines = [f"{number}. {said.name}", f"   {seen}", f"     > {_quoted(failure.text)}"]
    if said.meaning:
        lines.append(f"   {said.meaning}")
    if said.next:
        lines += [f"   {label(words, 'next')}:", *(f"     - {step}" for step in said.next)]
    if said.commands:
        lines += [f"   {label(words, 'commands')}:", *(f"     $ {one_line(line)}" for line in said.commands)]
    if said.deeper:
        lines += [f"   {label(words, 'deeper')}:", f"     $ {said.deeper}"]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return cut(one_line(text), _QUOTED)


def _document(given: _Log, found: Explanation, told: tuple[_Told, ...]) -> str:
    unknown = found.unknown
    document = {
        "schema": _SCHEMA,
        "lines": len(given.lines),
        "cut": given.cut,
        "skipped": found.skipped,
        "known": [_entry(one) for one in told],
        "more": found.more,
        "unknown": {"line": unknown.line, "text": _quoted(unknown.text)} if unknown else None,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _entry(one: _Told) -> dict[str, Any]:
    failure, said = one.failure, one.words
    return {
        "id": failure.id,
        "family": failure.family,
        "name": said.name,
        "count": failure.count,
        "first_line": failure.first,
        "last_line": failure.last,
        "text": _quoted(failure.text),
        "facts": {name: one_line(fact) for name, fact in sorted(failure.facts.items()) if fact},
        "meaning": said.meaning,
        "next": list(said.next),
        "commands": list(said.commands),
        "runbook": said.runbook or None,
        "cause": said.cause or None,
    }
