"""The state of channels that all replicas share: whose turn it is, who must wait, what is in trouble and how to mend it.

About one message a second goes into a channel: https://docs.slack.dev/apis/web-api/rate-limits. Nothing here posts.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.delivery.ledger import Ledger
from bot.delivery.remedies import EDIT, LOOK_UP, remedy
from bot.delivery.results import Later
from bot.delivery.transport import Declined, Failure, Slack
from bot.observe import CHANNEL_TROUBLE, log


@dataclass(frozen=True, slots=True)
class PaceOptions:
    """Seconds. `interval` lies between two messages of a channel; waits double from `retry` to `retry_most`, or while a
    person must mend something from `slow` to `slow_most`.
    """

    interval: float = 1.0
    retry: float = 2.0
    retry_most: float = 120.0
    slow: float = 60.0
    slow_most: float = 600.0


@dataclass(slots=True)
class Channels:
    ledger: Ledger
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    options: PaceOptions
    _turns: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _failing: dict[str, datetime] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)

    async def turn(self, channel: str, *, patience: float) -> Later | None:
        """Wait for a place in the channel's row; None when it is ours, Later when it is further than `patience`."""
        async with self._turns[channel]:
            row = await self.ledger.channel(channel)
            self._remember(channel, row.error)
            now = self.clock()
            start = max(now, row.not_before or now)
            wait = (start - now).total_seconds()
            if wait > patience:
                return Later(wait, f"the pace of {channel}", counts=False)
            await self.ledger.pace(channel, start + timedelta(seconds=self.options.interval))
        if wait > 0:
            await self.sleep(wait)
        return None

    async def limited(self, channel: str, after: float) -> Later:
        await self.ledger.pace(channel, self.clock() + timedelta(seconds=after))
        return Later(after, f"Slack limits the rate in {channel}", counts=False)

    def unsettled(self, channel: str, reason: str, *, counts: bool = False) -> Later:
        options = self.options
        return Later(self._wait(channel, options.retry, options.retry_most), reason, counts=counts)

    async def trouble(self, channel: str, error: str) -> Later:
        """What only a person can mend: said in the log, the metrics and the console, and tried again slowly."""
        said = remedy(error, channel)
        self._remember(channel, error)
        log.error("Slack refuses the channel", channel=channel, error=error, remedy=said)
        await self.ledger.trouble(channel, error, said, self.clock())
        after = self._wait(channel, self.options.slow, self.options.slow_most)
        return Later(after, f"{channel}: {error}; {said}", counts=False)

    async def posts_well(self, channel: str) -> None:
        self._failing.pop(channel, None)
        if not self._errors.get(channel, "").startswith(LOOK_UP):
            await self._mended(channel)

    async def edits_well(self, channel: str) -> None:
        """That says nothing of posts: a channel that takes edits may refuse every new message."""
        if self._errors.get(channel, "").startswith(EDIT):
            self._failing.pop(channel, None)
            await self._mended(channel)

    async def looks_up_well(self, channel: str) -> None:
        if self._errors.get(channel, "").startswith(LOOK_UP):
            await self._mended(channel)

    async def id_of(self, channel: str) -> str:
        """Only ids can be looked up in; a name's id is known once anything was posted there."""
        return channel if is_id(channel) else (await self.ledger.channel(channel)).id

    async def find_id(self, slack: Slack, *channels: str) -> str | Failure:
        """As `id_of`, of the first that has one; Slack tells it where the app has a scope that is not needed otherwise."""
        for channel in channels:
            if known := await self.id_of(channel):
                return known
        found = await slack.locate(channels[-1].removeprefix("#"))
        if isinstance(found, Declined):
            return ""
        if isinstance(found, str) and found:
            await self.learned(channels[-1], found)
        return found

    async def learned(self, channel: str, channel_id: str) -> None:
        await self.ledger.locate(channel, channel_id)

    async def _mended(self, channel: str) -> None:
        error = self._errors.get(channel, "")
        if not error:
            return
        self._remember(channel, "")
        await self.ledger.trouble(channel, "", "", self.clock())
        log.info("the channel works again", channel=channel, was=error)

    def _remember(self, channel: str, error: str) -> None:
        before = self._errors.get(channel, "")
        if before != error and before:
            CHANNEL_TROUBLE.labels(channel, before).set(0)
        if error:
            CHANNEL_TROUBLE.labels(channel, error).set(1)
        self._errors[channel] = error

    def _wait(self, channel: str, first: float, most: float) -> float:
        """As long again as it has failed already: doubling, however many incidents meet the same failure."""
        now = self.clock()
        lasted = (now - self._failing.setdefault(channel, now)).total_seconds()
        return min(max(first, lasted), most)


def is_id(channel: str) -> bool:
    """Slack's ids are capitals and digits; names are in lower case."""
    return channel[:1] in {"C", "G", "D"} and channel.isalnum() and channel.isupper()
