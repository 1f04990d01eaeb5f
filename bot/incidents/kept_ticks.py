"""Ticks in SQL: a row for each fix that somebody touched."""

from sqlalchemy import select

from bot.hands import Tick
from bot.incidents.database import Connection, Database
from bot.incidents.schema import from_micros, to_micros
from bot.incidents.schema import tick as ticks

_DONE, _UNDONE = "done", "undone"


async def keep(connection: Connection, database: Database, incident_id: str, tick: Tick) -> None:
    columns = {
        "state": _DONE if tick.done else _UNDONE,
        "who": tick.who,
        "name": tick.by,
        "at": to_micros(tick.at),
    }
    new = database.insert(ticks).values(incident_id=incident_id, fix=tick.fix, **columns)
    await connection.execute(new.on_conflict_do_update(index_elements=["incident_id", "fix"], set_=columns))


async def ticks_of(connection: Connection, incident_id: str) -> tuple[Tick, ...]:
    query = select(ticks).where(ticks.c.incident_id == incident_id).order_by(ticks.c.at, ticks.c.fix)
    return tuple(
        Tick(row.fix, row.state == _DONE, row.who, row.name, from_micros(row.at))
        for row in await connection.execute(query)
    )
