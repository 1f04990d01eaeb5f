"""The life of an incident as a pure state machine: an incident and a webhook body give the next incident and a reason.

Alertmanager promises no order and no single delivery, so merging is a join: any order and any number of deliveries of
the same bodies end in the same alert states. Nothing here looks at a clock, stores, routes or words anything.
`now` is the moment a body reached us, not the moment it is worked on: a late retry must not look like late news.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.alerts import began
from bot.incidents.hearing import Hearing, News, precedence
from bot.model import Alert, AlertGroup, AlertStatus, Incident, IncidentState


class MergeReason(StrEnum):
    """Why an incident is as it is now; the most urgent of several is told."""

    FIRST = "first"
    REOPENED = "reopened"
    REVIVED = "revived"
    ALL_RESOLVED = "all_resolved"
    NEW_ALERTS = "new_alerts"
    REFIRED = "refired"
    SOME_RESOLVED = "some_resolved"
    CHANGED = "changed"
    REPEAT = "repeat"
    STALE_DUPLICATE = "stale_duplicate"
    RESOLVED_UNKNOWN = "resolved_unknown"


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """`reorder_window`: how long after a resolve a firing report that the resolve covers is taken for a late delivery.
    `reopen_within`: how long after we heard that all is over the same incident is taken up again.
    """

    reorder_window: timedelta = timedelta(minutes=5)
    reopen_within: timedelta = timedelta(minutes=15)
    max_alerts: int = 2_000


@dataclass(frozen=True, slots=True)
class Merged:
    """`incident` is None when there is nothing to keep. `changed` means that a reader would see a difference."""

    incident: Incident | None
    reason: MergeReason
    changed: bool
    alerts_changed: tuple[str, ...] = ()


_DEFAULTS = MergeOptions()
_REASONS = (
    (News.NEW, MergeReason.NEW_ALERTS),
    (News.REFIRED, MergeReason.REFIRED),
    (News.RESOLVED, MergeReason.SOME_RESOLVED),
)
_KNOWN = frozenset({News.SAME, News.OLD})


def merge(
    current: Incident | None,
    group: AlertGroup,
    *,
    cluster: str,
    now: datetime,
    new_id: Callable[[], str],
    options: MergeOptions = _DEFAULTS,
) -> Merged:
    """`current` is the newest incident of the group. The answer's id differs from it where a new incident begins."""
    hearing = _recall(current, now, options)
    for alert in group.alerts:
        hearing.hear(alert)
    if current is None or (current.state is IncidentState.RESOLVED and _over(current, now, options)):
        return _open(hearing, group, cluster=cluster, new_id=new_id, limit=options.max_alerts)
    if not hearing.entirely_old:
        hearing.bury_vanished(group)
    elif not hearing.sign_of_life:
        return Merged(current, MergeReason.STALE_DUPLICATE, changed=False)
    return _go_on(current, hearing, group, limit=options.max_alerts)


def mark_stale(incident: Incident, now: datetime, stale_after: timedelta) -> Incident | None:
    """The incident as stale when it fires and nothing was heard of it for `stale_after`; None when it is not."""
    if incident.state is not IncidentState.FIRING or now - incident.heard_at < stale_after:
        return None
    return replace(incident, state=IncidentState.STALE, revision=incident.revision + 1)


def _recall(current: Incident | None, now: datetime, options: MergeOptions) -> Hearing:
    if current is None:
        return Hearing(now, options.reorder_window)
    held = {alert.fingerprint: alert for alert in current.alerts}
    return Hearing(now, options.reorder_window, held, dict(current.resolves_heard), set(current.gone))


def _keep(alerts: Iterable[Alert], limit: int) -> tuple[tuple[Alert, ...], int]:
    """In reading order and within bounds: firing by age, then resolved, latest first. Counts firing ones left out."""
    ordered = sorted(alerts, key=_reading_order)
    hidden = sum(alert.status is AlertStatus.FIRING for alert in ordered[limit:])
    return tuple(ordered[:limit]), hidden


def _reading_order(alert: Alert) -> tuple[bool, float, str]:
    moment, resolved, _ = precedence(alert)
    return resolved, -moment.timestamp() if resolved else moment.timestamp(), alert.fingerprint


def _over(current: Incident, now: datetime, options: MergeOptions) -> bool:
    """Counted from when the readers were told: Alertmanager itself may tell of an end minutes later."""
    told = max((*current.resolves_heard.values(), current.closed_at or current.heard_at))
    return now - told > options.reopen_within


def _open(
    hearing: Hearing, group: AlertGroup, *, cluster: str, new_id: Callable[[], str], limit: int
) -> Merged:
    """A new incident of what this body tells. One that was over before we heard of it is kept as resolved: a 200 is
    answered by a message, and the firing report that may still be on its way must not open it.
    """
    told = [hearing.alerts[key] for key, news in hearing.news.items() if news not in _KNOWN]
    if not told:
        return Merged(None, MergeReason.STALE_DUPLICATE, changed=False)
    kept, hidden = _keep(told, limit)
    starts = [alert for alert in kept if alert.status is AlertStatus.FIRING]
    incident = Incident(
        id=new_id(),
        cluster=cluster,
        receiver=group.receiver,
        group_key=group.group_key,
        state=IncidentState.FIRING if starts else IncidentState.RESOLVED,
        opened_at=began(starts or kept, hearing.now, hearing.now),
        heard_at=hearing.now,
        closed_at=None,
        alerts=kept,
        group_labels=group.group_labels,
        common_annotations=_common_annotations(kept),
        external_url=group.external_url,
        truncated=group.truncated + hidden,
        resolves_heard=_only(hearing.resolves_heard, kept),
    )
    if not starts:
        incident = replace(incident, closed_at=_closed_at(incident, kept, hearing.now))
    reason = MergeReason.FIRST if starts else MergeReason.RESOLVED_UNKNOWN
    return Merged(incident, reason, changed=True, alerts_changed=_names(kept))


def _go_on(current: Incident, hearing: Hearing, group: AlertGroup, *, limit: int) -> Merged:
    kept, hidden = _keep(hearing.alerts.values(), limit)
    state = _state(current, hearing, kept)
    truncated = current.truncated if hearing.entirely_old else group.truncated + hidden
    gone = tuple(alert.fingerprint for alert in kept if alert.fingerprint in hearing.gone)
    changed = (state, kept, truncated, gone) != (
        current.state,
        current.alerts,
        current.truncated,
        current.gone,
    )
    heard = replace(current, heard_at=max(current.heard_at, hearing.now))
    if not changed:
        old = hearing.entirely_old
        return Merged(heard, MergeReason.STALE_DUPLICATE if old else MergeReason.REPEAT, changed=False)
    before = {alert.fingerprint: alert for alert in current.alerts}
    differ = _names(alert for alert in kept if before.get(alert.fingerprint) != alert)
    incident = replace(
        heard,
        state=state,
        closed_at=_closed_at(current, kept, hearing.now) if state is IncidentState.RESOLVED else None,
        alerts=kept,
        common_annotations=_common_annotations(kept),
        external_url=group.external_url,
        truncated=truncated,
        reopened=current.reopened + _comes_back(current.state, state),
        revision=current.revision + 1,
        resolves_heard=_only(hearing.resolves_heard, kept),
        gone=gone,
    )
    told = {hearing.news[key] for key in differ if key in hearing.news}
    return Merged(incident, _reason(current.state, state, told), changed=True, alerts_changed=differ)


def _state(current: Incident, hearing: Hearing, kept: tuple[Alert, ...]) -> IncidentState:
    """By the alerts that are held. Of those that `max_alerts` hides nothing is ever said, not even by the status of
    the body, so they hold nothing open; `truncated` stays with the incident for the reader to see.
    """
    if not any(alert.status is AlertStatus.FIRING for alert in kept):
        return IncidentState.RESOLVED
    if current.state is IncidentState.STALE and not hearing.sign_of_life:
        return IncidentState.STALE
    return IncidentState.FIRING


def _comes_back(before: IncidentState, after: IncidentState) -> bool:
    return before is IncidentState.RESOLVED and after is IncidentState.FIRING


def _reason(before: IncidentState, after: IncidentState, told: set[News]) -> MergeReason:
    if _comes_back(before, after):
        return MergeReason.REOPENED
    if before is not after:
        return MergeReason.ALL_RESOLVED if after is IncidentState.RESOLVED else MergeReason.REVIVED
    if after is IncidentState.RESOLVED:
        return MergeReason.CHANGED
    return next((reason for news, reason in _REASONS if news in told), MergeReason.CHANGED)


def _closed_at(current: Incident, kept: tuple[Alert, ...], now: datetime) -> datetime:
    """The latest end, within [opened_at, now]: clocks of others are not ours."""
    latest = max((alert.ends_at for alert in kept if alert.ends_at is not None), default=now)
    return max(current.opened_at, min(latest, now))


def _common_annotations(alerts: tuple[Alert, ...]) -> Mapping[str, str]:
    """Of what fires, or of all when nothing does. A body's own common annotations depend on which alerts it carries."""
    chosen = [alert for alert in alerts if alert.status is AlertStatus.FIRING] or list(alerts)
    common = dict(chosen[0].annotations)
    for alert in chosen[1:]:
        common = {key: value for key, value in common.items() if alert.annotations.get(key) == value}
    return common


def _names(alerts: Iterable[Alert]) -> tuple[str, ...]:
    return tuple(sorted(alert.fingerprint for alert in alerts))


def _only(heard: Mapping[str, datetime], kept: tuple[Alert, ...]) -> Mapping[str, datetime]:
    return {alert.fingerprint: heard[alert.fingerprint] for alert in kept if alert.fingerprint in heard}
