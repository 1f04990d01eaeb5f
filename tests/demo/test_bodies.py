"""Bodies made here are what a real Alertmanager would send: its own fingerprints and keys, accepted by our own parser."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo.bodies import Draft, body, fingerprint, group_key
from bot.ingest.alertmanager import parse
from bot.model import AlertStatus

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "alertmanager"
AT = datetime(2026, 1, 1, 3, 12, 0, 250_000, tzinfo=UTC)


def sample(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return content


@pytest.mark.parametrize("name", ["ha-two-alerts-resolved", "truncated-2-of-5-firing"])
def test_fingerprints_are_those_of_prometheus(name: str) -> None:
    alerts = sample(name)["alerts"]
    assert [fingerprint(alert["labels"]) for alert in alerts] == [alert["fingerprint"] for alert in alerts]


def test_a_fingerprint_tells_names_from_values() -> None:
    assert fingerprint({"a": "bc"}) != fingerprint({"ab": "c"})
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_group_keys_are_those_of_alertmanager(path: Path) -> None:
    real = json.loads(path.read_text())
    route = real["groupKey"].rpartition(":{")[0]
    assert group_key(real["groupLabels"], route) == real["groupKey"]


def test_what_fires_passes_our_own_parser() -> None:
    labels = {"alertname": "Down", "namespace": "shop", "pod": "a", "größe": 'a "b" \\'}
    group = parse(json.dumps(body([Draft(labels, AT, {"summary": "…"})])).encode())
    (alert,) = group.alerts
    assert (alert.status, alert.starts_at, alert.ends_at) == (AlertStatus.FIRING, AT, None)
    assert (alert.labels, alert.annotations) == (labels, {"summary": "…"})
    assert alert.fingerprint == fingerprint(labels)
    assert group.group_labels == {"alertname": "Down", "namespace": "shop"}
    assert group.group_key == '{}:{alertname="Down", namespace="shop"}'


def test_what_is_over_says_when() -> None:
    end = AT + timedelta(minutes=5)
    sent = body([Draft({"alertname": "Down"}, AT, ends_at=end)])
    assert sent["status"] == "resolved"
    assert parse(json.dumps(sent).encode()).alerts[0].ends_at == end


def test_a_group_fires_while_one_of_it_fires_and_shares_only_what_is_common() -> None:
    drafts = [
        Draft({"alertname": "Down", "pod": "a", "team": "x"}, AT, {"summary": "a", "url": "u"}, AT),
        Draft({"alertname": "Down", "pod": "b", "team": "x"}, AT, {"summary": "b", "url": "u"}),
    ]
    sent = body(drafts)
    assert sent["status"] == "firing"
    assert [alert["status"] for alert in sent["alerts"]] == ["resolved", "firing"]
    assert sent["commonLabels"] == {"alertname": "Down", "team": "x"}
    assert sent["commonAnnotations"] == {"url": "u"}
