"""Every body that an Alertmanager may send becomes a group, whatever its version leaves out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.ingest.alertmanager import fingerprint, parse
from bot.model import AlertGroup, AlertStatus
from tests.ingest.bodies import SAMPLES, Body, a_body, an_alert, without


def read(body: Body | str) -> AlertGroup:
    return parse((json.dumps(body) if isinstance(body, dict) else body).encode())


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


def test_a_value_of_megabytes_is_kept_up_to_a_word() -> None:
    novel = "token=s3cr3t " * 500_000
    alert = read(an_alert(annotations={"summary": novel, "blob": "x" * 40_000}, generatorURL=novel)).alerts[0]
    summary = alert.annotations["summary"]
    assert summary.startswith("token=s3cr3t token")
    assert summary.endswith("token=s3cr3t…")
    assert 32_000 < len(summary) <= 32_768
    assert (alert.annotations["blob"], alert.generator_url) == ("…", "")
    assert (
        read(an_alert(annotations={"summary": "x" * 32_768})).alerts[0].annotations["summary"] == "x" * 32_768
    )


def test_group_keys_of_megabytes_stay_apart_and_the_same_when_they_are_read_again() -> None:
    keys = [read(a_body(groupKey="{}:" + "word " * 100_000 + end)).group_key for end in ("a", "b")]
    assert keys[0] != keys[1]
    assert all(len(key) < 32_768 for key in keys)
    assert [read(a_body(groupKey=key)).group_key for key in keys] == keys
