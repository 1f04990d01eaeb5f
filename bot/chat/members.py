"""Who belongs to the user groups of Slack that may use the bot: asked now and then, and remembered for a while.

While Slack does not answer, what was known goes on for an hour; then nobody is let in by a group until it answers again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from bot.chat.access import Members
from bot.delivery.transport import Declined, Failure
from bot.observe import log

_EVERY_SECONDS = 300.0
_SOONER_SECONDS = 15.0
_GOOD_FOR = timedelta(hours=1)
GROUP_REMEDIES = {
    "missing_scope": "add the scope usergroups:read and install the app again",
    "no_such_subteam": "correct access.groups: the id of a user group begins with S",
}


class Asks(Protocol):
    async def members(self, group: str) -> frozenset[str] | Failure: ...


class Groups:
    def __init__(
        self,
        slack: Asks,
        groups: Iterable[str],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._slack = slack
        self._groups = tuple(sorted(groups))
        self._clock = clock
        self._sleep = sleep
        self._known: dict[str, tuple[datetime, frozenset[str]]] = {}

    def members(self) -> Members:
        now = self._clock()
        fresh = {
            group: people for group, (asked_at, people) in self._known.items() if now - asked_at <= _GOOD_FOR
        }
        return {group: fresh.get(group) for group in self._groups}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            good = await self.refresh()
            await self._sleep(_EVERY_SECONDS if good else _SOONER_SECONDS)

    async def refresh(self) -> bool:
        """Whether all of them answered."""
        found = await asyncio.gather(*(self._slack.members(group) for group in self._groups))
        for group, people in zip(self._groups, found, strict=True):
            if isinstance(people, frozenset):
                self._known[group] = (self._clock(), people)
            else:
                error = people.error if isinstance(people, Declined) else type(people).__name__
                remedy = GROUP_REMEDIES.get(error, "")
                log.warning("the members of a group are not known", group=group, error=error, remedy=remedy)
        return all(isinstance(people, frozenset) for people in found)
