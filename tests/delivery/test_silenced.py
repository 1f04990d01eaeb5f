"""What a message says of silences, in every state and language; and that every reason why there is none is worded."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from slack_sdk.models.blocks import ConfirmObject

import bot.chat
import bot.incidents
from bot.delivery.offers import NO_OFFERS, Offers
from bot.delivery.silenced import silenced
from bot.model import Incident
from bot.silence import Silence, SilenceState
from tests.delivery.builders import DIAGNOSIS, START, an_incident, diagnosed
from tests.delivery.conftest import layouts_in, words_in
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.slack_limits import refused

ASKED, ACTIVE, ENDED, FAILED = SilenceState
UNTIL = START + timedelta(hours=2)


def a_silence(state: SilenceState = ACTIVE, number: int = 0, **changes: object) -> Silence:
    at = START + timedelta(minutes=number)
    kept = Silence(
        f"s{number}", "i1", ('namespace="shop"', 'pod="a"'), "ada", "…", at, UNTIL, state, said="deploy"
    )
    if state is ENDED:
        kept = replace(kept, ended_at=START + timedelta(hours=1))
    return replace(kept, **changes)  # type: ignore[arg-type]  # the tests name the fields


def with_silences(*silences: Silence) -> Incident:
    return replace(diagnosed(an_incident(), DIAGNOSIS), silences=silences)


def shown(incident: Incident, language: str = "en") -> tuple[str, str, str]:
    """The text of the message in the channel, its blocks, and those of the thread."""
    top, *thread = layouts_in(language).parts(incident)
    blocks = json.dumps([part.message.blocks for part in thread], ensure_ascii=False)
    return top.message.text, json.dumps(top.message.blocks, ensure_ascii=False), blocks


def test_the_message_says_until_when_and_by_whom_and_the_thread_what() -> None:
    text, top, thread = shown(with_silences(a_silence()))
    assert "Silenced by ada until 2026-01-01 05:12:00Z" in text
    assert "🔕 Silenced by ada until <!date^" in top
    assert 'namespace=\\"shop\\"\\npod=\\"a\\"' in thread
    assert "deploy" in thread


@pytest.mark.parametrize("state", [ASKED, ENDED, FAILED])
def test_what_does_not_silence_is_told_in_the_thread_alone(state: SilenceState) -> None:
    text, top, thread = shown(with_silences(a_silence(state, reason="HTTP 400")))
    assert "ilence" not in text + top
    assert "Silence by ada" in thread
    assert ("HTTP 400" in thread) is (state is FAILED)


def test_without_silences_nothing_is_said() -> None:
    assert "🔕" not in "".join(shown(with_silences()))


HEARS = Offers(listens=True, silences=frozenset({"default"}))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("state", "offers", "ends"),
    [
        (ACTIVE, HEARS, True),
        (ASKED, HEARS, True),
        (ENDED, HEARS, False),
        (FAILED, HEARS, False),
        (ACTIVE, NO_OFFERS, False),
        (ACTIVE, Offers(listens=True), False),
        (ACTIVE, Offers(listens=False, silences=HEARS.silences), False),
    ],
)
def test_what_lives_can_be_ended_where_somebody_hears(
    state: SilenceState, offers: Offers, ends: bool, language: str
) -> None:
    layouts = CheckedLayouts(words_in(language), offers=offers)
    incident = with_silences(a_silence(state), a_silence(state, 1, matchers=("a=b",)))
    messages = [part.message for part in layouts.parts(incident)[1:]]
    buttons = [
        element
        for message in messages
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"].startswith("unsilence")
    ]
    assert [(one["action_id"], one["value"]) for one in buttons] == (
        [("unsilence:s1", "s1"), ("unsilence:s0", "s0")] if ends else []
    )
    for one in buttons:
        confirm = ConfirmObject.parse(one["confirm"])
        assert confirm is not None
        confirm.validate_json()
    for message in messages:
        assert not refused({"text": message.text, "blocks": list(message.blocks)}, update=True)


def test_alertmanager_is_a_press_away() -> None:
    linked = a_silence(link="http://am.example/#/silences/am-1")
    assert "<http://am.example/#/silences/am-1|Open in Alertmanager>" in shown(with_silences(linked))[2]
    odd = a_silence(link="javascript:alert(1)")
    assert "javascript:" not in shown(with_silences(odd))[2]


def test_who_ended_it() -> None:
    ran_out, ended = (a_silence(ENDED, ended_by=by) for by in ("", "bob"))
    words = words_in("en")
    assert silenced(with_silences(ran_out), words)[0].said == "Silence by ada, over since"
    assert silenced(with_silences(ended), words)[0].said == "Silence by ada, ended by bob"


def test_those_that_live_come_first_and_the_newest_of_the_others() -> None:
    many = with_silences(*(a_silence(ENDED, number) for number in range(9)), a_silence(ACTIVE, -1))
    assert [one.id for one in silenced(many, words_in("en"))] == ["s-1", "s8", "s7", "s6", "s5"]


@pytest.mark.parametrize("state", SilenceState)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_state_is_worded(state: SilenceState, language: str) -> None:
    (view,) = silenced(with_silences(a_silence(state, reason="away", ended_by="bob")), words_in(language))
    assert "ada" in view.said
    assert (view.at is None) is (state is FAILED)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_people_wrote_stays_inert(language: str) -> None:
    hostile = "<!channel> <@U1> <https://evil.example|x> \u202e\x1b[31m"
    silence = a_silence(by=hostile, said=hostile, matchers=(f'pod="{hostile}```<!here>"',))
    text, top, thread = shown(with_silences(silence), language)
    for said in (text, top, thread):
        assert not re.search(r"<!channel|<!here|<@U|<https://evil|\\u202e|\u202e|\x1b", said)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_problem_is_worded(language: str) -> None:
    folders = [Path(package.__path__[0]) for package in (bot.incidents, bot.chat)]
    source = "".join(path.read_text() for folder in folders for path in folder.glob("*.py"))
    keys = set(re.findall(r'Problem\(\s*"(\w+)"', source))
    words = words_in(language).dictionary.find("common", "silence")
    assert words is not None
    assert keys == set(words) - set(SilenceState)
    facts: dict[str, str | float] = {
        "by": "kim",
        "cluster": "prod",
        "why": "no",
        "text": "x",
        "zone": "Y/Z",
        "longest": 86400.0,
        "reason": "timeout",
    }
    for key in keys:
        said = words_in(language).common("silence", key, **facts)
        assert " " in said, key
        assert "{" not in said
