"""Durable work that is a list, and can be told to refuse, to hang or to break."""

import asyncio
from collections.abc import Sequence

from bot.incidents.audit import Deed
from bot.incidents.work import CannotKeepError, NewJob


class FakeWork:
    """`arrivals` tells of every call, `jobs` what was kept; a call waits while the gate is closed."""

    def __init__(self) -> None:
        self.jobs: list[NewJob] = []
        self.problem: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrivals: asyncio.Queue[Sequence[NewJob]] = asyncio.Queue()

    def refuse(self, sentence: str) -> None:
        self.problem = CannotKeepError(sentence)

    async def put(self, jobs: Sequence[NewJob]) -> None:
        self.arrivals.put_nowait(jobs)
        await self.gate.wait()
        if self.problem is not None:
            raise self.problem
        self.jobs.extend(jobs)

    async def amend(self, job_id: int, payload: bytes, deed: Deed | None = None) -> bool:
        return False

    async def retry(self, job_id: int, deed: Deed | None = None) -> bool:
        return False
