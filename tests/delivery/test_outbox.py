"""The outbox against a Slack that is slow, torn, limited and forgetful: nothing is lost and nothing is there twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clients.slack import SlackClient
from bot.delivery.message import Message, Part
from bot.delivery.outbox import Delivered, Later, Outbox, Refused
from bot.model import IncidentState
from tests.delivery.builders import DIAGNOSIS, START, an_incident, diagnosed
from tests.delivery.conftest import Clock, until_done, without_pictures
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack import (
    DROPPED_AFTER,
    DROPPED_BEFORE,
    HANGS_AFTER,
    FakeSlack,
    Fault,
    http,
    limited,
    says,
)

FIRING = an_incident()
DIAGNOSED = diagnosed(replace(FIRING, revision=1), DIAGNOSIS)
RESOLVED = diagnosed(replace(an_incident(IncidentState.RESOLVED), revision=2), DIAGNOSIS)
POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"


async def test_one_message_is_edited_as_the_incident_goes_on(
    outbox: Outbox, slack: FakeSlack, ledger: FakeLedger
) -> None:
    assert await outbox.deliver(FIRING) == Delivered(first=True)
    assert await outbox.deliver(DIAGNOSED) == Delivered()
    assert await outbox.deliver(RESOLVED) == Delivered()
    (top,) = slack.tops()
    assert top.text.startswith("🟢 Resolved")
    assert [text.split(" · ")[0] for text in top.edits] == ["🔴 Firing", "🔴 Firing"]
    (detail,) = slack.live(thread=top.ts)
    assert "killed at its limit" in detail.text
    assert {row.channel for row in ledger.rows.values()} == {slack.channel_id("alerts")}


async def test_what_is_said_already_costs_no_call(outbox: Outbox, slack: FakeSlack) -> None:
    await outbox.deliver(DIAGNOSED)
    calls = len(slack.calls)
    assert await outbox.deliver(DIAGNOSED) == Delivered()
    assert len(slack.calls) == calls


async def test_without_a_channel_it_is_refused(outbox: Outbox) -> None:
    assert await outbox.deliver(replace(FIRING, channel="")) == Refused("no channel is routed to")


@pytest.mark.parametrize(
    "fault",
    [DROPPED_AFTER, HANGS_AFTER, http(500, accepts=True), http(502, accepts=True), says("fatal_error")],
)
async def test_an_uncertain_post_is_looked_up(
    outbox: Outbox, slack: FakeSlack, clock: Clock, fault: Fault
) -> None:
    await outbox.deliver(replace(FIRING, id="i0"))
    slack.fail(POST, fault)
    waits = await until_done(outbox, FIRING, clock)
    assert not any(wait.counts for wait in waits)
    assert HISTORY in slack.calls
    assert len(slack.tops()) == 2
    assert all(top.text.startswith("🔴 Firing") for top in slack.tops())


async def test_an_uncertain_post_is_left_alone_until_it_may_have_settled(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    slack.fail(POST, DROPPED_AFTER)
    first = await outbox.deliver(FIRING)
    clock.pass_by(1)
    second = await outbox.deliver(FIRING)
    assert isinstance(first, Later)
    assert isinstance(second, Later)
    assert second.after == pytest.approx(3)
    assert HISTORY not in slack.calls


async def test_an_uncertain_post_in_a_channel_known_by_name_only_ends_in_one_message(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    slack.fail(POST, DROPPED_AFTER)
    await until_done(outbox, FIRING, clock)
    assert len(slack.tops()) == 1


@pytest.mark.parametrize("scope", ["channels:read", "groups:read"])
async def test_where_the_id_can_be_asked_for_the_first_post_into_a_name_rings_once(
    outbox: Outbox, slack: FakeSlack, clock: Clock, scope: str
) -> None:
    slack.scopes.add(scope)
    slack.channel_id("alerts")
    slack.fail(POST, DROPPED_AFTER)
    await until_done(outbox, FIRING, clock)
    assert slack.calls.count(POST) == (1 if scope == "channels:read" else 2), "the channel is a public one"
    assert len(slack.tops()) == 1


async def test_who_cannot_be_asked_for_the_id_now_is_asked_again(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    slack.scopes.add("channels:read")
    slack.channel_id("alerts")
    slack.fail(POST, DROPPED_AFTER)
    slack.fail("users.conversations", limited(3), times=2)
    await until_done(outbox, FIRING, clock)
    assert slack.calls.count(POST) == 1


async def test_an_uncertain_post_of_a_thread_is_looked_up_in_the_thread(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    await outbox.deliver(FIRING)
    slack.fail(POST, DROPPED_AFTER)
    await until_done(outbox, DIAGNOSED, clock)
    assert "conversations.replies" in slack.calls
    assert len(slack.live()) == 2


async def test_a_lost_post_is_posted_again(outbox: Outbox, slack: FakeSlack, clock: Clock) -> None:
    slack.fail(POST, DROPPED_BEFORE)
    await until_done(outbox, FIRING, clock)
    assert len(slack.tops()) == 1


async def test_without_the_scope_to_look_it_posts_and_says_what_is_missing(
    outbox: Outbox, slack: FakeSlack, clock: Clock, ledger: FakeLedger
) -> None:
    await outbox.deliver(replace(FIRING, id="i0"))
    slack.scopes.discard("channels:history")
    slack.fail(POST, DROPPED_BEFORE)
    await until_done(outbox, FIRING, clock)
    assert len(slack.tops()) == 2
    row = ledger.channels["#alerts"]
    assert row.error == "lookup:missing_scope"
    assert "channels:history" in row.remedy
    await outbox.deliver(RESOLVED)
    assert ledger.channels["#alerts"].error, "a message that arrives does not prove that looking works"


async def test_two_messages_with_one_mark_become_the_oldest(
    outbox: Outbox, slack: FakeSlack, client: SlackClient, clock: Clock
) -> None:
    await outbox.deliver(replace(FIRING, id="i0"))
    slack.fail(POST, DROPPED_AFTER)
    await outbox.deliver(FIRING)
    first = slack.tops()[-1]
    slack.channels[slack.channel_id("alerts")].append(replace(first, ts=f"{first.ts[:-1]}9"))
    await until_done(outbox, FIRING, clock)
    assert [top.ts for top in slack.tops()][1:] == [first.ts]


async def test_a_rate_limit_is_waited_for_and_counts_for_nobody(
    outbox: Outbox, slack: FakeSlack, clock: Clock, ledger: FakeLedger
) -> None:
    slack.fail(POST, limited(30))
    outcome = await outbox.deliver(FIRING)
    assert outcome == Later(30.0, "Slack limits the rate in #alerts", counts=False)
    assert (ledger.channels["#alerts"].not_before or START) >= clock()
    other = await outbox.deliver(replace(FIRING, id="i2"))
    assert isinstance(other, Later), "all of the channel waits"
    assert not other.counts
    assert slack.calls == [POST]
    await until_done(outbox, FIRING, clock)
    assert len(slack.tops()) == 1


async def test_a_burst_keeps_the_pace_of_the_channel(
    ledger: FakeLedger, client: SlackClient, slack: FakeSlack, clock: Clock, outbox: Outbox
) -> None:
    slack.pace = 1.0
    incidents = [replace(FIRING, id=f"i{number}") for number in range(12)]
    waiting = list(incidents)
    while waiting:
        incident = waiting.pop(0)
        if isinstance(await outbox.deliver(incident), Later):
            clock.pass_by(0.5)
            waiting.append(incident)
    assert len(slack.tops()) == 12
    assert slack.calls.count(POST) == 12, "no post was ever refused for its pace"


async def test_a_thread_lets_first_messages_pass(
    ledger: FakeLedger, client: SlackClient, clock: Clock, new_id: Callable[[], str]
) -> None:
    top, detail = Part("top", Message("top")), Part("detail:0", Message("detail"))
    parts = {"i1": [top], "i2": [top]}
    outbox = Outbox(
        ledger, client, lambda i: parts[i.id], without_pictures, clock=clock, sleep=clock.sleep, ids=new_id
    )
    await outbox.deliver(FIRING)
    parts["i1"] = [top, detail]
    await ledger.pace("#alerts", clock() + timedelta(seconds=3))
    assert await outbox.deliver(FIRING) == Later(3.0, "the pace of #alerts", counts=False)
    assert await outbox.deliver(replace(FIRING, id="i2")) == Delivered(first=True)


@pytest.mark.parametrize("fault", [http(500), http(502), DROPPED_BEFORE, HANGS_AFTER])
async def test_an_edit_that_fails_is_repeated(
    outbox: Outbox, slack: FakeSlack, clock: Clock, fault: Fault
) -> None:
    await outbox.deliver(FIRING)
    slack.fail(UPDATE, fault)
    (wait, *_) = await until_done(outbox, replace(RESOLVED, diagnoses=()), clock)
    assert not wait.counts
    (top,) = slack.tops()
    assert top.text.startswith("🟢 Resolved")


async def test_waits_double_while_slack_is_away(outbox: Outbox, slack: FakeSlack, clock: Clock) -> None:
    await outbox.deliver(FIRING)
    slack.fail(UPDATE, http(503), times=8)
    waits = await until_done(outbox, RESOLVED, clock, most=30)
    told = [round(wait.after) for wait in waits if wait.reason == "HTTP 503"]
    assert told[:4] == [2, 2, 4, 8]
    assert told == sorted(told)
    assert max(told) == 120


async def test_a_deleted_message_is_posted_anew_with_its_thread(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    await outbox.deliver(DIAGNOSED)
    for message in slack.live():
        slack.remove(message.ts)
    await until_done(outbox, RESOLVED, clock)
    (top,) = slack.tops()
    assert top.text.startswith("🟢 Resolved")
    assert len(slack.live(thread=top.ts)) == 1


async def test_a_thread_whose_message_is_deleted_starts_anew(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    await outbox.deliver(FIRING)
    slack.fail(POST, says("thread_not_found"))
    waits = await until_done(outbox, DIAGNOSED, clock)
    assert [wait.reason for wait in waits] == ["detail:0: thread_not_found, posting anew"]
    assert len(slack.tops()) == 2


@pytest.mark.parametrize("error", ["cant_update_message", "edit_window_closed"])
async def test_a_message_that_cannot_be_edited_gives_way_to_a_new_one(
    outbox: Outbox, slack: FakeSlack, clock: Clock, error: str
) -> None:
    await outbox.deliver(FIRING)
    slack.fail(UPDATE, says(error))
    await until_done(outbox, RESOLVED, clock)
    assert [top.text.split(" · ")[0] for top in slack.tops()] == ["🔴 Firing", "🟢 Resolved"]


async def test_a_new_route_does_not_move_a_message(outbox: Outbox, slack: FakeSlack) -> None:
    await outbox.deliver(FIRING)
    await outbox.deliver(replace(RESOLVED, channel="#elsewhere"))
    assert len(slack.tops("alerts")) == 1
    assert slack.tops("elsewhere") == []


async def test_a_first_message_is_told_even_when_its_thread_must_wait(
    outbox: Outbox, slack: FakeSlack
) -> None:
    slack.fail(POST, Fault(slow=0.001))
    slack.fail(POST, limited(9))
    outcome = await outbox.deliver(DIAGNOSED)
    assert isinstance(outcome, Later)
    assert outcome.first
