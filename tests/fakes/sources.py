"""Sources from a table: look → answer. Refuses, loudly, what a runbook did not declare and what no test expected."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from bot.diagnosis.sources import Look, Read, Unavailable
from bot.diagnosis.view import covers

T = TypeVar("T")
Otherwise = Callable[[Look[Any]], Any]


class FakeSources:
    """Serves as the `Sources` of a runbook and as the `Answerer` behind an engine.

    `otherwise` answers what the table lacks; without it an unexpected look fails the test. `delays` are seconds.
    `asked` is every look in the order in which it came.
    """

    def __init__(
        self,
        answers: Mapping[Look[Any], Any] | None = None,
        *,
        reads: Sequence[Read] | None = None,
        otherwise: Otherwise | None = None,
        delays: Mapping[Look[Any], float] | None = None,
    ) -> None:
        self.answers = dict(answers or {})
        self.asked: list[Look[Any]] = []
        self._reads = reads
        self._otherwise = otherwise
        self._delays = dict(delays or {})

    async def look(self, look: Look[T]) -> T | Unavailable:
        if self._reads is not None and not covers(self._reads, look.read):
            raise AssertionError(f"{look} needs a read that was not declared: {look.read}")
        return await self.answer(look)

    async def answer(self, look: Look[T]) -> T | Unavailable:
        self.asked.append(look)
        # Even a fake gives the loop a turn, so that what should run at once can be seen to.
        await asyncio.sleep(self._delays.get(look, 0))
        if look in self.answers:
            found = self.answers[look]
        elif self._otherwise is not None:
            found = self._otherwise(look)
        else:
            raise AssertionError(f"nobody expected {look}")
        if isinstance(found, Exception):
            raise found
        return cast("T | Unavailable", found)
