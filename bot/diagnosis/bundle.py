"""Recordings as one JSON document and back, exactly: what is kept of an incident, and what `opsbot replay` decides from.

Pure. Only the looks that are listed here, and the types that they declare as their answers, are ever built: nothing is
imported by a name from the file. Whatever does not fit to the letter is a BundleError that says what in one sentence.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, make_dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Discriminator, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError

from bot import __version__
from bot.diagnosis import looks, looks_metrics, looks_objects
from bot.diagnosis.recording import Asked, Recording
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Diagnosis

SCHEMA = 1
# Compressed. A diagnosis of one workload is some tens of kibibytes.
LARGEST = 4 * 2**20

LOOKS: tuple[type[Look[Any]], ...] = (
    looks.ApplicationOf,
    looks.ConfigMapNote,
    looks.EventsOf,
    looks.FindTargets,
    looks.LogHead,
    looks.LogOf,
    looks.NodeOf,
    looks.NodesJoined,
    looks.PodsOf,
    looks.RevisionsOf,
    looks.ScalersOf,
    looks.SecretNote,
    looks.ServiceOf,
    looks.SiblingsOf,
    looks.WorkloadOf,
    looks_metrics.InstantQuery,
    looks_metrics.PrometheusAt,
    looks_metrics.RangeQuery,
    looks_metrics.WalReplayOf,
    looks_objects.BudgetsOf,
    looks_objects.ClusterStoreOf,
    looks_objects.ConfigMapOf,
    looks_objects.CrdOf,
    looks_objects.EndpointsOf,
    looks_objects.ExternalSecretsOf,
    looks_objects.PrometheusOf,
    looks_objects.QuotasOf,
    looks_objects.StoreOf,
)
_KNOWN = frozenset(LOOKS)
# Infinity and NaN are numbers of Prometheus as any other.
_EXACT = ConfigDict(ser_json_inf_nan="constants", extra="forbid", strict=True)
_LONGEST_REASON = 300

# As values: the types that stand in them are made while this runs, which a type checker cannot follow.
_Annotated: Any = Annotated
_Literal: Any = Literal
_Tuple: Any = tuple


class BundleError(ValueError):
    """What is no bundle, or cannot be one; the message is the end of a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class _Forms:
    """The types of the document; of its entries one for each look, told apart by the look's name."""

    entries: dict[type[Look[Any]], Any]
    case: Any
    document: Any
    adapter: TypeAdapter[Any]


@cache
def _forms() -> _Forms:
    """Built when first needed: a command that has nothing to do with bundles does not pay for it."""
    entries = {look: _entry(look) for look in LOOKS}
    anything = _Annotated[_union(tuple(entries.values())), Discriminator("look")]
    parts = [
        ("asked", Asked),
        ("deadline", float),
        ("looks", _Tuple[anything, ...]),
        ("diagnosis", Diagnosis),
    ]
    case = make_dataclass("Case", parts, frozen=True, slots=True)
    whole = [("schema", int), ("opsbot", str), ("cases", _Tuple[case, ...])]
    document = make_dataclass("Bundle", whole, frozen=True, slots=True)
    # The configuration of a tuple holds for all that is in it; a plain dataclass takes none.
    return _Forms(entries, case, document, TypeAdapter(_Tuple[document], config=_EXACT))


def _union(types: tuple[Any, ...]) -> Any:
    return types[0] if len(types) == 1 else _union(types[:-1]) | types[-1]


def _entry(look: type[Look[Any]]) -> Any:
    parts: list[tuple[str, Any]] = [
        ("look", _Literal[look.__name__]),
        ("ask", look),
        ("seconds", float | None),
        ("answer", _answer_of(look) | None),
        ("unavailable", Unavailable | None),
    ]
    return make_dataclass(look.__name__, parts, frozen=True, slots=True)


def _answer_of(look: type[Look[Any]]) -> Any:
    """What `class PodsOf(Look[PodList])` declares."""
    (declared,) = (base for base in look.__orig_bases__ if get_args(base))  # type: ignore[attr-defined]  # typeshed has it only from 3.12
    return get_args(declared)[0]


def encode(recordings: Sequence[Recording]) -> bytes:
    """A look of a team's own, which no source of the house answers, is left out."""
    forms = _forms()
    cases = tuple(_case(forms, recording) for recording in recordings)
    document = forms.document(SCHEMA, __version__, cases)
    try:
        whole = forms.adapter.dump_json((document,), warnings="error")
    except PydanticSerializationError as error:
        raise BundleError(f"cannot be written: {_short(str(error))}") from None
    return whole[1:-1]


def _case(forms: _Forms, recording: Recording) -> Any:
    entries = [
        forms.entries[type(look)](type(look).__name__, look, recording.seconds[look], *_told(answer))
        for look, answer in recording.answers.items()
        if type(look) in _KNOWN
    ]
    entries += [
        forms.entries[type(look)](type(look).__name__, look, None, None, None)
        for look in recording.unanswered
        if type(look) in _KNOWN
    ]
    return forms.case(recording.asked, recording.deadline, tuple(entries), recording.diagnosis)


def _told(answer: Any) -> tuple[Any, Unavailable | None]:
    return (None, answer) if isinstance(answer, Unavailable) else (answer, None)


def decode(raw: bytes) -> tuple[Recording, ...]:
    _check_head(raw)
    try:
        (document,) = _forms().adapter.validate_json(b"[" + raw + b"]")
    except ValidationError as error:
        raise BundleError(f"is damaged: {_first(error.errors(include_url=False)[0])}") from None
    return tuple(_recording(case) for case in document.cases)


def _recording(case: Any) -> Recording:
    answers, seconds, unanswered = {}, {}, []
    for entry in case.looks:
        if entry.seconds is None:
            unanswered.append(entry.ask)
            continue
        if (entry.answer is None) is (entry.unavailable is None):
            raise BundleError(f"is damaged: a {entry.look} has not exactly one answer")
        answers[entry.ask] = entry.unavailable if entry.answer is None else entry.answer
        seconds[entry.ask] = entry.seconds
    return Recording(case.asked, case.diagnosis, answers, seconds, tuple(unanswered), case.deadline)


def _check_head(raw: bytes) -> None:
    """Is this ours at all, and can this version read it? Asked first: the details of a foreign file help nobody."""
    try:
        whole = json.loads(raw)
    except (ValueError, RecursionError):
        raise BundleError("is not JSON") from None
    schema = whole.get("schema") if isinstance(whole, dict) else None
    if not isinstance(schema, int) or "opsbot" not in whole or "cases" not in whole:
        raise BundleError("is not a bundle of opsbot")
    if schema > SCHEMA:
        version = str(whole["opsbot"])[:20]
        raise BundleError(f"was written by a newer opsbot ({version}); use that version or a later one")


def _first(error: ErrorDetails) -> str:
    where = ".".join(str(step) for step in error["loc"][1:])
    return f"{where}: {_short(error['msg'])}" if where else _short(error["msg"])


def _short(said: str) -> str:
    return " ".join(said.split())[:_LONGEST_REASON]


def pack(recordings: Sequence[Recording]) -> bytes:
    """As it is kept; takes some milliseconds for each workload, so not on the event loop."""
    packed = zlib.compress(encode(recordings))
    if len(packed) > LARGEST:
        raise BundleError(f"would take {len(packed)} bytes, more than the {LARGEST} that are kept")
    return packed


def unpack(packed: bytes) -> bytes:
    return zlib.decompress(packed)
