"""What goes into the store comes out of it, whatever it holds."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.incidents import codec
from bot.incidents.schema import from_micros, to_micros
from bot.incidents.transaction import group_hash
from bot.model import Alert, Change, Diagnosis, Finding, Fix, Incident, Missing, Observation, Target

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_TIMES = st.datetimes(timezones=st.just(UTC))
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT
_ROWS = st.dictionaries(_TEXT, _SCALARS, max_size=3)
_FACTS = st.dictionaries(
    _TEXT,
    _SCALARS | st.lists(_SCALARS, max_size=3).map(tuple) | st.lists(_ROWS, max_size=3).map(tuple),
    max_size=4,
)

_WORDS = st.dictionaries(_TEXT, _TEXT, max_size=3)
_TARGETS = st.builds(Target, _TEXT, _TEXT, _TEXT, _TEXT)
_ALERTS = st.builds(
    Alert,
    labels=_WORDS,
    annotations=_WORDS,
    starts_at=_TIMES,
    ends_at=st.none() | _TIMES,
    generator_url=_TEXT,
    fingerprint=_TEXT,
)
_SEEN = st.builds(Observation, facts=_FACTS, key=_TEXT, reproduce=_TEXT, at=st.none() | _TIMES)
_FINDINGS = st.builds(
    Finding,
    facts=_FACTS,
    evidence=st.lists(_SEEN, max_size=2).map(tuple),
    fixes=st.lists(st.builds(Fix, facts=_FACTS), max_size=1).map(tuple),
    missing=st.none() | st.builds(Missing),
)
_DIAGNOSES = st.builds(
    Diagnosis,
    target=_TARGETS,
    findings=st.lists(_FINDINGS, max_size=2).map(tuple),
    changes=st.lists(st.builds(Change, at=_TIMES, facts=_FACTS), max_size=1).map(tuple),
    at=st.none() | _TIMES,
)
_INCIDENTS = st.builds(
    Incident,
    id=_TEXT,
    group_key=_TEXT,
    opened_at=_TIMES,
    heard_at=_TIMES,
    closed_at=st.none() | _TIMES,
    alerts=st.lists(_ALERTS, max_size=2).map(tuple),
    group_labels=_WORDS,
    common_annotations=_WORDS,
    targets=st.lists(_TARGETS, max_size=2).map(tuple),
    diagnoses=st.lists(_DIAGNOSES, max_size=1).map(tuple),
)


def _kinds(value: object) -> object:
    """1, 1.0 and True are equal to Python; a template shows them differently."""
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    return tuple(map(_kinds, value)) if isinstance(value, tuple) else (type(value), value)


@settings(max_examples=50, deadline=None)
@given(_FACTS)
def test_facts_come_back_with_their_kinds(facts: dict[str, object]) -> None:
    assert _kinds(codec.decode_facts(codec.encode_facts(facts))) == _kinds(facts)  # type: ignore[arg-type]  # hypothesis builds them of plain objects


@settings(max_examples=15, deadline=None)
@given(_INCIDENTS)
def test_an_incident_comes_back_as_it_was(incident: Incident) -> None:
    body, diagnoses = codec.encode_incident(incident), codec.encode_diagnoses(incident.diagnoses)
    assert codec.decode_incident(body, diagnoses) == incident


@given(_TIMES)
def test_times_are_exact_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment
    assert from_micros(to_micros(moment)).tzinfo is UTC


@given(_TEXT, _TEXT, _TEXT)
def test_no_two_groups_share_a_hash(cluster: str, receiver: str, key: str) -> None:
    assert group_hash(cluster, receiver, key) != group_hash(cluster, receiver + "x", key)
    assert group_hash(cluster, "1:" + receiver, key) != group_hash(cluster, receiver, "1:" + key)
