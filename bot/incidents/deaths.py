"""Jobs whose process has ended, in SQL: giving them back, and how long it takes until somebody runs them again.

Nobody can tell whether a job ended its process or only ran beside the one that did. So it is run again at once a few times,
then a little later each time, and not at the same time as the others of that process: an alert waits seconds for it, never
minutes. The transaction is the caller's to hold.
"""

from sqlalchemy import and_, case, update

from bot.incidents.database import Connection, Database
from bot.incidents.schema import IS_RUNNING, SECOND, job

# Seconds by the number of deaths, up to twice as long by the number of the job; after that as long as the last.
_SLOW = {3: 1, 4: 2, 5: 4, 6: 8}
_SPREAD = 8
PAUSE = (
    case(_SLOW, value=job.c.deaths, else_=case((job.c.deaths < min(_SLOW), 0), else_=max(_SLOW.values())))
    * (_SPREAD + job.c.id % _SPREAD)
    * (SECOND // _SPREAD)
)


async def release(connection: Connection, owner: str) -> None:
    """Give back what the owner could not finish: anybody takes it over at once, and it was nobody's death."""
    await connection.execute(
        update(job)
        .where(job.c.state == IS_RUNNING, job.c.owner == owner)
        .values(owner="", lease_until=0, deaths=job.c.deaths - 1)
    )


async def abandon_all(connection: Connection, database: Database) -> None:
    """Whoever ran something is known to be gone: no need to wait until the leases run out."""
    left = and_(job.c.state == IS_RUNNING, job.c.lease_until > database.now())
    await connection.execute(update(job).where(left).values(owner="", lease_until=database.now()))
