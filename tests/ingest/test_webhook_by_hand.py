"""A body that a person sent says so, and is kept whether or not that can be written down."""

import asyncio

import pytest

from bot.ingest.webhook import PERSON, WebhookOptions
from tests.ingest.bodies import a_body
from tests.ingest.conftest import running

TOKEN = {"Authorization": "Bearer token"}
BY_HAND = TOKEN | {PERSON: "ada@laptop"}


class Book:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.hangs = False

    async def note(self, person: str, alerts: str) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        self.told.append((person, alerts))


@pytest.mark.parametrize(("headers", "told"), [(BY_HAND, [("ada@laptop", "Down")]), (TOKEN, [])])
async def test_only_a_person_is_written_down(headers: dict[str, str], told: list[tuple[str, str]]) -> None:
    book = Book()
    async with (
        running(options=WebhookOptions(told=book.note)) as bench,
        bench.client.post(bench.webhook, json=a_body(), headers=headers) as answer,
    ):
        assert answer.status == 200
    assert book.told == told


async def test_what_is_not_kept_is_not_written_down() -> None:
    book = Book()
    async with running(options=WebhookOptions(told=book.note)) as bench:
        bench.work.refuse("the disk is full")
        for headers in (BY_HAND, {PERSON: "eve"}):
            async with bench.client.post(bench.webhook, json=a_body(), headers=headers) as answer:
                assert answer.status in {401, 503}
        async with bench.client.post(bench.webhook, data=b"[]", headers=BY_HAND) as answer:
            assert answer.status == 400
    assert book.told == []


async def test_a_book_that_hangs_costs_nobody_the_alert() -> None:
    book = Book()
    book.hangs = True
    async with running(options=WebhookOptions(told=book.note, keep_seconds=0.05)) as bench:
        async with bench.client.post(bench.webhook, json=a_body(), headers=BY_HAND) as answer:
            assert answer.status == 200
        assert len(bench.work.jobs) == 1
