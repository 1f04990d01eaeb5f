"""Incidents, diagnoses and facts to JSON and back, exactly. Pure; knows no database.

Diagnoses are coded apart from their incident, because a list of incidents does without them.
"""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import ConfigDict, TypeAdapter

from bot.model import Diagnosis, Fact, Facts, Incident

# Infinity is a fact as any other (a limit that is not set); JSON proper would turn it into null.
_EXACT = ConfigDict(ser_json_inf_nan="constants")

_INCIDENTS = TypeAdapter(tuple[Incident], config=_EXACT)
_DIAGNOSES = TypeAdapter(tuple[Diagnosis, ...], config=_EXACT)
_FACTS = TypeAdapter(Mapping[str, Fact], config=_EXACT)


def encode_incident(incident: Incident) -> str:
    """The incident without its diagnoses."""
    return _INCIDENTS.dump_json((replace(incident, diagnoses=()),)).decode()


def decode_incident(body: str, diagnoses: str | None = None) -> Incident:
    (incident,) = _INCIDENTS.validate_json(body)
    return replace(incident, diagnoses=decode_diagnoses(diagnoses)) if diagnoses else incident


def encode_diagnoses(diagnoses: tuple[Diagnosis, ...]) -> str:
    return _DIAGNOSES.dump_json(diagnoses).decode()


def decode_diagnoses(body: str) -> tuple[Diagnosis, ...]:
    return _DIAGNOSES.validate_json(body)


def encode_facts(facts: Facts) -> str:
    return _FACTS.dump_json(facts).decode()


def decode_facts(body: str) -> Facts:
    return _FACTS.validate_json(body)
