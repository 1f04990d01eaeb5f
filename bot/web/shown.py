"""What the console's pages show, as frozen values: the worded view of delivery with what only a page has room for.

No clock: a page says when things happened and the browser says how long ago, so that a page is the same until something
changed. Nothing here reads or lays out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.delivery.digest import Storm
from bot.delivery.ledger import ChannelRow, PartRow
from bot.delivery.message import TOP
from bot.delivery.offers import NO_OFFERS, offering
from bot.delivery.plaintext import clean, cut
from bot.delivery.relatives import permalink
from bot.delivery.view import DiagnosisView, IncidentView, view
from bot.delivery.words import Words
from bot.incidents.audit import Deed
from bot.incidents.store import Entry, GivenUp
from bot.model import Alert, AlertStatus, Incident, IncidentState
from bot.severity import rank, severity_of

DEEDS = 20
_ALERTS = 200
_VALUE = 4_000
_LABELS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """An incident in a list."""

    id: str
    state: IncidentState
    it: IncidentView
    channel: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A label or annotation; `more` counts the characters that were too many for a page."""

    name: str
    value: str
    more: int


@dataclass(frozen=True, slots=True)
class ShownAlert:
    id: str
    name: str
    firing: bool
    starts_at: datetime
    ends_at: datetime | None
    labels: tuple[Pair, ...]
    annotations: tuple[Pair, ...]
    expression: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the timeline."""

    at: datetime
    reason: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Health:
    """Why we are not ready, which channels refuse messages, and what failed for good."""

    reasons: tuple[str, ...]
    channels: tuple[ChannelRow, ...]
    given_up: tuple[GivenUp, ...]

    @property
    def well(self) -> bool:
        return not (self.reasons or self.channels or self.given_up)


@dataclass(frozen=True, slots=True)
class ShownStorm:
    """A channel whose incidents are gathered; `address` is of the message that tells of them, if it stands."""

    channel: str
    since: datetime
    address: str


@dataclass(frozen=True, slots=True)
class Overview:
    counts: Mapping[IncidentState, int]
    firing: tuple[Row, ...]
    stale: tuple[Row, ...]
    resolved: tuple[Row, ...]
    health: Health
    storms: tuple[ShownStorm, ...] = ()

    @property
    def empty(self) -> bool:
        return not any(self.counts.values())


@dataclass(frozen=True, slots=True)
class Listing:
    rows: tuple[Row, ...]
    state: IncidentState | None
    counts: Mapping[IncidentState, int]
    next: str
    first_page: bool


@dataclass(frozen=True, slots=True)
class Detail:
    row: Row
    diagnoses: tuple[DiagnosisView, ...]
    alerts: tuple[ShownAlert, ...]
    more_alerts: int
    annotations: tuple[Pair, ...]
    timeline: tuple[Line, ...]
    parts: tuple[PartRow, ...]
    trouble: ChannelRow | None
    given_up: tuple[GivenUp, ...]
    deeds: tuple[Deed, ...] = ()
    more_deeds: bool = False
    can_silence: bool = False
    can_recheck: bool = False


def storm(seen: Storm, parts: Iterable[PartRow]) -> ShownStorm:
    addresses = (permalink(part.channel, part.ts) for part in parts if part.part == TOP)
    return ShownStorm(seen.channel, seen.opened_at, next(addresses, ""))


def by_severity(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """The worst first; of the same severity as they come."""
    return tuple(sorted(incidents, key=_worst))


def _worst(incident: Incident) -> int:
    return min((rank(severity_of(alert.labels)) for alert in incident.firing), default=rank(""))


def row(incident: Incident, words: Words) -> Row:
    closed = incident.closed_at
    it = offering(view(incident, words), incident, NO_OFFERS, words)
    return Row(incident.id, incident.state, it, incident.channel, closed)


def detail(
    incident: Incident, words: Words, entries: Iterable[Entry], parts: Iterable[PartRow], health: Health
) -> Detail:
    """Without what people did to it and may do, which `with_deeds` adds."""
    shown = row(incident, words)
    # Firing ones first: they are what the reader came for.
    alerts = sorted(incident.alerts, key=lambda alert: alert.status is not AlertStatus.FIRING)
    return Detail(
        shown,
        shown.it.diagnoses,
        tuple(shown_alert(alert, number) for number, alert in enumerate(alerts[:_ALERTS])),
        max(len(alerts) - _ALERTS, 0),
        pairs(incident.common_annotations),
        tuple(line(entry) for entry in reversed(tuple(entries))),
        tuple(parts),
        next((found for found in health.channels if found.channel == incident.channel), None),
        tuple(job for job in health.given_up if job.incident_id == incident.id),
        can_recheck=incident.can_be_looked_at_again,
    )


def with_deeds(shown: Detail, deeds: tuple[Deed, ...], *, can_silence: bool) -> Detail:
    more = len(deeds) > DEEDS
    return replace(shown, deeds=deeds[:DEEDS], more_deeds=more, can_silence=can_silence)


def shown_alert(alert: Alert, number: int) -> ShownAlert:
    identity = alert.fingerprint if alert.fingerprint.isalnum() else str(number)
    return ShownAlert(
        f"alert-{cut(identity, 40)}",
        alert.name,
        alert.status is AlertStatus.FIRING,
        alert.starts_at,
        alert.ends_at,
        pairs(alert.labels),
        pairs(alert.annotations),
        alert.generator_url,
    )


def pairs(found: Mapping[str, str]) -> tuple[Pair, ...]:
    return tuple(_pair(name, found[name]) for name in sorted(found)[:_LABELS])


def line(entry: Entry) -> Line:
    return Line(entry.at, entry.reason, {name: str(value) for name, value in entry.facts.items() if value})


def _pair(name: str, value: str) -> Pair:
    text = clean(value)
    shown = cut(text, _VALUE, mark="")
    return Pair(name, shown, len(text) - len(shown))
