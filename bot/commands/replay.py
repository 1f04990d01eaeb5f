"""`opsbot replay`: decides again over what was recorded, without a cluster, and says whether the outcome is another one."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.catalogue import Catalogue, catalogue_of
from bot.commands.diagnose import Output, shown
from bot.delivery.render import Layouts
from bot.diagnosis.bundle import BundleError, decode
from bot.diagnosis.bundle_diff import Differs, differences
from bot.diagnosis.bundle_replay import replay
from bot.diagnosis.recording import Recording
from bot.model import Diagnosis
from bot.observe import log
from bot.settings import Settings

_SCHEMA = 1


class NoBundleError(Exception):
    """The file is no bundle that this version can read; the message is one sentence with its name."""


@dataclass(frozen=True, slots=True)
class Replayed:
    text: str
    changed: bool


async def again(settings: Settings, file: str, output: Output, *, diff: bool) -> Replayed:
    catalogue = await catalogue_of(settings.runbooks)
    catalogue.tell()
    recordings = _read(file)
    _tell_missing(catalogue, recordings)
    extra = catalogue.extra_matches(settings.runbooks.match)
    # In a thread, because it brings an event loop with a clock of its own.
    decided = await asyncio.to_thread(replay, recordings, catalogue.runbooks, extra)
    if diff:
        return _compared(recordings, decided, output)
    layouts = Layouts(catalogue.words(settings.delivery.language), public_url=settings.server.public_url)
    return Replayed(_shown(layouts, decided, output), changed=False)


def _read(file: str) -> tuple[Recording, ...]:
    try:
        return decode(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except OSError as error:
        raise NoBundleError(f"{file} cannot be read: {error.strerror}") from None
    except BundleError as error:
        raise NoBundleError(f"{file} {error}") from None


def _tell_missing(catalogue: Catalogue, recordings: Sequence[Recording]) -> None:
    used = {name for recording in recordings for name in recording.diagnosis.runbooks}
    missing = sorted(used.difference(catalogue.names))
    if missing:
        log.warning("runbooks of the recording are not here", runbooks=missing)


def _shown(layouts: Layouts, decided: Sequence[Diagnosis], output: Output) -> str:
    """One document each; as JSON, several are one list."""
    texts = [shown(layouts, diagnosis, output) for diagnosis in decided]
    if len(texts) == 1 or output in {Output.TEXT, Output.MARKDOWN}:
        return "\n\n".join(texts)
    documents = [json.loads(text) for text in texts]
    messages = [message for document in documents for message in document]
    return _json(messages if output is Output.BLOCKS else documents)


def _compared(recordings: Sequence[Recording], decided: Sequence[Diagnosis], output: Output) -> Replayed:
    found = [
        one
        for recording, diagnosis in zip(recordings, decided, strict=True)
        for one in differences(recording, diagnosis)
    ]
    text = _json(_document(found)) if output is Output.JSON else _lines(found, len(recordings))
    return Replayed(text, changed=bool(found))


def _document(found: Sequence[Differs]) -> dict[str, Any]:
    told = [
        {"target": str(one.target), "what": one.what, "before": one.before, "after": one.after}
        for one in found
    ]
    return {"schema": _SCHEMA, "changed": bool(found), "differences": told}


def _lines(found: Sequence[Differs], count: int) -> str:
    if not found:
        return f"the outcome is as recorded ({count} {'diagnosis' if count == 1 else 'diagnoses'})"
    lines: list[str] = []
    for target, group in groupby(found, key=lambda one: one.target):
        lines += [str(target), *(f"  {_line(one)}" for one in group)]
    return "\n".join(lines)


def _line(one: Differs) -> str:
    if one.before is None:
        return f"{one.what}: new: {one.after}"
    return (
        f"{one.what}: gone, was {one.before}"
        if one.after is None
        else f"{one.what}: {one.before} → {one.after}"
    )


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)
