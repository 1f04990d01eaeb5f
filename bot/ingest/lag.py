"""Measures how late the event loop wakes up: whoever blocks it delays every acknowledgement. Decides nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

from bot.observe import LOOP_LAG


async def watch_loop_lag(
    *,
    every: float = 0.25,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> NoReturn:
    """Runs until it is cancelled."""
    while True:
        began = clock()
        await sleep(every)
        LOOP_LAG.observe(max(0.0, clock() - began - every))
