"""Incidents with one trouble in the store, on SQLite and PostgreSQL alike: whatever happens at the same moment, one leads."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import event, func, select

from bot.delivery.ledger import PartRow
from bot.incidents.postgresql import PostgresqlDatabase
from bot.incidents.relations import edits
from bot.incidents.schema import job
from bot.incidents.sqlite import SqliteDatabase
from bot.incidents.store import Store
from bot.model import Incident, IncidentState, Related
from tests.incidents.conftest import Place, an_incident
from tests.incidents.test_correlate import FOUND, diagnosis

OTHER = replace(FOUND, root="secret/other")


def troubled(name: str, *, minute: int = 0, root: str = FOUND.root) -> Incident:
    found = diagnosis(replace(FOUND, root=root), name=name)
    return replace(an_incident(name, minute=minute, group_key=name), diagnoses=(found,))


async def keep(store: Store, incident: Incident) -> frozenset[str]:
    """As the flow does: the incident, what it has in common, and the edits, in one transaction."""
    async with store.begin() as tx:
        await tx.load(incident.id)
        await tx.save(incident)
        anew = await tx.correlate(incident)
        await tx.put(edits(anew))
    return anew


async def relations(store: Store, ids: Iterable[str]) -> dict[str, Related]:
    found = {one: await store.get(one) for one in ids}
    return {one: incident.related for one, incident in found.items() if incident}


def names(related: Related) -> tuple[list[str], list[str]]:
    return [one.id for one in related.follows], [one.id for one in related.leads]


async def waiting(store: Store) -> list[str]:
    async with store.database.read() as connection:
        return sorted((await connection.execute(select(job.c.incident_id))).scalars())


async def test_the_first_opened_leads_whoever_was_saved_first(store: Store) -> None:
    assert await keep(store, troubled("b", minute=2)) == set()
    assert await keep(store, troubled("c", minute=3)) == {"b", "c"}
    assert await keep(store, troubled("a", minute=1)) == {"a", "b", "c"}
    found = await relations(store, "abc")
    assert names(found["a"]) == ([], ["b", "c"])
    assert names(found["b"]) == names(found["c"]) == (["a"], [])
    assert found["b"].follows[0].name == "shop/a"
    assert await waiting(store) == ["a", "b", "c"], "of each message one edit waits"


async def test_other_roots_and_other_clusters_are_strangers(store: Store) -> None:
    await keep(store, troubled("a"))
    assert await keep(store, troubled("b", root="another")) == set()
    assert await keep(store, replace(troubled("c"), cluster="elsewhere")) == set()
    assert set((await relations(store, "abc")).values()) == {Related()}


async def test_when_the_leader_is_over_the_next_one_leads(store: Store) -> None:
    for minute, name in enumerate("abc"):
        await keep(store, troubled(name, minute=minute))
    over = replace(troubled("a"), state=IncidentState.RESOLVED)
    assert await keep(store, over) == {"a", "b", "c"}
    found = await relations(store, "abc")
    assert [names(found[name]) for name in "abc"] == [([], []), ([], ["c"]), (["b"], [])]
    assert await keep(store, replace(troubled("b", minute=1), state=IncidentState.STALE)) == {"b", "c"}
    assert set((await relations(store, "abc")).values()) == {Related()}


async def test_a_newer_diagnosis_unfolds(store: Store) -> None:
    for minute, name in enumerate("ab"):
        await keep(store, troubled(name, minute=minute))
    assert await keep(store, troubled("b", minute=1, root="its own")) == {"a", "b"}
    assert set((await relations(store, "ab")).values()) == {Related()}


async def test_nothing_is_told_when_nothing_changes(store: Store) -> None:
    for minute, name in enumerate("ab"):
        await keep(store, troubled(name, minute=minute))
    assert await keep(store, replace(troubled("b", minute=1), revision=9)) == set()


async def test_one_may_lead_in_one_trouble_and_follow_in_another(store: Store) -> None:
    both = replace(troubled("b", minute=1), diagnoses=(diagnosis(FOUND, OTHER, name="b"),))
    await keep(store, troubled("a"))
    await keep(store, both)
    await keep(store, troubled("c", minute=2, root=OTHER.root))
    found = await relations(store, "abc")
    assert [names(found[name]) for name in "abc"] == [([], ["b"]), (["a"], ["c"]), (["b"], [])]


async def test_saved_at_the_same_moment_by_two_replicas_one_leads(place: Place) -> None:
    one = await place.open()
    two = await place.beside(one)
    crowd = [troubled(f"i{number:02}", minute=number % 3) for number in range(12)]
    await asyncio.gather(*(keep((one, two)[number % 2], each) for number, each in enumerate(crowd)))
    found = await relations(one, [each.id for each in crowd])
    leader = min(crowd, key=lambda each: (each.opened_at, each.id)).id
    assert len(found[leader].leads) == 11
    assert all(names(found[each.id]) == ([leader], []) for each in crowd if each.id != leader)
    assert await waiting(one) == sorted(each.id for each in crowd), (
        "everybody's message is brought up to date"
    )


async def test_two_that_share_two_troubles_never_wait_for_each_other_in_a_circle(place: Place) -> None:
    one = await place.open()
    two = await place.beside(one)
    both = [
        replace(troubled("a"), diagnoses=(diagnosis(FOUND, OTHER, name="a"),)),
        replace(troubled("b", minute=1), diagnoses=(diagnosis(OTHER, FOUND, name="b"),)),
    ]
    for _ in range(5):
        await asyncio.gather(keep(one, both[0]), keep(two, both[1]))
        over = [replace(each, state=IncidentState.RESOLVED) for each in both]
        await asyncio.gather(keep(two, over[0]), keep(one, over[1]))
    assert set((await relations(one, "ab")).values()) == {Related()}


async def test_a_transaction_that_fails_relates_nobody(store: Store) -> None:
    await keep(store, troubled("a"))

    async def fail() -> None:
        async with store.begin() as tx:
            await tx.save(troubled("b", minute=1))
            assert await tx.correlate(troubled("b", minute=1)) == {"a", "b"}
            raise ZeroDivisionError

    await asyncio.gather(fail(), return_exceptions=True)
    assert (await relations(store, "a"))["a"] == Related()
    assert await waiting(store) == []


async def test_where_a_message_stands_is_told_to_those_who_link_to_it(store: Store) -> None:
    for minute, name in enumerate("abc"):
        await keep(store, troubled(name, minute=minute))
    async with store.database.write() as connection:
        await connection.execute(job.delete())
    for part in ("top", "detail:0"):
        assert await store.intend(PartRow("b", part, "C1", "t", datetime.now(UTC)))
        assert await store.posted("b", part, "t", ts="17.42", digest="d")
    assert await waiting(store) == ["a"], "the leader links to it, the other follower does not"
    (first, second) = (await relations(store, "a"))["a"].leads
    assert ((first.channel, first.ts), second.ts) == (("C1", "17.42"), "")
    assert not await store.posted("b", "top", "somebody else's", ts="1", digest="d")


async def test_a_list_knows_relations_with_one_statement_for_all(store: Store) -> None:
    for minute in range(8):
        await keep(store, troubled(f"i{minute}", minute=minute))
    database = store.database
    engine = database._writer if isinstance(database, SqliteDatabase) else None
    statements: list[str] = []
    if isinstance(database, SqliteDatabase):
        engine = database._readers.sync_engine
    elif isinstance(database, PostgresqlDatabase):
        engine = database._others.sync_engine
    assert engine is not None
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    listed = await store.incidents(limit=5)
    assert [names(one.related) for one in listed] == [(["i0"], [])] * 5
    assert sum("FROM trouble" in statement for statement in statements) == 1
    assert len(statements) < 5, "as many for any number of incidents"
    page = await store.incidents()
    assert len(page[-1].related.leads) == 7


async def test_a_storm_puts_one_edit_each(store: Store) -> None:
    for number in range(60):
        await keep(store, troubled(f"i{number:02}", minute=number))
    async with store.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(job))).scalar() == 60
