"""An ask is kept before it is acknowledged, and after a kill it is answered in the same place: by signed requests, to a fake Slack."""

import asyncio
import time
from dataclasses import replace

import pytest

from bot.chat.asks import Ask
from bot.delivery.transport import EVENT_TYPE
from tests.chat.conftest import CHANNEL, STEPS, USER, Bench, talking
from tests.delivery.builders import TARGET
from tests.fakes.slack import DROPPED_AFTER, DROPPED_BEFORE, Fault, limited, says
from tests.fakes.slack_signing import form, slash
from tests.programs.running import wait_for

QUESTION = "diagnose board-service"
WRITTEN = (USER, QUESTION, CHANNEL, "done")


@pytest.fixture
async def held(bench: Bench) -> Bench:
    """Whoever asks waits, until the gate of the engine is opened."""
    bench.engine.gate = asyncio.Event()
    return bench


async def killed(bench: Bench, *, deaths: int = 1) -> None:
    """In the middle of it, and started again; the cluster answers now."""
    await bench.asking.kill()
    assert bench.engine.gate is not None
    bench.engine.gate.set()
    bench.asking.resume(deaths=deaths)
    await bench.settled()


async def standing(bench: Bench, text: str = f"{QUESTION} here") -> None:
    await bench.begin(text)
    await wait_for(lambda: bool(bench.slack.tops("asked-in")), "word that it is under way")


async def test_it_is_acknowledged_when_it_is_kept(bench: Bench) -> None:
    bench.asking.gate = asyncio.Event()
    asked = asyncio.create_task(bench.begin(QUESTION))
    await asyncio.sleep(0.05)
    assert not asked.done()
    bench.asking.gate.set()
    assert await asked == ""
    assert list(bench.asking.jobs)
    await bench.settled()
    assert bench.audit.notes == [WRITTEN]


async def test_what_cannot_be_kept_is_told_in_the_acknowledgement(bench: Bench) -> None:
    bench.asking.refusal = "the disk is full"
    assert "could not write this down" in await bench.ask(QUESTION)
    assert bench.engine.diagnosed == []
    assert bench.audit.notes == [(USER, QUESTION, CHANNEL, "refused: not_kept")]


async def test_a_store_that_hangs_does_not_cost_the_acknowledgement() -> None:
    async with talking(keeping=0.05) as bench:
        bench.asking.gate = asyncio.Event()
        began = time.perf_counter()
        assert "could not write this down" in await bench.ask(QUESTION)
        assert time.perf_counter() - began < 1
        bench.asking.gate.set()


async def test_what_slack_tells_twice_is_done_once(held: Bench) -> None:
    body = form(slash(QUESTION, response_url=held.slack.responses.make(), channel_id=CHANNEL, user_id=USER))
    for _ in range(2):
        await held._post(body)
    assert held.engine.gate is not None
    held.engine.gate.set()
    await held.settled()
    await held._post(body)
    await held.settled()
    assert len(held.answers) == 1
    assert held.audit.notes == [WRITTEN]


async def test_a_private_answer_comes_after_a_kill_and_is_announced_once() -> None:
    async with talking(patience=0.02) as bench:
        bench.engine.found["default"] = (TARGET,)
        bench.engine.gate = asyncio.Event()
        await bench.begin(QUESTION)
        await wait_for(lambda: bool(bench.answers), "word that it is under way")
        await bench.asking.kill()
        bench.asking.resume()
        await asyncio.sleep(0.1)
        assert len(bench.answers) == 1
        await killed(bench)
        announced, answer = bench.answers
        assert "Looking" in announced.text
        assert "Confirmed" in answer.text
        assert bench.audit.notes == [WRITTEN]


async def test_in_the_channel_the_same_message_becomes_the_answer(held: Bench) -> None:
    await standing(held)
    await killed(held)
    (top,) = held.slack.tops("asked-in")
    assert "Confirmed" in top.text
    assert top.metadata is not None
    assert top.metadata["event_type"] == EVENT_TYPE
    below = [one.text for one in held.slack.live("asked-in", thread=top.ts)]
    assert below
    assert len(set(below)) == len(below)


async def test_a_thread_that_was_begun_is_not_begun_again(bench: Bench) -> None:
    await bench.ask(f"{QUESTION} here")
    (top,) = bench.slack.tops("asked-in")
    below = [one.text for one in bench.slack.live("asked-in", thread=top.ts)]
    asks = [Ask.of(one) for one in bench.asking.amended]
    _back_to(bench, next(one for one in asks if one and "detail:1" in one.told.spots))
    await killed_again(bench)
    assert [one.text for one in bench.slack.live("asked-in", thread=top.ts)] == below
    assert len(bench.slack.tops("asked-in")) == 1


async def test_an_answer_that_was_said_is_not_said_again(bench: Bench) -> None:
    """The process was killed after Slack had the answer, and before it was written down that all is over."""
    await bench.ask("incidents")
    said = [one for one in map(Ask.of, bench.asking.amended) if one and one.told.said]
    bench.audit.notes.clear()
    _back_to(bench, said[0])
    await killed_again(bench)
    assert len(bench.answers) == 1
    assert bench.audit.notes == [(USER, "incidents", CHANNEL, "done")]


async def test_what_has_ended_is_not_even_looked_at(bench: Bench) -> None:
    await bench.ask("incidents")
    bench.asking.ended.clear()
    await killed_again(bench)
    assert len(bench.answers) == len(bench.audit.notes) == 1


async def test_what_is_found_too_late_is_not_done_any_more(held: Bench) -> None:
    await standing(held)
    held.clock.pass_by(901)
    await killed(held)
    (top,) = held.slack.tops("asked-in")
    assert "opsbot was restarted before it had an answer" in top.text
    assert held.answers == []
    assert len(held.engine.diagnosed) == 1
    assert held.audit.notes == [(USER, QUESTION, CHANNEL, "lost")]


async def test_what_seems_to_kill_the_process_is_not_tried_for_ever(held: Bench) -> None:
    await held.begin(QUESTION)
    await wait_for(lambda: bool(held.engine.diagnosed), "the look")
    await killed(held, deaths=3)
    assert "opsbot was restarted before it had an answer" in held.shown
    assert held.audit.notes == [(USER, QUESTION, CHANNEL, "lost")]


async def test_within_its_time_it_is_done(held: Bench) -> None:
    await held.begin(QUESTION)
    await wait_for(lambda: bool(held.engine.diagnosed), "the look")
    held.clock.pass_by(899)
    await killed(held, deaths=2)
    assert "Confirmed" in held.last.text


async def test_a_message_that_nothing_follows_any_more_says_so(held: Bench) -> None:
    """What was said in private since does not stand in the channel."""
    await standing(held)
    held.access.closed = {"shop"}
    await killed(held)
    (top,) = held.slack.tops("asked-in")
    assert "opsbot was restarted" in top.text
    assert "You may not do that here." in held.shown
    assert not held.last.public


async def test_whoever_lost_it_to_another_replica_says_nothing_more(held: Bench) -> None:
    await standing(held)
    (top,) = held.slack.tops("asked-in")
    before = len(top.edits)
    held.asking.taken_over = True
    assert held.engine.gate is not None
    held.engine.steps = STEPS
    held.engine.gate.set()
    await held.settled()
    assert held.audit.notes == []
    assert held.answers == []
    assert len(held.slack.live("asked-in")) == 1
    assert len(top.edits) >= before


async def test_a_used_up_response_url_is_not_tried_after_a_kill(held: Bench) -> None:
    await held.begin(QUESTION)
    await wait_for(lambda: bool(held.engine.diagnosed), "the look")
    (job,) = held.asking.jobs.values()
    ask = Ask.of(job.payload)
    assert ask is not None
    await held.asking.kill()
    _back_to(held, replace(ask, told=replace(ask.told, uses=5)))
    await killed(held)
    assert held.answers == []
    assert "Confirmed" in held.slack.whispers[0].text


@pytest.mark.parametrize("fault", [DROPPED_AFTER, DROPPED_BEFORE])
async def test_a_post_without_an_answer_is_looked_for(bench: Bench, fault: Fault) -> None:
    """It may have arrived, or not: either way there is one message."""
    bench.slack.fail("chat.postMessage", fault)
    await bench.ask(f"{QUESTION} here")
    assert len(bench.slack.tops("asked-in")) == 1
    assert "Confirmed" in bench.slack.tops("asked-in")[0].text
    assert bench.answers == []


async def test_where_nobody_may_look_twice_is_better_than_never(bench: Bench) -> None:
    bench.slack.fail("chat.postMessage", DROPPED_AFTER)
    bench.slack.fail("conversations.history", says("missing_scope"), times=9)
    await bench.ask(f"{QUESTION} here")
    assert "Confirmed" in bench.slack.tops("asked-in")[-1].text


async def test_a_busy_slack_loses_no_page_of_the_answer(bench: Bench) -> None:
    await bench.ask(f"{QUESTION} here")
    whole = len(bench.slack.live("asked-in"))
    bench.slack.fail("chat.postMessage", limited(0), times=3)
    await bench.ask(f"{QUESTION} here")
    assert len(bench.slack.live("asked-in")) == 2 * whole


@pytest.mark.parametrize("bad", ["diagnose web\x00", "\ud800"])
async def test_what_nobody_can_type_is_refused_before_anything_is_kept(bench: Bench, bad: str) -> None:
    await bench.press({"elements": [{"type": "button", "action_id": "run:0", "value": bad}]})
    assert bench.asking.jobs == {}
    assert bench.engine.looked == []
    assert "characters that opsbot does not take" in bench.shown
    assert bench.audit.notes == [(USER, "unreadable", CHANNEL, "refused: unreadable")]


async def test_a_press_that_tells_nobody_whom_to_answer(bench: Bench) -> None:
    press = {"elements": [{"type": "button", "action_id": "run:0", "value": "help"}]}
    await bench.press(press, user={"id": "U\x00"})
    assert bench.answers == []
    assert bench.slack.whispers == []
    assert bench.audit.notes[0][-1] == "refused: unreadable"


def _back_to(bench: Bench, ask: Ask) -> None:
    """As the last job was kept at that moment."""
    dedup, job = list(bench.asking.jobs.items())[-1]
    bench.asking.jobs[dedup] = replace(job, payload=ask.pack())
    bench.asking.ended.discard(dedup)


async def killed_again(bench: Bench) -> None:
    bench.asking.resume()
    await bench.settled()
