"""What is kept of an ask: all of what was heard, the same of the same, and nothing that a store cannot hold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.asks import Ask, Notes, Spot, Told, job_of, key_of, readable
from bot.heard import Heard, Pressed, Slash, Submitted
from tests.builders import NOW

SLASH = Slash("U1", "C1", "/ops", "diagnose 주문/web 'x'", "https://hooks.slack.com/1", "t1", "T1", "kim")
PRESSED = Pressed("U1", "C1", "done:0", "v", "1.1", "1.0", private=True, trigger="t1", fields={"a": "b"})
SUBMITTED = Submitted("U1", "kim", "silence", "V1", '["i1"]', {"silence_span": "2h"}, trigger="t1")
EACH: list[Heard] = [SLASH, PRESSED, SUBMITTED]


@pytest.mark.parametrize("heard", EACH)
def test_an_ask_comes_back_whole(heard: Heard) -> None:
    told = Told(2, announced=True, said=1, spots={"top": Spot("C1", NOW, "1.2", final=True)})
    assert Ask.of(Ask(heard, told).pack()) == Ask(heard, told)
    assert Ask.of(job_of(heard).payload) == Ask(heard)


@pytest.mark.parametrize("payload", [b"", b"x", Ask(SLASH).pack()[:-3]])
def test_what_is_no_ask(payload: bytes) -> None:
    assert Ask.of(payload) is None


@pytest.mark.parametrize("heard", EACH)
def test_it_is_the_same_ask_where_slack_tells_it_twice_and_another_where_a_person_asks_twice(
    heard: Heard,
) -> None:
    assert key_of(heard) == key_of(replace(heard))
    assert key_of(heard) != key_of(replace(heard, trigger="t2"))
    assert len({key_of(one) for one in EACH}) == len(EACH)


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "ok\udfff"])
def test_what_no_store_holds(bad: str) -> None:
    assert all(map(readable, EACH))
    for heard in (
        replace(SLASH, text=bad),
        replace(SLASH, name=bad),
        replace(PRESSED, value=bad),
        replace(SUBMITTED, fields={"silence_why": bad}),
        replace(SUBMITTED, fields={bad: "x"}),
    ):
        assert not readable(heard)


def test_an_emoji_is_no_lone_surrogate() -> None:
    assert readable(replace(SLASH, text="🔕 쉿"))


async def test_notes_keep_every_word_until_somebody_else_answers() -> None:
    kept: list[Told] = []

    async def keeps(told: Told) -> bool:
        kept.append(told)
        return len(kept) < 2

    notes = Notes("k", NOW - timedelta(minutes=1), Told(uses=1), keeps)
    over = []
    for changes in ({"uses": 2}, {"said": 1}, {"said": 2}):
        await notes.change(**changes)
        over.append(notes.taken_over)
    assert over == [False, True, True]
    assert kept == [Told(uses=2), Told(uses=2, said=1)]
    assert notes.before == Told(uses=1)
