"""A severity that rises is told where it belongs, or rings where it stands; what falls or comes again does neither."""

from dataclasses import replace

import pytest

from bot.incidents.rising import placed
from bot.incidents.routing import Route, Routes
from bot.matchers import parse_matchers
from bot.model import Incident, IncidentState
from tests.incidents.conftest import an_incident
from tests.incidents.groups import firing, resolved

ROUTES = Routes(
    (
        Route(parse_matchers('severity="critical"'), "#critical"),
        Route(parse_matchers('severity="high"'), "#high"),
    ),
    "#alerts",
)
SAME = Routes((), "#alerts")


def of(*severities: str, over: tuple[str, ...] = ()) -> Incident:
    fires = tuple(firing(f"p{n}", severity=severity) for n, severity in enumerate(severities))
    ended = tuple(resolved(f"q{n}", 0, 1, severity=severity) for n, severity in enumerate(over))
    state = IncidentState.FIRING if fires else IncidentState.RESOLVED
    return replace(an_incident(), alerts=(*fires, *ended), state=state)


def after(*story: Incident, routes: Routes = ROUTES) -> Incident:
    """As the flow goes on with it: what merging changes comes anew, the rest stays."""
    held: Incident | None = None
    for one in story:
        now = one if held is None else replace(held, alerts=one.alerts, state=one.state)
        held = placed(now, held, routes)
    assert held is not None
    return held


def told(incident: Incident) -> tuple[str, str | None, int, int]:
    return incident.channel, incident.peak, incident.rises, incident.moves


@pytest.mark.parametrize(
    ("story", "end"),
    [
        ([of("warning")], ("#alerts", "warning", 0, 0)),
        ([of("critical")], ("#critical", "critical", 0, 0)),
        ([of("warning"), of("warning", "critical")], ("#critical", "critical", 1, 1)),
        ([of("warning"), of("high"), of("critical")], ("#critical", "critical", 2, 2)),
        ([of("info"), of("warning")], ("#alerts", "warning", 1, 0)),
        ([of("critical"), of("warning")], ("#critical", "critical", 0, 0)),
        ([of("warning"), of("critical"), of("warning"), of("critical")], ("#critical", "critical", 1, 1)),
        ([of("warning"), of("warning", over=("critical",))], ("#alerts", "warning", 0, 0)),
        ([of("warning"), of(over=("critical",))], ("#alerts", "warning", 0, 0)),
        ([of("page"), of("error")], ("#alerts", "page", 0, 0)),
        ([of("Critical "), of("critical")], ("#alerts", "critical", 0, 0)),
        ([of(""), of("warning")], ("#alerts", "warning", 1, 0)),
        ([of("warning"), of("whatever")], ("#alerts", "warning", 0, 0)),
    ],
)
def test_only_what_is_worse_than_ever_rises(
    story: list[Incident], end: tuple[str, str | None, int, int]
) -> None:
    assert told(after(*story)) == end


def test_where_every_severity_has_one_channel_it_rises_without_moving() -> None:
    assert told(after(of("warning"), of("critical"), routes=SAME)) == ("#alerts", "critical", 1, 0)


@pytest.mark.parametrize(("before", "rises"), [(of("critical"), 0), (of("warning"), 1)])
def test_an_incident_from_before_rises_were_told_has_told_what_it_was(before: Incident, rises: int) -> None:
    known = replace(before, channel="#alerts")
    now = placed(replace(known, alerts=of("critical").alerts), known, ROUTES)
    assert (now.peak, now.rises) == ("critical", rises)
    assert now.channel == ("#critical" if rises else "#alerts")
