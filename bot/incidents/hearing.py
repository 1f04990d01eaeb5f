"""What is held of every alert of a group while one body is heard: which report of an alert holds against another.

Alertmanager promises no order and no single delivery, so hearing is a join: any order and any number of deliveries of
the same reports end in the same alert states. Nothing here knows of incidents, opens or closes one.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model import Alert, AlertGroup, AlertStatus

# How long a firing alert may take from its start into a body. An alert that is younger than this at the end of what a
# body accounts for may be missing from it without being gone: Prometheus sends again after a minute at the latest.
_ARRIVAL = timedelta(minutes=1)


class News(StrEnum):
    """What one report tells about one alert."""

    NEW = "new"
    REFIRED = "refired"
    RESOLVED = "resolved"
    CHANGED = "changed"
    SAME = "same"
    OLD = "old"


@dataclass(slots=True)
class Hearing:
    """Filled with what an incident holds, then told a body alert by alert; it changes in place.

    `resolves_heard` and `gone` are as in Incident. `sign_of_life`: the body says that something held as firing fires.
    """

    now: datetime
    reorder_window: timedelta
    alerts: dict[str, Alert] = field(default_factory=dict)
    resolves_heard: dict[str, datetime] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    news: dict[str, News] = field(default_factory=dict)
    sign_of_life: bool = False

    @property
    def entirely_old(self) -> bool:
        return all(news is News.OLD for news in self.news.values())

    def hear(self, told: Alert) -> None:
        key = told.fingerprint
        news = self._judge(told)
        if news in {News.SAME, News.OLD}:
            self.news.setdefault(key, news)
        else:
            self._hold(told, news)
        # A pair of Prometheus servers may make Alertmanager repeat an alert with an earlier start than we hold: the
        # start is old news, but that the alert fires is not.
        if told.status is AlertStatus.FIRING and self.alerts[key].status is AlertStatus.FIRING:
            self.sign_of_life = True

    def _hold(self, told: Alert, news: News) -> None:
        key = told.fingerprint
        self.news[key] = news
        self.alerts[key] = told
        self.gone.discard(key)
        if told.status is AlertStatus.RESOLVED:
            self.resolves_heard[key] = self.now
        else:
            self.resolves_heard.pop(key, None)

    def _judge(self, told: Alert) -> News:
        known = self.alerts.get(told.fingerprint)
        fires = told.status is AlertStatus.FIRING
        if known is None:
            return News.NEW if fires else News.RESOLVED
        if fires and self._back(known, told):
            return News.REFIRED
        before, after = precedence(known), precedence(told)
        if known.fingerprint in self.gone:  # its end is our own conclusion and stands against nothing
            before = known.starts_at, False, known.starts_at
        if after < before:
            return News.OLD
        if after == before:
            same = told.annotations == known.annotations and told.labels == known.labels
            return News.SAME if same else News.CHANGED
        if fires:
            return News.REFIRED
        return News.RESOLVED if known.status is AlertStatus.FIRING else News.CHANGED

    def _back(self, known: Alert, told: Alert) -> bool:
        """Alertmanager keeps `startsAt` when an alert returns within its own past interval. So a firing report that a
        resolve covers is a late delivery at first, and a true return once no delivery can be so late.
        """
        if known.fingerprint in self.gone:
            return told.starts_at >= known.starts_at
        heard = self.resolves_heard.get(known.fingerprint)
        return heard is not None and self.now - heard > self.reorder_window

    def bury_vanished(self, group: AlertGroup) -> None:
        """Close what a complete account that nothing fires does not name any more.

        Alertmanager lists every alert of the group that it knows. An alert that it forgot is not heard of again, so
        this is the last occasion; one that began too late to be in this account is left alone.
        """
        if group.truncated or any(alert.status is AlertStatus.FIRING for alert in group.alerts):
            return
        until = min(self.now, max(precedence(alert)[0] for alert in group.alerts))
        for key, alert in self.alerts.items():
            unnamed = alert.status is AlertStatus.FIRING and key not in self.news
            if unnamed and until - alert.starts_at >= _ARRIVAL:
                self.alerts[key] = replace(alert, status=AlertStatus.RESOLVED, ends_at=until)
                self.gone.add(key)
                self.news[key] = News.RESOLVED


def precedence(alert: Alert) -> tuple[datetime, bool, datetime]:
    """A total order over reports of one alert, of which the greatest holds: that makes merging a join.

    A firing report speaks from its start on; a resolve speaks for all that began up to its end, and wins a tie.
    Absurd times order like any other; they are corrected only where they are shown (`opened_at`, `closed_at`).
    """
    if alert.status is AlertStatus.FIRING:
        return alert.starts_at, False, alert.starts_at
    return max(alert.starts_at, alert.ends_at or alert.starts_at), True, alert.starts_at
