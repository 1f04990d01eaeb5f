"""What SQL says of a storm's members is what their lines say."""

from dataclasses import replace

import pytest

from bot.delivery.digest import Line
from bot.delivery.ledger import PartRow
from bot.delivery.message import TOP
from bot.incidents import kept_storms
from bot.incidents.store import Store
from bot.model import IncidentState
from tests.incidents.groups import NOON
from tests.incidents.storming import Sky

FIRING = Line(IncidentState.FIRING, "warning", "Crash", "shop/web")
# A name may say anything, also what a line says of itself.
SLY = 'x","led":true,"state":"resolved'
LINES = {
    "fires": FIRING,
    "stale": replace(FIRING, state=IncidentState.STALE),
    "over": replace(FIRING, state=IncidentState.RESOLVED),
    "led": replace(FIRING, follows=True, led=True),
    "follows": replace(FIRING, follows=True),
    "sly": replace(FIRING, name=SLY, where=SLY, severity=SLY, cause=SLY),
    "urgent": replace(FIRING, severity="CRITICAL"),
}


@pytest.fixture
async def sky(store: Store) -> Sky:
    sky = Sky(store)
    storm = await sky.breaks_out("a", "b", "c")
    async with store.database.write() as connection:
        for name in ("a", "b", "c"):
            await kept_storms.set_apart(connection, storm, name)
    for number, (name, line) in enumerate(LINES.items()):
        for top in ("", "unanswered", "posted"):
            sky.seconds = number
            incident = await sky.hears(name + top)
            async with store.database.write() as connection:
                await kept_storms.join(connection, store.database, storm, incident, line)
            if top:
                row = PartRow(incident.id, TOP, "C1", "token", NOON)
                await store.intend(row)
                if top == "posted":
                    await store.posted(incident.id, TOP, "token", ts="1.0", digest="")
    return sky


async def test_those_counted_are_those_who_wait(sky: Sky) -> None:
    members = await sky.book.members(await sky.storm_id())
    waiting = [member.incident_id for member in members if member.waits]
    assert len(waiting) == 5 + len(LINES), "and everyone of whom nobody knows whether it was told"
    async with sky.store.database.read() as connection:
        assert await kept_storms.waiting_in(connection) == {"#alerts": len(waiting)}


async def test_those_set_apart_are_those_who_wait_the_urgent_first(sky: Sky) -> None:
    storm = await sky.storm_id()
    before = {member.incident_id for member in await sky.book.members(storm) if member.waits}
    async with sky.store.database.write() as connection:
        assert await kept_storms.break_up(connection, storm, sky.now())
        assert not await kept_storms.break_up(connection, storm, sky.now())
        left = await kept_storms.left_apart(connection, storm)
    assert set(left) == before | {"a", "b", "c"}
    assert left[:2] == ("urgent", "urgentunanswered")
    assert not [member for member in await sky.book.members(storm) if member.waits]


async def test_a_storm_that_nobody_waits_for_counts_none(store: Store) -> None:
    sky = Sky(store)
    storm = await sky.breaks_out("a", "b", "c")
    async with store.database.write() as connection:
        for name in ("a", "b", "c"):
            await kept_storms.set_apart(connection, storm, name)
    async with store.database.read() as connection:
        assert await kept_storms.waiting_in(connection) == {"#alerts": 0}
