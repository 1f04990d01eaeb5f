"""Presses and forms through real signed requests: who listens, who is told what, and what is written down of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.chat.ports import Result, Voice
from bot.chat.pressing import DONE, About, Ended, Handlers, Origin
from bot.chat.replies import Reply
from bot.delivery.message import Message
from bot.delivery.modal import Modal
from bot.heard import Pressed, Submitted
from bot.incidents.database import StoreError
from bot.observe import REGISTRY
from tests.chat.conftest import CHANNEL, Bench, talking
from tests.fakes.slack_presses import LEE, press, press_in, submit, typed
from tests.fakes.slack_views import View
from tests.fakes.slack_workspace import Kept
from tests.programs.running import wait_for

PLAIN: Mapping[str, Any] = {"type": "plain_text", "text": "Press"}
ASKS = {"type": "plain_text_input", "action_id": "poke:text", "initial_value": "2h"}
CHOICES = [{"text": {"type": "plain_text", "text": one}, "value": one} for one in ("red", "green")]
PICKS = {"type": "static_select", "action_id": "poke:colour", "options": CHOICES}
MODAL = Modal(
    "Poke",
    (
        {"type": "input", "block_id": "text", "label": PLAIN, "element": ASKS, "dispatch_action": True},
        {"type": "input", "block_id": "colour", "label": PLAIN, "element": PICKS, "optional": True},
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "poke:in", "text": PLAIN, "value": "x"}],
        },
    ),
    "Close",
    "poke:form",
    "Send",
    Origin("i1", CHANNEL, "1.1", "ours").pack(),
)


@dataclass(slots=True)
class Poke:
    """Listens to one button and one form, and does as it is told."""

    voice: Voice
    pressed: list[Pressed] = field(default_factory=list)
    submitted: list[Submitted] = field(default_factory=list)
    error: Exception | None = None
    ended: Ended = DONE
    gate: asyncio.Event | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)

    def about(self, heard: Pressed | Submitted, /) -> About:
        return About("poke it", "i1")

    def problems(self, submitted: Submitted, /) -> Mapping[str, str]:
        return self.wrong

    async def answer(self, heard: Pressed | Submitted, reply: Reply, command: str, /) -> Ended:
        if self.error:
            raise self.error
        if isinstance(heard, Submitted):
            self.submitted.append(heard)
        else:
            self.pressed.append(heard)
            if self.gate:
                await self.gate.wait()
            if not heard.view:
                await self.voice.open_view(heard.trigger, MODAL)
        await reply.show(Message("poked"))
        return self.ended


@dataclass(slots=True)
class Room:
    bench: Bench
    poke: Poke
    message: Kept

    async def press(self, action: str = "poke", **changes: Any) -> None:
        await self.bench.send(press(self.bench.slack, self.message, action) | changes)

    async def opened(self) -> View:
        await self.press()
        return self.bench.slack.views.last


@asynccontextmanager
async def entered(*, fleeting: bool = False, **options: Any) -> AsyncIterator[Room]:
    pokes: list[Poke] = []
    passing = frozenset({"poke"} if fleeting else ())

    def handlers(voice: Voice) -> Handlers:
        pokes.append(Poke(voice))
        return Handlers({"poke": pokes[0]}, {"poke": pokes[0]}, passing)

    async with talking(handlers=handlers, **options) as bench:
        names = ("poke", "poke:2", "nobody")
        elements = [{"type": "button", "action_id": name, "text": PLAIN, "value": "v"} for name in names]
        message = Kept("1.1", "m", [{"type": "actions", "elements": elements}], None)
        bench.slack.channels[CHANNEL].append(message)
        yield Room(bench, pokes[0], message)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with entered() as room:
        yield room


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("opsbot_commands_total", {"command": "poke", "result": result}) or 0


async def test_a_press_finds_its_handler_and_is_written_down(room: Room) -> None:
    before = counted("done")
    await room.press("poke:2")
    (pressed,) = room.poke.pressed
    assert (pressed.user, pressed.name, pressed.action, pressed.ts) == ("U0KIM", "kim", "poke:2", "1.1")
    assert room.bench.last.text == "poked"
    assert not room.bench.last.public
    assert room.bench.audit.notes == [("U0KIM", "poke it", CHANNEL, "done")]
    assert room.bench.audit.about == [("kim", "i1")]
    assert counted("done") == before + 1


async def test_what_a_handler_has_written_down_itself_is_not_written_twice(room: Room) -> None:
    before = counted("nothing")
    room.poke.ended = Ended(Result.NOTHING, written=True)
    await room.press()
    assert room.bench.audit.notes == []
    assert counted("nothing") == before + 1


async def test_a_button_that_nobody_listens_to_is_acknowledged_and_nothing_else(room: Room) -> None:
    await room.press("nobody")
    assert room.bench.answers == []
    assert room.bench.audit.notes == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("hunter2"), "because of a defect in opsbot"),
        (StoreError("the disk is full"), "That cannot be read now: the disk is full"),
    ],
)
async def test_a_press_that_fails_is_one_sentence(room: Room, error: Exception, said: str) -> None:
    room.poke.error = error
    await room.press()
    assert said in room.bench.shown
    assert "hunter2" not in room.bench.shown
    assert [note[-1] for note in room.bench.audit.notes] == ["failed"]


async def test_who_presses_while_too_many_are_answered_is_told_so() -> None:
    async with entered(places=1) as room:
        room.poke.gate = asyncio.Event()
        first = asyncio.create_task(room.press())
        await wait_for(lambda: bool(room.poke.pressed), "the first press")
        second = asyncio.create_task(room.press())
        await wait_for(lambda: bool(room.bench.answers), "an answer")
        assert "too many questions at once" in room.bench.shown
        more = [press(room.bench.slack, room.message, "poke") for _ in range(9)]
        tasks = [asyncio.create_task(room.bench.send(one)) for one in more]
        await wait_for(lambda: len(room.bench.audit.notes) == 10, "each is written down")
        assert {note[-1] for note in room.bench.audit.notes} == {"refused: busy"}
        room.poke.gate.set()
        await asyncio.gather(first, second, *tasks)
        assert len(room.poke.pressed) == 1


@pytest.mark.parametrize("fleeting", [False, True])
async def test_only_what_a_modal_answers_is_not_kept(*, fleeting: bool) -> None:
    async with entered(fleeting=fleeting) as room:
        view = await room.opened()
        assert len(room.bench.asking.jobs) == (0 if fleeting else 1)
        await room.bench.send(typed(room.bench.slack, view, "poke:text", "4h"))
        assert len(room.bench.asking.jobs) == (0 if fleeting else 1), "the form lives as long as it is open"
        await room.bench.send(submit(room.bench.slack, view))
        assert len(room.bench.asking.jobs) == (1 if fleeting else 2)
        assert [note[-1] for note in room.bench.audit.notes] == ["done"] * 3


@pytest.mark.parametrize("opens", [False, True])
async def test_what_cannot_be_kept_is_told_to_whoever_pressed_or_sent_it(room: Room, *, opens: bool) -> None:
    view = await room.opened()
    room.bench.asking.refusal = "the disk is full"
    if opens:
        said = await room.bench.send(submit(room.bench.slack, view))
        assert '"errors": {"text": "opsbot could not write this down' in said
    else:
        await room.press()
        assert "could not write this down" in room.bench.shown
    assert len(room.poke.pressed) == 1
    assert room.poke.submitted == []
    assert [note[-1] for note in room.bench.audit.notes] == ["done", "refused: not_kept"]


async def test_a_modal_keeps_where_it_was_opened_and_tells_what_is_typed(room: Room) -> None:
    view = await room.opened()
    await room.bench.send(typed(room.bench.slack, view, "poke:text", "4h"))
    await room.bench.send(press_in(room.bench.slack, view, "poke:in", LEE))
    change, button = room.poke.pressed[1:]
    assert (change.view, change.hash, change.kept) == (view.id, view.hash, MODAL.kept)
    assert (change.value, change.fields) == ("4h", {"poke:text": "4h", "poke:colour": ""})
    assert (button.user, button.value, button.channel) == ("U0LEE", "x", CHANNEL)
    assert [note[2] for note in room.bench.audit.notes] == [CHANNEL] * 3
    # There is no response_url in a modal.
    assert [kept.text for kept in room.bench.slack.whispers] == ["poked"] * 2


async def test_a_form_is_taken_with_all_that_is_in_it(room: Room) -> None:
    view = await room.opened()
    sent = submit(room.bench.slack, view, {"poke:colour": "green"}, LEE)
    assert await room.bench.send(sent) == "", "an empty acknowledgement closes the modal"
    (submitted,) = room.poke.submitted
    assert (submitted.user, submitted.name, submitted.callback) == ("U0LEE", "lee", "poke:form")
    assert (submitted.channel, submitted.fields) == (CHANNEL, {"poke:text": "2h", "poke:colour": "green"})
    assert Origin.of(submitted.kept) == Origin("i1", CHANNEL, "1.1", "ours")
    assert room.bench.audit.about[-1] == ("lee", "i1")


async def test_what_is_wrong_with_a_form_keeps_it_open(room: Room) -> None:
    view = await room.opened()
    room.poke.wrong = {"text": "Write how long"}
    said = await room.bench.send(submit(room.bench.slack, view))
    assert said == '{"response_action": "errors", "errors": {"text": "Write how long"}}'
    assert room.poke.submitted == []


async def test_a_form_that_is_not_taken_says_why_beside_its_first_input(room: Room) -> None:
    view = await room.opened()
    await room.bench.desk.close(0)
    said = await room.bench.send(submit(room.bench.slack, view))
    assert '"errors": {"text": "opsbot was stopped' in said
    assert room.poke.submitted == []


async def test_a_trigger_is_good_once_and_not_for_long(room: Room) -> None:
    slack, voice = room.bench.slack, room.poke.voice
    sent = press(slack, room.message, "poke")
    await room.bench.send(sent)
    await room.bench.send(sent | {"n": 2})
    assert len(slack.views.open_views) == 1
    late, now = slack.views.trigger(), slack.clock()
    slack.views.clock = lambda: now + 3.1
    refusals = [await voice.open_view(trigger, MODAL) for trigger in (late, "1.2.3", sent["trigger_id"])]
    named = [str(getattr(one, "error", one)) for one in refusals]
    assert named == ["expired_trigger_id", "invalid_trigger_id", "exchanged_trigger_id"]


async def test_an_update_of_an_older_version_is_refused(room: Room) -> None:
    view, voice = await room.opened(), room.poke.voice
    old = view.hash
    assert getattr(await voice.update_view(view.id, old, MODAL), "hash", "") == view.hash != old
    assert getattr(await voice.update_view(view.id, old, MODAL), "error", "") == "hash_conflict"
    assert getattr(await voice.update_view(view.id, "", MODAL), "view", "") == view.id


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", '["i1","C1","1.1"]', '["i1","C1","1.1",4]', '{"a":1}', "[" * 100_000, "null"]
)
def test_what_we_did_not_give_a_modal_to_keep_is_nothing(kept: str) -> None:
    assert Origin.of(kept) == Origin()


def test_what_a_modal_keeps_comes_back_whole() -> None:
    origin = Origin("i1", "C1", "1.1", '가 "quoted" \\ [x]')
    assert Origin.of(origin.pack()) == origin
