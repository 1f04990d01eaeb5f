"""Whatever is killed between any two steps of a delivery, one message stays, with its thread, in its last state."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import pytest

from bot.delivery.ledger import ChannelRow, PartRow
from bot.delivery.message import Message
from bot.delivery.outbox import Later, Outbox
from bot.delivery.render import Layouts
from bot.delivery.transport import EVENT_TYPE, Declined, Failure, Found, Mark, Ok
from bot.model import Incident, IncidentState
from tests.delivery.builders import DIAGNOSIS, an_incident, diagnosed
from tests.delivery.conftest import Clock, without_pictures
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack_workspace import Workspace

T = TypeVar("T")


class KilledError(BaseException):
    """SIGKILL, as far as the code under test can tell: nothing catches it."""


class Steps:
    """Counts every await from both of its sides; the process dies at the step that is due."""

    def __init__(self, due: int) -> None:
        self.due = due
        self.taken = 0

    def step(self) -> None:
        self.taken += 1
        if self.taken == self.due:
            raise KilledError

    async def of(self, work: Callable[[], Awaitable[T]]) -> T:
        self.step()
        result = await work()
        self.step()
        return result


class SteppedLedger:
    def __init__(self, ledger: FakeLedger, steps: Steps) -> None:
        self._ledger = ledger
        self._steps = steps

    async def parts(self, incident_id: str) -> tuple[PartRow, ...]:
        return await self._steps.of(lambda: self._ledger.parts(incident_id))

    async def intend(self, row: PartRow, replaces: str = "", *, tells: Sequence[str] = ()) -> bool:
        return await self._steps.of(lambda: self._ledger.intend(row, replaces, tells=tells))

    async def leave(self, incident_id: str, moves: int) -> None:
        await self._steps.of(lambda: self._ledger.leave(incident_id, moves))

    async def posted(self, incident_id: str, part: str, token: str, *, ts: str, digest: str) -> bool:
        return await self._steps.of(
            lambda: self._ledger.posted(incident_id, part, token, ts=ts, digest=digest)
        )

    async def edited(self, incident_id: str, part: str, *, digest: str) -> None:
        await self._steps.of(lambda: self._ledger.edited(incident_id, part, digest=digest))

    async def forget(self, incident_id: str, part: str) -> None:
        await self._steps.of(lambda: self._ledger.forget(incident_id, part))

    async def channel(self, channel: str) -> ChannelRow:
        return await self._steps.of(lambda: self._ledger.channel(channel))

    async def pace(self, channel: str, not_before: datetime) -> None:
        await self._steps.of(lambda: self._ledger.pace(channel, not_before))

    async def trouble(self, channel: str, error: str, remedy: str, at: datetime) -> None:
        await self._steps.of(lambda: self._ledger.trouble(channel, error, remedy, at))

    async def locate(self, channel: str, channel_id: str) -> None:
        await self._steps.of(lambda: self._ledger.locate(channel, channel_id))


class SteppedSlack:
    """Slack without a network, so that thousands of lives fit into a second."""

    def __init__(self, workspace: Workspace, steps: Steps) -> None:
        self._workspace = workspace
        self._steps = steps

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any] | Declined:
        async def answer() -> dict[str, Any]:
            return self._workspace.call(method, arguments).body

        body = await self._steps.of(answer)
        return body if body["ok"] else Declined(body["error"])

    async def _done(self, method: str, **arguments: Any) -> Ok | Failure:
        body = await self._call(method, **arguments)
        return body if isinstance(body, Declined) else Ok(body["channel"], body["ts"])

    async def post(self, channel: str, message: Message, mark: Mark, *, thread: str = "") -> Ok | Failure:
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"incident": mark.incident, "part": mark.part}}
        return await self._done(
            "chat.postMessage",
            channel=channel,
            text=message.text,
            blocks=list(message.blocks),
            metadata=metadata,
            thread_ts=thread,
            reply_broadcast=message.broadcast or None,
        )

    async def update(self, channel: str, ts: str, message: Message) -> Ok | Failure:
        blocks = list(message.blocks)
        return await self._done("chat.update", channel=channel, ts=ts, text=message.text, blocks=blocks)

    async def delete(self, channel: str, ts: str) -> Ok | Failure:
        return await self._done("chat.delete", channel=channel, ts=ts)

    async def locate(self, name: str) -> str | Failure:
        body = await self._call("users.conversations", types="public_channel")
        if isinstance(body, Declined):
            return body
        return next((str(one["id"]) for one in body["channels"] if one["name"] == name), "")

    async def find(self, channel: str, mark: Mark, *, since: datetime, thread: str = "") -> Found | Failure:
        method = "conversations.replies" if thread else "conversations.history"
        window = {"oldest": since.timestamp(), "include_all_metadata": True, "ts": thread}
        body = await self._call(method, channel=channel, **window)
        if isinstance(body, Declined):
            return body
        wanted = {"incident": mark.incident, "part": mark.part}
        found = [m["ts"] for m in body["messages"] if m.get("metadata", {}).get("event_payload") == wanted]
        return Found(tuple(sorted(found)))


class World:
    """What survives a kill: Slack, the ledger, the clock, and how far the incident has come."""

    def __init__(self, layouts: Layouts, channel: str) -> None:
        self.clock = Clock()
        self.workspace = Workspace(clock=lambda: self.clock().timestamp())
        self.ledger = FakeLedger()
        self.parts = {incident.revision: layouts.parts(incident) for incident in story(channel)}
        self.numbers = itertools.count()
        self.reached = 0

    async def live(self, states: Sequence[Incident], steps: Steps) -> None:
        """One life of the process: it delivers the state that is due, again and again, until it dies or all is said."""
        outbox = Outbox(
            SteppedLedger(self.ledger, steps),
            SteppedSlack(self.workspace, steps),
            lambda incident: self.parts[incident.revision],
            without_pictures,
            clock=self.clock,
            sleep=self.clock.sleep,
            ids=lambda: f"token-{next(self.numbers)}",
        )
        for _ in range(60):
            if self.reached == len(states):
                return
            outcome = await outbox.deliver(states[self.reached])
            if isinstance(outcome, Later):
                self.clock.pass_by(max(outcome.after, 0.1))
            else:
                self.reached += 1
        pytest.fail("the delivery never ends")

    async def die_and_rise(self, states: Sequence[Incident], dues: Sequence[int], down: float = 5) -> Steps:
        for due in dues:
            try:
                await self.live(states, Steps(due))
            except KilledError:
                self.clock.pass_by(down)
        last = Steps(0)
        await self.live(states, last)
        return last


STORY = (
    an_incident(),
    diagnosed(replace(an_incident(), revision=1), DIAGNOSIS),
    diagnosed(replace(an_incident(IncidentState.RESOLVED), revision=2), DIAGNOSIS),
)


def story(channel: str) -> list[Incident]:
    return [replace(incident, channel=channel) for incident in STORY]


@pytest.fixture(params=["#alerts", "C000ALERTS"], ids=["by name", "by id"])
def channel(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def steps_of_a_quiet_life(layouts: Layouts, channel: str) -> int:
    world = World(layouts, channel)
    world.workspace.channel_id("alerts")
    return (await world.die_and_rise(story(channel), ())).taken


def assert_one_of_each(world: World, why: str) -> None:
    (top,) = world.workspace.tops()
    assert top.text.startswith("🟢 Resolved"), why
    replies = [m.metadata["event_payload"]["part"] for m in world.workspace.live(thread=top.ts) if m.metadata]
    assert replies == [part.name for part in world.parts[STORY[-1].revision][1:]], why
    assert len(world.workspace.live()) == 1 + len(replies), why
    assert {row.ts for row in world.ledger.rows.values()} == {m.ts for m in world.workspace.live()}, why


async def test_a_kill_at_any_step_leaves_one_message(layouts: Layouts, channel: str) -> None:
    steps = await steps_of_a_quiet_life(layouts, channel)
    assert steps > 40, "the story is long enough to be worth killing"
    for due in range(1, steps + 1):
        world = World(layouts, channel)
        world.workspace.channel_id("alerts")
        await world.die_and_rise(story(channel), (due,))
        assert_one_of_each(world, f"killed at step {due}")


async def test_a_second_kill_during_the_recovery_changes_nothing(layouts: Layouts, channel: str) -> None:
    steps = await steps_of_a_quiet_life(layouts, channel)
    for first, second in itertools.product(range(1, steps + 1, 3), range(1, 31, 4)):
        world = World(layouts, channel)
        world.workspace.channel_id("alerts")
        await world.die_and_rise(story(channel), (first, second), down=100)
        assert_one_of_each(world, f"killed at step {first} and again at step {second}")


async def test_a_kill_never_shows_a_message_twice_where_the_name_can_be_looked_up(layouts: Layouts) -> None:
    steps = await steps_of_a_quiet_life(layouts, "#alerts")
    for due in range(1, steps + 1):
        world = World(layouts, "#alerts")
        world.workspace.scopes.add("channels:read")
        world.workspace.channel_id("alerts")
        await world.die_and_rise(story("#alerts"), (due,))
        assert_one_of_each(world, f"killed at step {due}")
        assert not any(m.deleted for m in world.workspace.channels["C000ALERTS"]), f"killed at step {due}"


async def test_a_kill_never_shows_a_message_twice_where_the_channel_is_known(layouts: Layouts) -> None:
    """A second copy that is deleted at once has rung already: with the id known there is never one."""
    steps = await steps_of_a_quiet_life(layouts, "C000ALERTS")
    for due in range(1, steps + 1):
        world = World(layouts, "C000ALERTS")
        world.workspace.channel_id("alerts")
        await world.die_and_rise(story("C000ALERTS"), (due,))
        assert not any(m.deleted for m in world.workspace.channels["C000ALERTS"]), f"killed at step {due}"


class TwoReplicas:
    """Lets another replica act at one moment of the first one's post."""

    def __init__(self, slack: SteppedSlack, before: Callable[[], Awaitable[None]] | None) -> None:
        self._slack = slack
        self._then = before
        self.update, self.delete, self.find, self.locate = (
            slack.update,
            slack.delete,
            slack.find,
            slack.locate,
        )

    async def post(self, channel: str, message: Message, mark: Mark, *, thread: str = "") -> Ok | Failure:
        answer = await self._slack.post(channel, message, mark, thread=thread)
        if then := self._then:
            self._then = None
            await then()
        return answer


@pytest.mark.parametrize("blind", [False, True], ids=["found", "not found"])
async def test_a_replica_that_was_overtaken_steps_back(layouts: Layouts, *, blind: bool) -> None:
    """The other one finds our message, or does not and posts its own: either way one stays."""
    world = World(layouts, "C000ALERTS")
    world.workspace.channel_id("alerts")
    incident = story("C000ALERTS")[0]

    async def overtake() -> None:
        world.clock.pass_by(60)
        if blind:
            world.workspace.channels["C000ALERTS"][0].deleted = True
        await world.live([incident], Steps(0))
        world.workspace.channels["C000ALERTS"][0].deleted = False

    slack = TwoReplicas(SteppedSlack(world.workspace, Steps(0)), overtake)
    frozen = Outbox(
        world.ledger,
        slack,
        layouts.parts,
        without_pictures,
        clock=world.clock,
        sleep=world.clock.sleep,
        ids=lambda: "frozen",
    )
    outcome = await frozen.deliver(incident)
    if isinstance(outcome, Later):
        await frozen.deliver(incident)
    (top,) = world.workspace.tops()
    assert world.ledger.rows["i1", "top"].ts == top.ts
