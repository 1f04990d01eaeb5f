"""How far it is, for somebody who waits: in one message that is edited, and in none where the answer is quick.

Knows neither what is waited for nor how a message is sent.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.chat.replies import Reply
from bot.delivery.message import Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `patience`: an answer that comes sooner needs no word that it will come; `every`: between two edits."""

    patience: float = 1.5
    every: float = 2.0


async def through(work: Coroutine[Any, Any, T], reply: Reply, said: Callable[[], Message], pace: Pace) -> T:
    """What `work` gives. Where nothing can be edited one message says that it is under way, and no more follow it."""
    task = asyncio.create_task(work)
    shown: Message | None = None
    pause = 0.0 if reply.public else pace.patience
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=pause)
            if done:
                return task.result()
            message = said()
            if shown is None or (reply.edits and message != shown):
                await reply.show(message, final=False)
                shown = message
            pause = pace.every
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
