"""A thread that has become shorter: what is left of it contradicts nothing, and is used again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.clients.slack import SlackClient
from bot.delivery.message import CHART, DETAIL, TOP, Message, Part
from bot.delivery.outbox import Delivered, Later, Outbox
from bot.delivery.render import Layouts
from bot.model import Incident
from tests.delivery.builders import an_incident
from tests.delivery.conftest import Clock, until_done, without_pictures
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack import FakeSlack, http

NAMES = (TOP, f"{DETAIL}:0", f"{DETAIL}:1", f"{DETAIL}:2", f"{CHART}:0")
LONG = an_incident()
SHORT = replace(LONG, revision=1)
UPDATE = "chat.update"


def parts(incident: Incident) -> list[Part]:
    """A revision that is odd has one message in its thread."""
    names = NAMES[:2] if incident.revision % 2 else NAMES
    return [Part(name, Message(f"{name} of {incident.revision}")) for name in names]


@pytest.fixture
def outbox(
    ledger: FakeLedger, client: SlackClient, layouts: Layouts, clock: Clock, new_id: Callable[[], str]
) -> Outbox:
    return Outbox(
        ledger,
        client,
        parts,
        without_pictures,
        clock=clock,
        sleep=clock.sleep,
        ids=new_id,
        superseded=layouts.superseded,
    )


async def told(outbox: Outbox, slack: FakeSlack, incident: Incident, clock: Clock) -> list[str]:
    await until_done(outbox, incident, clock, most=30)
    (top,) = slack.tops()
    return [message.text for message in slack.live(thread=top.ts)]


async def test_what_is_left_says_so_once_and_comes_back_to_life(
    outbox: Outbox, slack: FakeSlack, layouts: Layouts, clock: Clock
) -> None:
    whole = [f"{name} of 0" for name in NAMES[1:]]
    assert await told(outbox, slack, LONG, clock) == whole
    gone = layouts.superseded.text
    assert "uperseded" in gone or "유효하지 않습니다" in gone
    assert await told(outbox, slack, SHORT, clock) == ["detail:0 of 1", gone, gone, gone]
    calls = len(slack.calls)
    assert await outbox.deliver(SHORT) == Delivered()
    assert len(slack.calls) == calls
    again = replace(LONG, revision=2)
    assert await told(outbox, slack, again, clock) == [f"{name} of 2" for name in NAMES[1:]]


async def test_it_waits_for_its_thread_as_all_of_it(outbox: Outbox, slack: FakeSlack, clock: Clock) -> None:
    await until_done(outbox, LONG, clock, most=30)
    assert await outbox.deliver(SHORT, thread=False) == Delivered(rest=True)


async def test_an_edit_that_fails_is_repeated(
    outbox: Outbox, slack: FakeSlack, layouts: Layouts, clock: Clock
) -> None:
    await until_done(outbox, LONG, clock, most=30)
    slack.fail(UPDATE, http(500), times=4)
    await until_done(outbox, SHORT, clock, most=30)
    (top,) = slack.tops()
    left = [message.text for message in slack.live(thread=top.ts)]
    assert left.count(layouts.superseded.text) == 3


async def test_one_that_somebody_deleted_is_not_posted_to_say_so(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    await until_done(outbox, LONG, clock, most=30)
    (top,) = slack.tops()
    slack.remove(slack.live(thread=top.ts)[1].ts)
    outcome = await outbox.deliver(SHORT)
    assert isinstance(outcome, Later)
    await until_done(outbox, SHORT, clock, most=30)
    assert len(slack.live(thread=top.ts)) == 3
