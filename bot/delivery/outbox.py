"""Brings Slack to an incident's state, so that every part is there exactly once whatever was killed or lost on the way.

An intent is written before a post. An intent without an answer means that the post may have happened: it is looked up
by its metadata before anything is posted again. Words, layouts and pictures come from outside; nothing here knows a block.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.delivery.channels import Channels, PaceOptions
from bot.delivery.copies import Copies
from bot.delivery.errand import (
    Delivery,
    Errand,
    OutboxOptions,
    Standing,
    Wanted,
    bad_content,
    plainly,
    result,
    stands,
    surplus,
)
from bot.delivery.ledger import LEFT, Ledger, PartRow, token_of
from bot.delivery.message import TOP, Message, Part
from bot.delivery.moving import Moving
from bot.delivery.remedies import CHANNEL, CONTENT, EDIT, GONE, LOOK_UP, UNEDITABLE
from bot.delivery.results import Delivered, Later, Refused
from bot.delivery.studio import Pictures
from bot.delivery.transport import Ambiguous, Declined, Failure, Found, NotSent, Ok, RateLimited, Slack
from bot.model import Incident
from bot.observe import MESSAGES, log

__all__ = ["Delivered", "Later", "Outbox", "OutboxOptions", "PaceOptions", "Refused"]

_FILE_PAUSES = (1.0, 2.0, 4.0)


class Outbox:
    def __init__(  # noqa: PLR0913 - clock, sleep and ids are injected
        self,
        ledger: Ledger,
        slack: Slack,
        render: Callable[[Incident], Sequence[Part]],
        pictures: Pictures,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        ids: Callable[[], str],
        options: OutboxOptions | None = None,
        left: Callable[[Incident, str], Message] | None = None,
        superseded: Message | None = None,
    ) -> None:
        self._ledger = ledger
        self._slack = slack
        self._render = render
        self._superseded = superseded
        self._wording = asyncio.Lock()
        self._clock = clock
        self._sleep = sleep
        self._ids = ids
        self._options = options or OutboxOptions()
        self._channels = Channels(ledger, clock, sleep, self._options.pace)
        self._pictures = pictures
        self._copies = Copies(slack, sleep, self._options.pace.interval)
        self.moving = Moving(ledger, slack, self._channels, left, self._options)

    async def deliver(
        self, incident: Incident, *, thread: bool = True, wanted: Wanted | None = None
    ) -> Delivered | Later | Refused:
        """Without `thread` the message in the channel alone. `wanted` is asked before that is posted."""
        if not incident.channel:
            return Refused("no channel is routed to")
        delivery = Delivery(incident.id, incident.channel, wanted, incident.moves)
        return await self._deliver(delivery, partial(self._render, incident), thread=thread)

    async def tell(
        self, owner: str, channel: str, render: Callable[[], Sequence[Part]], *, thread: bool = True
    ) -> Delivered | Later:
        return await self._deliver(Delivery(owner, channel), render, thread=thread)

    async def _deliver(
        self, delivery: Delivery, render: Callable[[], Sequence[Part]], *, thread: bool
    ) -> Delivered | Later:
        """A message that a thread needs no more says so, and stays: it may be needed again."""
        rows = await self._rows(delivery)
        async with self._wording:  # one at a time: the loop then competes with one thread at most
            parts = await asyncio.to_thread(render)
        first = delivery.first(parts, self._options)
        top = await self._bring(first, rows.get(TOP))
        if isinstance(top, Later):
            return top
        if top.new and first.tells:
            rows = await self._rows(delivery)
        for part in (*parts[1:], *surplus(rows, parts, self._superseded)):
            row, errand = rows.get(part.name), delivery.reply(part, top, self._options)
            if stands(row, errand) or (part.once and row is not None and row.ts):
                continue
            if not (thread or part.once):
                return Delivered(first=top.new, rest=True)
            if isinstance(outcome := await self._bring(errand, row), Later):
                return replace(outcome, first=top.new)
        return Delivered(first=top.new)

    async def _rows(self, delivery: Delivery) -> dict[str, PartRow]:
        return {row.part: row for row in await self._ledger.parts(delivery.owner)}

    async def _bring(self, errand: Errand, row: PartRow | None) -> Standing | Later:
        if row is not None and stands(row, errand):
            return Standing(row.channel, row.ts)
        # Before its turn in the channel comes: others must not wait while something is drawn.
        drawn = await self._pictures.drawn(errand.message)
        if isinstance(drawn, Later):
            return drawn
        errand = replace(errand, message=drawn)
        if row is None:
            return await self._post(errand, None)
        return await (self._update(errand, row) if row.ts else self._settle(errand, row))

    # -- a part that is not there yet

    async def _post(
        self, errand: Errand, unanswered: PartRow | None, *, looked: bool = False
    ) -> Standing | Later:
        """Post under an intent of our own. An `unanswered` one is taken over; `looked` says that Slack has no copy."""
        if isinstance(ready := await self._ready(errand), Later):
            return ready
        if errand.wanted is not None and not await errand.wanted():
            return Later(0.0, "it is told in another way since", counts=False)
        # Until somebody has looked, the first intent's time stays, for it says how far back a copy may lie.
        since = unanswered.intent_at if unanswered and not looked else self._clock()
        token = token_of(self._ids(), errand.moves)
        row = PartRow(errand.mark.incident, errand.mark.part, errand.where, token, since)
        # An earlier attempt that landed after all says less than this one.
        tells = () if unanswered and not looked else errand.tells
        if not await self._ledger.intend(row, unanswered.token if unanswered else "", tells=tells):
            return Later(self._options.settle, "another replica posts this part", counts=False)
        answer = await self._send(ready)
        if isinstance(answer, Ok):
            return await self._record(errand, row, answer, doubtful=unanswered is not None)
        if not isinstance(answer, Ambiguous) and (unanswered is None or looked):
            await self._ledger.forget(row.incident_id, row.part)
        if isinstance(answer, Declined) and answer.error in GONE:
            return await self._lost(errand, answer.error)
        return await self._failed(errand, "post", answer)

    async def _ready(self, errand: Errand) -> Errand | Later:
        """It is this part's turn, and all that it shows is with Slack."""
        if wait := await self._channels.turn(errand.channel, patience=errand.patience):
            return wait
        hung = await self._pictures.hung(errand.message)
        return hung if isinstance(hung, Later) else replace(errand, message=hung)

    async def _send(self, errand: Errand) -> Ok | Failure:
        return await self._offered(
            errand,
            "post",
            lambda message: self._slack.post(errand.where, message, errand.mark, thread=errand.thread),
        )

    async def _offered(
        self, errand: Errand, action: str, send: Callable[[Message], Awaitable[Ok | Failure]]
    ) -> Ok | Failure:
        """Plain words where Slack does not take the blocks. A file is only known to it some moments after its upload."""
        answer = await send(errand.message)
        for pause in _FILE_PAUSES if errand.message.picture else ():
            if not bad_content(answer):
                break
            await self._sleep(pause)
            answer = await send(errand.message)
        if isinstance(answer, Declined) and answer.error in CONTENT:
            return await send(plainly(errand, action, answer.error))
        return answer

    async def _record(self, errand: Errand, row: PartRow, answer: Ok, *, doubtful: bool) -> Standing | Later:
        kept = replace(row, channel=answer.channel, ts=answer.ts, digest=errand.digest)
        if answer.channel != row.channel:
            await self._channels.learned(errand.channel, answer.channel)
            if not await self._ledger.intend(replace(row, channel=answer.channel), row.token):
                return await self._step_back(errand, answer)
        if doubtful:
            # The earlier attempt may have landed only now, or could not be looked for by the channel's name.
            found = await self._slack.find(
                answer.channel, errand.mark, since=self._since(row), thread=errand.thread
            )
            stamps = {answer.ts, *(found.stamps if isinstance(found, Found) else ())}
            oldest = await self._copies.keep_oldest(answer.channel, stamps)
            if oldest != answer.ts:
                kept = replace(kept, ts=oldest, digest="")
        if not await self._ledger.posted(
            row.incident_id, row.part, row.token, ts=kept.ts, digest=kept.digest
        ):
            return await self._step_back(errand, answer)
        MESSAGES.labels("post", "ok").inc()
        await self._channels.posts_well(errand.channel)
        if not kept.digest:
            return await self._update(errand, kept)
        return Standing(kept.channel, kept.ts, new=errand.mark.part == TOP)

    async def _step_back(self, errand: Errand, answer: Ok) -> Standing | Later:
        """Another replica took our intent over while Slack was slow: one message has to stay, and not ours."""
        rows = await self._ledger.parts(errand.mark.incident)
        if any(row.part == errand.mark.part and row.ts == answer.ts for row in rows):
            return Standing(answer.channel, answer.ts)
        MESSAGES.labels("post", "fenced").inc()
        await self._copies.delete(answer.channel, answer.ts)
        return Later(self._options.settle, "another replica took this part over", counts=False)

    # -- a part that may be there

    async def _settle(self, errand: Errand, row: PartRow) -> Standing | Later:
        age = (self._clock() - row.intent_at).total_seconds()
        if age < self._options.settle:
            return Later(self._options.settle - age, "an earlier post is not answered yet", counts=False)
        channel = await self._channels.find_id(self._slack, row.channel, errand.channel)
        if not isinstance(channel, str):
            return await self._failed(errand, "look_up", channel)
        return await (self._look_up(errand, row, channel) if channel else self._post(errand, row))

    async def _look_up(self, errand: Errand, row: PartRow, channel: str) -> Standing | Later:
        found = await self._slack.find(channel, errand.mark, since=self._since(row), thread=errand.thread)
        MESSAGES.labels("look_up", result(found)).inc()
        match found:
            case Found(stamps=()):
                await self._channels.looks_up_well(errand.channel)
                return await self._post(errand, row, looked=True)
            case Found(stamps):
                await self._channels.looks_up_well(errand.channel)
                return await self._adopt(errand, replace(row, channel=channel), set(stamps))
            case Declined(error):
                # A message twice is better than none: post, and say what would have told us.
                outcome = await self._post(errand, row)
                await self._channels.trouble(errand.channel, LOOK_UP + error)
                return outcome
            case RateLimited() | Ambiguous() | NotSent():
                return await self._failed(errand, "look_up", found)

    async def _adopt(self, errand: Errand, row: PartRow, stamps: set[str]) -> Standing | Later:
        """The earlier post did happen. What it says is not known, so it is edited to what it should say."""
        kept = replace(row, ts=await self._copies.keep_oldest(row.channel, stamps), digest="")
        ours = await self._ledger.intend(replace(row, ts=""), row.token)
        if not ours or not await self._ledger.posted(
            row.incident_id, row.part, row.token, ts=kept.ts, digest=""
        ):
            return Later(self._options.settle, "another replica took this part over", counts=False)
        outcome = await self._update(errand, kept)
        return replace(outcome, new=errand.mark.part == TOP) if isinstance(outcome, Standing) else outcome

    def _since(self, row: PartRow) -> datetime:
        return row.intent_at - timedelta(seconds=self._options.look_back)

    # -- a part that is there

    async def _update(self, errand: Errand, row: PartRow) -> Standing | Later:
        if isinstance(ready := await self._ready(errand), Later):
            return ready
        answer = await self._offered(
            ready, "edit", lambda message: self._slack.update(row.channel, row.ts, message)
        )
        match answer:
            case Ok():
                await self._ledger.edited(row.incident_id, row.part, digest=errand.digest)
                MESSAGES.labels("edit", "ok").inc()
                await self._channels.edits_well(errand.channel)
                return Standing(row.channel, row.ts)
            case Declined(error) if error in GONE or error in UNEDITABLE:
                return await self._lost(errand, error)
            case _:
                return await self._failed(errand, "edit", answer)

    async def _lost(self, errand: Errand, error: str) -> Later:
        """Somebody deleted it, or it cannot be edited: post anew. A thread goes with the message that it hangs on."""
        MESSAGES.labels("edit", error).inc()
        whole = errand.mark.part == TOP or error == "thread_not_found"
        log.warning("a message is lost, posting anew", part=errand.mark.part, error=error)
        for row in await self._ledger.parts(errand.mark.incident):
            if row.part == errand.mark.part or (whole and not row.part.startswith(LEFT)):
                await self._ledger.forget(row.incident_id, row.part)
        return Later(0.0, f"{errand.mark.part}: {error}, posting anew")

    # -- what went wrong

    async def _failed(self, errand: Errand, action: str, answer: Failure) -> Later:
        MESSAGES.labels(action, result(answer)).inc()
        match answer:
            case RateLimited(after):
                return await self._channels.limited(errand.channel, after)
            case Declined(error) if error in CHANNEL:
                said = EDIT + error if action == "edit" else error
                return await self._channels.trouble(errand.channel, said)
            case Declined(error):
                log.error("Slack refuses a message", action=action, channel=errand.channel, error=error)
                return self._channels.unsettled(errand.channel, f"Slack says {error}", counts=True)
            case Ambiguous(reason) | NotSent(reason):
                log.warning("Slack did not answer", action=action, channel=errand.channel, reason=reason)
                return self._channels.unsettled(errand.channel, reason)
