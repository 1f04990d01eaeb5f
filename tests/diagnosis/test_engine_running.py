"""Diagnoses that run at once: joining, leaving, closing, recording."""

import asyncio
import json
from dataclasses import asdict, replace
from itertools import pairwise

import pytest

from bot.diagnosis.looks import NodesJoined
from bot.diagnosis.watching import Progress
from bot.model import Diagnosis, Source, Verdict
from tests.diagnosis.engines import LOOK, NODE, engine, fake, only, runbook
from tests.snapshots import ago, node


async def test_the_same_question_joins_the_running_diagnosis() -> None:
    sources = fake(delays={LOOK: 0.02})
    shared = engine(runbook(), sources=sources)

    first, second, other = await asyncio.gather(
        shared.diagnose(NODE, names=["nodes"]),
        shared.diagnose(NODE, names=["nodes"]),
        shared.diagnose(NODE, names=["nodes"], since=ago(60)),
    )

    assert first is second
    assert other is not first
    assert sources.asked.count(LOOK) == 2


async def test_what_has_ended_is_asked_afresh() -> None:
    sources = fake()
    shared = engine(runbook(), sources=sources)

    await shared.diagnose(NODE, names=["nodes"])
    await shared.diagnose(NODE, names=["nodes"])

    assert sources.asked.count(LOOK) == 2


async def test_one_who_goes_away_does_not_take_it_from_the_others() -> None:
    shared = engine(runbook(), sources=fake(delays={LOOK: 0.05}))
    leaver = asyncio.create_task(shared.diagnose(NODE, names=["nodes"]))
    stayer = asyncio.create_task(shared.diagnose(NODE, names=["nodes"]))
    await asyncio.sleep(0.01)

    leaver.cancel()

    assert only(await stayer).verdict is Verdict.CONFIRMED


async def test_when_all_go_away_it_ends_and_a_newcomer_starts_afresh() -> None:
    sources = fake(delays={LOOK: 0.03})
    shared = engine(runbook(), sources=sources)
    before = asyncio.all_tasks()
    leaver = asyncio.create_task(shared.diagnose(NODE, names=["nodes"]))
    await asyncio.sleep(0.01)

    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    newcomer = await shared.diagnose(NODE, names=["nodes"])

    assert only(newcomer).verdict is Verdict.CONFIRMED
    assert sources.asked.count(LOOK) == 2
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_closing_cancels_what_runs() -> None:
    shared = engine(runbook(), sources=fake(delays={LOOK: 30}))
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(shared.diagnose(NODE, names=["nodes"]))
    await asyncio.sleep(0.01)

    await shared.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_recording_holds_every_answer() -> None:
    recording = await engine(runbook()).record(NODE, names=["nodes"])

    assert recording.answers == {LOOK: node(), NodesJoined(): ()}


async def test_the_same_input_gives_the_same_bytes() -> None:
    def told(diagnosis: Diagnosis) -> str:
        return json.dumps(asdict(replace(diagnosis, took_ms=0)), default=str)

    async def once(delay: float) -> str:
        sources = fake(delays={LOOK: delay})
        both = engine(runbook("b"), runbook("a"), sources=sources)
        return told(await both.diagnose(NODE, names=["b", "a"]))

    assert await once(0) == await once(0.01) == await once(0.002)


async def test_who_waits_is_told_how_far_it_is_also_one_who_joined() -> None:
    sources = fake(delays={LOOK: 0.02})
    shared = engine(runbook(), sources=sources)
    starter: list[Progress] = []
    joiner: list[Progress] = []

    await asyncio.gather(
        shared.diagnose(NODE, names=["nodes"], watch=starter.append),
        shared.diagnose(NODE, names=["nodes"], watch=joiner.append),
        shared.diagnose(NODE, names=["nodes"]),
    )

    assert sources.asked.count(LOOK) == 1
    assert starter == joiner
    assert starter[0] == Progress(0, 1, Source.KUBERNETES)
    assert starter[-1].answered == starter[-1].asked > 0
    assert starter[-1].source is None
    assert all(before.answered <= after.answered for before, after in pairwise(starter))
