"""Storms in SQL: who waits for the first message, the storms of channels with their members, and what a line says.

The transaction is the caller's to hold, and with it the channel's lock where one is needed. Nothing here decides.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, case, delete, func, or_, select, update

from bot.delivery.digest import Gathered, Line, Storm
from bot.delivery.message import TOP
from bot.incidents import codec
from bot.incidents.database import Connection, Database
from bot.incidents.schema import channel as channels
from bot.incidents.schema import from_micros, gathered, part, storm, to_micros, waiting
from bot.incidents.storms import Place, Top
from bot.model import Incident, IncidentState
from bot.severity import URGENT

_Member = Row[str, bool, str, str]
_MemberRow = Row[str, str, int, bool, str, str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """Where an incident stands, the newest line that a digest says of it, in whatever channel, and what Slack calls its own,
    as far as known. `expected`: it is written down that it waits for its first message.
    """

    place: Place
    line: Line | None = None
    channel_id: str = ""
    expected: bool = True


# -- one incident


async def expect(
    connection: Connection, database: Database, incident_id: str, channel: str, now: datetime
) -> None:
    """Somebody works at its first message. Once that stands, or a digest tells of it, it waits no more."""
    columns = {"channel": channel, "seen_at": to_micros(now)}
    new = database.insert(waiting).values(incident_id=incident_id, **columns)
    await connection.execute(new.on_conflict_do_update(index_elements=["incident_id"], set_=columns))


async def known(connection: Connection, incident: Incident, *, alive: datetime) -> Known:
    """Those that were not seen since `alive` are taken for given up."""
    top = select(part.c.ts).where(part.c.incident_id == incident.id, part.c.part == TOP)
    slack_id = select(channels.c.id).where(channels.c.channel == incident.channel)
    seen = select(waiting.c.seen_at).where(waiting.c.incident_id == incident.id)
    query = select(
        top.scalar_subquery().label("top"),
        _on(incident.channel).scalar_subquery().label("storm"),
        slack_id.scalar_subquery().label("channel_id"),
        _waiting(incident.channel, alive).scalar_subquery().label("waiting"),
        seen.scalar_subquery().label("seen"),
    )
    row = (await connection.execute(query)).one()
    listed = await _listed(connection, incident.id)
    member = next((one for one in listed if one.channel == incident.channel), None)
    expected = row.seen is not None and row.seen > to_micros(alive)
    place = Place(
        top=_top(row.top),
        storm=row.storm or "",
        gathered=member.storm_id if member else "",
        alone=bool(member and member.alone),
        waiting=row.waiting + (0 if expected else 1),
    )
    line = codec.decode_line(listed[0].line) if listed else None
    return Known(place, line, row.channel_id or "", expected)


def _top(ts: str | None) -> Top:
    if ts is None:
        return Top.NONE
    return Top.POSTED if ts else Top.UNANSWERED


def _on(channel: str) -> Select[str]:
    return select(storm.c.id).where(storm.c.channel == channel, storm.c.closed_at.is_(None))


def _waiting(channel: str, alive: datetime) -> Select[int]:
    here = and_(waiting.c.channel == channel, waiting.c.seen_at > to_micros(alive))
    return select(func.count()).select_from(waiting).where(here)


async def _listed(connection: Connection, incident_id: str) -> Sequence[_Member]:
    """The storms that it is a member of, the newest first."""
    query = (
        select(gathered.c.storm_id, gathered.c.alone, gathered.c.line, storm.c.channel)
        .join(storm, storm.c.id == gathered.c.storm_id)
        .where(gathered.c.incident_id == incident_id)
        .order_by(storm.c.opened_at.desc(), storm.c.id)
    )
    return (await connection.execute(query)).all()


async def join(
    connection: Connection, database: Database, storm_id: str, incident: Incident, line: Line
) -> None:
    """From now on the storm's job sees to its message."""
    columns = {"alone": False, "line": codec.encode_line(line)}
    new = database.insert(gathered).values(
        storm_id=storm_id, incident_id=incident.id, opened_at=to_micros(incident.opened_at), **columns
    )
    held = ["storm_id", "incident_id"]
    await connection.execute(new.on_conflict_do_update(index_elements=held, set_=columns))
    await connection.execute(delete(waiting).where(waiting.c.incident_id == incident.id))


async def reword(connection: Connection, incident_id: str, line: Line) -> tuple[str, ...]:
    """In every storm that it is a member of; gives those in which that is news."""
    written = codec.encode_line(line)
    told = (
        update(gathered)
        .where(gathered.c.incident_id == incident_id, gathered.c.line != written)
        .values(line=written)
        .returning(gathered.c.storm_id)
    )
    return tuple(sorted((await connection.execute(told)).scalars()))


async def set_apart(connection: Connection, storm_id: str, incident_id: str) -> None:
    member = and_(gathered.c.storm_id == storm_id, gathered.c.incident_id == incident_id)
    await connection.execute(update(gathered).where(member).values(alone=True))


async def ids_of(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """What Slack calls these channels, as far as known."""
    query = select(channels.c.channel, channels.c.id).where(channels.c.channel.in_(names))
    known = {row.channel: row.id for row in await connection.execute(query)}
    return {name: known.get(name) or name for name in names}


async def let_go(connection: Connection, moved: Incident) -> None:
    """Its message is no concern any more of the storms of other channels, whose digests still list it."""
    others = select(storm.c.id).where(storm.c.channel != moved.channel)
    member = and_(gathered.c.incident_id == moved.id, gathered.c.storm_id.in_(others))
    await connection.execute(update(gathered).where(member).values(alone=True))


# -- one storm


async def begin(connection: Connection, new: Storm) -> None:
    opened_at = to_micros(new.opened_at)
    row = {"id": new.id, "channel": new.channel, "opened_at": opened_at, "grown_at": opened_at}
    await connection.execute(storm.insert().values(row))


async def grown(connection: Connection, storm_id: str, at: datetime) -> None:
    await connection.execute(update(storm).where(storm.c.id == storm_id).values(grown_at=to_micros(at)))


async def told(connection: Connection, storm_id: str, at: datetime) -> None:
    await connection.execute(update(storm).where(storm.c.id == storm_id).values(told_at=to_micros(at)))


async def close(connection: Connection, seen: Storm, at: datetime) -> bool:
    """False where somebody joined since it was `seen`, or it is closed."""
    as_seen = (
        storm.c.id == seen.id,
        storm.c.closed_at.is_(None),
        storm.c.grown_at == to_micros(seen.grown_at),
    )
    closed = update(storm).where(*as_seen).values(closed_at=to_micros(at))
    return (await connection.execute(closed)).rowcount == 1


async def break_up(connection: Connection, storm_id: str, at: datetime) -> bool:
    """Over, and who waits is set apart; False where it was over."""
    of_it = and_(gathered.c.storm_id == storm_id, _waits())
    await connection.execute(update(gathered).where(of_it).values(alone=True))
    is_on = and_(storm.c.id == storm_id, storm.c.closed_at.is_(None))
    closed = update(storm).where(is_on).values(closed_at=to_micros(at))
    return (await connection.execute(closed)).rowcount == 1


async def left_apart(connection: Connection, storm_id: str) -> tuple[str, ...]:
    """Those set apart whose message does not stand yet: who is called at once first, then by age."""
    urgent = or_(*(func.lower(gathered.c.line).like(codec.line_with("severity", name)) for name in URGENT))
    query = (
        select(gathered.c.incident_id)
        .where(gathered.c.storm_id == storm_id, gathered.c.alone, func.coalesce(_ts_of_top(), "") == "")
        .order_by(case((urgent, 0), else_=1), gathered.c.opened_at, gathered.c.incident_id)
    )
    return tuple((await connection.execute(query)).scalars())


async def one(connection: Connection, storm_id: str) -> Storm | None:
    row = (await connection.execute(select(storm).where(storm.c.id == storm_id))).first()
    return None if row is None else _storm(row)


async def on(connection: Connection) -> tuple[Storm, ...]:
    """The storms that are not over, by channel."""
    query = select(storm).where(storm.c.closed_at.is_(None)).order_by(storm.c.channel)
    return tuple(_storm(row) for row in await connection.execute(query))


async def members(connection: Connection, storm_id: str) -> tuple[Gathered, ...]:
    """In one statement, however many they are, whose lines are read beside the event loop."""
    top = and_(part.c.incident_id == gathered.c.incident_id, part.c.part == TOP)
    query = (
        select(gathered, part.c.channel, part.c.ts)
        .select_from(gathered.outerjoin(part, top))
        .where(gathered.c.storm_id == storm_id)
    )
    rows = (await connection.execute(query)).all()
    return await asyncio.to_thread(lambda: tuple(map(_member, rows)))


def _member(row: _MemberRow) -> Gathered:
    return Gathered(
        row.incident_id,
        from_micros(row.opened_at),
        codec.decode_line(row.line),
        channel=row.channel or "",
        ts=row.ts or "",
        unanswered=_top(row.ts) is Top.UNANSWERED,
        alone=row.alone,
    )


async def waiting_in(connection: Connection) -> dict[str, int]:
    """By channel with a storm that is on: how many of its members wait for a message of their own."""
    wait = and_(gathered.c.storm_id == storm.c.id, _waits())
    query = (
        select(storm.c.channel, func.count(gathered.c.incident_id).label("waiting"))
        .select_from(storm.outerjoin(gathered, wait))
        .where(storm.c.closed_at.is_(None))
        .group_by(storm.c.channel)
    )
    return {row.channel: row.waiting for row in await connection.execute(query)}


def _waits() -> ColumnElement[bool]:
    """As `Gathered.waits` has it."""
    top = _ts_of_top()
    over = gathered.c.line.like(codec.line_with("state", IncidentState.RESOLVED))
    led = gathered.c.line.like(codec.line_with("led", True))
    return and_(~gathered.c.alone, or_(top == "", and_(top.is_(None), ~or_(over, led))))


def _ts_of_top() -> ScalarSelect[str]:
    top = select(part.c.ts).where(part.c.incident_id == gathered.c.incident_id, part.c.part == TOP)
    return top.correlate(gathered).scalar_subquery()


async def others_wait(connection: Connection, channel: str, alive: datetime) -> int:
    """Those that no digest tells of yet."""
    return (await connection.execute(_waiting(channel, alive))).scalar_one()


def _storm(row: Row[str, str, int, int, int | None, int | None]) -> Storm:
    return Storm(
        row.id,
        row.channel,
        from_micros(row.opened_at),
        from_micros(row.grown_at),
        told_at=from_micros(row.told_at) if row.told_at is not None else None,
        closed_at=from_micros(row.closed_at) if row.closed_at is not None else None,
    )
