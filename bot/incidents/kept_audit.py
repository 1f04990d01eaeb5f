"""Deeds in SQL: one row each, never changed, found by person, by incident and by age."""

from sqlalchemy import Row, or_, select

from bot.incidents.audit import Asked, Deed, Person, Via
from bot.incidents.database import Connection, Database
from bot.incidents.schema import audit, from_micros, to_micros

_Columns = tuple[int, int, str, str, str, str, str, str, str, str]


async def keep(connection: Connection, deed: Deed) -> None:
    await connection.execute(
        audit.insert().values(
            at=to_micros(deed.at),
            via=deed.person.via.value,
            who=deed.person.id,
            name=deed.person.name,
            action=deed.action,
            arguments=deed.arguments,
            place=deed.place,
            incident_id=deed.incident_id,
            result=deed.result,
        )
    )


class KeptAudit:
    _database: Database

    async def audit(self, deed: Deed) -> None:
        """One that belongs to no other transaction; `Transaction.note_audit` is for those that do."""
        async with self._database.write() as connection:
            await keep(connection, deed)

    async def deeds(self, asked: Asked | None = None) -> tuple[Deed, ...]:
        """Newest first. A person is found by id or by name."""
        asked = asked or Asked()
        query = select(audit).order_by(audit.c.id.desc()).limit(asked.limit)
        if asked.since is not None:
            query = query.where(audit.c.at >= to_micros(asked.since))
        if asked.user:
            query = query.where(or_(audit.c.who == asked.user, audit.c.name == asked.user))
        if asked.incident_id:
            query = query.where(audit.c.incident_id == asked.incident_id)
        if asked.before:
            query = query.where(audit.c.id < asked.before)
        async with self._database.read() as connection:
            return tuple(_deed(row) for row in await connection.execute(query))


def _deed(row: Row[*_Columns]) -> Deed:
    return Deed(
        from_micros(row.at),
        Person(Via(row.via), row.who, row.name),
        row.action,
        row.arguments,
        row.place,
        row.incident_id,
        row.result,
        row.id,
    )
