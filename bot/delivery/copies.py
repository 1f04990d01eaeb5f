"""A message that was posted twice: the oldest copy stays, the others are deleted. Who finds the copies is the outbox."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.delivery.remedies import GONE
from bot.delivery.transport import Declined, Ok, RateLimited, Slack
from bot.observe import MESSAGES, log

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Copies:
    """`interval`: seconds between two tries."""

    slack: Slack
    sleep: Callable[[float], Awaitable[None]]
    interval: float

    async def keep_oldest(self, channel: str, stamps: set[str]) -> str:
        oldest, *others = sorted(stamps)
        for ts in others:
            MESSAGES.labels("post", "duplicate").inc()
            await self.delete(channel, ts)
        return oldest

    async def delete(self, channel: str, ts: str) -> None:
        for _ in range(_TRIES):
            answer = await self.slack.delete(channel, ts)
            if isinstance(answer, Ok) or (isinstance(answer, Declined) and answer.error in GONE):
                return
            await self.sleep(answer.after if isinstance(answer, RateLimited) else self.interval)
        log.error("a second copy of a message could not be deleted", channel=channel, ts=ts)
