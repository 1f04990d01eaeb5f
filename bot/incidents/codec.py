"""Incidents, diagnoses and facts to JSON and back, exactly. Pure; knows no database.

Diagnoses and re-checks are coded apart from their incident, because a list of incidents does without them; so are
silences and ticks, which live on their own. What an incident is to others is not coded at all: it changes without the incident.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from pydantic import ConfigDict, TypeAdapter

from bot.delivery.digest import Line
from bot.model import Diagnosis, Fact, Facts, Incident, Recheck, Related
from bot.silence import Silence

# Infinity is a fact as any other (a limit that is not set); JSON proper would turn it into null.
_EXACT = ConfigDict(ser_json_inf_nan="constants")

_INCIDENTS = TypeAdapter(tuple[Incident], config=_EXACT)
_DIAGNOSES = TypeAdapter(tuple[Diagnosis, ...], config=_EXACT)
_RECHECKS = TypeAdapter(tuple[Recheck, ...], config=_EXACT)
_SILENCES = TypeAdapter(tuple[Silence], config=_EXACT)
_LINES = TypeAdapter(tuple[Line])
_FACTS = TypeAdapter(Mapping[str, Fact], config=_EXACT)


def encode_incident(incident: Incident) -> str:
    """The incident alone, without what is kept beside it."""
    bare = replace(incident, diagnoses=(), rechecks=(), related=Related(), silences=(), ticks=())
    return _INCIDENTS.dump_json((bare,)).decode()


def decode_incident(body: str, diagnoses: str | None = None, rechecks: str | None = None) -> Incident:
    (incident,) = _INCIDENTS.validate_json(body)
    if diagnoses:
        incident = replace(incident, diagnoses=decode_diagnoses(diagnoses))
    return replace(incident, rechecks=decode_rechecks(rechecks)) if rechecks else incident


def encode_diagnoses(diagnoses: tuple[Diagnosis, ...]) -> str:
    return _DIAGNOSES.dump_json(diagnoses).decode()


def decode_diagnoses(body: str) -> tuple[Diagnosis, ...]:
    return _DIAGNOSES.validate_json(body)


def encode_rechecks(rechecks: tuple[Recheck, ...]) -> str:
    return _RECHECKS.dump_json(rechecks).decode()


def decode_rechecks(body: str) -> tuple[Recheck, ...]:
    return _RECHECKS.validate_json(body)


def encode_silence(silence: Silence) -> str:
    return _SILENCES.dump_json((silence,)).decode()


def decode_silence(body: str) -> Silence:
    (silence,) = _SILENCES.validate_json(body)
    return silence


def encode_facts(facts: Facts) -> str:
    return _FACTS.dump_json(facts).decode()


def decode_facts(body: str) -> Facts:
    return _FACTS.validate_json(body)


def encode_line(line: Line) -> str:
    return _LINES.dump_json((line,)).decode()


def line_with(field: str, value: str | bool) -> str:
    """What a line that holds this is LIKE, in SQL. In what people wrote a quote has a backslash, so it is never taken for this."""
    return f"%{json.dumps(field)}:{json.dumps(value)}%"


def decode_line(body: str) -> Line:
    (line,) = _LINES.validate_json(body)
    return line
