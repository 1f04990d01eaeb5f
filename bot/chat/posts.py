"""The messages of an answer in a channel: each is there once, whatever was killed or lost on the way, and is edited after that.

A post is noted before and after, as deliveries are. One that was not answered is looked for by its metadata before anything is
posted again. Knows neither who asked nor what is said.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat.asks import Notes, Spot
from bot.chat.ports import Voice
from bot.delivery.message import TOP, Message
from bot.delivery.remedies import CONTENT
from bot.delivery.transport import Ambiguous, Declined, Failure, Found, Mark, NotSent, Ok, RateLimited
from bot.observe import log

# The clocks of Slack and of this machine are not one.
_LOOK_BACK = timedelta(minutes=1)
# Seconds that an answer waits in all, where Slack is busy or is not reached; what is not final waits for nothing.
_BUSY, _UNREACHED = 60.0, 30.0
_SOON = 1.0


class Patience:
    """Of one answer, with all of its messages."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._busy, self._unreached = _BUSY, _UNREACHED

    async def waits_after(self, answer: Ok | Failure) -> bool:
        """Whether to try again; it has waited then."""
        pause = answer.after if isinstance(answer, RateLimited) else _SOON
        if isinstance(answer, RateLimited):
            left = self._busy = self._busy - pause
        elif isinstance(answer, NotSent | Ambiguous):
            left = self._unreached = self._unreached - pause
        else:
            return False
        if left >= 0:
            await self._sleep(pause)
        return left >= 0


class Posts:
    def __init__(self, voice: Voice, notes: Notes, clock: Callable[[], datetime], patience: Patience) -> None:
        self._voice = voice
        self._notes = notes
        self._clock = clock
        self._patience = patience

    @property
    def unfinished(self) -> bool:
        """Whether something stands in the channel that says that more will come, or may stand there."""
        top = self._notes.told.spots.get(TOP)
        return top is not None and not top.final

    async def bring(
        self, part: str, channel: str, message: Message, *, thread: str = "", final: bool = True
    ) -> Ok | Failure:
        """The part says this now: posted, or edited where it stands."""
        answer = await self._tried(part, channel, message, thread, final=final)
        while final and not self._notes.taken_over and await self._patience.waits_after(answer):
            answer = await self._tried(part, channel, message, thread, final=final)
        return answer

    async def _tried(
        self, part: str, channel: str, message: Message, thread: str, *, final: bool
    ) -> Ok | Failure:
        spot = self._notes.told.spots.get(part)
        if spot is not None and not spot.ts:
            found = await self._looked_for(part, spot, thread)
            if found is not None and not isinstance(found, Spot):
                return found
            spot = found
        if spot is not None:
            at = spot
            answer = await sent(message, lambda it: self._voice.update(at.channel, at.ts, it))
            if isinstance(answer, Ok) and final and not at.final:
                await self._note(part, replace(at, final=True))
            if not (isinstance(answer, Declined) and final):
                return answer
        # What hangs on a message that cannot be edited any more hangs on the new one.
        await self._note(part, None)
        return await self._posted(part, Spot(channel, self._clock(), final=final), message, thread)

    async def _posted(self, part: str, spot: Spot, message: Message, thread: str) -> Ok | Failure:
        # Of a post that nobody answers it is not known what it says.
        await self._note(part, replace(spot, final=False))
        if self._notes.taken_over:
            return Ambiguous("another replica answers")
        mark = self._mark(part)
        answer = await sent(message, lambda it: self._voice.post(spot.channel, it, mark, thread=thread))
        if isinstance(answer, Ok):
            await self._note(part, replace(spot, channel=answer.channel, ts=answer.ts))
        elif not isinstance(answer, Ambiguous):
            await self._note(part, None)
        return answer

    async def _looked_for(self, part: str, spot: Spot, thread: str) -> Spot | Failure | None:
        """None where it is not there. Where nobody may look, a message twice is better than none."""
        found = await self._voice.find(
            spot.channel, self._mark(part), since=spot.since - _LOOK_BACK, thread=thread
        )
        if isinstance(found, Declined):
            log.warning("an answer is posted again unseen", error=found.error)
            return None
        if not isinstance(found, Found):
            return found
        if not found.stamps:
            return None
        oldest, *others = found.stamps
        for ts in others:
            await self._voice.delete(spot.channel, ts)
        kept = replace(spot, ts=oldest)
        await self._note(part, kept)
        return kept

    async def _note(self, part: str, spot: Spot | None) -> None:
        spots = dict(self._notes.told.spots)
        if spot is None:
            if part not in spots:
                return
            spots = {} if part == TOP else {name: one for name, one in spots.items() if name != part}
        else:
            spots[part] = spot
        await self._notes.change(spots=spots)

    def _mark(self, part: str) -> Mark:
        return Mark(f"ask-{self._notes.key}", part)


async def sent(message: Message, send: Callable[[Message], Awaitable[Ok | Failure]]) -> Ok | Failure:
    """Plain words where Slack does not take the blocks."""
    answer = await send(message)
    if isinstance(answer, Declined) and answer.error in CONTENT and message.blocks:
        return await send(Message(message.text))
    return answer
