"""The store in one SQLite file: for one process, which holds a lock on the file for as long as it lives.

One connection writes, others read beside it (WAL). Every commit is on the disk before it returns (synchronous=FULL).
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, BigInteger, ColumnElement, Connection, Table, event, literal
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.incidents.database import Database, StoreError, as_store_errors
from bot.incidents.migrate import migrate
from bot.incidents.schema import to_micros

_READERS = 2
_BUSY_SECONDS = 5


class ClosingConnection(sqlite3.Connection):
    def close(self) -> None:
        """Whoever is cancelled between a statement and its rows leaves a cursor that would hold the write lock on."""
        if self.in_transaction:
            self.rollback()
        super().close()


class SqliteDatabase(Database):
    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._lock_file: int | None = None
        # Who is `first` waits for one transaction at most: all others queue at the line before they reach for the pen.
        self._line = asyncio.Lock()
        self._pen = asyncio.Lock()
        self._writer = _engine(path, connections=1)
        self._readers = _engine(path, connections=_READERS)
        event.listen(self._writer.sync_engine, "connect", _prepare_writer)
        event.listen(self._writer.sync_engine, "begin", _begin_immediate)
        event.listen(self._readers.sync_engine, "connect", _prepare_reader)

    async def open(self) -> None:
        self._lock_file = await asyncio.to_thread(_lock, self._path)
        try:
            async with self.write() as connection:
                await migrate(connection)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._readers.dispose()
        await self._writer.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @asynccontextmanager
    async def write(self, *, first: bool = False) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as held:
            if not first:
                await held.enter_async_context(self._line)
            await held.enter_async_context(self._pen)
            held.enter_context(as_store_errors())
            yield await held.enter_async_context(self._writer.begin())

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with as_store_errors():
            async with self._readers.connect() as connection:
                yield connection

    async def alone(self, connection: AsyncConnection, name: str) -> None:
        """There is but one writer."""

    def now(self) -> ColumnElement[int]:
        return literal(to_micros(self._clock()), BigInteger)

    def began(self) -> ColumnElement[int]:
        return self.now()

    def insert(self, table: Table) -> sqlite.Insert:
        return sqlite.insert(table)


def _engine(path: Path, *, connections: int) -> AsyncEngine:
    return create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_reset_on_return=None,
        # The driver then begins no transaction by itself; ours begin as `_begin_immediate` says.
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS, "factory": ClosingConnection},
    )


def _prepare_writer(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    mode = cursor.fetchone()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
    if mode is None or mode[0] != "wal":
        raise StoreError("SQLite cannot use a write-ahead log on this file system; use a local disk")


def _prepare_reader(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """A transaction that began as a reader could be refused when it comes to write, so all begin as writers."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock(path: Path) -> int:
    """The kernel lets go of the lock when the process ends, however it ends."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"cannot open {beside}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"{path} is in use by another opsbot; use PostgreSQL to run several") from error
    return descriptor
