"""The ledger of delivery, kept in the store: `bot.delivery.ledger.Ledger`, each call a transaction of its own.

One statement decides who holds an intent, so that two replicas can never both believe that they do. Messages that link
to one that has just been posted are put to be edited with it: where it stands could not be known before.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Row, Table, case, delete, select, update

from bot.delivery.ledger import LEFT, STORM, TOLD, ChannelRow, PartRow
from bot.delivery.message import TOP
from bot.incidents import jobs
from bot.incidents.database import Connection, Database
from bot.incidents.relations import edits, relations
from bot.incidents.schema import channel as channels
from bot.incidents.schema import from_micros, gathered, short, storm_part, to_micros, waiting
from bot.incidents.schema import part as parts_table


class KeptLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def parts(self, incident_id: str) -> tuple[PartRow, ...]:
        table, owner = _of(incident_id)
        query = select(table).where(owner == incident_id).order_by(table.c.intent_at, table.c.part)
        async with self._database.read() as connection:
            return tuple(
                PartRow(
                    incident_id,
                    row.part,
                    row.channel,
                    row.token,
                    from_micros(row.intent_at),
                    row.ts,
                    row.digest,
                )
                for row in await connection.execute(query)
            )

    async def intend(self, row: PartRow, replaces: str = "", *, tells: Sequence[str] = ()) -> bool:
        table, owner = _of(row.incident_id)
        columns = {
            "channel": row.channel,
            "token": row.token,
            "intent_at": to_micros(row.intent_at),
            "ts": row.ts,
            "digest": row.digest,
        }
        held = [owner.name, "part"]
        new = self._database.insert(table).values({owner.name: row.incident_id, "part": row.part, **columns})
        write = new.on_conflict_do_nothing(index_elements=held)
        if replaces:
            theirs = table.c.token == replaces
            write = new.on_conflict_do_update(index_elements=held, set_=columns, where=theirs)
        told = [columns | {owner.name: row.incident_id, "part": part, "ts": TOLD} for part in tells]
        also = self._database.insert(table).on_conflict_do_nothing(index_elements=held)
        async with self._database.write() as connection:
            ours = (await connection.execute(write.returning(table.c.token))).first() is not None
            if ours and told:
                await connection.execute(also, told)
        return ours

    async def posted(self, incident_id: str, part: str, token: str, *, ts: str, digest: str) -> bool:
        table, owner = _of(incident_id)
        ours = update(table).where(owner == incident_id, table.c.part == part, table.c.token == token)
        async with self._database.write() as connection:
            if (await connection.execute(ours.values(ts=ts, digest=digest))).rowcount != 1:
                return False
            if part == TOP and table is not storm_part:
                await self._first_message(connection, incident_id)
        return True

    async def _first_message(self, connection: Connection, incident_id: str) -> None:
        """It waits no more, others can link to it, and from now on its own job edits it: also what changed meanwhile."""
        await connection.execute(delete(waiting).where(waiting.c.incident_id == incident_id))
        found = (await relations(connection, [incident_id]))[incident_id]
        told = [relative.id for relative in (*found.follows, *found.leads)]
        in_a_storm = select(gathered.c.storm_id).where(gathered.c.incident_id == incident_id).limit(1)
        if (await connection.execute(in_a_storm)).first() is not None:
            told.append(incident_id)
        await jobs.put(connection, self._database, edits(told))

    async def edited(self, incident_id: str, part: str, *, digest: str) -> None:
        table, owner = _of(incident_id)
        row = update(table).where(owner == incident_id, table.c.part == part)
        async with self._database.write() as connection:
            await connection.execute(row.values(digest=digest))

    async def leave(self, incident_id: str, moves: int) -> None:
        old = [row for row in await self.parts(incident_id) if row.outdated(moves)]
        if not old:
            return
        table, owner = _of(incident_id)
        async with self._database.write() as connection:
            for row in old:
                this = (owner == incident_id, table.c.part == row.part, table.c.token == row.token)
                if row.part == TOP:
                    left = update(table).where(*this).values(part=f"{LEFT}{row.token}")
                    await connection.execute(left)
                else:
                    await connection.execute(delete(table).where(*this))

    async def forget(self, incident_id: str, part: str) -> None:
        table, owner = _of(incident_id)
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(owner == incident_id, table.c.part == part))

    async def channel(self, channel: str) -> ChannelRow:
        async with self._database.read() as connection:
            query = select(channels).where(channels.c.channel == channel)
            row = (await connection.execute(query)).first()
        return ChannelRow(channel) if row is None else _channel(row)

    async def channels_in_trouble(self) -> tuple[ChannelRow, ...]:
        async with self._database.read() as connection:
            query = select(channels).where(channels.c.error != "").order_by(channels.c.channel)
            return tuple(_channel(row) for row in await connection.execute(query))

    async def pace(self, channel: str, not_before: datetime) -> None:
        """Never earlier than what is written already: another replica may have been told to wait longer."""
        until = to_micros(not_before)
        new = self._database.insert(channels).values(channel=channel, not_before=until)
        later = case((channels.c.not_before > until, channels.c.not_before), else_=until)
        async with self._database.write() as connection:
            await connection.execute(
                new.on_conflict_do_update(index_elements=["channel"], set_={"not_before": later})
            )

    async def trouble(self, channel: str, error: str, remedy: str, at: datetime) -> None:
        """The same error again keeps the time at which it began."""
        since = to_micros(at) if error else None
        columns = {"error": short(error), "remedy": short(remedy)}
        new = self._database.insert(channels).values(channel=channel, since=since, **columns)
        began = case((channels.c.error == columns["error"], channels.c.since), else_=since)
        async with self._database.write() as connection:
            await connection.execute(
                new.on_conflict_do_update(index_elements=["channel"], set_={**columns, "since": began})
            )

    async def locate(self, channel: str, channel_id: str) -> None:
        new = self._database.insert(channels).values(channel=channel, id=channel_id)
        async with self._database.write() as connection:
            await connection.execute(
                new.on_conflict_do_update(index_elements=["channel"], set_={"id": channel_id})
            )


def _of(owner_id: str) -> tuple[Table, Column[str]]:
    """Where the parts of this owner are kept, and the column that names it."""
    if owner_id.startswith(STORM):
        return storm_part, storm_part.c.storm_id
    return parts_table, parts_table.c.incident_id


def _channel(row: Row[str, int | None, str, str, int | None, str]) -> ChannelRow:
    return ChannelRow(
        row.channel,
        from_micros(row.not_before) if row.not_before is not None else None,
        row.error,
        row.remedy,
        from_micros(row.since) if row.since is not None else None,
        row.id,
    )
