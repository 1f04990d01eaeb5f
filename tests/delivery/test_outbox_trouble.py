"""What Slack refuses: blocks become plain text, and a channel in trouble is named with its remedy until it is mended."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.delivery.outbox import Delivered, Later, Outbox, PaceOptions
from bot.delivery.remedies import CHANNEL, CONTENT
from bot.model import IncidentState
from bot.observe import REGISTRY
from tests.delivery.builders import DIAGNOSIS, an_incident, diagnosed
from tests.delivery.conftest import Clock, until_done
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack import FakeSlack, says

FIRING = an_incident()
RESOLVED = diagnosed(replace(an_incident(IncidentState.RESOLVED), revision=2), DIAGNOSIS)
POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("error", sorted(CONTENT))
@pytest.mark.parametrize("method", [POST, UPDATE])
async def test_refused_blocks_become_plain_text(
    outbox: Outbox, slack: FakeSlack, error: str, method: str
) -> None:
    if method == UPDATE:
        await outbox.deliver(FIRING)
    action = "post" if method == POST else "edit"
    before = metric("opsbot_messages_total", action=action, result="plain")
    slack.fail(method, says(error))
    incident = replace(RESOLVED, diagnoses=(), diagnosed_revision=-1)
    assert isinstance(await outbox.deliver(incident), Delivered)
    (top,) = slack.tops()
    assert top.blocks == []
    assert top.text.startswith("🟢 Resolved · critical · KubePodCrashLooping")
    assert metric("opsbot_messages_total", action=action, result="plain") == before + 1
    assert await outbox.deliver(incident) == Delivered(), "it is not tried again with the same blocks"
    assert len(slack.calls) == (2 if method == POST else 3)


@pytest.mark.parametrize("error", sorted(CHANNEL))
async def test_trouble_of_a_channel_is_named_with_its_remedy_and_nothing_is_lost(
    outbox: Outbox, slack: FakeSlack, clock: Clock, ledger: FakeLedger, error: str
) -> None:
    slack.refuse(slack.channel_id("alerts"), error)
    with capture_logs() as lines:
        outcome = await outbox.deliver(FIRING)
    assert isinstance(outcome, Later)
    assert (outcome.after, outcome.counts) == (60.0, False)
    row = ledger.channels["#alerts"]
    assert (row.error, row.since) == (error, clock())
    assert row.remedy
    assert "{" not in row.remedy
    assert lines[-1] == {
        "event": "Slack refuses the channel",
        "log_level": "error",
        "channel": "#alerts",
        "error": error,
        "remedy": row.remedy,
    }
    assert metric("opsbot_channel_trouble", channel="#alerts", error=error) == 1

    slack.refuse(slack.channel_id("alerts"), "")
    await until_done(outbox, FIRING, clock)
    assert ledger.channels["#alerts"].error == ""
    assert metric("opsbot_channel_trouble", channel="#alerts", error=error) == 0


async def test_the_remedy_for_a_stranger_is_an_invitation(
    outbox: Outbox, slack: FakeSlack, ledger: FakeLedger
) -> None:
    slack.refuse(slack.channel_id("alerts"), "not_in_channel")
    await outbox.deliver(FIRING)
    assert ledger.channels["#alerts"].remedy == "invite the bot: /invite @opsbot in #alerts"


async def test_a_mended_channel_need_not_wait_for_long(
    outbox: Outbox, slack: FakeSlack, clock: Clock
) -> None:
    """Slow retries grow with the time that it lasts, not with the number of incidents that meet it."""
    slack.refuse(slack.channel_id("alerts"), "is_archived")
    waits = []
    for number in range(20):
        outcome = await outbox.deliver(replace(FIRING, id=f"i{number}"))
        assert isinstance(outcome, Later)
        waits.append(outcome.after)
        clock.pass_by(1)
    assert max(waits) <= 61
    clock.pass_by(7200)
    outcome = await outbox.deliver(FIRING)
    assert isinstance(outcome, Later)
    assert outcome.after == PaceOptions().slow_most


async def test_an_error_that_nobody_knows_counts(outbox: Outbox, slack: FakeSlack, clock: Clock) -> None:
    slack.fail(POST, says("some_new_error"))
    outcome = await outbox.deliver(FIRING)
    assert outcome == Later(2.0, "Slack says some_new_error", counts=True)
    await until_done(outbox, FIRING, clock)
    assert len(slack.tops()) == 1
    assert HISTORY not in slack.calls, "what Slack refused need not be looked up"
