"""Every body that an Alertmanager may send becomes a group; everything else is refused in one sentence."""

import copy
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ingest.alertmanager import NotAcceptableError, fingerprint, parse
from bot.model import AlertGroup, AlertStatus

SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "alertmanager").glob("*.json"))
Body = dict[str, Any]


def a_body(**changes: Any) -> Body:
    alert = {
        "status": "firing",
        "labels": {"alertname": "Down", "pod": "web-0"},
        "annotations": {"summary": "web-0 is down"},
        "startsAt": "2026-01-01T03:12:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "0123456789abcdef",
    }
    body = {
        "version": "4",
        "receiver": "web\\.hook",
        "groupKey": '{}:{alertname="Down"}',
        "groupLabels": {"alertname": "Down"},
        "commonLabels": {"alertname": "Down"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "truncatedAlerts": 0,
        "alerts": [alert],
    }
    return body | changes


def an_alert(**changes: Any) -> Body:
    """A body whose only alert has these changes; None as a value is JSON's null."""
    body = a_body()
    body["alerts"][0] |= changes
    return body


def without(name: str) -> Body:
    body = a_body()
    if name in body:
        del body[name]
    else:
        del body["alerts"][0][name]
    return body


def read(body: Body | str | bytes) -> AlertGroup:
    if isinstance(body, dict):
        body = json.dumps(body)
    return parse(body.encode() if isinstance(body, str) else body)


def refusal(body: Body | str | bytes) -> str:
    with pytest.raises(NotAcceptableError) as caught:
        read(body)
    return str(caught.value)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_takes_what_a_real_alertmanager_sent(path: Path) -> None:
    sent = json.loads(path.read_bytes())
    group = parse(path.read_bytes())
    assert (group.receiver, group.group_key) == (sent["receiver"], sent["groupKey"])
    assert group.truncated == sent["truncatedAlerts"]
    assert group.group_labels == sent["groupLabels"]
    assert group.common_labels == sent["commonLabels"]
    assert group.common_annotations == sent["commonAnnotations"]
    assert group.external_url == sent["externalURL"]
    assert len(group.alerts) == len(sent["alerts"])
    for alert, raw in zip(group.alerts, sent["alerts"], strict=True):
        assert (alert.labels, alert.annotations) == (raw["labels"], raw["annotations"])
        assert (alert.status, alert.fingerprint) == (raw["status"], raw["fingerprint"])
        assert alert.generator_url == raw["generatorURL"]
        assert alert.starts_at == datetime.fromisoformat(raw["startsAt"])
        assert (alert.ends_at is None) is (raw["status"] == "firing")


def test_there_are_samples() -> None:
    assert len(SAMPLES) == 8


@pytest.mark.parametrize(
    ("sample", "labels"),
    [
        ("minimal-no-prometheus-firing", "39d1a15d0e56c223"),
        ("ha-two-alerts-resolved", "5070074d82ab5c31"),
        ("truncated-2-of-5-firing", "8359a5ff51e2b8f9"),
    ],
)
def test_an_absent_fingerprint_is_computed_as_alertmanager_does(sample: str, labels: str) -> None:
    path = next(path for path in SAMPLES if path.stem == sample)
    body = json.loads(path.read_bytes())
    for alert in body["alerts"]:
        del alert["fingerprint"]
    assert read(body).alerts[0].fingerprint == labels


def test_a_fingerprint_does_not_depend_on_the_order_of_labels() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})
    assert fingerprint({"a": "1", "b": "2"}) != fingerprint({"a": "12", "b": ""})


@pytest.mark.parametrize(
    "name",
    [
        "truncatedAlerts",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "receiver",
        "fingerprint",
        "generatorURL",
        "annotations",
        "endsAt",
    ],
)
def test_what_may_be_absent_may_be_null_too(name: str) -> None:
    changed = a_body(**{name: None}) if name in a_body() else an_alert(**{name: None})
    assert read(without(name)) == read(changed)


def test_null_labels_are_no_labels() -> None:
    assert read(an_alert(labels=None)).alerts[0].labels == {}
    assert read(an_alert(labels={"pod": None})).alerts[0].labels == {"pod": ""}


def test_unknown_fields_are_passed_over() -> None:
    body = a_body(notification_reason="new", routeLabels={"a": [1.5, {"b": None}]})
    body["alerts"][0]["silencedBy"] = []
    assert read(body) == read(a_body())


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("2026-01-01T03:12:00.123456789Z", datetime(2026, 1, 1, 3, 12, 0, 123456, tzinfo=UTC)),
        ("2026-01-01T03:12:00.9999999Z", datetime(2026, 1, 1, 3, 12, 0, 999999, tzinfo=UTC)),
        ("2026-01-01T03:12:00.5Z", datetime(2026, 1, 1, 3, 12, 0, 500000, tzinfo=UTC)),
        ("2026-01-01t03:12:00z", datetime(2026, 1, 1, 3, 12, tzinfo=UTC)),
        ("2026-01-01T12:12:00+09:00", datetime(2026, 1, 1, 3, 12, tzinfo=UTC)),
        ("2025-12-31T23:42:00.000000001-03:30", datetime(2026, 1, 1, 3, 12, tzinfo=UTC)),
    ],
)
def test_times_are_utc_whatever_their_offset_and_precision(raw: str, told: datetime) -> None:
    starts_at = read(an_alert(startsAt=raw)).alerts[0].starts_at
    assert starts_at == told
    assert starts_at.tzinfo is UTC


@pytest.mark.parametrize("raw", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+09:00", "", None])
def test_a_resolved_alert_may_lack_its_end(raw: str | None) -> None:
    alert = read(an_alert(status="resolved", endsAt=raw)).alerts[0]
    assert (alert.status, alert.ends_at) == (AlertStatus.RESOLVED, None)


def test_a_firing_alert_has_no_end_even_if_it_names_one() -> None:
    assert read(an_alert(endsAt="2030-01-01T00:00:00Z")).alerts[0].ends_at is None


def test_names_and_values_are_any_text() -> None:
    labels = {"서비스.이름": "결제 🔥", "with space": 'quotes " and \\', "": "empty name"}
    assert read(an_alert(labels=labels)).alerts[0].labels == labels
    raw = json.dumps(an_alert(labels=labels), ensure_ascii=False).encode()
    assert parse(raw).alerts[0].labels == labels


def test_the_receiver_stays_as_it_was_sent() -> None:
    assert read(a_body(receiver="web\\.hook")).receiver == "web\\.hook"


def test_nul_does_not_cost_the_alert() -> None:
    body = an_alert(labels={"a\0": "\0b"}, annotations={"log": "bin\0ary"}, fingerprint="f\0")
    body["groupKey"] = body["receiver"] = "k\0"
    group = read(body)
    assert group.alerts[0].labels == {"a\ufffd": "\ufffdb"}
    assert group.alerts[0].annotations == {"log": "bin\ufffdary"}
    assert (group.group_key, group.receiver, group.alerts[0].fingerprint) == ("k\ufffd", "k\ufffd", "f\ufffd")


def test_a_repeated_name_counts_once_the_last_time() -> None:
    raw = json.dumps(a_body())
    assert read('{"receiver": "first",' + raw[1:]).receiver == "web\\.hook"


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
