"""The buttons of an incident's messages, as an outbox posted them: pressed, pressed twice, pressed too late, and by whom not."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.chat.access import Gate, Rules
from bot.chat.doorway import Doorway
from bot.chat.incident_presses import Bench as Buttons
from bot.chat.incident_presses import incident_presses
from bot.chat.ports import Voice
from bot.chat.pressing import Handlers, Origin
from bot.clients.redaction import redact
from bot.clients.slack import SlackClient
from bot.delivery.message import TOP
from bot.delivery.offers import Offers
from bot.delivery.outbox import Outbox
from bot.delivery.render import Layouts
from bot.delivery.results import Delivered
from bot.diagnosis.engine import Engine
from bot.incidents.again import Asking, LookAgain
from bot.incidents.audit import Audit, Person
from bot.incidents.schema import incident as incidents
from bot.incidents.store import Store
from bot.incidents.ticking import Ticks
from bot.model import Fix, Incident, Layer, Observation, Recheck, Source
from tests.chat.conftest import CHANNEL, Bench, shown_in, talking
from tests.delivery.builders import DIAGNOSIS, OOM, TARGET, an_incident, diagnosed
from tests.delivery.conftest import Clock, without_pictures, words_in
from tests.fakes.slack import TOKEN
from tests.fakes.slack_presses import KIM, LEE, Presser, press
from tests.fakes.slack_workspace import Kept

# Everything is seen in the channel of the message; another one sees another namespace.
RULES = Rules(channels={CHANNEL: ("*",)}, ask="@platform")
ROLL_BACK = Fix("roll-back", Layer.GITOPS, lasting=True)
FOUND = replace(DIAGNOSIS, findings=(replace(OOM, fixes=(*OOM.fixes, ROLL_BACK)), *DIAGNOSIS.findings[1:]))


@dataclass(frozen=True, slots=True)
class Orders:
    """As the real ones, without a queue that works them off."""

    looks: LookAgain
    ticks: Ticks
    audit: Audit

    async def recheck(self, incident_id: str, who: Person, *, place: str = "") -> Asking | None:
        deed = self.audit.deed(who, "recheck", place=place, incident_id=incident_id)
        return await self.looks.ask(incident_id, deed)


@dataclass(slots=True)
class Room:
    bench: Bench
    store: Store
    outbox: Outbox
    clock: Clock

    async def keep(self, incident: Incident) -> None:
        async with self.store.begin() as transaction:
            await transaction.save(incident)
        await self.deliver()

    async def deliver(self) -> None:
        incident = await self.incident()
        assert isinstance(await self.outbox.deliver(incident), Delivered)

    async def incident(self) -> Incident:
        found = await self.store.get("i1")
        assert found is not None
        return found

    @property
    def messages(self) -> list[Kept]:
        return [one for one in self.bench.slack.channels[CHANNEL] if not one.deleted]

    @property
    def shown(self) -> str:
        """What the channel reads, thread and all."""
        return "\n".join(text for one in self.messages for text in shown_in({"blocks": one.blocks}))

    def posted(self, action: str, user: Presser = KIM) -> dict[str, Any]:
        """A press of what is posted now, to be sent now or later."""
        (message,) = [one for one in self.messages if action in buttons(one)]
        return press(self.bench.slack, message, action, user)

    async def press(self, action: str, user: Presser = KIM) -> None:
        await self.bench.send(self.posted(action, user))
        if await self.store.get("i1"):
            await self.deliver()

    @property
    def told(self) -> list[str]:
        return [answer.text for answer in self.bench.answers]

    async def deeds(self) -> list[tuple[str, str, str]]:
        return [(str(one.person), one.action, one.result) for one in reversed(await self.store.deeds())]


def buttons(message: Kept) -> list[str]:
    blocks = [block for block in message.blocks if block["type"] == "actions"]
    return [element["action_id"] for block in blocks for element in block["elements"]]


@asynccontextmanager
async def entered(folder: Path, rules: Rules = RULES, language: str = "en") -> AsyncIterator[Room]:
    store, clock, numbers = Store(f"sqlite:///{folder}/ops.db", replica="one"), Clock(), itertools.count()
    await store.open()
    audit, access = Audit(store, redact, clock), Gate(rules, dict)
    layouts = Layouts(words_in(language), public_url="https://ops.example", offers=Offers(listens=True))
    looks = LookAgain(store, cast("Engine", None), clock, look_again=30)
    orders = Orders(looks, Ticks(store, audit, clock), audit)

    def handlers(voice: Voice) -> Handlers:
        return Handlers(incident_presses(Buttons(Doorway(store, access), orders, layouts, clock), voice))

    async with talking(language, handlers=handlers, access=access, audit=audit, clock=clock) as bench:
        outbox = Outbox(
            store,
            SlackClient(TOKEN, base_url=bench.slack.url, timeout=1),
            layouts.parts,
            without_pictures,
            clock=clock,
            sleep=clock.sleep,
            ids=lambda: f"token-{next(numbers)}",
        )
        room = Room(bench, store, outbox, clock)
        await room.keep(replace(diagnosed(an_incident(), FOUND), channel=CHANNEL))
        yield room
        assert bench.slack.views.pinged == 0
    await store.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with entered(tmp_path) as room:
        yield room


async def test_the_message_says_who_asked_and_only_the_second_is_told(room: Room) -> None:
    await room.press("recheck")
    assert "Looking again, asked by kim" in room.shown
    assert room.told == []
    asked = (await room.incident()).asked
    assert asked is not None
    room.clock.now = asked.at + timedelta(seconds=12)
    await room.press("recheck", LEE)
    assert "Already looking, asked by kim 12 s ago" in room.told[0]
    assert await room.deeds() == [("kim", "recheck", "done")]

    incident = await room.incident()
    async with room.store.begin() as transaction:
        rechecks = (Recheck(TARGET, room.clock(), by="kim"),)
        await transaction.save(replace(incident, asked=None, rechecks=rechecks))
    await room.deliver()
    assert "Looked again, asked by kim" in room.shown
    assert "Looking again" not in room.shown
    assert len([one for one in room.messages if not one.thread_ts]) == 1


async def test_details_open_with_everything_that_is_kept(room: Room) -> None:
    await room.press("details")
    view = room.bench.slack.views.last
    for said in (
        "● Confirmed",
        "kubectl get pod/board-service-1 --namespace=shop",
        "Fix: ",
        "○ Not checked",
        'resources: ["pods/log"]',
        "Ruled out",
        "1.4.1",
        "https://ops.example/incidents/i1|Console",
    ):
        assert said in view.words, said
    assert [block for block in view.blocks if block["type"] == "actions"] == []
    assert Origin.of(view.content["private_metadata"]).channel == CHANNEL
    assert room.told == []
    assert await room.deeds() == [("kim", "details", "done")]


@pytest.mark.parametrize("trigger", ["13345.2.late", ""])
async def test_details_without_a_trigger_come_in_private(room: Room, trigger: str) -> None:
    await room.bench.send(room.posted("details") | {"trigger_id": trigger})
    assert room.bench.slack.views.open_views == {}
    assert "● Confirmed" in room.told[0]
    assert not any(answer.public for answer in room.bench.answers)


async def test_details_of_very_much_say_how_much_is_left_out(room: Room) -> None:
    seen = Observation(
        Source.KUBERNETES, "last-state", {"container": "app", "reason": "x" * 900}, "kubectl get"
    )
    evidence = tuple(replace(seen, reproduce=f"kubectl get pod/{number}") for number in range(300))
    found = replace(FOUND, findings=(replace(OOM, evidence=evidence), *FOUND.findings[1:]))
    await room.keep(replace(await room.incident(), diagnoses=(found,)))
    await room.press("details")
    blocks = room.bench.slack.views.last.blocks
    assert len(blocks) == 100
    assert "more lines in the console" in str(blocks[-1])


async def test_a_fix_is_done_by_one_and_the_other_is_told(room: Room) -> None:
    assert [name for one in room.messages for name in buttons(one)][-2:] == ["done:0", "done:1"]
    late = room.posted("done:0", LEE)
    await room.press("done:0")
    assert "✓ Done by kim <!date^" in room.shown
    assert room.shown.count("Done by") == 1
    assert room.told == []
    room.clock.pass_by(180)
    await room.bench.send(late)
    assert "kim did this 3 min ago" in room.told[0]
    await room.press("undone:0", LEE)
    assert "Not done after all, says lee <!date^" in room.shown
    assert "Done by kim" not in room.shown
    assert [deed[:2] for deed in await room.deeds()] == [("kim", "done"), ("lee", "done"), ("lee", "undone")]
    assert [deed[2] for deed in await room.deeds()] == ["done", "nothing", "done"]


async def test_whoever_presses_twice_hears_nothing(room: Room) -> None:
    twice = room.posted("done:1")
    await room.press("done:1")
    await room.bench.send(twice)
    assert room.told == []
    assert len((await room.incident()).ticks) == 1


async def test_a_fix_that_is_offered_no_more_is_refused(room: Room) -> None:
    late = room.posted("done:1")
    await room.keep(replace(await room.incident(), diagnoses=(DIAGNOSIS,)))
    await room.bench.send(late)
    assert "not offered any more" in room.told[0]
    assert (await room.incident()).ticks == ()


@pytest.mark.parametrize("value", ["", "{", "[]", '["i1"]', '["i1","","","","","","",7]', "[" * 2000])
async def test_a_value_that_is_on_no_button_of_ours(room: Room, value: str) -> None:
    content = room.posted("done:0")
    content["actions"][0]["value"] = value
    await room.bench.send(content)
    assert "not offered any more" in room.told[0]
    assert (await room.incident()).ticks == ()


@pytest.mark.parametrize("action", ["recheck", "details", "done:0"])
async def test_an_incident_that_is_not_kept_any_more(room: Room, action: str) -> None:
    late = room.posted(action)
    async with room.store.database.write() as connection:
        await connection.execute(incidents.delete())
    await room.bench.send(late)
    assert "not kept any more" in room.told[0]
    assert [deed[2] for deed in await room.deeds()] == ["refused"]


@pytest.mark.parametrize("action", ["recheck", "details", "done:0"])
async def test_a_message_that_was_posted_anew(room: Room, action: str) -> None:
    late = room.posted(action)
    for part in await room.store.parts("i1"):
        await room.store.forget("i1", part.part)
        room.bench.slack.remove(part.ts)
    await room.deliver()
    await room.bench.send(late)
    assert "not the incident's message any more" in room.told[0]
    await room.press(action)
    assert len(room.told) == 1


async def test_while_a_post_is_unanswered_nobody_is_sent_away(room: Room) -> None:
    """Which of the messages is the incident's is settled later."""
    (top,) = [row for row in await room.store.parts("i1") if row.part == TOP]
    late = room.posted("recheck")
    await room.store.intend(replace(top, ts="", token="new"), top.token)
    await room.bench.send(late)
    assert room.told == []
    assert (await room.incident()).asked is not None


async def test_nothing_to_look_at_again(room: Room) -> None:
    late = room.posted("recheck")
    async with room.store.begin() as transaction:
        await transaction.save(replace(await room.incident(), diagnoses=()))
    await room.bench.send(late)
    assert "nothing to look at again" in room.told[0]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (Rules(users=frozenset({"U0ELSE"}), ask="@platform"), "You may not use opsbot. Ask @platform."),
        (Rules(channels={CHANNEL: ("billing",)}, ask="@platform"), "not for this channel to see"),
        (Rules(channels={"C9": ("*",)}), "does not answer in this channel"),
    ],
)
@pytest.mark.parametrize("action", ["recheck", "details", "done:0"])
async def test_who_may_not_is_told_whom_to_ask(tmp_path: Path, rules: Rules, said: str, action: str) -> None:
    async with entered(tmp_path, rules) as room:
        before = room.shown
        await room.press(action)
        assert said in room.told[0]
        assert room.shown == before
        assert room.bench.slack.views.open_views == {}
        assert await room.deeds() == [("kim", action.partition(":")[0], "refused")]


async def test_one_alert_in_another_namespace_is_enough_to_refuse(tmp_path: Path) -> None:
    async with entered(tmp_path, Rules(channels={CHANNEL: ("shop",)})) as room:
        incident = await room.incident()
        secret = replace(incident.alerts[0], fingerprint="s", labels={"namespace": "secret"})
        await room.keep(replace(incident, alerts=(*incident.alerts, secret)))
        await room.press("details")
        assert "not for this channel to see: it sees shop" in room.told[0]


async def test_a_name_is_no_markup(room: Room) -> None:
    evil = Presser("U0EVIL", "<!channel> *<@U1>* `x`")
    await room.press("done:0", evil)
    await room.press("recheck", evil)
    assert "&lt;!channel&gt;" in room.shown
    assert room.bench.slack.pinged == 0


async def test_in_korean(tmp_path: Path) -> None:
    async with entered(tmp_path, language="ko") as room:
        late = room.posted("done:0", LEE)
        await room.press("done:0")
        assert "✓ 완료: kim" in room.shown
        await room.bench.send(late)
        assert "kim 님이" in room.told[0]
        await room.press("recheck")
        assert "재확인 중 (요청: kim)" in room.shown
        await room.press("details")
        assert room.bench.slack.views.last.content["title"]["text"] == "자세히"


def test_long_ago_is_told_as_a_span() -> None:
    at = datetime.fromisoformat("2026-01-01T03:12:30+00:00")
    buttons = Buttons(*(cast("Any", None),) * 3, lambda: at)
    assert buttons.since(at - timedelta(seconds=12)) == 12
    assert buttons.since(at - timedelta(seconds=185)) == 180
    assert buttons.since(at + timedelta(seconds=12)) == 0, "another replica's clock may be ahead"
