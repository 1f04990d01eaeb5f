"""What is no body of an Alertmanager is refused in one sentence, and no bytes at all can do anything else."""

import copy
import json
import random
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ingest.alertmanager import NotAcceptableError, parse
from tests.ingest.bodies import SAMPLES, Body, a_body, an_alert, without


def refusal(body: Body | str | bytes) -> str:
    text = json.dumps(body) if isinstance(body, dict) else body
    with pytest.raises(NotAcceptableError) as caught:
        parse(text.encode() if isinstance(text, str) else text)
    return str(caught.value)


REFUSED: list[tuple[str, Body | str | bytes, str]] = [
    ("nothing", b"", "not a JSON object"),
    ("not JSON", "receiver=x", "not a JSON object"),
    ("cut off", json.dumps(a_body())[:-5], "not a JSON object"),
    ("more after it", json.dumps(a_body()) + "{}", "not a JSON object: Extra data"),
    ("a list", "[]", "not a JSON object"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "not a JSON object"),
    ("not UTF-8", b'{"version": "\xff"}', "not UTF-8 at byte 13"),
    ("UTF-16", json.dumps(a_body()).encode("utf-16"), "not UTF-8"),
    ("deep lists", '{"alerts": ' + "[" * 100_000, "nested too deeply"),
    ("deep objects", '{"a":' * 100_000, "nested too deeply"),
    ("deep and whole", '{"a":' * 50_000 + "1" + "}" * 50_000, "nested too deeply"),
    ("huge integer", '{"version": ' + "9" * 5000 + "}", "too many digits"),
    ("NaN", '{"version": NaN}', "NaN, which is not JSON"),
    ("Infinity", '{"x": [-Infinity]}', "-Infinity, which is not JSON"),
    ("half a surrogate pair", an_alert(annotations={"a": "\ud800"}), "surrogate"),
    ("the other half", an_alert(annotations={"a": "\udc00"}), "surrogate"),
    ("half in a label's name", an_alert(labels={"\ud83d": "x"}), "surrogate"),
    ("half in an unknown field", a_body(unknown={"\ud83d": 1}), "surrogate"),
    ("half in a name at the top", a_body(**{"\udfff": 1}), "surrogate"),
    ("no version", without("version"), "version"),
    ("version 3", a_body(version="3"), "version"),
    ("version as number", a_body(version=4), "version"),
    ("no alerts", without("alerts"), "alerts is not a list"),
    ("null alerts", a_body(alerts=None), "alerts is not a list"),
    ("alerts as object", a_body(alerts={}), "alerts is not a list"),
    ("empty alerts", a_body(alerts=[]), "at least one alert"),
    ("an alert that is text", a_body(alerts=["x"]), "alerts[0] is not an object"),
    ("a null alert", a_body(alerts=[*a_body()["alerts"], None]), "alerts[1] is not an object"),
    ("no labels", without("labels"), "alerts[0] has no labels"),
    ("labels as list", an_alert(labels=[]), "alerts[0].labels is not an object"),
    ("a number as label", an_alert(labels={"pod": 5}), 'alerts[0].labels: "pod" is not text'),
    ("a long name", an_alert(labels={"n" * 500: 5}), f'"{"n" * 40}…" is not text'),
    ("a list as annotation", an_alert(annotations={"a": []}), "alerts[0].annotations"),
    ("false as fingerprint", an_alert(fingerprint=False), "alerts[0].fingerprint is not text"),
    ("no status", without("status"), "alerts[0].status"),
    ("odd status", an_alert(status="suppressed"), "alerts[0].status is neither firing nor resolved"),
    ("a list as status", an_alert(status=["firing"]), "alerts[0].status"),
    ("no start", without("startsAt"), "alerts[0].startsAt is missing"),
    ("start not set", an_alert(startsAt="0001-01-01T00:00:00Z"), "alerts[0].startsAt is missing"),
    ("start as number", an_alert(startsAt=1767237120), "alerts[0].startsAt is not an RFC 3339 time"),
    ("a day alone", an_alert(startsAt="2026-01-01"), "RFC 3339"),
    ("no offset", an_alert(startsAt="2026-01-01T00:00:00"), "RFC 3339"),
    ("other digits", an_alert(startsAt="٢٠٢٦-01-01T00:00:00Z"), "RFC 3339"),
    ("no such day", an_alert(startsAt="2026-02-30T00:00:00Z"), "RFC 3339"),
    ("no such offset", an_alert(startsAt="2026-01-01T00:00:00+99:00"), "RFC 3339"),
    ("before the calendar", an_alert(startsAt="0001-01-02T00:00:00+23:00"), "too far"),
    ("out of the calendar", an_alert(startsAt="9999-12-31T23:59:59-23:59"), "RFC 3339"),
    ("the end of the calendar", an_alert(status="resolved", endsAt="9999-12-31T23:59:59Z"), "too far"),
    ("no groupKey", without("groupKey"), "groupKey is missing"),
    ("empty groupKey", a_body(groupKey=""), "groupKey is missing"),
    ("groupKey as number", a_body(groupKey=7), "groupKey is not text"),
    ("receiver as list", a_body(receiver=[]), "receiver is not text"),
    ("truncated as text", a_body(truncatedAlerts="3"), "truncatedAlerts is not a number"),
    ("truncated as bool", a_body(truncatedAlerts=True), "truncatedAlerts is not a number"),
    ("truncated below zero", a_body(truncatedAlerts=-1), "truncatedAlerts is not a number"),
    ("truncated beyond reason", a_body(truncatedAlerts=10**30), "truncatedAlerts is not a number"),
]


@pytest.mark.parametrize(("body", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refuses_in_one_sentence(body: Body | str | bytes, reason: str) -> None:
    said = refusal(body)
    assert reason in said
    assert len(said) < 120
    assert "\n" not in said


def test_a_refusal_does_not_repeat_values() -> None:
    assert "hunter2" not in refusal(an_alert(status="hunter2", startsAt="hunter2"))
    assert "hunter2" not in refusal(an_alert(startsAt="hunter2"))
    assert "hunter2" not in refusal(a_body(version="hunter2"))
    assert "hunter2" not in refusal('{"password": hunter2}')


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    _read_or_refused(body)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _spots(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document, so that any one of its values can be changed."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    return [spot for key in keys for spot in [(value, key), *_spots(value[key])]]


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(SAMPLES), seed=st.integers(0, 2**32), values=st.lists(_JSON, min_size=1, max_size=3)
)
def test_real_bodies_with_odd_values_are_read_or_refused(path: Path, seed: int, values: list[Any]) -> None:
    body = copy.deepcopy(_DOCUMENTS[path])
    chance = random.Random(seed)
    for value in values:
        container, key = chance.choice(_spots(body))
        container[key] = value
    _read_or_refused(json.dumps(body).encode())


@settings(max_examples=100, deadline=None)
@given(path=st.sampled_from(SAMPLES), at=st.floats(0, 1), cut=st.integers(0, 40), put=st.binary(max_size=12))
def test_real_bodies_with_odd_bytes_are_read_or_refused(path: Path, at: float, cut: int, put: bytes) -> None:
    raw = path.read_bytes()
    place = int(at * len(raw))
    _read_or_refused(raw[:place] + put + raw[place + cut :])


def _read_or_refused(raw: bytes) -> None:
    try:
        group = parse(raw)
    except NotAcceptableError:
        return
    texts = [group.receiver, group.group_key, group.external_url]
    for alert in group.alerts:
        texts += [*alert.labels, *alert.labels.values(), *alert.annotations.values(), alert.fingerprint]
        assert alert.starts_at.tzinfo is UTC
    assert not any("\0" in text for text in texts)
    "".join(texts).encode()


_DOCUMENTS: dict[Path, Body] = {path: json.loads(path.read_bytes()) for path in SAMPLES}
