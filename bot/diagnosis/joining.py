"""One run for each question: whoever asks what is being found out already waits for the same run.

A run that nobody waits for any more is cancelled.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.diagnosis.watching import Watch

Question = TypeVar("Question", bound=Hashable)
Found = TypeVar("Found")


@dataclass(slots=True)
class _Running(Generic[Found]):
    task: asyncio.Task[Found]
    watchers: list[Watch]
    waiting: int = 0


class Joining(Generic[Question, Found]):
    """`run` tells its progress to the watchers, of whom there may be more by and by."""

    def __init__(self, run: Callable[[Question, Sequence[Watch]], Coroutine[Any, Any, Found]]) -> None:
        self._run = run
        self._running: dict[Question, _Running[Found]] = {}

    async def join(self, question: Question, watch: Watch | None = None) -> Found:
        running = self._running.get(question)
        if running is None:
            watchers: list[Watch] = []
            work = self._run(question, watchers)
            running = _Running(asyncio.get_running_loop().create_task(work), watchers)
            self._running[question] = running
            running.task.add_done_callback(lambda _task: self._forget(question, running))
        running.waiting += 1
        if watch is not None:
            running.watchers.append(watch)
        try:
            return await asyncio.shield(running.task)
        finally:
            running.waiting -= 1
            if not running.waiting:
                # Nobody waits any more. Forget it first: a newcomer must not join what is being cancelled.
                self._forget(question, running)
                running.task.cancel()

    def _forget(self, question: Question, running: _Running[Found]) -> None:
        if self._running.get(question) is running:
            del self._running[question]

    async def close(self) -> None:
        """Cancel what still runs and wait until it has ended."""
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
