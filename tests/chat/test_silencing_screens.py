"""What is said about silences in Slack, and its form, in every language: golden, within Slack's limits, worded whole."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.chat.ports import Refusal
from bot.chat.pressing import Origin
from bot.chat.silence_form import Filled, FormScreens
from bot.chat.silence_rights import Wanted
from bot.delivery.message import Message
from bot.delivery.modal import Modal
from bot.incidents.silences import Preview, Problem
from bot.incidents.silencing import Silenced
from bot.matchers import parse_matchers
from bot.silence import Silence, SilenceState
from tests.chat.silencing_bench import BILLING, ID, OTHER, OURS, incident, known
from tests.chat.test_screens import fits, missed
from tests.delivery.builders import START
from tests.delivery.conftest import layouts_in
from tests.delivery.golden import check
from tests.fakes.slack_views import refused_view

UNTIL = START + timedelta(hours=2)
NARROW = ('namespace="shop"', 'pod="board-service-1"')
MATCHERS = tuple(one for text in NARROW for one in parse_matchers(text))
PLAIN = Wanted(incident(), Preview(MATCHERS, (known(OURS),), (), 0, ()), UNTIL)
MORE = Wanted(
    incident(),
    Preview(
        MATCHERS,
        (known(OURS),),
        (known(OTHER), replace(known(BILLING), silenced=True), *[known(BILLING)] * 8),
        1,
        ("on-call", "pager"),
    ),
    UNTIL,
)
NOTHING = replace(PLAIN, preview=Preview(MATCHERS, (), (), 1, ()))
MADE = Silence(
    "4f2a9c01d7e3",
    ID,
    NARROW,
    "kim",
    "…",
    START,
    UNTIL,
    SilenceState.ACTIVE,
    link="http://am.example/#/silences/1",
)
UNPINNED = Refusal("unpinned", {"ask": "@platform", "namespaces": "shop, web-*"})
AWAY = Problem("not_reached", {"reason": "timeout", "why": "no answer"})


def ends(said: str) -> datetime | Problem:
    return Problem("span_long", {"longest": 86400.0}) if said in {"3d", "7d"} else UNTIL


NOT_TAKEN = Problem("not_taken", {"why": "bad matcher format"})
AT = Origin("i1", "C000ALERTS", "1.1")
FILLED = Filled("\n".join(NARROW), "2h")
MESSAGES: Mapping[str, Callable[[FormScreens], Message]] = {
    "made": lambda s: s.made(PLAIN, Silenced(MADE)),
    "already": lambda s: s.made(PLAIN, Silenced(MADE, already=True)),
    "asks-first": lambda s: s.asks_first(MORE, "value", again=False),
    "asks-first-none": lambda s: s.asks_first(NOTHING, "value", again=False),
    "changed": lambda s: s.asks_first(MORE, "value", again=True),
    "ended": lambda s: s.ended(MADE),
    "lost": lambda s: s.lost(NOT_TAKEN, FILLED.matchers),
    "several": lambda s: s.several([incident(f"1f2e3d4c{n}") for n in range(12)], "1f2e", "2h"),
    "no-incident": lambda s: s.none_of("1f2e"),
    "away": lambda s: s.problem(AWAY),
}
MODALS: Mapping[str, Callable[[FormScreens], Modal]] = {
    "looking": lambda s: s.looking(incident(), FILLED, ends, AT),
    "form": lambda s: s.form(incident(), replace(FILLED, until="45m", why="deploy"), ends, PLAIN, AT),
    "form-more": lambda s: s.form(incident(), FILLED, ends, MORE, AT),
    "form-away": lambda s: s.form(incident(), FILLED, ends, AWAY, AT),
    "form-refused": lambda s: s.form(incident(), FILLED, ends, UNPINNED, AT),
    "form-back-seen": lambda s: s.back(incident(), FILLED, ends, MORE, AT),
    "form-back-refused": lambda s: s.back(incident(), FILLED, ends, NOT_TAKEN, AT),
    "form-gone": lambda s: s.nothing("There is no such incident."),
}


def golden(name: str, content: Any) -> None:
    check(f"chat-silence-{name}.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", MESSAGES)
def test_messages(name: str, language: str) -> None:
    before = missed()
    message = MESSAGES[name](FormScreens(layouts_in(language)))
    assert missed() == before
    assert fits(message)
    golden(f"{name}-{language}", {"text": message.text, "blocks": message.blocks})


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", MODALS)
def test_forms(name: str, language: str) -> None:
    before = missed()
    content = MODALS[name](FormScreens(layouts_in(language))).to_json()
    assert missed() == before
    assert not refused_view({"view": content})
    golden(f"{name}-{language}", content)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("ids", [("a" * 32, "a" * 31 + "b"), ("1f2e3d4c" + "0" * 24,) * 1])
def test_ids_are_told_as_far_as_they_tell_apart(ids: tuple[str, ...], language: str) -> None:
    message = FormScreens(layouts_in(language)).several([incident(one) for one in ids], "x", "2h")
    assert all(one[: 8 if len(ids) == 1 else 32] in message.text for one in ids)
