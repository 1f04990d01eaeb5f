"""Silences in SQL: a row each, with the whole of it as JSON beside what is looked for."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import select

from bot.incidents import codec
from bot.incidents.database import Connection, Database
from bot.incidents.schema import silence as silences
from bot.incidents.schema import to_micros
from bot.silence import Silence


async def keep(connection: Connection, database: Database, silence: Silence) -> None:
    columns = {
        "state": silence.state.value,
        "created_at": to_micros(silence.created_at),
        "ends_at": to_micros(silence.ends_at),
        "body": codec.encode_silence(silence),
    }
    new = database.insert(silences).values(id=silence.id, incident_id=silence.incident_id, **columns)
    await connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=columns))


async def one(connection: Connection, silence_id: str) -> Silence | None:
    query = select(silences.c.body).where(silences.c.id == silence_id)
    body = (await connection.execute(query)).scalar()
    return None if body is None else codec.decode_silence(body)


async def silences_of(connection: Connection, ids: Collection[str]) -> Mapping[str, tuple[Silence, ...]]:
    """By incident, oldest first. One statement for any number."""
    query = select(silences.c.body).where(silences.c.incident_id.in_(ids))
    found: dict[str, list[Silence]] = defaultdict(list)
    for body in (await connection.execute(query.order_by(silences.c.created_at, silences.c.id))).scalars():
        silence = codec.decode_silence(body)
        found[silence.incident_id].append(silence)
    return {incident_id: tuple(found[incident_id]) for incident_id in ids}


class KeptSilences:
    _database: Database

    async def silence(self, silence_id: str) -> Silence | None:
        async with self._database.read() as connection:
            return await one(connection, silence_id)
