"""Loops beside the server: one that dies is begun again after a pause, and while it dies again and again it is told.

Here is the boundary of a loop. What a loop does is nobody's concern here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bot.observe import LOOPS_FAILING, log

Begin = Callable[[], Coroutine[Any, Any, object]]


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """Seconds: the pause doubles from `pause` to `longest`; who lives for `well` has recovered. `failing`: so many deaths in a
    row are told.
    """

    pause: float = 1.0
    longest: float = 60.0
    well: float = 60.0
    failing: int = 2


class Loops:
    """They end with the stack."""

    def __init__(
        self,
        stack: AsyncExitStack,
        options: LoopOptions | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._stack = stack
        self._options = options or LoopOptions()
        self._sleep = sleep
        self._failing: dict[str, str] = {}

    def keep(self, name: str, begin: Begin) -> None:
        LOOPS_FAILING.labels(name).set(0)
        task = asyncio.get_running_loop().create_task(self._kept(name, begin), name=name)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._stack.push_async_callback(end)

    def remarks(self) -> list[str]:
        """One sentence for each that fails."""
        return [
            f"the loop {name} fails again and again: {error}" for name, error in sorted(self._failing.items())
        ]

    async def _kept(self, name: str, begin: Begin) -> None:
        deaths, options = 0, self._options
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            recovery = loop.call_later(options.well, self._recovered, name)
            try:
                await begin()
            except Exception as error:  # noqa: BLE001 - the boundary of a loop: its death is told, and is not for good
                deaths = 1 if loop.time() - began >= options.well else deaths + 1
                log.exception("a loop of the bot died, beginning it again", loop=name, deaths=deaths)
                if deaths >= options.failing:
                    self._failing[name] = type(error).__name__
                    LOOPS_FAILING.labels(name).set(1)
            else:
                return
            finally:
                recovery.cancel()
            await self._sleep(min(options.pause * 2.0 ** (deaths - 1), options.longest))

    def _recovered(self, name: str) -> None:
        self._failing.pop(name, None)
        LOOPS_FAILING.labels(name).set(0)
