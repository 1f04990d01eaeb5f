"""One order of severities, and the name that tells the worst of several."""

from dataclasses import replace
from itertools import permutations

import pytest

from bot.delivery.view import severity
from bot.incidents.routing import Route, Routes
from bot.matchers import parse_matchers
from bot.severity import is_urgent, rank, worst_of
from tests.delivery.builders import an_alert, an_incident


def test_severities_have_an_order_and_unknown_words_a_place_in_it() -> None:
    ranks = [rank(word) for word in ("critical", "page", "warning", "", "info", "none")]
    assert ranks == sorted(set(ranks))
    assert rank("") == rank("sev-2") == rank("minor")
    assert rank(" Critical ") == rank("critical")


@pytest.mark.parametrize(
    ("severities", "told"),
    [
        (("warn", "info"), "warn"),
        (("sev1", "info"), "sev1"),
        (("sev1", "warning"), "warning"),
        (("minor", "low"), "minor"),
        (("error", "page"), "page"),
        (("sev2", "sev1"), "sev1"),
        (("Critical", "page", "none"), "Critical"),
        (("", "none"), ""),
        (("", "sev1"), "sev1"),
        ((), ""),
    ],
)
def test_the_worst_is_told_whatever_the_order(severities: tuple[str, ...], told: str) -> None:
    assert {worst_of(order) for order in permutations(severities)} == {told}


@pytest.mark.parametrize(
    ("name", "urgent"), [("critical", True), (" PAGE ", True), ("error", False), ("", False)]
)
def test_who_is_called_at_once(name: str, urgent: bool) -> None:
    assert is_urgent(name) is urgent


@pytest.mark.parametrize(
    "severities", [("warn", "info"), ("sev1", "info"), ("minor", "low"), ("low", "none")]
)
def test_the_headline_names_the_severity_that_chose_the_channel(severities: tuple[str, str]) -> None:
    routes = Routes((Route(parse_matchers(f'severity="{severities[0]}"'), "#loud"),), "#quiet")
    alerts = tuple(an_alert(number, labels={"severity": name}) for number, name in enumerate(severities))
    incident = replace(an_incident(), alerts=alerts, channel="")
    assert routes.channel_for(incident) == "#loud"
    assert severity(incident.alerts) == severities[0]
