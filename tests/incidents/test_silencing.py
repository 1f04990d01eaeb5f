"""Silences are made once, remembered and shown, whatever Alertmanager answers or loses."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.diagnosis.sources import Rejected
from bot.incidents.silences import Preview, Problem, mark, written
from bot.incidents.silencing import Silenced
from bot.incidents.store import Store
from bot.incidents.work import Again, Done
from bot.matchers import parse_matchers
from bot.model import Reason, Source
from bot.silence import KnownAlert
from tests.fakes.alertmanager import UNSENT, gap
from tests.incidents.conftest import START, Place, an_incident
from tests.incidents.groups import firing
from tests.incidents.silencing import (
    ACTIVE,
    ADA,
    ASKED,
    BOB,
    ENDED,
    FAILED,
    MATCHERS,
    Bench,
    arrived,
    with_incident,
)


@pytest.fixture
async def bench(store: Store) -> Bench:
    return await with_incident(store)


class TestMaking:
    async def test_it_is_made_and_remembered(self, bench: Bench) -> None:
        done = await bench.silence()
        assert isinstance(done, Silenced)
        silence = await bench.one()
        assert done == Silenced(silence)
        assert (silence.state, silence.by, silence.alertmanager_id) == (ACTIVE, "ada", "am-1")
        assert silence.link == "http://am.example/#/silences/am-1"
        (draft,) = bench.alertmanager.active
        assert draft.matchers == written(MATCHERS)
        assert (draft.starts_at, draft.ends_at) == (START, START + timedelta(hours=2))
        assert draft.created_by == "ada (U1)"
        assert draft.comment == f"deploy (ada, https://ops.example/incidents/i1) {mark(silence.id)}"
        assert await bench.story() == ["silenced"]
        assert await bench.told() == [("ada", "silence", "done")]
        (deed,) = await bench.store.deeds()
        assert (deed.place, deed.incident_id) == ("C1", "i1")
        assert 'namespace="shop"' in deed.arguments
        assert await bench.waits() == {"deliver": 0, "silence": 15}

    @pytest.mark.parametrize("key", ["form-1", "form-2"])
    async def test_pressed_twice_it_is_one(self, bench: Bench, key: str) -> None:
        """The same form again, or another one a moment later that wants the same."""
        first = await bench.silence()
        again = await bench.silence(key, hours=2 + 1 / 60, who=BOB)
        assert isinstance(first, Silenced)
        assert again == Silenced(first.silence, already=True, again=key == "form-1")
        assert len(bench.alertmanager.made) == 1
        assert await bench.told() == [("ada", "silence", "done"), ("bob", "silence", "nothing")]

    async def test_pressed_twice_at_once_it_is_one(self, bench: Bench) -> None:
        done = await asyncio.gather(*(bench.silence(f"form-{number}") for number in range(5)))
        assert len({one.silence.id for one in done if isinstance(one, Silenced)}) == 1
        assert len(bench.alertmanager.made) == 1

    async def test_others_are_others(self, bench: Bench) -> None:
        await bench.silence()
        assert isinstance(await bench.silence("form-2", hours=5), Silenced)
        assert isinstance(await bench.silence("form-3", matchers=parse_matchers('pod="b"')), Silenced)
        assert len(bench.alertmanager.active) == 3

    async def test_secrets_in_a_comment_go_nowhere(self, bench: Bench) -> None:
        await bench.silence(said="see postgres://app:hunter2@db")
        assert "hunter2" not in str(bench.alertmanager.active)
        assert "hunter2" not in str(await bench.kept())
        assert "hunter2" not in str(await bench.store.deeds())

    async def test_what_cannot_be_made(self, bench: Bench) -> None:
        assert await bench.silence(incident_id="gone") == Problem("no_such_incident")
        async with bench.store.begin() as transaction:
            await transaction.save(replace(an_incident("i2"), cluster="other"))
        assert await bench.silence(incident_id="i2") == Problem("no_alertmanager", {"cluster": "other"})
        assert [result for *_, result in await bench.told()] == [
            "failed: no_such_incident",
            "failed: no_alertmanager",
        ]

    async def test_a_span_of_time_is_read_by_the_clock_of_the_house(self, bench: Bench) -> None:
        assert bench.silencer.end("2h") == START + timedelta(hours=2)
        assert bench.silencer.end("25h") == Problem("span_long", {"longest": 86400.0})


class TestTrouble:
    @pytest.mark.parametrize(
        "answer", [UNSENT, gap(Reason.FORBIDDEN, "HTTP 401"), gap(Reason.NOT_CONFIGURED, "HTTP 400: bad")]
    )
    async def test_what_surely_was_not_made_is_told_at_once_and_can_be_tried_again(
        self, bench: Bench, answer: object
    ) -> None:
        bench.alertmanager.away = answer  # type: ignore[assignment]  # a gap of the parameters above
        done = await bench.silence()
        assert isinstance(done, Problem)
        assert done.key == "not_reached"
        assert (await bench.one()).state is FAILED
        bench.alertmanager.away = None
        assert isinstance(await bench.silence(), Silenced)
        assert (await bench.one()).state is ACTIVE
        assert len(bench.alertmanager.made) == 1
        assert await bench.told() == [("ada", "silence", "failed: not_reached"), ("ada", "silence", "done")]

    @pytest.mark.parametrize(
        "answer", [gap(), gap(Reason.UNREACHABLE, "reset"), gap(Reason.NOT_READY, "500")]
    )
    async def test_an_answer_that_is_lost_makes_no_second_one(self, bench: Bench, answer: object) -> None:
        bench.alertmanager.loses = answer  # type: ignore[assignment]  # a gap of the parameters above
        assert isinstance(await bench.silence(), Silenced)
        assert (await bench.one()).alertmanager_id == "am-1"
        assert len(bench.alertmanager.made) == 1

    async def test_what_nobody_knows_is_found_later(self, bench: Bench) -> None:
        """The order arrives though neither its answer nor the look for it does; meanwhile somebody presses again."""
        bench.alertmanager.away = gap()
        assert await bench.silence() == Problem("uncertain")
        silence = await bench.one()
        assert silence.state is ASKED
        assert await bench.waits() == {"silence": 15}
        assert await bench.silence() == Problem("uncertain")
        assert await bench.look(silence, 1) == Again(15.0, "no answer", counts=False)
        bench.alertmanager.away = None
        await arrived(bench, silence)
        assert await bench.look(silence, 2) == Done()
        assert ((await bench.one()).state, (await bench.one()).alertmanager_id) == (ACTIVE, "am-1")
        assert len(bench.alertmanager.made) == 1
        assert await bench.story() == ["silenced"]
        assert (await bench.told())[-1] == ("ada", "silence", "done"), (
            "known late, it is written down all the same"
        )
        (deed, *_) = await bench.store.deeds()
        assert (deed.person, deed.place, deed.incident_id) == (ADA, "C1", "i1")

    async def test_a_second_press_finds_what_the_first_one_made(self, bench: Bench) -> None:
        bench.alertmanager.away = gap()
        await bench.silence()
        bench.alertmanager.away = None
        await arrived(bench, await bench.one())
        assert await bench.silence(who=BOB) == Silenced(await bench.one(), already=True, again=True)
        assert len(bench.alertmanager.made) == 1
        assert await bench.told() == [
            ("ada", "silence", "uncertain"),
            ("ada", "silence", "done"),
            ("bob", "silence", "nothing"),
        ], "who asked for it has made it"

    async def test_what_did_not_arrive_has_failed(self, bench: Bench) -> None:
        bench.alertmanager.away = gap()
        await bench.silence()
        bench.alertmanager.away = None
        silence = await bench.one()
        assert await bench.look(silence, 0.1) == Again(9.0, "it may still arrive", counts=False)
        assert await bench.look(silence, 0.5) == Done()
        assert ((await bench.one()).state, (await bench.one()).reason) == (FAILED, "not_arrived")
        assert await bench.story() == ["silence_failed"]
        assert (await bench.told())[1:] == [("ada", "silence", "failed: not_arrived")]

    async def test_patience_ends_but_a_late_one_is_found_before_it_is_asked_for_again(
        self, bench: Bench
    ) -> None:
        bench.alertmanager.away = gap()
        await bench.silence()
        silence = await bench.one()
        assert await bench.look(silence, 11) == Done()
        assert (await bench.one()).state is FAILED
        assert (await bench.one()).reason == "unknown"
        bench.alertmanager.away = None
        await arrived(bench, silence)
        assert isinstance(await bench.silence(), Silenced)
        assert len(bench.alertmanager.made) == 1

    async def test_a_crash_between_asking_and_remembering(self, place: Place) -> None:
        bench = await with_incident(await place.open())
        bench.alertmanager.away = gap()
        await bench.silence()
        bench.alertmanager.away = None
        silence = await bench.one()
        await arrived(bench, silence)
        after = Bench(await place.reopen(), bench.alertmanager)
        assert await after.look(silence, 1) == Done()
        assert (await after.one()).state is ACTIVE
        assert (await after.told())[-1] == ("ada", "silence", "done")

    async def test_what_alertmanager_does_not_take_is_told_in_its_words(self, bench: Bench) -> None:
        said = "bad matcher"
        bench.alertmanager.away = Rejected(Source.ALERTMANAGER, Reason.NOT_CONFIGURED, detail=said)
        assert await bench.silence() == Problem("not_taken", {"why": said})
        assert ((await bench.one()).reason, (await bench.one()).detail) == ("not_taken", said)


class TestAlready:
    """What lives here may be over in Alertmanager: it is asked before anybody is told that there is one."""

    async def test_one_that_somebody_ended_there_is_made_anew(self, bench: Bench) -> None:
        await bench.silence()
        bench.alertmanager.becomes("am-1", active=False, ends_at=START)
        done = await bench.silence("form-2", who=BOB)
        assert isinstance(done, Silenced)
        assert (done.already, done.silence.by) == (False, "bob")
        assert len(bench.alertmanager.active) == 1
        first, second = await bench.kept()
        assert (first.state, first.ended_by, second.state) == (ENDED, "", ACTIVE)
        assert await bench.told() == [("ada", "silence", "done"), ("bob", "silence", "done")]

    async def test_one_that_alertmanager_has_forgotten_is_made_anew(self, bench: Bench) -> None:
        await bench.silence()
        bench.alertmanager.made.clear()
        done = await bench.silence("form-2")
        assert isinstance(done, Silenced)
        assert not done.already
        assert len(bench.alertmanager.active) == 1

    async def test_the_very_form_that_made_it_makes_no_other(self, bench: Bench) -> None:
        await bench.silence()
        bench.alertmanager.made.clear()
        assert await bench.silence() == Problem("over", {"by": ""})
        assert bench.alertmanager.active == []

    @pytest.mark.parametrize(("hours", "already"), [(1, False), (3, True)])
    async def test_one_that_ends_at_another_time_there(
        self, bench: Bench, hours: int, *, already: bool
    ) -> None:
        await bench.silence()
        bench.alertmanager.becomes("am-1", ends_at=START + timedelta(hours=hours))
        done = await bench.silence("form-2")
        assert isinstance(done, Silenced)
        assert done.already is already
        assert (await bench.kept())[0].ends_at == START + timedelta(hours=hours)

    async def test_nobody_is_told_of_one_that_cannot_be_asked_for(self, bench: Bench) -> None:
        await bench.silence()
        bench.alertmanager.away = gap()
        assert await bench.silence("form-2") == Problem("not_reached", {"reason": "timeout", "why": ""})


class TestProposing:
    async def test_the_narrowest_and_what_it_hides(self, bench: Bench) -> None:
        ours, other = firing("a"), replace(firing("a", alertname="Other"), fingerprint="other")
        bench.alertmanager.firing = [KnownAlert(one.fingerprint, one.labels) for one in (ours, other)]
        incident = await bench.store.get("i1")
        assert incident is not None
        narrow = await bench.silencer.propose(incident)
        wide = await bench.silencer.propose(incident, MATCHERS)
        assert isinstance(narrow, Preview)
        assert isinstance(wide, Preview)
        assert (len(narrow.here), len(narrow.others)) == (1, 0)
        assert (len(wide.here), len(wide.others)) == (1, 1)
        assert await bench.kept() == ()

    async def test_what_cannot_be_proposed(self, bench: Bench) -> None:
        incident = await bench.store.get("i1")
        assert incident is not None
        bench.alertmanager.away = gap()
        away = await bench.silencer.propose(incident)
        assert away == Problem("not_reached", {"reason": "timeout", "why": ""})
        assert await bench.silencer.propose(replace(incident, alerts=())) == Problem("nothing_fires")
        other = replace(incident, cluster="other")
        assert await bench.silencer.propose(other) == Problem("no_alertmanager", {"cluster": "other"})


async def test_a_list_of_incidents_has_their_silences(bench: Bench) -> None:
    await bench.silence()
    async with bench.store.begin() as transaction:
        await transaction.save(an_incident("i2", minute=-5, group_key="other"))
    first, second = await bench.store.incidents()
    assert (len(first.silences), second.silences) == (1, ())
