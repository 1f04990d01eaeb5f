"""Silences end when somebody says so, when their time is over, and when Alertmanager has ended them."""

import asyncio
from datetime import timedelta

import pytest

from bot.diagnosis.sources import Unavailable
from bot.incidents.silence_book import SilenceBook
from bot.incidents.silences import Problem
from bot.incidents.store import Store
from bot.incidents.work import Again, Done
from bot.model import Reason
from bot.silence import Hand, Silence
from tests.fakes.alertmanager import UNSENT, gap
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
        assert await bench.silencer.expire(silence.id, ADA) == Problem("over", {"by": "bob"})
        assert (await bench.told())[-1] == ("ada", "unsilence", "nothing")
        assert await bench.silence() == Problem("over", {"by": "bob"}), "an old form makes no new silence"
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
        assert problem == Problem("not_reached", {"reason": "timeout", "why": ""})
        assert (await bench.one()).state is ACTIVE
        assert (await bench.told())[-1] == ("bob", "unsilence", "failed: not_reached")

    @pytest.mark.parametrize("answer", [UNSENT, gap(Reason.FORBIDDEN, "HTTP 401")])
    async def test_an_end_that_surely_did_not_arrive_can_be_asked_for_again(
        self, bench: Bench, answer: Unavailable
    ) -> None:
        await bench.silence()
        bench.alertmanager.delays = answer
        problem = await bench.silencer.expire((await bench.one()).id, BOB)
        assert isinstance(problem, Problem)
        assert problem.key == "not_reached"
        assert (await bench.one()).ender is None
        bench.alertmanager.delays = None
        assert isinstance(await bench.silencer.expire((await bench.one()).id, ADA), Silence)
        assert await bench.told() == [
            ("ada", "silence", "done"),
            ("bob", "unsilence", "failed: not_reached"),
            ("ada", "unsilence", "done"),
        ]

    async def test_two_end_it_at_once(self, bench: Bench) -> None:
        await bench.silence()
        silence = await bench.one()
        done = await asyncio.gather(*(bench.silencer.expire(silence.id, who) for who in (BOB, ADA)))
        assert isinstance(done[0], Silence)
        assert done[1] == Problem("over", {"by": "bob"})
        assert (await bench.told())[1:] == [("bob", "unsilence", "done"), ("ada", "unsilence", "nothing")]

    @pytest.mark.parametrize("forgotten", [False, True])
    async def test_one_that_was_over_already_is_nobody_s_deed(self, bench: Bench, *, forgotten: bool) -> None:
        await bench.silence()
        bench.now += timedelta(minutes=5)
        if forgotten:
            bench.alertmanager.made.clear()
        else:
            bench.alertmanager.becomes("am-1", active=False, ends_at=START + timedelta(minutes=4))
        assert await bench.silencer.expire((await bench.one()).id, BOB) == Problem("over_elsewhere")
        ended = await bench.one()
        assert (ended.state, ended.ended_by) == (ENDED, "")
        assert ended.ended_at == START + timedelta(minutes=5 if forgotten else 4)
        assert (await bench.told())[-1] == ("bob", "unsilence", "nothing")


class TestUncertainEnd:
    """The order is under way, and nobody knows whether it arrives: it is looked for as a silence that may have been made."""

    @pytest.fixture
    async def asked(self, bench: Bench) -> Bench:
        await bench.silence()
        await clear(bench)
        bench.alertmanager.delays = gap()
        assert await bench.silencer.expire((await bench.one()).id, BOB) == Problem("end_uncertain")
        assert (await bench.told())[-1] == ("bob", "unsilence", "uncertain")
        assert await bench.waits() == {"silence": 15}
        return bench

    async def test_it_arrives_late(self, asked: Bench) -> None:
        silence = await asked.one()
        assert silence.state is ACTIVE
        asked.alertmanager.becomes("am-1", active=False, ends_at=START)
        assert await asked.look(silence, 0.25) == Done()
        ended = await asked.one()
        assert (ended.state, ended.ended_by) == (ENDED, "bob")
        assert await asked.story() == ["silenced", "silence_ended"]
        assert (await asked.told())[-1] == ("bob", "unsilence", "done")

    async def test_it_does_not_arrive(self, asked: Bench) -> None:
        silence = await asked.one()
        assert await asked.look(silence, 0.1) == Again(9.0, "it may still arrive", counts=False)
        assert await asked.look(silence, 0.5) == Done()
        now = await asked.one()
        assert (now.state, now.ender) == (ACTIVE, None)
        assert await asked.story() == ["silenced", "silence_not_ended"]
        assert (await asked.told())[-1] == ("bob", "unsilence", "failed: not_taken")
        assert await asked.look(now, 1) == Done()
        assert len(await asked.story()) == 2, "told once"

    async def test_somebody_else_presses_meanwhile(self, asked: Bench) -> None:
        assert await asked.silencer.expire((await asked.one()).id, ADA) == Problem("ending", {"by": "bob"})
        assert (await asked.told())[-1] == ("ada", "unsilence", "nothing")
        asked.alertmanager.becomes("am-1", active=False)
        problem = await asked.silencer.expire((await asked.one()).id, ADA)
        assert problem == Problem("over", {"by": "bob"})
        assert (await asked.one()).ended_by == "bob"
        assert (await asked.told())[-2:] == [("bob", "unsilence", "done"), ("ada", "unsilence", "nothing")]

    async def test_alertmanager_is_away_for_long(self, asked: Bench) -> None:
        asked.alertmanager.away = gap()
        silence = await asked.one()
        assert await asked.look(silence, 1) == Again(15.0, "no answer", counts=False)
        await clear(asked)
        assert await asked.look(silence, 11) == Done()
        assert await asked.waits() == {"silence": 300}

    async def test_a_kill_while_it_is_under_way(self, bench: Bench) -> None:
        """As a kill leaves it: asked for, and nothing heard."""
        await bench.silence()
        hand = Hand("console", "bob", bench.now)
        assert isinstance(
            await SilenceBook(bench.store, bench.audit).end_asked(await bench.one(), hand), Silence
        )
        bench.alertmanager.becomes("am-1", active=False)
        assert await bench.look(await bench.one(), 1) == Done()
        assert (await bench.told())[-1] == ("bob", "unsilence", "done")


class TestRunningOut:
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
