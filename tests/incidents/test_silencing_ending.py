"""Silences end when somebody says so, when their time is over, and when Alertmanager has ended them."""

from datetime import timedelta

import pytest

from bot.incidents.silences import Problem
from bot.incidents.store import Store
from bot.incidents.work import Done
from bot.silence import Silence
from tests.fakes.alertmanager import gap
from tests.incidents.conftest import START
from tests.incidents.silencing import ACTIVE, ADA, BOB, ENDED, Bench, clear, with_incident


@pytest.fixture
async def bench(store: Store) -> Bench:
    return await with_incident(store)


class TestEnding:
    async def test_somebody_ends_it(self, bench: Bench) -> None:
        await bench.silence()
        silence = await bench.one()
        bench.now += timedelta(minutes=5)
        ended = await bench.silencer.expire(silence.id, BOB, place="C2")
        assert ended == await bench.one()
        assert isinstance(ended, Silence)
        assert (ended.state, ended.ended_by, ended.ended_at) == (ENDED, "bob", bench.now)
        assert bench.alertmanager.active == []
        assert await bench.story() == ["silenced", "silence_ended"]
        assert (await bench.told())[-1] == ("bob", "unsilence", "done")
        assert await bench.silencer.expire(silence.id, ADA) == Problem("over")
        assert await bench.silence() == Problem("over"), "an old form makes no new silence"
        assert await bench.silencer.expire("nothing", ADA) == Problem("no_such_silence")

    async def test_an_end_whose_answer_is_lost_is_an_end(self, bench: Bench) -> None:
        await bench.silence()
        bench.alertmanager.loses = gap()
        assert isinstance(await bench.silencer.expire((await bench.one()).id, BOB), Silence)
        assert (await bench.one()).state is ENDED

    async def test_an_end_that_was_not_heard_is_none(self, bench: Bench) -> None:
        await bench.silence()
        bench.alertmanager.away = gap()
        problem = await bench.silencer.expire((await bench.one()).id, BOB)
        assert problem == Problem("not_reached", {"reason": "timeout", "why": "no answer"})
        assert (await bench.one()).state is ACTIVE
        assert (await bench.told())[-1] == ("bob", "unsilence", "failed: not_reached")

    async def test_it_runs_out(self, bench: Bench) -> None:
        await bench.silence()
        silence = await bench.one()
        await clear(bench)
        assert await bench.look(silence, 3) == Done()
        assert await bench.waits() == {"silence": 300}
        await clear(bench)
        assert await bench.look(silence, 118) == Done()
        assert await bench.waits() == {"silence": 122}
        await clear(bench)
        bench.alertmanager.becomes("am-1", active=False)
        assert await bench.look(silence, 121) == Done()
        ended = await bench.one()
        assert (ended.state, ended.ended_by, ended.ended_at) == (ENDED, "", START + timedelta(hours=2))
        assert await bench.waits() == {"deliver": 0}

    async def test_it_runs_out_though_alertmanager_is_away(self, bench: Bench) -> None:
        await bench.silence()
        silence = await bench.one()
        bench.alertmanager.away = gap()
        assert await bench.look(silence, 60) == Done()
        assert (await bench.one()).state is ACTIVE
        assert await bench.look(silence, 121) == Done()
        assert (await bench.one()).state is ENDED

    async def test_what_somebody_does_in_alertmanager_is_seen(self, bench: Bench) -> None:
        await bench.silence()
        silence = await bench.one()
        later = START + timedelta(hours=6)
        bench.alertmanager.becomes("am-1", ends_at=later)
        await bench.look(silence, 5)
        assert (await bench.one()).ends_at == later
        bench.alertmanager.becomes("am-1", active=False, ends_at=START + timedelta(minutes=8))
        await bench.look(silence, 10)
        assert (await bench.one()).ended_at == START + timedelta(minutes=8)
        assert await bench.story() == ["silenced", "silence_moved", "silence_ended"]

    async def test_an_alertmanager_that_has_forgotten_it(self, bench: Bench) -> None:
        await bench.silence()
        silence = await bench.one()
        bench.alertmanager.made.clear()
        await bench.look(silence, 5)
        assert (await bench.one()).ended_at == START + timedelta(minutes=5)
