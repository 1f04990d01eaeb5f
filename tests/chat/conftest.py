"""The chat behind a real server and before a Slack: signed requests go in, what people see comes out."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pytest
from aiohttp import ClientSession, web

from bot.chat.commands import Commands
from bot.chat.desk import Desk, DeskOptions
from bot.chat.diagnosing import Diagnosing
from bot.chat.explaining import Explaining
from bot.chat.grammar import Silence
from bot.chat.ports import Refusal, Voice
from bot.chat.pressing import Ended, Handlers
from bot.chat.replies import Reply, ResponseHosts
from bot.chat.waiting import Pace
from bot.clients.slack import SlackClient
from bot.connections import readable_lines
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.watching import Progress, Watch
from bot.heard import Heard
from bot.incidents.audit import Deed, Person
from bot.ingest.server import json_errors, serving
from bot.ingest.slack_app import SlackApp
from bot.ingest.slack_requests import Verifier
from bot.ingest.slack_route import slack_routes
from bot.model import Diagnosis, Source, Target
from bot.secret import Secret
from runbooks.catalog import CATALOG
from tests.builders import NOW
from tests.delivery.builders import DIAGNOSIS, TARGET
from tests.delivery.conftest import Clock, layouts_in
from tests.fakes.asking import Asking
from tests.fakes.reads import FakeReads
from tests.fakes.slack import TOKEN, FakeSlack
from tests.fakes.slack_limits import refused
from tests.fakes.slack_responses import Answer
from tests.fakes.slack_signing import SIGNING_SECRET, form, payload, signed, slash

T = TypeVar("T")
CHANNEL, USER = "C000ALERTS", "U0ASKER"


@dataclass(slots=True)
class FakeEngine:
    """`found` is what each cluster knows by that name; `steps` are told one by one while the diagnosis waits."""

    found: dict[str, tuple[Target, ...] | Unavailable] = field(default_factory=dict)
    diagnosis: Diagnosis = DIAGNOSIS
    gate: asyncio.Event | None = None
    steps: Sequence[Progress] = ()
    step_seconds: float = 0.0
    error: Exception | None = None
    looked: list[str] = field(default_factory=list)
    diagnosed: list[Target] = field(default_factory=list)

    async def ask(self, cluster: str, look: Look[T]) -> T | Unavailable:
        self.looked.append(cluster)
        return cast("T | Unavailable", self.found.get(cluster, ()))

    async def diagnose(self, target: Target, *, watch: Watch | None = None) -> Diagnosis:
        self.diagnosed.append(target)
        for step in self.steps:
            if watch:
                watch(step)
            await asyncio.sleep(self.step_seconds)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.diagnosis


@dataclass(slots=True)
class FakeAccess:
    """Who asks for one of `closed` namespaces, or does one of `denied`, is refused."""

    closed: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def may(self, user: str, channel: str, action: str, namespace: str, /) -> Refusal | None:
        self.asked.append((user, channel, action, namespace))
        return Refusal("refused") if namespace in self.closed or action in self.denied else None


@dataclass(slots=True)
class FakeAudit:
    """`about` are the presser's name and the incident of each note."""

    notes: list[tuple[str, str, str, str]] = field(default_factory=list)
    about: list[tuple[str, str]] = field(default_factory=list)

    def deed(
        self, person: Person, what: str, /, *, place: str = "", incident_id: str = "", result: str = ""
    ) -> Deed:
        return Deed(NOW, person, what, "", place, incident_id, result)

    async def keep(self, deed: Deed, /) -> None:
        self.notes.append((deed.person.id, deed.action, deed.place, deed.result))
        self.about.append((deed.person.name, deed.incident_id))


@dataclass(frozen=True, slots=True)
class Line:
    """Of the self-test."""

    what: str
    state: str
    found: str = ""
    remedy: str = ""


@dataclass(slots=True)
class Bench:
    slack: FakeSlack
    engine: FakeEngine
    access: FakeAccess
    audit: FakeAudit
    reads: FakeReads
    checks: list[Line]
    url: str
    http: ClientSession
    clock: Clock
    desk: Desk
    asking: Asking

    async def ask(self, text: str, **changes: str) -> str:
        """Typed; gives the acknowledgement once everything is answered."""
        said = await self.begin(text, **changes)
        await self.settled()
        return said

    async def begin(self, text: str, **changes: str) -> str:
        fields = {"response_url": self.slack.responses.make(), "channel_id": CHANNEL, "user_id": USER}
        # No two commands of people have one.
        fields["trigger_id"] = f"t{time.perf_counter_ns()}"
        return await self._post(form(slash(text, **(fields | changes))))

    async def press(self, block: Mapping[str, Any], number: int = 0, **changes: Any) -> None:
        """One of the buttons of a block as it was posted, on a message that only the asker sees."""
        button = block["elements"][number]
        content = {
            "type": "block_actions",
            "user": {"id": USER},
            "channel": {"id": CHANNEL},
            "container": {"type": "message", "message_ts": "1.2", "is_ephemeral": True},
            "response_url": self.slack.responses.make(),
            "trigger_id": "t",
            "actions": [button | {"block_id": "b", "action_ts": "1.3"}],
        }
        await self._post(payload(content | changes))
        await self.settled()

    async def send(self, content: Mapping[str, Any]) -> str:
        """What tests/fakes/slack_presses.py makes; gives the acknowledgement once everything is done."""
        said = await self._post(payload(content))
        await self.settled()
        return said

    async def _post(self, body: bytes) -> str:
        # Two of the same second and text would be one request.
        headers = signed(body + (pad := f"&n={time.perf_counter_ns()}".encode()), time.time())
        async with self.http.post(self.url, data=body + pad, headers=headers) as response:
            assert response.status == 200
            return await response.text()

    async def settled(self) -> None:
        while self.desk._open or self.asking.running:
            await asyncio.wait([*self.desk._open, *self.asking.running])
            await asyncio.sleep(0)

    @property
    def answers(self) -> list[Answer]:
        return self.slack.responses.answers

    @property
    def last(self) -> Answer:
        return self.answers[-1]

    @property
    def shown(self) -> str:
        """All that the last private answer shows."""
        return "\n".join(shown_in(self.last.body))


def shown_in(message: Mapping[str, Any]) -> list[str]:
    found = [str(message.get("text", ""))]
    for block in message.get("blocks") or ():
        holders = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
        for holder in holders:
            text = holder.get("text") if isinstance(holder, Mapping) else None
            found.append(text["text"] if isinstance(text, Mapping) else str(text or ""))
    return found


def without_handlers(_: Voice) -> Handlers:
    return Handlers()


async def nothing_silenced(asked: Silence, heard: Heard, reply: Reply, command: str) -> Ended:
    raise AssertionError(f"nobody silences in these tests: {asked}")


@asynccontextmanager
async def talking(language: str = "en", **options: Any) -> AsyncIterator[Bench]:
    slack, clock = FakeSlack(), options.pop("clock", None) or Clock()
    engine, reads, lines = FakeEngine(), FakeReads(), list[Line]()
    access, audit = options.pop("access", None) or FakeAccess(), options.pop("audit", None) or FakeAudit()
    slack.channels[CHANNEL] = []
    slack.names["asked-in"] = CHANNEL

    async def checks() -> AsyncIterator[Line]:
        for line in lines:
            yield line

    async with slack.running(), ClientSession() as http:
        layouts = layouts_in(language)
        pace = Pace(patience=options.pop("patience", 0.2), every=0.02)
        commands = Commands(
            access=access,
            layouts=layouts,
            diagnosing=Diagnosing(engine, access, layouts, options.pop("clusters", ("default",)), pace),
            explaining=Explaining(readable_lines, {one.name for one in CATALOG}),
            reads=reads,
            runbooks={one.name: one for one in CATALOG},
            checks=checks,
            silences=options.pop("silences", nothing_silenced),
            public_url="https://opsbot.example",
        )
        client = SlackClient(TOKEN, base_url=slack.url, timeout=1)
        hosts, handlers = ResponseHosts(slack.url), options.pop("handlers", without_handlers)(client)
        limits = DeskOptions(**options)
        asking = Asking(audit, clock)
        desk = Desk(
            commands, client, audit, hosts, work=asking, clock=clock, handlers=handlers, options=limits
        )
        asking.handler = desk.answer
        app = web.Application(middlewares=[json_errors])
        app.add_routes(slack_routes(Verifier(Secret(SIGNING_SECRET), time.time), SlackApp(desk.take)))
        async with serving(app, "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}/slack/events"
            yield Bench(slack, engine, access, audit, reads, lines, url, http, clock, desk, asking)
            await desk.close(0)
            await asking.kill()
        for answer in slack.responses.answers:
            assert not refused(answer.body, update=False)
        assert slack.responses.pinged == slack.pinged == 0


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with talking() as bench:
        bench.engine.found["default"] = (TARGET,)
        yield bench


STEPS = tuple(Progress(done, 7, Source.KUBERNETES) for done in range(8))
