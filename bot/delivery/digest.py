"""What the digest of a storm is made of: the storm, and for each incident that it gathers one line. Frozen and plain.

A line holds facts that are kept with the storm, so that a digest of thousands is written without reading their incidents.
Who is gathered, and whose turn it is, is decided in `bot.incidents.storms`; how it is said, in `bot.delivery.digest_view`.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.delivery.plaintext import cut, one_line
from bot.delivery.view import view
from bot.delivery.words import Words
from bot.model import Finding, Incident, IncidentState, Verdict

_SHORT = 60
_SPACES = 3


@dataclass(frozen=True, slots=True)
class Storm:
    """`grown_at`: when an incident joined last. `told_at`: when one last got a message of its own."""

    id: str
    channel: str
    opened_at: datetime
    grown_at: datetime
    told_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """`looked`: a diagnosis was made. `follows`: others have the same root cause and lead; `led`: one of them stands in
    this channel, and tells all that there is to tell. `spaces` are namespaces.
    """

    state: IncidentState
    severity: str
    name: str
    where: str
    runbook: str = ""
    cause: str = ""
    verdict: Verdict | None = None
    looked: bool = False
    follows: bool = False
    led: bool = False
    spaces: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        return self.state is IncidentState.RESOLVED


@dataclass(frozen=True, slots=True)
class Gathered:
    """A member of a storm. `ts` is of its own message; `unanswered`: nobody knows yet whether that was posted.

    `alone`: what becomes of its message is its own job's concern.
    """

    incident_id: str
    opened_at: datetime
    line: Line
    channel: str = ""
    ts: str = ""
    unanswered: bool = False
    alone: bool = False

    @property
    def waits(self) -> bool:
        """For a message of its own. What may have been posted must be found, even if nobody needs it any more."""
        if self.ts or self.alone:
            return False
        return self.unanswered or not (self.line.over or self.line.led)


def line_of(incident: Incident, words: Words, channel_id: str) -> Line:
    """`channel_id` is what Slack calls the incident's channel, where that is known."""
    shown = view(incident, words)
    found = _main(incident)
    follows = incident.related.follows
    here = {incident.channel, channel_id} - {""}
    return Line(
        state=incident.state,
        severity=shown.severity,
        name=cut(shown.name, _SHORT),
        where=cut(shown.place, _SHORT),
        runbook=found.runbook if found else "",
        cause=found.cause if found else "",
        verdict=found.verdict if found else None,
        looked=shown.diagnosed,
        follows=bool(follows),
        # What became worse where it stood is news of its own.
        led=incident.rises == incident.moves and any(one.ts and one.channel in here for one in follows),
        spaces=_spaces(incident),
    )


def _spaces(incident: Incident) -> tuple[str, ...]:
    named = (alert.labels.get("namespace", "") for alert in incident.firing or incident.alerts)
    return tuple(cut(one_line(name), _SHORT) for name in sorted(set(named) - {""})[:_SPACES])


def _main(incident: Incident) -> Finding | None:
    """The best supported one. Findings of one diagnosis are in that order already."""
    found = [finding for one in incident.diagnoses for finding in one.findings if finding.found]
    return min(found, key=lambda one: list(Verdict).index(one.verdict), default=None)
