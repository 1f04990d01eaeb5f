"""What a layout sees of an incident: worded, counted, frozen and plain, so that a template holds no logic of its own.

No clock: what a message says changes only when the incident does, else every rendering would be an edit.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts import began
from bot.delivery.buttons import NOTHING_BELOW, Below
from bot.delivery.by_hand import by_hand
from bot.delivery.charts import Picture
from bot.delivery.condensed import Unchecked, ruled_out, seen_anyway, unchecked, without_repeats
from bot.delivery.lead import Headline, Known, Lead, headline, is_blind, lead
from bot.delivery.plaintext import cut, one_line
from bot.delivery.rechecked import WordedRecheck, brief, word_recheck
from bot.delivery.relatives import Same, console_address, same, told_before
from bot.delivery.silenced import SilenceView, silenced
from bot.delivery.steps import Step
from bot.delivery.unlooked import left_out, unlooked
from bot.delivery.worded import WordedChange, WordedDiagnosis, WordedEvidence, WordedFinding
from bot.delivery.words import Words
from bot.model import Alert, AlertStatus, Diagnosis, Incident, IncidentState, Target
from bot.severity import severity_of, worst_of

# The contract fixes these in every language: people and scripts search for them.
STATE_MARKS = {
    IncidentState.FIRING: "🔴 Firing",
    IncidentState.RESOLVED: "🟢 Resolved",
    IncidentState.STALE: "⚪ Stale",
}
_TELLING = ("summary", "message", "description")
_NAMES = 3
_ALERTS = 10
_SHORT = 120
_FIRST = 60
_WHAT = 500
_LOOKED_AT = 4_000
_HIDDEN_LABELS = frozenset({"alertname", "severity", "prometheus", "endpoint", "service", "job"})
_DEFAULT_CLUSTER = "default"


@dataclass(frozen=True, slots=True)
class AlertView:
    mark: str
    title: str
    labels: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    at: datetime
    distance: str
    object: str
    text: str


@dataclass(frozen=True, slots=True)
class DiagnosisView:
    """`same_as` is the target told before that has all these troubles; `seen` and `by_hand` serve where nothing was found."""

    target: str
    diagnosis: WordedDiagnosis
    changes: tuple[ChangeView, ...]
    found: tuple[WordedFinding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    ruled_out: str = ""
    pictures: tuple[Picture, ...] = ()
    same_as: str = ""
    seen: tuple[WordedEvidence, ...] = ()
    by_hand: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses, empty where there is none; whoever writes a link checks it."""

    console: str
    expression: str
    runbook: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """`place` is `where` without kinds; `note` says what a headline does not; `ended` and `lasted` are empty until all is
    resolved, and `last_heard` unless it is stale. `again` is what a re-check found, in one line. `left_out` names those at
    whom nobody looked.
    """

    mark: str
    severity: str
    name: str
    where: str
    place: str
    what: str
    since: datetime
    ended: datetime | None
    last_heard: datetime | None
    lasted: str
    counts: tuple[str, ...]
    headline: Headline | None
    lead: Lead
    note: str
    links: Links
    diagnosed: bool
    diagnoses: tuple[DiagnosisView, ...]
    alerts: tuple[AlertView, ...]
    more_alerts: int
    same: Same
    rechecks: tuple[WordedRecheck, ...]
    again: str
    silences: tuple[SilenceView, ...]
    left_out: str = ""
    below: Below = NOTHING_BELOW

    @property
    def title(self) -> str:
        """In full; scripts look for its beginning."""
        return " · ".join(part for part in (self.mark, self.severity, self.name, self.where) if part)

    @property
    def first(self) -> str:
        """The first line of a message, which a lock screen shows whole."""
        name, place = cut(self.name, _FIRST), cut(self.place, _FIRST)
        return " · ".join(part for part in (self.mark, self.severity, name, place) if part)


def view(incident: Incident, words: Words, *, public_url: str = "") -> IncidentView:
    current = incident.firing or incident.alerts
    ordered = (*incident.firing, *(a for a in incident.alerts if a.status is AlertStatus.RESOLVED))
    since = began(incident.alerts, incident.heard_at, incident.opened_at)
    diagnoses = tuple(
        replace(diagnosis_view(one, words, since), same_as=name_of(before) if before else "")
        for one, before in zip(incident.diagnoses, told_before(incident.diagnoses), strict=True)
    )
    worded = tuple(one.diagnosis for one in diagnoses)
    rechecks = tuple(word_recheck(recheck, words) for recheck in incident.rechecks)
    ended = incident.closed_at if incident.state is IncidentState.RESOLVED else None
    lasted = words.duration(max((ended - since).total_seconds(), 0)) if ended else ""
    best, related = headline(incident, worded, words), same(incident, words, public_url)
    return IncidentView(
        mark=STATE_MARKS[incident.state],
        severity=severity(current),
        name=_names(current, incident.group_labels, words),
        where=_where(incident, words),
        place=_place(incident, words),
        what=_what(incident, current),
        since=since,
        ended=ended,
        last_heard=incident.heard_at if incident.state is IncidentState.STALE else None,
        lasted=lasted,
        counts=tuple(_counts(incident, words)),
        headline=best,
        lead=lead(incident, worded, Known(best, related, rechecks, lasted), words),
        note=_note(incident, diagnoses, words),
        links=_links(incident, current, public_url),
        diagnosed=bool(incident.diagnoses) or incident.diagnosed_revision >= 0,
        diagnoses=diagnoses,
        alerts=tuple(_alert(alert) for alert in ordered[:_ALERTS]),
        more_alerts=max(len(ordered) - _ALERTS, 0),
        same=related,
        rechecks=rechecks,
        again=brief(rechecks, words),
        silences=silenced(incident, words),
        left_out=left_out(incident, map(name_of, incident.left_out_targets), words),
    )


def diagnosis_view(diagnosis: Diagnosis, words: Words, began: datetime | None) -> DiagnosisView:
    worded = words.word(diagnosis)
    changes = tuple(
        ChangeView(change.at, _distance(change, began, words), one_line(change.object), change.text)
        for change in sorted(worded.changes, key=lambda change: change.at, reverse=True)
    )
    return DiagnosisView(
        target=name_of(diagnosis.target),
        diagnosis=worded,
        changes=changes,
        found=without_repeats(worded.found),
        unchecked=unchecked(worded.not_checked),
        ruled_out=ruled_out(worded.ruled_out, words),
        pictures=tuple(_pictures(worded, began)),
        seen=() if worded.found else seen_anyway(worded.findings),
        by_hand=() if worded.found else by_hand(worded.target, words),
    )


def _pictures(worded: WordedDiagnosis, began: datetime | None) -> Iterator[Picture]:
    for finding in worded.found:
        for picture in finding.pictures:
            yield replace(picture, marked_at=began.timestamp()) if began else picture


def name_of(target: Target) -> str:
    return cut(one_line(f"{target}{_cluster_of(target)}"), _SHORT)


def _cluster_of(target: Target) -> str:
    return "" if target.cluster in {"", _DEFAULT_CLUSTER} else f" ({one_line(target.cluster)})"


def severity(alerts: Iterable[Alert]) -> str:
    """The worst one."""
    return cut(worst_of({_line(severity_of(alert.labels)) for alert in alerts}), 20)


def _line(text: str) -> str:
    """Of what Alertmanager sent, which may be megabytes: more than a few hundred characters are never shown."""
    return one_line(text[:_LOOKED_AT])


def _names(alerts: Iterable[Alert], group: Mapping[str, str], words: Words) -> str:
    names = list(dict.fromkeys(_line(alert.name) for alert in alerts if alert.name))
    names = names or [_line(group.get("alertname", "")) or words.label("alerts")]
    told = ", ".join(cut(name, _SHORT // 2) for name in names[:_NAMES])
    rest = len(names) - _NAMES
    return f"{told} {words.label('more_names', count=rest)}" if rest > 0 else told


def _where(incident: Incident, words: Words) -> str:
    if incident.targets:
        first = name_of(incident.targets[0])
        rest = len(incident.targets) + incident.left_out - 1
        return f"{first} {words.label('more_names', count=rest)}" if rest else first
    labels = [alert.labels for alert in incident.firing or incident.alerts]
    spaces = list(dict.fromkeys(_line(found.get("namespace", "")) for found in labels))
    named = [space for space in spaces if space][:_NAMES]
    return cut(", ".join(named) or words.label("cluster", name=one_line(incident.cluster)), _SHORT)


def _place(incident: Incident, words: Words) -> str:
    """As people say it: a name in a namespace; the kind only where a name alone would mean nothing."""
    if not incident.targets or not incident.targets[0].namespace:
        return _where(incident, words)
    first, rest = incident.targets[0], len(incident.targets) + incident.left_out - 1
    name = f"{one_line(first.namespace)}/{one_line(first.name)}{_cluster_of(first)}"
    return f"{name} {words.label('more_names', count=rest)}" if rest else name


def _what(incident: Incident, alerts: Iterable[Alert]) -> str:
    holders = (incident.common_annotations, *(alert.annotations for alert in alerts))
    for annotations in holders:
        for key in _TELLING:
            if told := _line(annotations.get(key, "")):
                return cut(told, _WHAT)
    return ""


def _counts(incident: Incident, words: Words) -> Iterable[str]:
    firing = len(incident.firing)
    yield words.label("firing_count", firing=firing, resolved=len(incident.alerts) - firing)
    if incident.truncated:
        yield words.label("truncated", count=incident.truncated)
    if incident.reopened:
        yield words.label("reopened", count=incident.reopened)


def _note(incident: Incident, diagnoses: Iterable[DiagnosisView], words: Words) -> str:
    if incident.state is IncidentState.STALE:
        return words.label("stale")
    if any(one.found for one in diagnoses):
        return ""
    shown = [one.diagnosis for one in diagnoses]
    if shown:
        return words.label("blind" if is_blind(shown) else "nothing_found")
    if incident.diagnosed_revision >= 0:
        return words.label("no_target")
    return unlooked(incident, words)


def _links(incident: Incident, alerts: Iterable[Alert], public_url: str) -> Links:
    first = next(iter(alerts), None)
    holders = (incident.common_annotations, first.annotations if first else {})
    runbook = next((found for one in holders if (found := one.get("runbook_url", ""))), "")
    console = console_address(public_url, incident.id)
    return Links(console, first.generator_url if first else "", runbook)


def _alert(alert: Alert) -> AlertView:
    state = IncidentState.FIRING if alert.status is AlertStatus.FIRING else IncidentState.RESOLVED
    labels = (
        f"{_line(name)}={cut(_line(value), _SHORT)}"
        for name, value in sorted(alert.labels.items())
        if name not in _HIDDEN_LABELS
    )
    return AlertView(
        STATE_MARKS[state].split()[0], cut(_line(alert.name), _SHORT), cut(", ".join(labels), _WHAT)
    )


def _distance(change: WordedChange, began: datetime | None, words: Words) -> str:
    if began is None:
        return ""
    seconds = (began - change.at).total_seconds()
    if round(seconds) == 0:
        return words.label("at_start")
    return words.label("before_start" if seconds > 0 else "after_start", span=words.duration(seconds))
