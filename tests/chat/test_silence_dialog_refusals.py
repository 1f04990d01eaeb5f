"""*Silence…* where it may not be or cannot be done: who may not, what nothing is opened for, what fails after the form has closed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.delivery.ledger import PartRow
from bot.delivery.message import TOP
from bot.incidents.audit import Person, Via
from bot.model import IncidentState
from tests.chat.conftest import CHANNEL
from tests.chat.silencing_bench import (
    BILLING,
    ID,
    OURS,
    RULES,
    SHOP,
    SilenceBench,
    incident,
    known,
    silencing,
)
from tests.fakes.alertmanager import UNSENT, gap
from tests.fakes.slack import DROPPED_BEFORE, Fault, http, says
from tests.fakes.slack_presses import KIM, LEE, press_in

ADA = Person(Via.CONSOLE, "ada")
OTHER = replace(OURS, labels={**OURS.labels, "pod": "board-service-2"}, fingerprint="other")
NARROW = 'alertname="KubePodCrashLooping"\nnamespace="shop"\npod="board-service-1"\nseverity="critical"'


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[SilenceBench]:
    async with silencing(tmp_path) as it:
        it.alertmanager.firing.append(known(OTHER, "opsbot", "pager"))
        yield it


async def test_a_channel_silences_only_what_it_sees(it: SilenceBench) -> None:
    it.alertmanager.firing.append(known(BILLING))
    view = await it.open(channel=SHOP)
    unpinned = 'alertname="KubePodCrashLooping"'
    for matchers in (unpinned, 'namespace=~"shop|billing"', 'namespace="shop"\nnamespace=~".*"'):
        said = await it.type(view, "silence_matchers", matchers)
        errors = await it.submit(view)
        if matchers.startswith('namespace="shop"'):
            assert "Hides 2 alerts" in said
            assert errors == {}
            break
        assert "A silence could hide alerts of any namespace" in said
        assert "A silence could hide alerts of any namespace" in errors["silence_matchers"]
        assert "Hides" not in said
    assert len(it.made) == 1

    view = await it.open(channel=SHOP)
    said = await it.type(view, "silence_matchers", 'namespace="billing"')
    assert "sees shop, web-*" in said
    assert "board-service-3" not in said
    assert await it.submit(view) == {}
    assert "it sees shop, web-" in it.whispered
    assert len(it.made) == 1
    assert (await it.deeds())[-1] == ("kim", "silence", "refused")


async def test_who_may_not_opens_nothing(tmp_path: Path) -> None:
    rules = replace(RULES, users=frozenset({KIM.id}))
    async with silencing(tmp_path, rules=rules) as it:
        view = await it.open()
        await it.open(user=LEE)
        assert len(it.slack.views.open_views) == 1
        assert "You may not use opsbot. Ask @platform." in it.bench.shown
        await it.submit(view, user=LEE)
        assert "You may not use opsbot." in it.whispered
        assert it.made == []


@pytest.mark.parametrize(
    ("now", "told", "result"),
    [
        (
            replace(incident(), state=IncidentState.RESOLVED, alerts=()),
            "Nothing of this incident fires any more",
            "unclear",
        ),
        (
            replace(incident(), cluster="away"),
            "No Alertmanager is configured for the cluster away.",
            "failed",
        ),
        (
            incident(ID, replace(OURS, labels={**OURS.labels, "long": "x" * 3000})),
            "longer than a form of Slack",
            "unclear",
        ),
    ],
)
async def test_what_no_form_is_opened_for(it: SilenceBench, now: object, told: str, result: str) -> None:
    await it.keep(now)  # type: ignore[arg-type]  # the parameters are of that type
    with pytest.raises(IndexError):
        await it.open()
    assert told in it.bench.shown
    assert await it.deeds() == [("kim", "silence_form", result)]


async def test_alerts_with_nothing_in_common_leave_the_matchers_to_the_person(it: SilenceBench) -> None:
    labels = ({"alertname": "A", "a": "1"}, {"alertname": "B", "b": "2"})
    alerts = (replace(OURS, labels=one, fingerprint=str(n)) for n, one in enumerate(labels))
    await it.keep(replace(incident(ID, *alerts), group_labels={}))
    view = await it.open()
    assert "initial_value" not in str(view.blocks)
    assert "Write at least one matcher" in view.words
    assert "Hides nothing that fires now" in await it.type(view, "silence_matchers", 'a="1"')
    assert await it.submit(view) == {}
    assert len(it.made) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (says("expired_trigger_id"), "did not open the form in time. Press Silence… once more."),
        (
            says("invalid_arguments"),
            "refused to open the form (invalid_arguments), and pressing once more does not",
        ),
        (says("not_authed"), "refused to open the form (not_authed), and pressing once more does not help"),
        (http(503), "did not answer when it was asked to open the form. If there is none, press"),
        (DROPPED_BEFORE, "did not answer when it was asked to open the form. If there is none, press"),
    ],
)
async def test_slack_does_not_open_it(it: SilenceBench, answer: Fault, told: str) -> None:
    """Only what another press can mend asks for one."""
    it.slack.fail("views.open", answer)
    with pytest.raises(IndexError):
        await it.open()
    assert told in it.bench.shown
    assert await it.deeds() == [("kim", "silence_form", "failed")]


async def test_a_second_copy_of_the_message_opens_nothing(it: SilenceBench) -> None:
    row = PartRow(ID, TOP, CHANNEL, "token", it.clock(), "9.9")
    await it.store.intend(row)
    with pytest.raises(IndexError):
        await it.open()
    assert "This message is not the incident's message any more." in it.bench.shown


async def test_what_cannot_be_asked_for_when_it_is_sent_off_comes_back(it: SilenceBench) -> None:
    view = await it.open()
    it.alertmanager.away = UNSENT
    assert await it.submit(view, {"why": "deploy"}) == {}
    back = it.slack.views.last
    assert back is not view
    assert "⚠ Not silenced. What was typed is kept here:" in back.words
    assert (
        "Alertmanager was not reached or refused (not reachable): refused. Nothing was changed." in back.words
    )
    it.alertmanager.away = None
    await it.bench.send(press_in(it.slack, back, "silence_look"))
    await it.submit(back)
    assert len(it.made) == 1
    assert (await it.kept())[0].said == "deploy"


async def test_an_order_whose_answer_is_lost_is_looked_for(it: SilenceBench) -> None:
    view = await it.open()
    it.alertmanager.loses = gap()
    assert await it.submit(view) == {}
    assert (len(it.made), it.whispered) == (1, "")


async def test_the_same_as_one_that_is_there_is_told(it: SilenceBench) -> None:
    await it.submit(await it.open())
    await it.submit(await it.open())
    assert "this is silenced already" in it.whispered
    assert len(it.made) == 1
