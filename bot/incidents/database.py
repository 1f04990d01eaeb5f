"""What the store needs of a database, whichever it is: transactions, reads, a clock, locks. Knows no table.

Nothing of SQLAlchemy's or a driver's errors leaves a transaction or a read: they become StoreError, one sentence without
secrets. `bot.incidents.sqlite` and `bot.incidents.postgresql` are the two kinds.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVarTuple, overload

from sqlalchemy import ColumnElement, CursorResult, Executable, Row, Table
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.sql.selectable import TypedReturnsRows

Columns = TypeVarTuple("Columns")
Upsert = postgresql.Insert | sqlite.Insert

# Bytes. Some milliseconds on the way to or from the disk.
BIG = 128 << 10


class Connection(Protocol):
    """As much of SQLAlchemy's AsyncConnection as the store needs."""

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Columns], parameters: Any = None, /
    ) -> CursorResult[*Columns]: ...

    @overload
    async def execute(
        self, statement: Executable, parameters: Any = None, /
    ) -> CursorResult[*tuple[Any, ...]]: ...

    async def execute(self, statement: Any, parameters: Any = None, /) -> CursorResult[*tuple[Any, ...]]: ...

    def begin_nested(self) -> AbstractAsyncContextManager[Any]: ...

    async def run_sync(self, work: Callable[[SyncConnection], Any], /) -> Any:
        """Never on the event loop."""


class StoreError(Exception):
    """The store cannot be used; the message is one short sentence without secrets."""


class Database(ABC):
    @abstractmethod
    async def open(self) -> None:
        """Connect, and bring the schema up to date."""

    @abstractmethod
    async def look(self) -> None:
        """Instead of `open`, for reads alone. Makes nothing, and keeps nobody out."""

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    def write(self, *, first: bool = False) -> AbstractAsyncContextManager[Connection]:
        """A transaction, committed at the end of the block. `first` is for short ones that others wait for."""

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for single SELECTs; each sees what was committed when it began."""

    @abstractmethod
    async def alone(self, connection: Connection, name: str) -> None:
        """Be the only transaction under this name, among all replicas, until it ends."""

    @abstractmethod
    def now(self) -> ColumnElement[int]:
        """The time of the statement, in microseconds: what leases are measured by."""

    @abstractmethod
    def began(self) -> ColumnElement[int]:
        """The time of the transaction, in microseconds: the same in all of its statements."""

    @abstractmethod
    def size(self, column: ColumnElement[bytes]) -> ColumnElement[int]:
        """Of a value in bytes, known without reading it."""

    @abstractmethod
    def insert(self, table: Table) -> Upsert:
        """An INSERT that knows ON CONFLICT."""


async def execute(
    connection: Connection, statement: TypedReturnsRows[*Columns], parameters: Any = None, *, size: int
) -> Sequence[Row[*Columns]]:
    """All rows of a statement that moves `size` bytes: megabytes must not pass while the event loop waits."""
    if size < BIG:
        return (await connection.execute(statement, parameters)).all()
    rows: Sequence[Row[*Columns]] = await connection.run_sync(
        lambda sync: sync.execute(statement, parameters).all()
    )
    return rows


async def change(connection: Connection, statement: Executable, parameters: Any = None, *, size: int) -> None:
    """As `execute`, for what gives no rows."""
    if size < BIG:
        await connection.execute(statement, parameters)
    else:
        await connection.run_sync(lambda sync: sync.execute(statement, parameters).close())


@contextmanager
def as_store_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(sentence(error)) from error


def sentence(error: SQLAlchemyError) -> str:
    """The driver's first line: never the statement and its parameters, which hold what people wrote."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    first = str(cause).strip().partition("\n")[0]
    return f"the store failed: {first or type(cause).__name__}"
