"""The queue of a desk, as a dictionary: an ask is worked off at once, once, and once more after a kill."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bot.incidents.audit import Deed
from bot.incidents.work import CannotKeepError, Handler, Job, NewJob


class Keeps(Protocol):
    async def keep(self, deed: Deed, /) -> None: ...


@dataclass(slots=True)
class Asking:
    """`refusal` is why nothing is kept, `gate` what keeping waits for; `taken_over`: another replica has all of them."""

    audit: Keeps
    clock: Callable[[], datetime]
    handler: Handler | None = None
    refusal: str = ""
    gate: asyncio.Event | None = None
    taken_over: bool = False
    jobs: dict[str, Job] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    amended: list[bytes] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    async def put(self, jobs: Sequence[NewJob]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.refusal:
            raise CannotKeepError(self.refusal)
        for new in jobs:
            if new.dedup not in self.jobs:
                number = len(self.jobs) + 1
                self.jobs[new.dedup] = Job(number, new.kind, new.key, new.payload, 1, self.clock())
                self._run(new.dedup)

    async def amend(self, job_id: int, payload: bytes, deed: Deed | None = None) -> bool:
        if self.taken_over:
            return False
        self.amended.append(payload)
        dedup, job = next((name, one) for name, one in self.jobs.items() if one.id == job_id)
        self.jobs[dedup] = replace(job, payload=payload)
        if deed is not None:
            await self.audit.keep(deed)
        return True

    async def retry(self, job_id: int, deed: Deed | None = None) -> bool:
        return False

    async def settled(self) -> None:
        while self.running:
            await asyncio.wait(list(self.running))
            await asyncio.sleep(0)

    async def kill(self) -> None:
        """Whatever is under way ends here, without a word."""
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)

    def resume(self, *, deaths: int = 1) -> None:
        """The next start takes up what has not ended, after so many more kills."""
        for dedup, job in self.jobs.items():
            if dedup not in self.ended:
                self.jobs[dedup] = replace(job, deaths=job.deaths + deaths)
                self._run(dedup)

    def _run(self, dedup: str) -> None:
        task = asyncio.create_task(self._work(dedup))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _work(self, dedup: str) -> None:
        assert self.handler is not None
        await self.handler(self.jobs[dedup])
        self.ended.add(dedup)
