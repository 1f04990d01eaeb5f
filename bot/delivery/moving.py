"""What is left of an incident in a channel from which it has moved: the message there says where it goes on, and how it ends.

Nothing is posted here. What cannot be edited any more is given up: whoever looks for the incident finds it where it is.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.delivery.channels import Channels
from bot.delivery.errand import OutboxOptions, result
from bot.delivery.ledger import LEFT, Ledger, PartRow
from bot.delivery.message import TOP, Message
from bot.delivery.relatives import permalink
from bot.delivery.remedies import CLOSED, CONTENT, GONE, UNEDITABLE
from bot.delivery.results import Delivered, Later, Refused
from bot.delivery.transport import Declined, Failure, Found, Mark, Ok, RateLimited, Slack
from bot.model import Incident
from bot.observe import MESSAGES, log

_LOST = GONE | UNEDITABLE | CLOSED | CONTENT


@dataclass(frozen=True, slots=True)
class Moving:
    """`word` says what is to stand there; it is given the address of the message with which the incident goes on, if any."""

    ledger: Ledger
    slack: Slack
    channels: Channels
    word: Callable[[Incident, str], Message] | None
    options: OutboxOptions

    async def leave(self, incident: Incident) -> None:
        """Before it is delivered: what stands in the other channel is its message no more."""
        await self.ledger.leave(incident.id, incident.moves)

    async def see_off(
        self, incident: Incident, result: Delivered | Later | Refused
    ) -> Delivered | Later | Refused:
        """After it was delivered with this `result`."""
        wait = await self._edit(incident)
        if wait is None or not isinstance(result, Delivered):
            return result
        return replace(wait, first=result.first)

    async def _edit(self, incident: Incident) -> Later | None:
        rows = await self.ledger.parts(incident.id)
        left = [row for row in rows if row.part.startswith(LEFT)]
        if not left or self.word is None:
            return None
        top = next((row for row in rows if row.part == TOP and row.ts), None)
        address = permalink(top.channel, top.ts) if top else ""
        message = await asyncio.to_thread(self.word, incident, address)
        waits = [await self._bring(row, message) for row in left]
        return next(filter(None, waits), None)

    async def _bring(self, row: PartRow, message: Message) -> Later | None:
        if not row.ts:
            return await self._look_up(row)
        if row.digest == message.digest:
            return None
        if wait := await self.channels.turn(row.channel, patience=self.options.patience):
            return wait
        answer = await self.slack.update(row.channel, row.ts, message)
        if isinstance(answer, Declined) and answer.error in CONTENT:
            answer = await self.slack.update(row.channel, row.ts, Message(message.text))
        if isinstance(answer, Ok):
            MESSAGES.labels("edit", "ok").inc()
            await self.ledger.edited(row.incident_id, row.part, digest=message.digest)
            return None
        return await self._failed(row, "edit", answer)

    async def _look_up(self, row: PartRow) -> Later | None:
        """It may have been posted, just before the incident moved."""
        age = (self.channels.clock() - row.intent_at).total_seconds()
        if age < self.options.settle:
            return Later(self.options.settle - age, "an earlier post is not answered yet", counts=False)
        channel = await self.channels.id_of(row.channel)
        if not channel:
            await self._give_up(row)
            return None
        mark = Mark(row.incident_id, TOP)
        found = await self.slack.find(
            channel, mark, since=row.intent_at - timedelta(seconds=self.options.look_back)
        )
        MESSAGES.labels("look_up", result(found)).inc()
        match found:
            case Found(stamps=()):
                await self._give_up(row)
                return None
            case Found(stamps):
                await self.ledger.intend(replace(row, channel=channel), row.token)
                await self.ledger.posted(row.incident_id, row.part, row.token, ts=min(stamps), digest="")
                return Later(0.0, "a message that was left behind is found", counts=False)
        return await self._failed(row, "look_up", found)

    async def _failed(self, row: PartRow, action: str, answer: Failure) -> Later | None:
        MESSAGES.labels(action, result(answer)).inc()
        match answer:
            case RateLimited(after):
                return await self.channels.limited(row.channel, after)
            case Declined(error) if error in _LOST or action == "look_up":
                log.warning("a message that was left behind cannot be edited", part=row.part, error=error)
                await self._give_up(row)
                return None
        return self.channels.unsettled(
            row.channel, f"the message that was left behind: {answer}", counts=True
        )

    async def _give_up(self, row: PartRow) -> None:
        await self.ledger.forget(row.incident_id, row.part)
