"""A real Prometheus drives a real Alertmanager: an alert comes through with its labels, and goes again."""

import asyncio

import pytest

from bot.model import AlertStatus
from tests.programs.alertmanager import alertmanager, webhook_config
from tests.programs.prometheus import prometheus, rule
from tests.programs.receiver import receiver
from tests.programs.running import wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]


async def test_an_alert_comes_from_its_rule_and_resolves_when_the_rule_gives_nothing() -> None:
    async with (
        receiver() as taken,
        alertmanager(webhook_config(taken.url)) as (one,),
        prometheus(
            [rule("Crash", "vector(1)", namespace="shop", pod="web-0", severity="critical")],
            alertmanagers=[one.url],
            external_labels={"cluster": "prod"},
        ) as server,
    ):
        both = [one, server]
        await wait_for(lambda: len(taken.bodies) == 1, "the alert fires", programs=both)
        await server.reload(
            [rule("Crash", "vector(1) > 1", namespace="shop", pod="web-0", severity="critical")]
        )
        await wait_for(lambda: len(taken.bodies) == 2, "the alert resolves", programs=both)
        fired, over = taken.groups
    assert fired.alerts[0].labels == {
        "alertname": "Crash",
        "namespace": "shop",
        "pod": "web-0",
        "severity": "critical",
        "cluster": "prod",
    }
    assert [each.status for each in over.alerts] == [AlertStatus.RESOLVED]
    assert over.alerts[0].starts_at == fired.alerts[0].starts_at


async def test_a_target_is_scraped() -> None:
    async with prometheus([], targets={"nothing": ["127.0.0.1:1"]}) as server:
        while not (down := await server.query('up{job="nothing"} == 0')):  # noqa: ASYNC110 - happens in another process
            await asyncio.sleep(0.2)
    assert down[0]["metric"] == {"__name__": "up", "instance": "127.0.0.1:1", "job": "nothing"}
