"""Group commit: whoever waits to have jobs kept at the same moment shares one transaction and one flush to the disk.

`put` returns when its jobs are on the disk and raises CannotKeepError otherwise, always within `patience`. A caller that
is cancelled leaves the others alone. There is no task while nobody waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.incidents import jobs
from bot.incidents.database import Database, StoreError
from bot.incidents.work import CannotKeepError, NewJob


@dataclass(frozen=True, slots=True)
class Limits:
    """`patience` in seconds; at most so many callers and payload bytes wait, and share one transaction."""

    patience: float = 5.0
    waiting: int = 1000
    waiting_bytes: int = 64 << 20
    batch: int = 256
    batch_bytes: int = 8 << 20


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    jobs: Sequence[NewJob]
    size: int
    kept: asyncio.Future[None]


class GroupCommit:
    def __init__(self, database: Database, limits: Limits, on_kept: Callable[[], None]) -> None:
        self._database = database
        self._limits = limits
        self._on_kept = on_kept
        self._pending: deque[_Waiter] = deque()
        self._waiting = 0
        self._waiting_bytes = 0
        self._flushing: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self._waiting > 0

    async def put(self, new: Sequence[NewJob]) -> None:
        if not new:
            return
        size = sum(len(job.payload) for job in new)
        if self._waiting >= self._limits.waiting or self._waiting_bytes + size > self._limits.waiting_bytes:
            raise CannotKeepError("too much is waiting to be stored")
        waiter = _Waiter(new, size, asyncio.get_running_loop().create_future())
        self._pending.append(waiter)
        self._waiting += 1
        self._waiting_bytes += size
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_all(), name="group-commit")
        try:
            async with asyncio.timeout(self._limits.patience):
                await waiter.kept
        except TimeoutError:
            raise CannotKeepError(f"the store did not answer within {self._limits.patience:g} s") from None
        finally:
            self._waiting -= 1
            self._waiting_bytes -= size

    async def _flush_all(self) -> None:
        while self._pending:
            await self._flush()

    async def _flush(self) -> None:
        """The batch is made up as late as can be: who comes while another transaction ends still gets on."""
        batch: list[_Waiter] = []
        problem: CannotKeepError | None = CannotKeepError("the store failed")
        try:
            async with asyncio.timeout(self._limits.patience), self._database.write(first=True) as connection:
                batch = self._take()
                await jobs.put(connection, self._database, [job for waiter in batch for job in waiter.jobs])
            problem = None
        except StoreError as error:
            problem = CannotKeepError(str(error))
        except TimeoutError:
            problem = CannotKeepError(f"the store did not answer within {self._limits.patience:g} s")
        finally:
            _tell(batch or self._take(), problem)
        if problem is None:
            self._on_kept()

    def _take(self) -> list[_Waiter]:
        batch: list[_Waiter] = []
        room = self._limits.batch_bytes
        while self._pending and len(batch) < self._limits.batch and (room > 0 or not batch):
            waiter = self._pending.popleft()
            if not waiter.kept.done():
                batch.append(waiter)
                room -= waiter.size
        return batch


def _tell(waiters: Sequence[_Waiter], problem: CannotKeepError | None) -> None:
    for waiter in waiters:
        if waiter.kept.done():
            continue
        if problem is None:
            waiter.kept.set_result(None)
        else:
            waiter.kept.set_exception(problem)
