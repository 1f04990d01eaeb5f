"""What the outbox does for a storm: a message without its thread, one that may be told in another way, and a digest."""

from dataclasses import replace

from bot.delivery.ledger import STORM
from bot.delivery.message import Message, Part
from bot.delivery.outbox import Delivered, Later, Outbox
from tests.delivery.builders import DIAGNOSIS, an_incident, diagnosed
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack import FakeSlack

DIAGNOSED = diagnosed(replace(an_incident(), revision=1), DIAGNOSIS)
HEAD, FIRST, SECOND = (
    Part("top", Message("head")),
    Part("detail:0", Message("one")),
    Part("detail:1", Message("two")),
)


async def test_without_its_thread_the_rest_is_told_to_be_missing_until_it_is_there(
    outbox: Outbox, slack: FakeSlack
) -> None:
    assert await outbox.deliver(DIAGNOSED, thread=False) == Delivered(first=True, rest=True)
    (top,) = slack.tops()
    assert not slack.live(thread=top.ts)
    assert await outbox.deliver(DIAGNOSED, thread=False) == Delivered(rest=True)
    assert await outbox.deliver(DIAGNOSED) == Delivered()
    assert await outbox.deliver(DIAGNOSED, thread=False) == Delivered()


async def test_what_is_told_in_another_way_when_its_turn_comes_is_not_posted(
    outbox: Outbox, slack: FakeSlack, ledger: FakeLedger
) -> None:
    async def no() -> bool:
        return False

    outcome = await outbox.deliver(DIAGNOSED, wanted=no)
    assert outcome == Later(0.0, "it is told in another way since", counts=False)
    assert not slack.tops()
    assert not ledger.rows, "nothing was about to be posted"


async def test_it_is_not_asked_again_for_what_stands(outbox: Outbox, slack: FakeSlack) -> None:
    asked: list[int] = []

    async def once() -> bool:
        asked.append(len(slack.tops()))
        return True

    assert await outbox.deliver(DIAGNOSED, wanted=once) == Delivered(first=True)
    await outbox.deliver(replace(DIAGNOSED, reopened=1), wanted=once)
    assert asked == [0], "before the message in the channel, and for no part of its thread"


async def test_a_digest_is_told_as_any_message(outbox: Outbox, slack: FakeSlack, ledger: FakeLedger) -> None:
    owner = f"{STORM}1"
    await outbox.tell(owner, "#alerts", lambda: (HEAD, FIRST), thread=False)
    await outbox.tell(owner, "#alerts", lambda: (HEAD, FIRST, SECOND))
    (top,) = slack.tops()
    assert [message.text for message in slack.live(thread=top.ts)] == ["one", "two"]
    assert {row.incident_id for row in ledger.rows.values()} == {owner}
    assert top.metadata is not None
    assert top.metadata["event_payload"] == {"incident": owner, "part": "top"}
    await outbox.tell(owner, "#alerts", lambda: (Part("top", Message("changed")), FIRST, SECOND))
    assert slack.tops()[0].text == "changed"
    assert len(slack.live()) == 3
