"""Silences asked for in Slack, over a real store, the real silencer and an Alertmanager that is a dictionary."""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.chat.access import Gate, Rules
from bot.chat.doorway import Doorway
from bot.chat.ports import Voice
from bot.chat.pressing import Handlers
from bot.chat.silence_dialog import silence_handlers
from bot.chat.silence_rights import Rights
from bot.chat.silencing import Silencing
from bot.chat.waiting import Pace
from bot.clients.redaction import redact
from bot.delivery.ledger import PartRow
from bot.delivery.message import TOP
from bot.incidents.audit import Audit
from bot.incidents.silencing import SilenceOptions, Silencer
from bot.incidents.store import Store
from bot.model import Alert, Incident
from bot.silence import KnownAlert, Silence
from tests.chat.conftest import CHANNEL, USER, Bench, talking
from tests.delivery.builders import TARGET, an_alert, an_incident
from tests.delivery.conftest import Clock, layouts_in
from tests.fakes.alertmanager import FakeAlertmanager
from tests.fakes.slack import FakeSlack, Kept
from tests.fakes.slack_presses import KIM, Presser, press, submit, typed
from tests.fakes.slack_views import View

ID = "1f2e3d4c" + "0" * 24
OURS = an_alert(1)
OTHER = replace(an_alert(2), fingerprint="other")
BILLING = replace(an_alert(3, labels={"namespace": "billing"}), fingerprint="billing")
SHOP = "C000SHOP"
PLAIN = {"type": "plain_text", "text": "Silence…"}
ASKER = {"id": USER, "username": "asker"}
# Everything is seen in one channel, and one namespace in the other.
RULES = Rules(channels={CHANNEL: ("*",), SHOP: ("shop", "web-*")}, ask="@platform")


def known(alert: Alert, *receivers: str) -> KnownAlert:
    return KnownAlert(alert.fingerprint, alert.labels, receivers or ("opsbot",))


def incident(incident_id: str = ID, *alerts: Alert) -> Incident:
    return replace(an_incident(), id=incident_id, targets=(TARGET,), alerts=alerts or (OURS,))


@dataclass
class SilenceBench:
    bench: Bench
    store: Store
    silencer: Silencer
    alertmanager: FakeAlertmanager
    clock: Clock
    triggers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def keep(self, *incidents: Incident) -> None:
        async with self.store.begin() as transaction:
            for one in incidents:
                await transaction.save(one)

    async def ask(self, text: str, **changes: str) -> str:
        """The private answer; every command has a trigger of its own."""
        await self.bench.ask(text, **({"trigger_id": f"t{next(self.triggers)}"} | changes))
        return self.bench.shown

    async def press(self, number: int = -1, *, channel: str = CHANNEL, **changes: Any) -> str:
        """A button of the last private answer, as it was posted."""
        (block,) = [one for one in self.bench.last.blocks if one["type"] == "actions"]
        fields = {"trigger_id": f"t{next(self.triggers)}", "channel": {"id": channel}, "user": ASKER}
        await self.bench.press(block, number, **(fields | changes))
        return self.bench.shown

    async def open(self, incident_id: str = ID, *, channel: str = CHANNEL, user: Presser = KIM) -> View:
        """*Silence…* below a message, as `bot.delivery` posts it; the form that opened."""
        button = {"type": "button", "action_id": "silence", "value": incident_id, "text": PLAIN}
        message = Kept("1.1", "x", [{"type": "actions", "elements": [button]}], None)
        self.slack.channels[channel].append(message)
        if await self.store.get(incident_id):
            await self.store.intend(PartRow(incident_id, TOP, channel, "token", self.clock(), message.ts))
        await self.bench.send(press(self.slack, message, "silence", user))
        return self.slack.views.last

    async def type(self, view: View, action: str, value: str) -> str:
        """What the form shows when all is answered."""
        await self.bench.send(typed(self.slack, view, action, value))
        return view.words

    async def submit(
        self, view: View, values: Mapping[str, str] | None = None, *, user: Presser = KIM
    ) -> dict[str, str]:
        """What is wrong with it, by field; empty where the form closed."""
        fields = {f"silence_{name}": value for name, value in (values or {}).items()}
        said = await self.bench.send(submit(self.slack, view, fields, user))
        errors: dict[str, str] = json.loads(said)["errors"] if said else {}
        return errors

    @property
    def slack(self) -> FakeSlack:
        return self.bench.slack

    @property
    def whispered(self) -> str:
        """To the presser alone, where nothing can be answered to."""
        return self.slack.whispers[-1].text if self.slack.whispers else ""

    async def kept(self, incident_id: str = ID) -> tuple[Silence, ...]:
        found = await self.store.get(incident_id)
        assert found is not None
        return found.silences

    async def deeds(self) -> list[tuple[str, str, str]]:
        """Of the audit, oldest first."""
        return [(str(one.person), one.action, one.result) for one in reversed(await self.store.deeds())]

    @property
    def buttons(self) -> list[str]:
        return [
            element["action_id"]
            for block in self.bench.last.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        ]

    @property
    def made(self) -> list[tuple[str, ...]]:
        return [draft.matchers for draft in self.alertmanager.active]


@asynccontextmanager
async def silencing(
    folder: Path, *, rules: Rules = RULES, language: str = "en", alertmanagers: bool = True, **options: Any
) -> AsyncIterator[SilenceBench]:
    """One incident that fires, of which Alertmanager knows, and that Alertmanager tells nobody else."""
    store, clock, alertmanager = (
        Store(f"sqlite:///{folder}/ops.db", replica="one"),
        Clock(),
        FakeAlertmanager(),
    )
    await store.open()
    audit = Audit(store, redact, clock)
    by_cluster: Mapping[str, FakeAlertmanager] = {"default": alertmanager} if alertmanagers else {}
    silencer = Silencer(store, by_cluster, audit, SilenceOptions(), clock)
    access = Gate(rules, dict)
    pace = Pace(patience=0.2, every=0.02)
    chat = Silencing(store, Rights(access, silencer), layouts_in(language), pace)

    def handlers(voice: Voice) -> Handlers:
        return silence_handlers(chat, voice, Doorway(store, access))

    alertmanager.firing = [known(OURS)]
    async with talking(
        language, silences=chat.answer, access=access, audit=audit, clock=clock, handlers=handlers, **options
    ) as bench:
        bench.slack.channels[SHOP] = []
        bench.slack.names["shop"] = SHOP
        one = SilenceBench(bench, store, silencer, alertmanager, clock)
        await one.keep(incident())
        yield one
    await store.close()
