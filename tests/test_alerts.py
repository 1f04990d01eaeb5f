"""When alerts began, as far as their clocks can be believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts import began
from bot.delivery.view import view
from bot.delivery.words import Words
from bot.model import IncidentState
from tests.delivery.builders import an_alert, an_incident
from tests.delivery.conftest import layouts_in

HEARD = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPENED = HEARD - timedelta(minutes=5)
EPOCH, ZERO, FUTURE = (
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    HEARD.replace(year=2099),
)


@pytest.mark.parametrize(
    ("starts", "told"),
    [
        ([OPENED - timedelta(days=40)], OPENED - timedelta(days=40)),
        ([HEARD, OPENED], OPENED),
        ([EPOCH], OPENED),
        ([ZERO], OPENED),
        ([FUTURE], OPENED),
        ([EPOCH, HEARD, FUTURE], HEARD),
        ([], OPENED),
    ],
)
def test_a_start_that_cannot_be_is_none(starts: list[datetime], told: datetime) -> None:
    alerts = [replace(an_alert(number), starts_at=start) for number, start in enumerate(starts)]
    assert began(alerts, HEARD, OPENED) == told


@pytest.mark.parametrize("start", [EPOCH, FUTURE])
def test_a_message_says_neither_1970_nor_2099(start: datetime) -> None:
    words: Words = layouts_in("en").words
    incident = replace(
        an_incident(),
        alerts=(replace(an_alert(1), starts_at=start),),
        opened_at=OPENED,
        heard_at=HEARD,
        closed_at=HEARD,
        state=IncidentState.RESOLVED,
    )
    shown = view(incident, words)
    assert shown.since == OPENED
    assert shown.lasted == words.duration(300)
