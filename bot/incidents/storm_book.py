"""What is remembered of storms: each step is one transaction, with the work that follows from it.

Joining and closing hold the channel's lock, so that all replicas agree on one storm for each channel. What is to be done
is decided in `bot.incidents.storms`; nothing here words or posts.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot import observe
from bot.delivery.digest import Gathered, Line, Storm
from bot.delivery.ledger import STORM
from bot.incidents import jobs, kept_storms
from bot.incidents.database import Connection
from bot.incidents.kept_storms import Known
from bot.incidents.store import Store
from bot.incidents.storms import StormOptions, Way, way
from bot.incidents.work import JobKind, NewJob
from bot.model import Incident

# What a STORM job carries whose storm has ended.
OVER = b"over"
# The longest pause of a delivery is shorter: who was not seen for so long has been given up, and makes no storm.
_ALIVE = timedelta(minutes=15)
# Whoever comes within the first second stands in the digest from its beginning, and so in the push notification.
_FIRST_SECONDS = 1.0
# Jobs put in one transaction: it must be short.
_AT_ONCE = 100


class StormBook:
    """`new_id` makes a storm's id one that no other has."""

    def __init__(
        self, store: Store, options: StormOptions, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._store = store
        self._database = store.database
        self._options = options
        self._clock = clock
        self._new_id = new_id

    async def find(self, incident: Incident) -> Known:
        async with self._database.read() as connection:
            return await kept_storms.known(connection, incident, alive=self._clock() - _ALIVE)

    async def expect(self, incident: Incident) -> None:
        async with self._database.write() as connection:
            await kept_storms.expect(connection, self._database, incident.id, incident.channel, self._clock())

    async def gather(self, incident: Incident, line: Line) -> Way:
        """Into the storm of its channel, which may begin with it; gives another way where that is not its way any more."""
        async with self._alone(incident.channel) as connection:
            now = self._clock()
            seen = await kept_storms.known(connection, incident, alive=now - _ALIVE)
            chosen = way(seen.place, line, self._options)
            if chosen is Way.OPEN:
                storm_id, delay = STORM + self._new_id(), _FIRST_SECONDS
                await kept_storms.begin(connection, Storm(storm_id, incident.channel, now, now))
            elif chosen is Way.GATHER:
                storm_id, delay = seen.place.storm, self._options.edit.total_seconds()
            else:
                return chosen
            if seen.place.gathered != storm_id:
                await kept_storms.grown(connection, storm_id, now)
            await kept_storms.join(connection, self._database, storm_id, incident, line)
            await self._put(connection, [round_job(storm_id, delay)])
        self._store.wake()
        return chosen

    async def reword(self, incident: Incident, line: Line) -> None:
        """What the digests say of an incident that they name already."""
        pause = self._options.edit.total_seconds()
        async with self._database.write() as connection:
            storms = await kept_storms.reword(connection, incident.id, line)
            await self._put(connection, [round_job(one, pause) for one in storms])

    async def storm(self, storm_id: str) -> Storm | None:
        async with self._database.read() as connection:
            return await kept_storms.one(connection, storm_id)

    async def members(self, storm_id: str) -> tuple[Gathered, ...]:
        async with self._database.read() as connection:
            return await kept_storms.members(connection, storm_id)

    async def told(self, storm: Storm) -> None:
        async with self._database.write() as connection:
            await kept_storms.told(connection, storm.id, self._clock())

    async def set_apart(self, storm: Storm, member: Gathered) -> None:
        """Its message is refused for what it is: its own job tries on, and gives up where somebody sees it."""
        async with self._database.write() as connection:
            await kept_storms.set_apart(connection, storm.id, member.incident_id)
            await self._put(connection, [_delivery(member.incident_id)])
        self._store.wake()

    async def look_again(self, storm: Storm, pause: float) -> None:
        async with self._database.write() as connection:
            await self._put(connection, [round_job(storm.id, pause)])
        self._store.wake()

    async def close(self, storm: Storm) -> bool:
        """False where somebody joined meanwhile, or too many wait that no digest tells of yet."""
        async with self._alone(storm.channel) as connection:
            now = self._clock()
            others = await kept_storms.others_wait(connection, storm.channel, now - _ALIVE)
            if others > self._options.bound or not await kept_storms.close(connection, storm, now):
                return False
            await self._put(connection, [round_job(storm.id, 0.0), _over_job(storm.id)])
        self._store.wake()
        return True

    async def break_up(self, storm_id: str) -> None:
        """A storm whose rounds fail is over: each that waits gets its message by its own job, whatever is on in the channel.

        Reads no line, which may be what fails. Who was killed on the way begins again.
        """
        storm = await self.storm(storm_id)
        if storm is None:
            return
        async with self._alone(storm.channel) as connection:
            if await kept_storms.break_up(connection, storm_id, self._clock()):
                await self._put(connection, [_over_job(storm_id)])
                observe.log.error("a storm is broken up, each is told by itself", storm=storm_id)
            left = await kept_storms.left_apart(connection, storm_id)
        await self._deliver(left)

    async def take_up(self, members: Sequence[Gathered], spread: float = 0.0) -> None:
        """Their own jobs see to them from now on, `spread` seconds apart, in this order."""
        await self._deliver([one.incident_id for one in members], spread)

    async def _deliver(self, incidents: Sequence[str], spread: float = 0.0) -> None:
        for start in range(0, len(incidents), _AT_ONCE):
            some = enumerate(incidents[start : start + _AT_ONCE], start)
            async with self._database.write() as connection:
                await self._put(connection, [_delivery(one, place * spread) for place, one in some])
        self._store.wake()

    @asynccontextmanager
    async def _alone(self, channel: str) -> AsyncIterator[Connection]:
        async with self._database.write() as connection:
            await self._database.alone(connection, f"storm {channel}")
            yield connection

    async def _put(self, connection: Connection, new: Sequence[NewJob]) -> None:
        await jobs.put(connection, self._database, new)


def round_job(storm_id: str, pause: float) -> NewJob:
    return NewJob(JobKind.STORM, storm_id, f"storm:{storm_id}", delay=pause)


def _over_job(storm_id: str) -> NewJob:
    return NewJob(JobKind.STORM, storm_id, f"storm-over:{storm_id}", payload=OVER)


def _delivery(incident_id: str, delay: float = 0.0) -> NewJob:
    return NewJob(JobKind.DELIVER, incident_id, f"deliver:{incident_id}", delay=delay)
