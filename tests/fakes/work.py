"""Durable work that is a list, and can be told to refuse, to hang or to break."""

import asyncio
from collections.abc import Sequence

from bot.incidents.work import CannotKeepError, NewJob


class FakeWork:
    def __init__(self) -> None:
        self.jobs: list[NewJob] = []
        self.problem: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0

    def refuse(self, sentence: str) -> None:
        self.problem = CannotKeepError(sentence)

    async def put(self, jobs: Sequence[NewJob]) -> None:
        self.waiting += 1
        try:
            await self.gate.wait()
        finally:
            self.waiting -= 1
        if self.problem is not None:
            raise self.problem
        self.jobs.extend(jobs)

    async def retry(self, job_id: int) -> bool:
        return False
