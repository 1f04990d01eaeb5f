"""Which incidents have one trouble, in SQL: writing what an incident has, and reading what it is to others.

The transaction is the caller's to hold. Who leads is not written down, so no two incidents can ever both believe that
they do; the locks here are for telling whose message has to be edited. What a relation means is `correlate`'s.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import and_, delete, func, or_, select, tuple_

from bot.delivery.message import TOP
from bot.incidents.correlate import Kin, Member, related, told_anew, troubles_of
from bot.incidents.database import Connection, Database
from bot.incidents.schema import part, short, to_micros, trouble
from bot.incidents.work import JobKind, NewJob
from bot.model import Incident, Related

# Many incidents that join one trouble within seconds are one edit of the message that lists them.
_GATHER_SECONDS = 3.0


def edits(ids: Iterable[str]) -> list[NewJob]:
    """Bring these messages to what they should say now that others changed."""
    return [
        NewJob(JobKind.DELIVER, one, f"deliver:{one}", delay=_GATHER_SECONDS) for one in dict.fromkeys(ids)
    ]


async def correlate(connection: Connection, database: Database, changed: Incident) -> frozenset[str]:
    """Write down what the incident has in common with others; gives whose message says something else now.

    The caller holds the incident's row. Troubles are taken in one order, so that two never wait for each other.
    """
    own = trouble.c.incident_id == changed.id
    rows = await connection.execute(select(trouble.c.trouble, trouble.c.name).where(own))
    had = {row.trouble: row.name for row in rows}
    has = {name: short(target) for name, target in troubles_of(changed).items()}
    anew: set[str] = set()
    for one in sorted(had.keys() | has.keys()):
        if had.get(one) == has.get(one):
            continue
        await database.alone(connection, f"trouble {changed.cluster} {one}")
        before = await _members(connection, changed.cluster, one)
        await connection.execute(delete(trouble).where(own, trouble.c.trouble == one))
        after = {member for member in before if member.incident_id != changed.id}
        if one in has:
            member = Member(to_micros(changed.opened_at), changed.id, has[one])
            await _join(connection, changed.cluster, one, member)
            after.add(member)
        anew |= told_anew(before, after)
    return frozenset(anew)


async def _members(connection: Connection, cluster: str, one: str) -> set[Member]:
    query = select(trouble).where(trouble.c.cluster == cluster, trouble.c.trouble == one)
    return {Member(row.opened_at, row.incident_id, row.name) for row in await connection.execute(query)}


async def _join(connection: Connection, cluster: str, one: str, member: Member) -> None:
    await connection.execute(
        trouble.insert().values(
            incident_id=member.incident_id,
            trouble=one,
            cluster=cluster,
            opened_at=member.opened_at,
            name=member.name,
        )
    )


async def relations(connection: Connection, ids: Collection[str]) -> Mapping[str, Related]:
    """What each of these is to others: those that lead them, and all that they lead. One statement for any number."""
    group = tuple_(trouble.c.cluster, trouble.c.trouble)
    theirs = select(trouble.c.cluster, trouble.c.trouble).where(trouble.c.incident_id.in_(ids))
    leader = func.first_value(trouble.c.incident_id).over(
        partition_by=(trouble.c.cluster, trouble.c.trouble),
        order_by=(trouble.c.opened_at, trouble.c.incident_id),
    )
    all_kin = select(trouble, leader.label("leader")).where(group.in_(theirs)).subquery()
    kin = all_kin.c
    top = and_(part.c.incident_id == kin.incident_id, part.c.part == TOP)
    query = (
        select(kin.trouble, kin.incident_id, kin.name, kin.leader, part.c.channel, part.c.ts)
        .select_from(all_kin.outerjoin(part, top))
        .where(or_(kin.incident_id == kin.leader, kin.leader.in_(ids), kin.incident_id.in_(ids)))
        .order_by(kin.opened_at, kin.incident_id)
    )
    rows = await connection.execute(query)
    return related(ids, [Kin(*row[:4], row.channel or "", row.ts or "") for row in rows])
