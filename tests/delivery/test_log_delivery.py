"""Without Slack the log is the delivery: a line for each change, and none for what was said already."""

from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.delivery.log_delivery import LogDelivery
from bot.delivery.results import Delivered
from bot.delivery.view import view
from bot.delivery.words import Words
from bot.model import IncidentState
from tests.delivery.builders import DIAGNOSIS, an_incident, diagnosed


@pytest.fixture
def delivery(words: Words) -> LogDelivery:
    return LogDelivery(partial(view, words=words))


async def test_each_change_is_one_line(delivery: LogDelivery) -> None:
    resolved = diagnosed(an_incident(IncidentState.RESOLVED), DIAGNOSIS)
    with capture_logs() as lines:
        assert await delivery.deliver(an_incident()) == Delivered(first=True)
        assert await delivery.deliver(replace(an_incident(), revision=3)) == Delivered()
        assert await delivery.deliver(resolved) == Delivered()
    assert [line["event"] for line in lines] == [
        "🔴 Firing · critical · KubePodCrashLooping · shop",
        "🟢 Resolved · critical · KubePodCrashLooping · shop/Deployment/board-service",
    ]
    assert lines[1]["cause"] == "Container app is killed at its limit of 512Mi"
    assert lines[1]["lasted"] == "7 min"
    assert {line["incident"] for line in lines} == {"i1"}


async def test_what_is_remembered_is_bounded(delivery: LogDelivery) -> None:
    for number in range(1200):
        await delivery.deliver(replace(an_incident(), id=f"i{number}"))
    assert await delivery.deliver(replace(an_incident(), id="i1199")) == Delivered()
    assert await delivery.deliver(replace(an_incident(), id="i0")) == Delivered(first=True)
