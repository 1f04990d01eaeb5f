"""What is said of an incident whose severity has risen: where it was told before, and in its thread. Worded and pure."""

from dataclasses import dataclass
from datetime import datetime

from bot.delivery.channels import is_id
from bot.delivery.view import IncidentView
from bot.delivery.words import Words
from bot.model import Incident, IncidentState
from bot.severity import rank, severity_of, worst_of


@dataclass(frozen=True, slots=True)
class MovedView:
    """A message that was left behind. `address` is where it goes on, empty while that is nowhere."""

    first: str
    said: str
    link: str
    address: str
    console: str
    since: datetime
    ended: datetime | None


def is_at_its_peak(incident: Incident) -> bool:
    """As bad as it has ever been, now."""
    now = worst_of(severity_of(alert.labels) for alert in incident.firing)
    return incident.state is IncidentState.FIRING and rank(now) <= rank(incident.peak or "")


def risen(shown: IncidentView, words: Words) -> str:
    """What rings: the first line of the message as it is now, and the second."""
    said = words.common("rise", "reply", severity=shown.severity, name=shown.name, place=shown.place)
    return f"{said}\n{shown.lead.line}"


def moved(incident: Incident, shown: IncidentView, address: str, words: Words) -> MovedView:
    channel = "" if is_id(incident.channel) else incident.channel
    severity = incident.peak or ""
    return MovedView(
        first=shown.first,
        said=words.common("rise", "moved", severity=severity, channel=channel),
        link=words.common("rise", "link"),
        address=address,
        console=shown.links.console,
        since=shown.since,
        ended=shown.ended,
    )
