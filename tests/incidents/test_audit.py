"""Who did what: fit to keep, kept with what was done, found again, and removed when it is old."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.clients.redaction import redact
from bot.incidents.audit import Asked, Audit, Deed, Person, Result, Via
from bot.incidents.janitor import Janitor, JanitorOptions
from bot.incidents.orders import Orders
from bot.incidents.queue import Queue
from bot.incidents.silencing import SilenceOptions, Silencer
from bot.incidents.store import Store, StoreError
from bot.incidents.ticking import Ticks
from bot.incidents.work import GiveUp
from tests.incidents.conftest import START, an_incident
from tests.incidents.test_flow import Bench
from tests.incidents.test_flow_again import diagnosed
from tests.incidents.working import Recorder, event, until_state, working

ADA = Person(Via.SLACK, "U1", "ada")
BOB = Person(Via.CONSOLE, "bob@example.com")


def orders_of(bench: Bench, queue: Queue) -> Orders:
    audit = Audit(bench.store, redact, lambda: START)
    silencer = Silencer(bench.store, {}, audit, SilenceOptions(), lambda: START)
    return Orders(queue, bench.flow, audit, silencer, Ticks(bench.store, audit, lambda: START))


def a_deed(minute: int = 0, who: Person = ADA, incident_id: str = "") -> Deed:
    at = START + timedelta(minutes=minute)
    return Deed(at, who, "diagnose", f"shop/board-{minute}", "C1", incident_id)


class TestFit:
    """What people typed becomes what may be kept."""

    @staticmethod
    def made(what: str, **more: str) -> Deed:
        return Audit(Broken(), redact, lambda: START).deed(ADA, what, **more)

    def test_the_action_and_its_arguments(self) -> None:
        deed = self.made("  silence  i1   2h ", place="C1", incident_id="i1")
        assert (deed.action, deed.arguments, deed.result) == ("silence", "i1 2h", "done")
        assert self.made("help").arguments == ""

    def test_no_secret_is_kept(self) -> None:
        typed = "explain dial postgres://app:hunter2@db/shop password=hunter2"
        deed = self.made(typed, result="failed: password=hunter2")
        assert "hunter2" not in str(deed)
        assert deed.arguments.startswith("dial postgres://")

    def test_a_secret_is_not_kept_by_being_cut_in_two(self) -> None:
        deed = self.made(f"explain {'x' * 488} password=hunter2hunter2")
        assert "hunter" not in deed.arguments

    def test_it_is_bounded_and_can_be_written(self) -> None:
        deed = self.made("explain " + "é\x00\ud800" * 9000, place="C" * 900, incident_id="i" * 900)
        assert len(deed.arguments) <= 500
        assert max(len(deed.place), len(deed.incident_id)) <= 100
        assert "\x00" not in deed.arguments
        deed.arguments.encode()


@dataclass
class Broken:
    tried: list[Deed] = field(default_factory=list)

    async def audit(self, deed: Deed) -> None:
        self.tried.append(deed)
        raise StoreError("the disk is full")


async def test_a_store_that_is_down_costs_nobody_the_command() -> None:
    broken = Broken()
    await Audit(broken, redact, lambda: START).note("U1", "diagnose shop/board", "C1", "done", name="ada")
    (deed,) = broken.tried
    assert (deed.person, deed.action, deed.place) == (ADA, "diagnose", "C1")


async def test_deeds_are_found_newest_first(store: Store) -> None:
    for minute in range(5):
        await store.audit(a_deed(minute, (ADA, BOB)[minute % 2], f"i{minute}"))
    every = await store.deeds()
    assert [deed.arguments for deed in every] == [f"shop/board-{minute}" for minute in (4, 3, 2, 1, 0)]
    assert replace(every[0], id=0) == a_deed(4, ADA, "i4")

    async def minutes(asked: Asked) -> list[int]:
        return [int(deed.arguments[-1]) for deed in await store.deeds(asked)]

    assert await minutes(Asked(user="U1")) == await minutes(Asked(user="ada")) == [4, 2, 0]
    assert await minutes(Asked(user="bob@example.com", limit=1)) == [3]
    assert await minutes(Asked(incident_id="i2")) == [2]
    assert await minutes(Asked(since=START + timedelta(minutes=3))) == [4, 3]
    assert await minutes(Asked(before=every[1].id, limit=2)) == [2, 1]
    assert await minutes(Asked(user="nobody")) == []


async def test_what_is_not_done_is_not_noted(store: Store) -> None:
    async def fail() -> None:
        async with store.begin() as tx:
            await tx.note_audit(a_deed())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await store.deeds() == ()
    async with store.begin() as tx:
        await tx.note_audit(a_deed())
    assert len(await store.deeds()) == 1


async def test_what_people_did_outlives_its_incident_and_goes_when_it_is_old(store: Store) -> None:
    async with store.begin() as tx:
        await tx.save(replace(an_incident("old"), heard_at=START))
    lately = store.clock()
    await store.audit(replace(a_deed(incident_id="old"), at=lately - timedelta(days=401)))
    await store.audit(replace(a_deed(1, incident_id="old"), at=lately - timedelta(days=399)))
    await Janitor(store, JanitorOptions(closed_incidents=timedelta(0))).prune()
    (kept,) = await store.deeds(Asked(incident_id="old"))
    assert kept.arguments == "shop/board-1"
    await Janitor(store, JanitorOptions(deeds=timedelta(days=30))).prune()
    assert await store.deeds() == ()


async def test_an_order_is_noted_with_what_it_did(store: Store) -> None:
    bench = await diagnosed(store)
    orders = orders_of(bench, Queue(store, {}))
    assert await orders.recheck("i1", BOB)
    assert not await orders.recheck("gone", ADA, place="C1")
    late, done = await store.deeds()
    assert (late.person, late.action, late.place, late.result) == (ADA, "recheck", "C1", Result.NOTHING)
    assert (done.person, done.incident_id, done.result) == (BOB, "i1", Result.DONE)


async def test_a_retry_is_noted_once(store: Store) -> None:
    bench = await diagnosed(store)
    async with working(store, Recorder([GiveUp("no")])) as queue:
        await queue.put([event()])
        await until_state(store, gave_up=1)
        (job,) = await store.gave_up()
        orders = orders_of(bench, queue)
        assert await orders.retry(job.id, BOB)
        await until_state(store, done=1)
        assert not await orders.retry(job.id, ADA)
    again, first = await store.deeds()
    assert (first.action, first.arguments, first.result) == ("retry", str(job.id), Result.DONE)
    assert (again.person, again.result) == (ADA, Result.NOTHING)
