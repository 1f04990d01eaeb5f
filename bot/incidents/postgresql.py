"""The store in PostgreSQL: for several replicas. All of them measure leases by the server's clock.

The server ends what a frozen replica leaves open, so that it cannot stall the others. The queue's own short transactions
have connections to themselves, so that busy handlers and readers cannot keep a lease from being renewed.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, BigInteger, ColumnElement, Table, func, literal_column, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.incidents.database import Connection, Database, as_store_errors
from bot.incidents.migrate import migrate

# https://www.postgresql.org/docs/current/runtime-config-client.html: all in milliseconds.
_SESSION = "-c idle_in_transaction_session_timeout=5000 -c lock_timeout=3000 -c statement_timeout=30000"
# https://www.postgresql.org/docs/current/libpq-connect.html: a server that is gone is noticed within seconds.
_CONNECT = {
    "application_name": "opsbot",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10000,
    "options": _SESSION,
}
_QUEUE_CONNECTIONS = 3
_OTHER_CONNECTIONS = 6
_POOL_SECONDS = 10


class PostgresqlDatabase(Database):
    def __init__(self, url: URL) -> None:
        self._queue = _engine(url, connections=_QUEUE_CONNECTIONS)
        self._others = _engine(url, connections=_OTHER_CONNECTIONS)
        self._readers = self._others.execution_options(isolation_level="AUTOCOMMIT")

    async def open(self) -> None:
        try:
            async with self.write() as connection:
                # A replica that starts beside another waits for its migration, however long that takes.
                await connection.execute(text("SET LOCAL lock_timeout = 0"))
                await connection.execute(text("SET LOCAL statement_timeout = 0"))
                await self.alone(connection, "migrations")
                await migrate(connection)
        except BaseException:
            await self.close()
            raise

    async def look(self) -> None:
        """Each read connects by itself."""

    async def close(self) -> None:
        await self._queue.dispose()
        await self._others.dispose()

    @asynccontextmanager
    async def write(self, *, first: bool = False) -> AsyncIterator[Connection]:
        with as_store_errors():
            async with (self._queue if first else self._others).begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        with as_store_errors():
            async with self._readers.connect() as connection:
                yield connection

    async def alone(self, connection: Connection, name: str) -> None:
        digest = hashlib.blake2b(f"opsbot {name}".encode(), digest_size=8).digest()
        await connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))

    def now(self) -> ColumnElement[int]:
        """Never older than a wait for a lock earlier in the transaction."""
        return _micros("statement_timestamp()")

    def began(self) -> ColumnElement[int]:
        return _micros("transaction_timestamp()")

    def size(self, column: ColumnElement[bytes]) -> ColumnElement[int]:
        return func.octet_length(column)

    def insert(self, table: Table) -> postgresql.Insert:
        return postgresql.insert(table)


def _micros(moment: str) -> ColumnElement[int]:
    return literal_column(f"(extract(epoch from {moment}) * 1000000)::bigint", BigInteger)


def _engine(url: URL, *, connections: int) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=True,
        connect_args=_CONNECT,
    )
