"""Bodies of Alertmanager: those that a real one sent, and small ones to change one thing in."""

from pathlib import Path
from typing import Any

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
