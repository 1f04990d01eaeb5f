"""The buttons of an incident's messages, as an outbox posted them: pressed, pressed twice, pressed too late, and by whom not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.chat.access import Rules
from bot.chat.incident_presses import Bench as Buttons
from bot.chat.pressing import Origin
from bot.delivery.message import TOP
from bot.incidents.schema import incident as incidents
from bot.model import Observation, Recheck, Source
from tests.chat.conftest import CHANNEL
from tests.chat.incident_bench import FOUND, Room, buttons, entered
from tests.delivery.builders import DIAGNOSIS, OOM, TARGET
from tests.fakes.slack_presses import LEE, Presser


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


async def test_an_old_message_is_told_from_the_new_one_while_its_thread_is_still_being_posted(
    room: Room,
) -> None:
    late = room.posted("recheck")
    rows = await room.store.parts("i1")
    top = next(row for row in rows if row.part == TOP)
    below = next(row for row in rows if row.part != TOP)
    await room.store.intend(replace(top, ts="1.000001", token="new"), top.token)
    await room.store.intend(replace(below, ts="", token="new"), below.token)
    await room.bench.send(late)
    assert "not the incident's message any more" in room.told[0]


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
    pressing = Buttons(*(cast("Any", None),) * 3, lambda: at)
    assert pressing.since(at - timedelta(seconds=12)) == 12
    assert pressing.since(at - timedelta(seconds=185)) == 180
    assert pressing.since(at + timedelta(seconds=12)) == 0, "another replica's clock may be ahead"
