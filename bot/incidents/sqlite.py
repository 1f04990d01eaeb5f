"""The store in one SQLite file: for one process, which holds a lock on the file for as long as it lives.

One connection writes, others read beside it (WAL). Every commit is on the disk before it returns (synchronous=FULL).
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    CursorResult,
    Engine,
    Table,
    bindparam,
    create_engine,
    event,
    func,
)
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool

from bot.incidents.database import Connection, Database, StoreError, as_store_errors
from bot.incidents.migrate import migrate
from bot.incidents.schema import to_micros

_READERS = 2
_BUSY_SECONDS = 5


class Inline:
    """The writer, seen as an asynchronous connection. Its statements run where they are called: each takes some
    microseconds, a hop to a thread and back takes longer than most. What moves megabytes runs in a thread, as a commit
    does, which waits for the disk.
    """

    def __init__(self, connection: SyncConnection, disk: Executor) -> None:
        self._connection = connection
        self._disk = disk

    async def execute(self, statement: Any, parameters: Any = None, /) -> CursorResult[*tuple[Any, ...]]:
        return self._connection.execute(statement, parameters)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        with self._connection.begin_nested():
            yield

    async def run_sync(self, work: Callable[[SyncConnection], Any], /) -> Any:
        return await _apart(self._disk, partial(work, self._connection))


class SqliteDatabase(Database):
    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        # Bound when a statement runs, so that a statement may be composed once.
        self._now = bindparam("now", type_=BigInteger, callable_=self._micros)
        self._began = bindparam("began", type_=BigInteger, callable_=lambda: self._began_at)
        self._began_at = 0
        self._lock_file: int | None = None
        # Who is `first` waits for one transaction at most: all others queue at the line before they reach for the pen.
        self._line = asyncio.Lock()
        self._pen = asyncio.Lock()
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._writer = _writer(path)
        self._readers = _readers(path)
        event.listen(self._writer, "connect", _prepare_writer)
        event.listen(self._writer, "begin", _begin_immediate)
        event.listen(self._readers.sync_engine, "connect", _prepare_reader)

    async def open(self) -> None:
        self._lock_file = await asyncio.to_thread(_lock, self._path)
        try:
            async with self.write() as connection:
                await migrate(connection)
        except BaseException:
            await self.close()
            raise

    async def look(self) -> None:
        if not await asyncio.to_thread(self._path.is_file):
            raise StoreError(f"there is no store at {self._path}")

    async def close(self) -> None:
        await self._readers.dispose()
        self._writer.dispose()
        self._disk.shutdown()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @asynccontextmanager
    async def write(self, *, first: bool = False) -> AsyncIterator[Connection]:
        async with AsyncExitStack() as held:
            if not first:
                await held.enter_async_context(self._line)
            await held.enter_async_context(self._pen)
            held.enter_context(as_store_errors())
            connection = held.enter_context(self._writer.connect())
            transaction = connection.begin()
            self._began_at = self._micros()
            try:
                yield Inline(connection, self._disk)
            except BaseException:
                transaction.rollback()
                raise
            await _apart(self._disk, transaction.commit)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        with as_store_errors():
            async with self._readers.connect() as connection:
                yield connection

    async def alone(self, connection: Connection, name: str) -> None:
        """There is but one writer."""

    def now(self) -> ColumnElement[int]:
        return self._now

    def began(self) -> ColumnElement[int]:
        return self._began

    def _micros(self) -> int:
        return to_micros(self._clock())

    def size(self, column: ColumnElement[bytes]) -> ColumnElement[int]:
        return func.length(column)

    def insert(self, table: Table) -> sqlite.Insert:
        return sqlite.insert(table)


async def _apart(disk: Executor, work: Callable[[], Any]) -> Any:
    """What is under way cannot be taken back, nor disturbed: whoever is cancelled waits until it has ended."""
    doing = asyncio.get_running_loop().run_in_executor(disk, work)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        raise


def _writer(path: Path) -> Engine:
    return create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=StaticPool,
        # The driver then begins no transaction by itself; ours begin as `_begin_immediate` says.
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS, "check_same_thread": False},
    )


def _readers(path: Path) -> AsyncEngine:
    return create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=_READERS,
        max_overflow=0,
        pool_reset_on_return=None,
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS},
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


def _begin_immediate(connection: SyncConnection) -> None:
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
