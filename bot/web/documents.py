"""Incidents as JSON for `/api`: what a program may rely on. Nothing here reads or words; it is handed worded values."""

from collections.abc import Iterable
from typing import Any

from bot.delivery.ledger import PartRow
from bot.delivery.rechecked import word_recheck
from bot.delivery.view import view
from bot.delivery.worded import stamp
from bot.delivery.words import Words
from bot.incidents.store import Entry
from bot.model import Alert, Incident, Relative
from bot.silence import Silence


def summary(incident: Incident, words: Words) -> dict[str, Any]:
    """What a list says of an incident; no diagnosis is needed for it."""
    shown = view(incident, words)
    firing = len(incident.firing)
    return {
        "id": incident.id,
        "state": incident.state.value,
        "severity": shown.severity,
        "name": shown.name,
        "where": shown.where,
        "what": shown.what,
        "cluster": incident.cluster,
        "receiver": incident.receiver,
        "channel": incident.channel,
        "since": stamp(shown.since),
        "opened_at": stamp(incident.opened_at),
        "heard_at": stamp(incident.heard_at),
        "closed_at": stamp(incident.closed_at),
        "alerts": {
            "firing": firing,
            "resolved": len(incident.alerts) - firing,
            "truncated": incident.truncated,
        },
        "leads": _relatives(incident.related.leads),
        "follows": _relatives(incident.related.follows),
        "revision": incident.revision,
    }


def whole(
    incident: Incident, words: Words, entries: Iterable[Entry], parts: Iterable[PartRow]
) -> dict[str, Any]:
    """Everything; `diagnosis` is null until somebody looked, and of several the first."""
    diagnoses = [words.to_json(diagnosis) for diagnosis in incident.diagnoses]
    content = {
        **summary(incident, words),
        "group_labels": dict(incident.group_labels),
        "annotations": dict(incident.common_annotations),
        "diagnosis": diagnoses[0] if diagnoses else None,
        "left_out": {"count": incident.left_out, "targets": list(map(str, incident.left_out_targets))},
        "gave_up": incident.gave_up,
        "silences": [_silence(silence) for silence in incident.silences],
        "rechecks": [word_recheck(recheck, words).to_json() for recheck in incident.rechecks],
        "alerts_seen": [_alert(alert) for alert in incident.alerts],
        "timeline": [
            {"at": stamp(entry.at), "reason": entry.reason, "facts": dict(entry.facts)} for entry in entries
        ],
        "delivery": [_part(part) for part in parts],
    }
    return {**content, "diagnoses": diagnoses} if len(diagnoses) > 1 else content


def _relatives(relatives: Iterable[Relative]) -> list[dict[str, str]]:
    return [{"id": relative.id, "name": relative.name} for relative in relatives]


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "status": alert.status.value,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": stamp(alert.starts_at),
        "ends_at": stamp(alert.ends_at),
        "generator_url": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def _silence(silence: Silence) -> dict[str, Any]:
    return {
        "id": silence.id,
        "state": silence.state.value,
        "matchers": list(silence.matchers),
        "by": silence.by,
        "why": silence.said,
        "created_at": stamp(silence.created_at),
        "ends_at": stamp(silence.ends_at),
        "ended_at": stamp(silence.ended_at),
        "ended_by": silence.ended_by,
        "reason": silence.reason,
        "alertmanager_id": silence.alertmanager_id,
        "url": silence.link,
    }


def _part(part: PartRow) -> dict[str, Any]:
    return {
        "part": part.part,
        "channel": part.channel,
        "intent_at": stamp(part.intent_at),
        "delivered": bool(part.ts),
    }
