"""A transaction over incidents: what is read in it stays as it is until it ends, what is written in it is kept whole.

It must be short, and must wait for nothing but the store: on SQLite nobody else can write meanwhile.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, Table, delete, select

from bot.hands import Tick
from bot.incidents import codec, jobs, kept_audit, kept_silences, kept_storms, kept_ticks, relations
from bot.incidents.audit import Deed
from bot.incidents.database import BIG, Connection, Database, change, execute
from bot.incidents.schema import bundle, diagnosis, incident, recheck, short, timeline, to_micros
from bot.incidents.work import NewJob
from bot.model import Diagnosis, Facts, Incident, Recheck
from bot.silence import Silence

# Alerts that take milliseconds to encode.
_MANY = 100

Bodies = Select[str, str | None, str | None]


class Transaction:
    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self._diagnoses: dict[str, tuple[Diagnosis, ...]] = {}
        self._rechecks: dict[str, tuple[Recheck, ...]] = {}
        self.has_put = False

    async def incident(
        self, cluster: str, receiver: str, group_key: str, *, big: bool = False
    ) -> Incident | None:
        """The newest incident of a group, which no other transaction can look up until this one ends.

        `big` says that megabytes are to be expected.
        """
        group = group_hash(cluster, receiver, group_key)
        await self._database.alone(self._connection, f"group {group}")
        newest = incident.c.opened_at.desc(), incident.c.id.desc()
        return await self._one(bodies().where(incident.c.group_hash == group).order_by(*newest).limit(1), big)

    async def load(self, incident_id: str, *, big: bool = False) -> Incident | None:
        return await self._one(bodies().where(incident.c.id == incident_id), big)

    async def _one(self, query: Bodies, big: bool) -> Incident | None:
        # Not the stronger lock, which would make the ledger's rows, that refer to the incident, wait as well.
        locked = query.with_for_update(of=incident, key_share=True)
        rows = await execute(self._connection, locked, size=BIG if big else 0)
        if not rows:
            return None
        found = await decoded(*rows[0])
        self._diagnoses[found.id] = found.diagnoses
        self._rechecks[found.id] = found.rechecks
        return found

    async def save(self, changed: Incident) -> None:
        body = await encoded(changed)
        columns = {
            "cluster": changed.cluster,
            "group_hash": group_hash(changed.cluster, changed.receiver, changed.group_key),
            "state": changed.state.value,
            "opened_at": to_micros(changed.opened_at),
            "heard_at": to_micros(changed.heard_at),
            "closed_at": to_micros(changed.closed_at) if changed.closed_at else None,
            "revision": changed.revision,
            "body": body,
        }
        upsert = self._database.insert(incident).values(id=changed.id, **columns)
        upsert = upsert.on_conflict_do_update(index_elements=["id"], set_=columns)
        await change(self._connection, upsert, size=len(body))
        if changed.diagnoses != self._diagnoses.get(changed.id):
            await self._save_beside(diagnosis, changed.id, codec.encode_diagnoses(changed.diagnoses))
            self._diagnoses[changed.id] = changed.diagnoses
        if changed.rechecks != self._rechecks.get(changed.id, ()):
            await self._save_beside(recheck, changed.id, codec.encode_rechecks(changed.rechecks))
            self._rechecks[changed.id] = changed.rechecks

    async def keep_bundle(self, incident_id: str, packed: bytes | None) -> None:
        """After `save`: what the diagnoses were made from, instead of what those before were made from."""
        if packed is None:
            await self._connection.execute(delete(bundle).where(bundle.c.incident_id == incident_id))
        else:
            await self._save_beside(bundle, incident_id, packed)

    async def _save_beside(self, table: Table, incident_id: str, body: str | bytes) -> None:
        upsert = self._database.insert(table).values(incident_id=incident_id, body=body)
        upsert = upsert.on_conflict_do_update(index_elements=["incident_id"], set_={"body": body})
        await change(self._connection, upsert, size=len(body))

    async def correlate(self, changed: Incident) -> frozenset[str]:
        """After `save`: find who has the same trouble. Gives the ids of those whose message says something else now."""
        return await relations.correlate(self._connection, self._database, changed)

    async def note(self, incident_id: str, at: datetime, reason: str, facts: Facts) -> None:
        """One entry of the incident's timeline."""
        await self._connection.execute(
            timeline.insert().values(
                incident_id=incident_id,
                at=to_micros(at),
                reason=short(reason),
                facts=codec.encode_facts(facts),
            )
        )

    async def note_audit(self, deed: Deed) -> None:
        """Who did what is written here."""
        await kept_audit.keep(self._connection, deed)

    async def silence(self, silence_id: str) -> Silence | None:
        """After `load` of its incident, which keeps others from changing it meanwhile."""
        return await kept_silences.one(self._connection, silence_id)

    async def silences(self, incident_id: str) -> tuple[Silence, ...]:
        return (await kept_silences.silences_of(self._connection, [incident_id]))[incident_id]

    async def keep_silence(self, silence: Silence) -> None:
        await kept_silences.keep(self._connection, self._database, silence)

    async def ticks(self, incident_id: str) -> tuple[Tick, ...]:
        """After `load` of the incident, which keeps others from changing them meanwhile."""
        return await kept_ticks.ticks_of(self._connection, incident_id)

    async def keep_tick(self, incident_id: str, tick: Tick) -> None:
        await kept_ticks.keep(self._connection, self._database, incident_id, tick)

    async def expect(self, new: Incident, now: datetime) -> None:
        """After `save`: it waits for its first message, as all do that its channel did not hear of yet."""
        await kept_storms.expect(self._connection, self._database, new.id, new.channel, now)

    async def is_one_channel(self, one: Incident, other: Incident) -> bool:
        """Routed to by its name and by its id."""
        ids = await kept_storms.ids_of(self._connection, (one.channel, other.channel))
        return ids[one.channel] == ids[other.channel]

    async def move(self, moved: Incident, now: datetime) -> None:
        """After `save`: it waits for its first message in another channel, and the storms of the one before let it go."""
        await self.expect(moved, now)
        await kept_storms.let_go(self._connection, moved)

    async def put(self, new: Sequence[NewJob]) -> None:
        """Jobs that are there if and only if the rest of this transaction is."""
        await jobs.put(self._connection, self._database, new)
        self.has_put = self.has_put or bool(new)


async def decoded(body: str, diagnoses: str | None = None, rechecks: str | None = None) -> Incident:
    """Off the event loop where it takes long."""
    if len(body) < BIG:
        return codec.decode_incident(body, diagnoses, rechecks)
    return await asyncio.to_thread(codec.decode_incident, body, diagnoses, rechecks)


async def encoded(incident: Incident) -> str:
    if len(incident.alerts) < _MANY:
        return codec.encode_incident(incident)
    return await asyncio.to_thread(codec.encode_incident, incident)


def bodies() -> Bodies:
    """As `codec.decode_incident` takes them."""
    return (
        select(incident.c.body, diagnosis.c.body, recheck.c.body)
        .outerjoin(diagnosis, diagnosis.c.incident_id == incident.c.id)
        .outerjoin(recheck, recheck.c.incident_id == incident.c.id)
    )


def group_hash(cluster: str, receiver: str, group_key: str) -> str:
    """A groupKey is of any length and holds anything; the lengths keep two different triples apart."""
    whole = f"{len(cluster)}:{cluster}{len(receiver)}:{receiver}{group_key}"
    return hashlib.sha256(whole.encode()).hexdigest()
