"""Which channel an incident goes to, and what is looked at for it."""

from itertools import count

import pytest

from bot.incidents.merge import merge
from bot.incidents.routing import Route, Routes, by_kin, plan
from bot.matchers import parse_matchers
from bot.model import Alert, Incident, Target
from tests.incidents.groups import at, body, firing, resolved

ROUTES = Routes(
    (
        Route(parse_matchers('severity="critical"'), "#critical"),
        Route(parse_matchers('severity=~"warning|info",namespace!="shop"'), "#others"),
        Route(parse_matchers('severity=~"warning|info"'), "#alerts"),
    ),
    default="#default",
)


def incident_of(*alerts: Alert) -> Incident:
    ids = count()
    merged = merge(None, body(*alerts), cluster="prod", now=at(9), new_id=lambda: str(next(ids)))
    assert merged.incident is not None
    return merged.incident


@pytest.mark.parametrize(
    ("alerts", "channel"),
    [
        ([firing("a", severity="warning")], "#alerts"),
        ([firing("a", severity="warning", namespace="infra")], "#others"),
        ([firing("a", severity="none")], "#default"),
        ([firing("a", severity="info"), firing("b", severity="critical")], "#critical"),
        # The worst severity decides, even where only a lesser one has a route.
        ([firing("a", severity="info"), firing("b", severity="page")], "#default"),
        # What is over does not.
        ([firing("a", severity="warning"), resolved("b", 0, 1, severity="critical")], "#alerts"),
        # Within one severity the order of the routes does, not that of the alerts.
        (
            [firing("a", severity="info", namespace="shop"), firing("b", severity="info", namespace="x")],
            "#others",
        ),
    ],
)
def test_the_worst_that_fires_chooses_the_channel(alerts: list[Alert], channel: str) -> None:
    assert ROUTES.channel_for(incident_of(*alerts)) == channel
    assert ROUTES.channel_for(incident_of(*reversed(alerts))) == channel


def pod(name: str) -> Target:
    return Target("prod", "shop", "Pod", name)


def test_targets_come_worst_first_then_the_most_troubled_then_by_name() -> None:
    alerts = [
        firing("z"),
        firing("y"),
        firing("y", alertname="KubePodNotReady"),
        firing("x"),
        firing("w", severity="critical"),
        firing("gone", pod="", namespace=""),
    ]
    planned = plan(alerts, "prod")
    assert [entry.target for entry in planned.entries] == [pod("w"), pod("y"), pod("x"), pod("z")]
    assert [alert.name for alert in planned.entries[1].alerts] == ["KubePodCrashLooping", "KubePodNotReady"]
    assert (planned.left_out, [alert.fingerprint for alert in planned.nowhere]) == ((), ["gone"])
    assert plan(reversed(alerts), "prod").entries[0] == planned.entries[0]


def test_only_what_fires_is_looked_at_unless_nothing_does() -> None:
    alerts = [firing("a"), resolved("b", 0, 1)]
    assert [entry.target for entry in plan(alerts, "prod").entries] == [pod("a")]
    assert [entry.target for entry in plan(alerts[1:], "prod").entries] == [pod("b")]


def test_more_targets_than_the_limit_are_counted() -> None:
    planned = plan([firing(f"p{number}") for number in range(7)], "prod", 5)
    assert (len(planned.entries), len(planned.left_out)) == (5, 2)


def test_pods_of_one_owner_take_one_place() -> None:
    web = Target("prod", "shop", "Deployment", "web")
    alerts = [firing(f"web-{number}") for number in range(6)] + [firing("api-0")]
    planned = plan(alerts, "prod", 2, {pod(f"web-{number}"): web for number in range(6)})
    assert [(entry.target, len(entry.alerts)) for entry in planned.entries] == [(web, 6), (pod("api-0"), 1)]
    assert planned.left_out == ()


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (("api-7d9c5b6f4-x2lkq", "api-7d9c5b6f4-zz9pl", "api-6c8f9d7b5-4hx8v"), 1),
        (("db-0", "db-1", "db-12"), 1),
        (("agent-x2lkq", "agent-4hx8v"), 1),
        (("shop-frontend-7d9c5b6f4-x2lkq", "shop-backend-7d9c5b6f4-x2lkq"), 2),
        (("shop-frontend", "shop-backend"), 2),
    ],
)
def test_pods_of_one_workload_are_told_by_their_names(names: tuple[str, ...], groups: int) -> None:
    assert len(by_kin(Target("c", "shop", "Pod", name) for name in names)) == groups


def test_only_pods_are_taken_for_kin() -> None:
    jobs = [Target("c", "shop", "Job", "report-1"), Target("c", "shop", "Job", "report-2")]
    assert by_kin(jobs) == ((jobs[0],), (jobs[1],))
