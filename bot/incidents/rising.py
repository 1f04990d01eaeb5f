"""Where an incident is told, and whether its severity has risen above all that was told of it. Pure.

A rise is news that an edit would keep from everybody: in a channel of its own, or with a reply that rings. A fall is not.
"""

from dataclasses import replace

from bot.incidents.routing import Routes, worst
from bot.model import Incident, IncidentState
from bot.severity import rank, severity_of, worst_of


def placed(incident: Incident, before: Incident | None, routes: Routes) -> Incident:
    """With its channel and what was told of its severity at most. It never goes back to a quieter channel."""
    severity = _severity(incident)
    if not incident.channel:
        return replace(incident, channel=routes.channel_for(incident), peak=severity)
    # An incident from before rises were told has told what it was.
    peak = _severity(before or incident) if incident.peak is None else incident.peak
    incident = replace(incident, peak=peak)
    if incident.state is not IncidentState.FIRING or rank(severity) >= rank(peak):
        return incident
    channel = routes.channel_for(incident)
    moves = incident.moves + (channel != incident.channel)
    return replace(incident, channel=channel, peak=severity, rises=incident.rises + 1, moves=moves)


def _severity(incident: Incident) -> str:
    """As the headline names it."""
    return worst_of(severity_of(alert.labels).lower() for alert in worst(incident.alerts))
