"""A severity that rises rings once, whatever is killed on the way: in the other channel, or with a reply in this one."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from bot.delivery.ledger import LEFT, ChannelRow
from bot.delivery.message import TOP, Part
from bot.delivery.offers import Offers
from bot.delivery.outbox import Delivered, Later, Outbox
from bot.delivery.render import Layouts
from bot.model import Incident, IncidentState
from tests.delivery import golden
from tests.delivery.builders import DIAGNOSIS, an_alert, an_incident, diagnosed
from tests.delivery.conftest import Clock, layouts_in, without_pictures, words_in
from tests.delivery.test_outbox_crashes import KilledError, SteppedLedger, SteppedSlack, Steps
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack_workspace import Kept, Workspace

WARNING = {"alertname": "KubePodCrashLooping", "severity": "warning", "namespace": "shop"}
CRITICAL = {**WARNING, "severity": "critical"}


def an(severity: str, **changes: object) -> Incident:
    labels = {**WARNING, "severity": severity}
    bare = replace(an_incident(), alerts=(an_alert(labels=labels),), channel="#alerts", peak="warning")
    return diagnosed(replace(bare, **changes), DIAGNOSIS)  # type: ignore[arg-type]  # names of fields


QUIET = an("warning")
MOVED = an("critical", channel="#critical", peak="critical", rises=1, moves=1, revision=1)
RUNG = an("critical", peak="critical", rises=1, revision=1)
FALLEN = an("warning", peak="critical", rises=1, revision=2)
OVER = replace(
    MOVED,
    alerts=(an_alert(labels=CRITICAL, over=True),),
    state=IncidentState.RESOLVED,
    closed_at=an_incident(IncidentState.RESOLVED).closed_at,
    revision=3,
)


@dataclass(slots=True)
class Life:
    """What survives a kill."""

    layouts: Layouts
    clock: Clock = field(default_factory=Clock)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    reached: int = 0
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.slack = Workspace(clock=lambda: self.clock().timestamp())
        for name in ("alerts", "critical"):
            self.slack.channel_id(name)

    slack: Workspace = field(init=False)

    async def goes_on(self, states: Sequence[Incident], steps: Steps) -> None:
        outbox = Outbox(
            SteppedLedger(self.ledger, steps),
            SteppedSlack(self.slack, steps),
            self.layouts.parts,
            without_pictures,
            clock=self.clock,
            sleep=self.clock.sleep,
            ids=lambda: f"token-{next(self.numbers)}",
            left=self.layouts.left,
        )
        for _ in range(60):
            if self.reached == len(states):
                return
            incident = states[self.reached]
            await outbox.moving.leave(incident)
            outcome = await outbox.moving.see_off(incident, await outbox.deliver(incident))
            if isinstance(outcome, Later):
                self.clock.pass_by(max(outcome.after, 0.1))
            else:
                assert isinstance(outcome, Delivered)
                self.reached += 1
        pytest.fail("the delivery never ends")

    async def lives(self, *states: Incident, due: int = 0) -> Steps:
        if due:
            with pytest.raises(KilledError):
                await self.goes_on(states, Steps(due))
            self.clock.pass_by(5)
        last = Steps(0)
        await self.goes_on(states, last)
        return last

    @property
    def rings(self) -> list[Kept]:
        return [one for one in self.slack.live() if one.arguments.get("reply_broadcast")]

    @property
    def deleted(self) -> list[Kept]:
        return [one for kept in self.slack.channels.values() for one in kept if one.deleted]


def a_channel(name: str, channel_id: str) -> ChannelRow:
    return ChannelRow(name, id=channel_id)


def test_what_is_said(language: str) -> None:
    layouts = layouts_in(language)
    there = "https://slack.com/archives/C001CRITICAL/p1767237120000001"
    said = (
        Part(TOP, layouts.parts(RUNG)[1].message),
        Part("left", layouts.left(MOVED, there)),
        Part("left, and in no channel yet", layouts.left(MOVED, "")),
        Part("left, and over", layouts.left(OVER, there)),
    )
    golden.check(f"messages/rise-{language}.txt", golden.readable(said))


def test_what_is_said_where_nobody_looked(language: str) -> None:
    """Given up, before and after a first diagnosis; and more workloads than are looked at."""
    bare = replace(QUIET, diagnoses=(), diagnosed_revision=-1, targets=())
    others = tuple(replace(DIAGNOSIS.target, name=f"service-{number}") for number in range(4))
    offers = Offers(listens=True)
    layouts = CheckedLayouts(words_in(language), public_url="https://ops.example/console", offers=offers)
    said = (
        *layouts.parts(replace(bare, gave_up="diagnose")),
        *layouts.parts(replace(QUIET, gave_up="recheck"))[:1],
        *layouts.parts(replace(QUIET, left_out=5, left_out_targets=others)),
        *layouts.parts(replace(QUIET, left_out=1, left_out_targets=others[:1]))[:1],
    )
    golden.check(f"messages/unlooked-{language}.txt", golden.readable(said))


@pytest.fixture
def life(layouts: Layouts) -> Life:
    return Life(layouts)


async def test_it_goes_on_in_the_other_channel_and_the_old_message_says_where(life: Life) -> None:
    await life.lives(QUIET, MOVED)
    (old,), (new,) = life.slack.tops(), life.slack.tops("critical")
    assert new.text.startswith("🔴 Firing · critical")
    assert life.slack.live("critical", thread=new.ts), "its thread is there as well"
    assert "goes on in #critical" in old.text
    channel, stamp = life.slack.channel_id("critical"), new.ts.replace(".", "")
    assert f"https://slack.com/archives/{channel}/p{stamp}" in str(old.blocks)
    assert "actions" not in {block["type"] for block in old.blocks}
    assert not life.rings
    assert life.slack.pinged == 0


async def test_both_messages_say_that_it_is_over(life: Life) -> None:
    await life.lives(QUIET, MOVED, OVER)
    (old,), (new,) = life.slack.tops(), life.slack.tops("critical")
    assert old.text.startswith("🟢 Resolved")
    assert new.text.startswith("🟢 Resolved")


async def test_in_the_same_channel_a_reply_rings_once(life: Life) -> None:
    await life.lives(QUIET, RUNG, FALLEN, replace(RUNG, revision=3))
    (top,) = life.slack.tops()
    (ring,) = life.rings
    assert ring.thread_ts == top.ts
    assert ring.text.startswith("🔴 critical now: KubePodCrashLooping · shop/board-service")
    assert ring.edits == []


async def test_what_the_first_message_says_rings_no_second_time(life: Life) -> None:
    await life.lives(RUNG, FALLEN, replace(RUNG, revision=3))
    assert not life.rings


async def test_a_rise_that_is_over_before_it_is_told_rings_nobody(life: Life) -> None:
    await life.lives(QUIET, FALLEN)
    assert not life.rings


async def test_a_message_that_is_posted_anew_rings_no_second_time(life: Life) -> None:
    await life.lives(QUIET, RUNG)
    life.slack.remove(life.slack.tops()[0].ts)
    life.reached = 0
    await life.lives(replace(RUNG, revision=4, reopened=1))
    assert len(life.slack.tops()) == 1
    assert len(life.rings) == 1, "the one below the message that somebody deleted"


async def test_a_channel_that_is_closed_keeps_nobody_from_the_other(life: Life) -> None:
    await life.lives(QUIET)
    life.slack.refuse(life.slack.channel_id("alerts"), "is_archived")
    await life.lives(QUIET, MOVED)
    assert len(life.slack.tops("critical")) == 1
    assert not any(part.startswith(LEFT) for _, part in life.ledger.rows)


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
async def test_killed_at_any_step_it_moves_once(layouts: Layouts, *, known: bool) -> None:
    def born() -> Life:
        fresh = Life(layouts)
        if known:
            for name in ("alerts", "critical"):
                fresh.ledger.channels[f"#{name}"] = a_channel(f"#{name}", fresh.slack.channel_id(name))
        return fresh

    steps = (await born().lives(QUIET, MOVED, OVER)).taken
    assert steps > 60
    for due in range(1, steps + 1):
        life = born()
        await life.lives(QUIET, MOVED, OVER, due=due)
        (old,), (new,) = life.slack.tops(), life.slack.tops("critical")
        assert old.text.startswith("🟢 Resolved"), f"killed at step {due}"
        assert "goes on in #critical" in old.text, f"killed at step {due}"
        assert new.text.startswith("🟢 Resolved"), f"killed at step {due}"
        replies = [
            m.metadata["event_payload"]["part"]
            for m in life.slack.live("critical", thread=new.ts)
            if m.metadata
        ]
        assert replies == ["detail:0"], f"killed at step {due}"
        assert not (known and life.deleted), f"killed at step {due}"


async def test_killed_at_any_step_it_rings_once(layouts: Layouts) -> None:
    steps = (await Life(layouts).lives(QUIET, RUNG)).taken
    assert steps > 40
    for due in range(1, steps + 1):
        life = Life(layouts)
        life.ledger.channels["#alerts"] = a_channel("#alerts", life.slack.channel_id("alerts"))
        await life.lives(QUIET, RUNG, due=due)
        assert len(life.rings) == 1, f"killed at step {due}"
        assert not life.deleted, f"killed at step {due}"
