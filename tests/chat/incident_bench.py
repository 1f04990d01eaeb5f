"""An incident's message as an outbox posted it, over a real store, with those who listen to its buttons."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from bot.chat.access import Gate, Rules
from bot.chat.doorway import Doorway
from bot.chat.incident_presses import Bench as Buttons
from bot.chat.incident_presses import incident_presses
from bot.chat.ports import Voice
from bot.chat.pressing import Handlers
from bot.clients.redaction import redact
from bot.clients.slack import SlackClient
from bot.delivery.offers import Offers
from bot.delivery.outbox import Outbox
from bot.delivery.results import Delivered
from bot.diagnosis.engine import Engine
from bot.incidents.again import Asking, LookAgain
from bot.incidents.audit import Audit, Person
from bot.incidents.store import Store
from bot.incidents.ticking import Ticks
from bot.model import Fix, Incident, Layer
from tests.chat.conftest import CHANNEL, Bench, shown_in, talking
from tests.delivery.builders import DIAGNOSIS, OOM, an_incident, diagnosed
from tests.delivery.conftest import Clock, without_pictures, words_in
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.slack import TOKEN
from tests.fakes.slack_presses import KIM, Presser, press
from tests.fakes.slack_workspace import Kept

# Everything is seen in the channel of the message; another one sees another namespace.
RULES = Rules(channels={CHANNEL: ("*",)}, ask="@platform")
ROLL_BACK = Fix("roll-back", Layer.GITOPS, lasting=True)
FOUND = replace(DIAGNOSIS, findings=(replace(OOM, fixes=(*OOM.fixes, ROLL_BACK)), *DIAGNOSIS.findings[1:]))


@dataclass(frozen=True, slots=True)
class Orders:
    """As the real ones, without a queue that works them off."""

    looks: LookAgain
    ticks: Ticks
    audit: Audit

    async def recheck(self, incident_id: str, who: Person, *, place: str = "") -> Asking | None:
        deed = self.audit.deed(who, "recheck", place=place, incident_id=incident_id)
        return await self.looks.ask(incident_id, deed)


@dataclass(slots=True)
class Room:
    bench: Bench
    store: Store
    outbox: Outbox
    clock: Clock

    async def keep(self, incident: Incident) -> None:
        async with self.store.begin() as transaction:
            await transaction.save(incident)
        await self.deliver()

    async def deliver(self) -> None:
        incident = await self.incident()
        assert isinstance(await self.outbox.deliver(incident), Delivered)

    async def incident(self) -> Incident:
        found = await self.store.get("i1")
        assert found is not None
        return found

    @property
    def messages(self) -> list[Kept]:
        return [one for one in self.bench.slack.channels[CHANNEL] if not one.deleted]

    @property
    def shown(self) -> str:
        """What the channel reads, thread and all."""
        return "\n".join(text for one in self.messages for text in shown_in({"blocks": one.blocks}))

    def posted(self, action: str, user: Presser = KIM) -> dict[str, Any]:
        """A press of what is posted now, to be sent now or later."""
        (message,) = [one for one in self.messages if action in buttons(one)]
        return press(self.bench.slack, message, action, user)

    async def press(self, action: str, user: Presser = KIM) -> None:
        await self.bench.send(self.posted(action, user))
        if await self.store.get("i1"):
            await self.deliver()

    @property
    def told(self) -> list[str]:
        return [answer.text for answer in self.bench.answers]

    async def deeds(self) -> list[tuple[str, str, str]]:
        return [(str(one.person), one.action, one.result) for one in reversed(await self.store.deeds())]


def buttons(message: Kept) -> list[str]:
    blocks = [block for block in message.blocks if block["type"] == "actions"]
    return [element["action_id"] for block in blocks for element in block["elements"]]


@asynccontextmanager
async def entered(folder: Path, rules: Rules = RULES, language: str = "en") -> AsyncIterator[Room]:
    store, clock, numbers = Store(f"sqlite:///{folder}/ops.db", replica="one"), Clock(), itertools.count()
    await store.open()
    audit, access = Audit(store, redact, clock), Gate(rules, dict)
    layouts = CheckedLayouts(
        words_in(language), public_url="https://ops.example", offers=Offers(listens=True)
    )
    looks = LookAgain(store, cast("Engine", None), clock, look_again=30)
    orders = Orders(looks, Ticks(store, audit, clock), audit)

    def handlers(voice: Voice) -> Handlers:
        return Handlers(incident_presses(Buttons(Doorway(store, access), orders, layouts, clock), voice))

    async with talking(language, handlers=handlers, access=access, audit=audit, clock=clock) as bench:
        outbox = Outbox(
            store,
            SlackClient(TOKEN, base_url=bench.slack.url, timeout=1),
            layouts.parts,
            without_pictures,
            clock=clock,
            sleep=clock.sleep,
            ids=lambda: f"token-{next(numbers)}",
        )
        room = Room(bench, store, outbox, clock)
        await room.keep(replace(diagnosed(an_incident(), FOUND), channel=CHANNEL))
        yield room
        assert bench.slack.views.pinged == 0
    await store.close()
