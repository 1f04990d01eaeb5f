"""The buttons of an incident's messages: look again, show everything, and tick a fix off. Each may be pressed twice.

What is seen by all, the message itself says; only whoever must know of something else is told in private. What a silence
needs is elsewhere. Nothing here looks, words or lays out.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from bot.chat.doorway import Doorway
from bot.chat.ports import Result, Voice
from bot.chat.pressing import DONE, FAILED, About, Ended, Origin, Press
from bot.chat.replies import Reply
from bot.chat.speech import Speech
from bot.delivery import offers
from bot.delivery.modal import Modal
from bot.delivery.offers import Meant
from bot.delivery.render import Layouts
from bot.delivery.transport import Opened
from bot.heard import Pressed
from bot.incidents.again import Asking
from bot.incidents.audit import Person, Via
from bot.incidents.ticking import Ticked
from bot.model import Incident
from bot.observe import log

_PRIVATE_PAGES = 3
_MINUTE = 60
_DONE, _NOTHING = Ended(Result.DONE, written=True), Ended(Result.NOTHING, written=True)


class Marks(Protocol):
    async def mark(
        self, incident_id: str, key: str, who: Person, *, done: bool, place: str = ""
    ) -> Ticked | None: ...


class Orders(Protocol):
    """As `bot.incidents.orders.Orders`, which writes into the audit what it did."""

    @property
    def ticks(self) -> Marks: ...

    async def recheck(self, incident_id: str, who: Person, *, place: str = "") -> Asking | None: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What all of these buttons need."""

    door: Doorway
    orders: Orders
    layouts: Layouts
    clock: Callable[[], datetime]

    def since(self, at: datetime) -> float:
        """Seconds; after a minute whole minutes, for nobody counts further."""
        seconds = max((self.clock() - at).total_seconds(), 0.0)
        return seconds if seconds < _MINUTE else seconds // _MINUTE * _MINUTE


@dataclass(frozen=True, slots=True)
class Recheck:
    bench: Bench

    def about(self, pressed: Pressed, /) -> About:
        return About(offers.RECHECK, pressed.value)

    async def answer(self, pressed: Pressed, reply: Reply, command: str, /) -> Ended:
        bench, speech = self.bench, Speech(self.bench.layouts, command)
        incident = await bench.door.entered(pressed, offers.RECHECK, pressed.value, reply, speech)
        if isinstance(incident, Ended):
            return incident
        asking = await bench.orders.recheck(incident.id, _person(pressed), place=pressed.channel)
        if asking is None:
            await reply.show(speech.pressed("nothing_to_recheck"))
            return _NOTHING
        if not asking.already:
            return _DONE
        asked = asking.asked
        await reply.show(speech.pressed("already_looking", by=asked.by, since=bench.since(asked.at)))
        return _NOTHING


@dataclass(frozen=True, slots=True)
class Details:
    bench: Bench
    voice: Voice

    def about(self, pressed: Pressed, /) -> About:
        return About(offers.DETAILS, pressed.value)

    async def answer(self, pressed: Pressed, reply: Reply, command: str, /) -> Ended:
        bench, speech = self.bench, Speech(self.bench.layouts, command)
        incident = await bench.door.entered(pressed, offers.DETAILS, pressed.value, reply, speech)
        if isinstance(incident, Ended):
            return incident
        # Of a large incident that takes a while, and others are to be acknowledged meanwhile.
        modal = await asyncio.to_thread(self._modal, incident, pressed, speech)
        answer = await self.voice.open_view(pressed.trigger, modal)
        if not isinstance(answer, Opened):
            # Three seconds are soon over; what is asked for need not be asked for again.
            log.info("a modal was not opened, telling in private", answer=str(answer))
            told = partial(bench.layouts.details_told, incident, most=_PRIVATE_PAGES)
            for message in await asyncio.to_thread(told):
                await reply.add(message)
        return DONE

    def _modal(self, incident: Incident, pressed: Pressed, speech: Speech) -> Modal:
        kept = Origin(incident.id, pressed.channel, pressed.ts).pack()
        blocks = self.bench.layouts.details(incident)
        return Modal(speech.say("details_title"), blocks, speech.say("details_close"), kept=kept)


@dataclass(frozen=True, slots=True)
class Tick:
    """*Done* and *Not done*: a button says which of the two it wants, so that pressed twice it is one."""

    bench: Bench
    done: bool

    @property
    def _action(self) -> str:
        return offers.DONE if self.done else offers.UNDONE

    def about(self, pressed: Pressed, /) -> About:
        meant = Meant.of(pressed.value)
        return About(self._action, meant.incident_id if meant else "")

    async def answer(self, pressed: Pressed, reply: Reply, command: str, /) -> Ended:
        bench, speech = self.bench, Speech(self.bench.layouts, command)
        meant = Meant.of(pressed.value)
        if meant is None:
            await reply.show(speech.pressed("no_fix"))
            return FAILED
        incident = await bench.door.entered(pressed, self._action, meant.incident_id, reply, speech)
        if isinstance(incident, Ended):
            return incident
        who, place = _person(pressed), pressed.channel
        ticked = await bench.orders.ticks.mark(incident.id, meant.fix, who, done=self.done, place=place)
        if ticked is None:
            await reply.show(speech.pressed("no_fix"))
            return _NOTHING
        if not ticked.already:
            return _DONE
        tick = ticked.tick
        key = "already_done" if self.done else "already_undone"
        # Whoever pressed twice knows.
        if tick.who != pressed.user:
            await reply.show(speech.pressed(key, by=tick.by, since=bench.since(tick.at)))
        return _NOTHING


def incident_presses(bench: Bench, voice: Voice) -> Mapping[str, Press]:
    return {
        offers.RECHECK: Recheck(bench),
        offers.DETAILS: Details(bench, voice),
        offers.DONE: Tick(bench, done=True),
        offers.UNDONE: Tick(bench, done=False),
    }


def _person(pressed: Pressed) -> Person:
    return Person(Via.SLACK, pressed.user, pressed.name)
