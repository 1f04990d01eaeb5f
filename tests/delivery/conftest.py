"""Words and layouts over the examples of this folder, a clock that only moves when somebody sleeps, and a Slack."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from bot.clients.slack import SlackClient
from bot.delivery.dictionary import TEMPLATES
from bot.delivery.message import Message
from bot.delivery.outbox import Delivered, Later, Outbox
from bot.delivery.render import Layouts
from bot.delivery.words import Words
from bot.model import Incident
from tests.delivery.builders import START
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.ledger import FakeLedger
from tests.fakes.slack import TOKEN, FakeSlack

EXAMPLES = Path(__file__).parent / "words"


@cache
def words_in(language: str) -> Words:
    return Words(language, folders=(TEMPLATES, EXAMPLES))


@cache
def layouts_in(language: str) -> Layouts:
    return CheckedLayouts(words_in(language), public_url="https://ops.example/console")


@pytest.fixture(scope="session", params=["en", "ko"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def words() -> Words:
    return words_in("en")


@pytest.fixture(scope="session")
def layouts() -> Layouts:
    return layouts_in("en")


@dataclass(slots=True)
class Clock:
    now: datetime = START + timedelta(seconds=30)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock=lambda: clock().timestamp()).running() as running:
        yield running


@pytest.fixture
def client(slack: FakeSlack) -> SlackClient:
    return SlackClient(TOKEN, base_url=slack.url, timeout=1)


@pytest.fixture
def outbox(
    ledger: FakeLedger, client: SlackClient, layouts: Layouts, clock: Clock, new_id: Callable[[], str]
) -> Outbox:
    return Outbox(ledger, client, layouts.parts, without_pictures, clock=clock, sleep=clock.sleep, ids=new_id)


@pytest.fixture
def new_id() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"token-{next(numbers)}"


class NoPictures:
    """For messages that have none."""

    async def drawn(self, message: Message) -> Message:
        return message

    async def hung(self, message: Message) -> Message:
        return message


without_pictures = NoPictures()


async def until_done(outbox: Outbox, incident: Incident, clock: Clock, most: int = 10) -> list[Later]:
    """Runs as the queue would; gives back the waits."""
    waits: list[Later] = []
    for _ in range(most):
        outcome = await outbox.deliver(incident)
        if not isinstance(outcome, Later):
            assert isinstance(outcome, Delivered)
            return waits
        waits.append(outcome)
        clock.pass_by(outcome.after)
    pytest.fail(f"not delivered: {waits}")
