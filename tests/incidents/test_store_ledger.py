"""What the outbox is promised: of two that want to post a part, one may."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.digest import Storm
from bot.delivery.ledger import ChannelRow, Ledger, PartRow
from bot.incidents import kept_storms
from bot.incidents.store import Store, StoreError
from tests.incidents.conftest import START, Place, an_incident

_TOP = PartRow("i1", "top", "C1", "first", START)


@pytest.fixture
async def ledger(place: Place) -> Store:
    store = await place.open()
    async with store.begin() as tx:
        await tx.save(an_incident())
    return store


async def test_it_is_a_ledger(ledger: Store) -> None:
    kept: Ledger = ledger
    assert await kept.parts("i1") == ()


async def test_one_of_two_intents_is_held(ledger: Store, place: Place) -> None:
    other = await place.beside(ledger)
    second = PartRow("i1", "top", "C1", "second", START)
    held = await asyncio.gather(ledger.intend(_TOP), other.intend(second))
    assert sorted(held) == [False, True]
    (row,) = await ledger.parts("i1")
    assert row == (_TOP if held[0] else second)


async def test_an_intent_is_replaced_only_by_who_knows_its_token(ledger: Store) -> None:
    assert await ledger.intend(_TOP)
    taken = PartRow("i1", "top", "C2", "second", START + timedelta(minutes=1))
    assert not await ledger.intend(taken, replaces="other")
    assert await ledger.intend(taken, replaces="first")
    assert await ledger.parts("i1") == (taken,)


async def test_an_answer_counts_only_for_the_intent_that_is_held(ledger: Store) -> None:
    await ledger.intend(_TOP)
    await ledger.intend(PartRow("i1", "top", "C1", "second", START), replaces="first")
    assert not await ledger.posted("i1", "top", "first", ts="1.1", digest="d1")
    assert await ledger.posted("i1", "top", "second", ts="2.2", digest="d2")
    await ledger.edited("i1", "top", digest="d3")
    (row,) = await ledger.parts("i1")
    assert (row.token, row.ts, row.digest) == ("second", "2.2", "d3")


async def test_parts_are_apart_and_can_be_forgotten(ledger: Store) -> None:
    detail = PartRow("i1", "detail:1", "C1", "x", START + timedelta(seconds=1))
    assert await ledger.intend(_TOP)
    assert await ledger.intend(detail)
    assert await ledger.parts("i1") == (_TOP, detail)
    await ledger.forget("i1", "top")
    assert await ledger.parts("i1") == (detail,)
    assert await ledger.intend(_TOP)


async def test_the_pace_of_a_channel_is_never_quickened(ledger: Store) -> None:
    assert await ledger.channel("C1") == ChannelRow("C1")
    later = START + timedelta(seconds=30)
    await ledger.pace("C1", later)
    await ledger.pace("C1", START)
    assert (await ledger.channel("C1")).not_before == later


async def test_trouble_keeps_the_time_at_which_it_began(ledger: Store) -> None:
    await ledger.pace("C1", START)
    await ledger.trouble("C1", "not_in_channel", "invite the bot", START)
    await ledger.trouble("C1", "not_in_channel", "invite the bot", START + timedelta(hours=1))
    row = ChannelRow("C1", START, "not_in_channel", "invite the bot", START)
    assert await ledger.channels_in_trouble() == (row,)
    await ledger.trouble("C1", "is_archived", "unarchive it", START + timedelta(hours=2))
    assert (await ledger.channel("C1")).since == START + timedelta(hours=2)
    await ledger.trouble("C1", "", "", START + timedelta(hours=3))
    assert await ledger.channels_in_trouble() == ()
    assert await ledger.channel("C1") == ChannelRow("C1", START)


async def test_the_id_of_a_channel_is_remembered_beside_its_pace(ledger: Store) -> None:
    await ledger.locate("#alerts", "C1")
    await ledger.pace("#alerts", START)
    assert await ledger.channel("#alerts") == ChannelRow("#alerts", START, id="C1")
    await ledger.locate("#alerts", "C2")
    assert await ledger.channel("#alerts") == ChannelRow("#alerts", START, id="C2")


async def test_a_digest_has_parts_of_its_own_that_go_with_its_storm(ledger: Store) -> None:
    storm = Storm("storm-1", "#alerts", START, START)
    digest = PartRow("storm-1", "top", "C1", "first", START)
    with pytest.raises(StoreError):
        await ledger.intend(digest)  # of no storm
    async with ledger.database.write() as connection:
        await kept_storms.begin(connection, storm)
    assert await ledger.intend(digest)
    assert not await ledger.intend(replace(digest, token="second"))
    assert await ledger.posted("storm-1", "top", "first", ts="1.1", digest="d1")
    await ledger.edited("storm-1", "top", digest="d2")
    assert await ledger.parts("storm-1") == (replace(digest, ts="1.1", digest="d2"),)
    assert await ledger.parts("i1") == ()
    await ledger.forget("storm-1", "top")
    assert await ledger.parts("storm-1") == ()


async def test_who_has_its_message_waits_no_more(ledger: Store) -> None:
    async def waiting() -> int:
        async with ledger.database.read() as connection:
            return await kept_storms.others_wait(connection, "#alerts", START - timedelta(minutes=1))

    incident = replace(an_incident(), channel="#alerts")
    async with ledger.begin() as tx:
        await tx.expect(incident, START)
    assert await waiting() == 1
    await ledger.intend(_TOP)
    assert await waiting() == 1
    assert await ledger.posted("i1", "top", "first", ts="1.1", digest="d1")
    assert await waiting() == 0
