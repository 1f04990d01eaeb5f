"""*Silence…* through signed requests: the form opens, its preview follows what is typed, and sent off it is one silence."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.pressing import Origin
from bot.incidents.audit import Person, Via
from tests.chat.conftest import CHANNEL
from tests.chat.silencing_bench import (
    BILLING,
    ID,
    OURS,
    SHOP,
    SilenceBench,
    incident,
    known,
    silencing,
)
from tests.fakes.alertmanager import UNSENT, gap
from tests.fakes.slack_presses import KIM, press_in, submit, typed

ADA = Person(Via.CONSOLE, "ada")
OTHER = replace(OURS, labels={**OURS.labels, "pod": "board-service-2"}, fingerprint="other")
NARROW = 'alertname="KubePodCrashLooping"\nnamespace="shop"\npod="board-service-1"\nseverity="critical"'


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[SilenceBench]:
    async with silencing(tmp_path) as it:
        it.alertmanager.firing.append(known(OTHER, "opsbot", "pager"))
        yield it


async def test_the_form_suggests_the_narrowest_and_says_what_that_hides(it: SilenceBench) -> None:
    view = await it.open()

    held = {block["block_id"]: block["element"] for block in view.blocks if block["type"] == "input"}
    assert held["silence_matchers"]["initial_value"] == NARROW
    assert held["silence_span"]["initial_option"]["value"] == "2h"
    assert [one["value"] for one in held["silence_span"]["options"]] == ["30m", "1h", "2h", "4h", "8h", "1d"]
    assert "Hides 1 alert that fires now" in view.words
    assert "pager" not in view.words
    until = it.clock() + timedelta(hours=2)
    assert f"It would end <!date^{int(until.timestamp())}^" in view.words
    assert (it.bench.answers, it.slack.whispers) == ([], [])


async def test_it_opens_before_alertmanager_has_answered(it: SilenceBench) -> None:
    it.alertmanager.gates.append(gate := asyncio.Event())
    opening = asyncio.create_task(it.open())
    await it.alertmanager.reached.wait()
    view = it.slack.views.last
    assert "Asking Alertmanager what that would hide…" in view.words
    gate.set()
    await opening
    assert "Hides 1 alert" in view.words


async def test_the_preview_follows_what_is_typed(it: SilenceBench) -> None:
    view = await it.open()

    said = await it.type(view, "silence_matchers", 'namespace="shop"')
    assert "Hides 2 alerts that fire now" in said
    assert "⚠ 1 not of this incident:\n  alertname=KubePodCrashLooping" in said
    assert "⚠ Who would not hear of them either: pager" in said
    assert "would still be told" in await it.type(view, "silence_matchers", 'pod="nothing"')
    assert "Hides nothing that fires now" in view.words
    assert "nonsense is not a matcher" in await it.type(view, "silence_matchers", "nonsense")
    assert "Write at least one matcher" in await it.type(view, "silence_matchers", "")
    asked = len(it.alertmanager.asked)
    assert "would silence everything" in await it.type(view, "silence_matchers", 'x=~".*"')
    assert len(it.alertmanager.asked) == asked, "what cannot be is not asked for"

    await it.type(view, "silence_matchers", NARROW)
    said = await it.type(view, "silence_span", "30m")
    assert f"<!date^{int((it.clock() + timedelta(minutes=30)).timestamp())}^" in said
    said = await it.type(view, "silence_until", "until 09:00")
    assert "<!date^1767258000^" in said
    assert "soon cannot be understood" in await it.type(view, "silence_until", "soon")


async def test_an_older_answer_never_takes_the_place_of_a_newer_one(it: SilenceBench) -> None:
    view = await it.open()
    it.alertmanager.gates += [slow := asyncio.Event(), fast := asyncio.Event()]
    fast.set()
    it.alertmanager.reached.clear()
    older = asyncio.create_task(it.type(view, "silence_matchers", 'namespace="shop"'))
    await it.alertmanager.reached.wait()
    shown = await it.type(view, "silence_matchers", 'pod="board-service-2"')
    assert "⚠ 1 not of" in shown
    slow.set()
    await older
    assert view.words == shown
    assert "Hides 1 alert" in shown


async def test_what_was_typed_before_an_update_came_is_shown_after_it(it: SilenceBench) -> None:
    """The press tells of a version of the form that is over by then."""
    view = await it.open()
    first = typed(it.slack, view, "silence_matchers", 'namespace="shop"')
    second = typed(it.slack, view, "silence_matchers", 'pod="board-service-2"')
    assert first["view"]["hash"] == second["view"]["hash"]
    await it.bench.send(first)
    assert "Hides 2 alerts" in view.words
    await it.bench.send(second)
    assert "Hides 1 alert" in view.words


async def test_another_replica_updated_the_form(it: SilenceBench) -> None:
    view = await it.open()
    late = typed(it.slack, view, "silence_matchers", 'namespace="shop"')
    view.hash = "of another replica"
    await it.bench.send(late)
    assert "Hides 2 alerts" in view.words, "nothing newer was heard here"
    assert "Hides 1 alert" in await it.type(view, "silence_matchers", NARROW)


@pytest.mark.parametrize(
    ("away", "told"), [(UNSENT, "(not reachable): refused"), (gap(), "(no answer in time). Nothing")]
)
async def test_without_alertmanager_the_form_stays_and_says_why(
    it: SilenceBench, away: object, told: str
) -> None:
    it.alertmanager.away = away  # type: ignore[assignment]  # the parameters are of that type
    view = await it.open()
    assert told in view.words
    it.alertmanager.away = None
    await it.bench.send(press_in(it.slack, view, "silence_look"))
    assert "Hides 1 alert" in view.words
    with pytest.raises(LookupError):
        press_in(it.slack, view, "silence_look")


async def test_sent_off_it_is_a_silence_that_names_the_presser(it: SilenceBench) -> None:
    view = await it.open()
    await it.type(view, "silence_matchers", 'namespace="shop"\npod=~"board.*"')
    assert await it.submit(view, {"why": "deploy of\nboard"}) == {}

    (silence,) = await it.kept()
    assert silence.matchers == ('namespace="shop"', 'pod=~"board.*"')
    assert (silence.by, silence.said) == ("kim", "deploy of board")
    assert silence.ends_at == it.clock() + timedelta(hours=2)
    assert it.made == [silence.matchers]
    assert [(entry.reason, entry.facts["by"]) for entry in await it.store.timeline(ID)] == [
        ("silenced", "kim")
    ]
    assert it.slack.whispers == [], "the incident's message says it"
    (deed,) = await it.store.deeds()
    assert (deed.person.id, deed.person.name, deed.place, deed.incident_id) == (KIM.id, "kim", CHANNEL, ID)
    assert "namespace" in deed.arguments


async def test_the_same_form_twice_is_one_silence_and_after_its_end_none(it: SilenceBench) -> None:
    view = await it.open()
    sent = submit(it.slack, view)
    await asyncio.gather(*(it.bench.send(sent | {"trigger_id": f"t{number}"}) for number in range(3)))
    assert len(it.made) == 1
    assert it.slack.whispers == [], "the incident's message says it, and nobody asked for more"
    (silence,) = await it.kept()
    assert await it.silencer.expire(silence.id, ADA)
    await it.bench.send(sent | {"trigger_id": "late"})
    assert it.made == []
    assert it.whispered == "That silence is over already: ada ended it."


@pytest.mark.parametrize(
    ("fields", "where", "told"),
    [
        ({"matchers": "nonsense"}, "silence_matchers", "nonsense is not a matcher. Write name="),
        ({"matchers": "{}"}, "silence_matchers", "nothing between the braces"),
        ({"matchers": 'a="b" c="d"'}, "silence_matchers", "a comma or a new line is expected"),
        ({"matchers": 'a=~"("'}, "silence_matchers", "is not a regular expression"),
        ({"matchers": 'a=~"(?=b)b"'}, "silence_matchers", "is not a regular expression"),
        ({"matchers": 'a!="b"'}, "silence_matchers", "would silence everything"),
        ({"matchers": "\n ,\n\u2028"}, "silence_matchers", "at least one matcher"),
        ({"until": "soon"}, "silence_until", "soon cannot be understood"),
        ({"until": "3d"}, "silence_until", "lasts 1 d at most"),
        ({"until": "until 2020-01-01 00:00"}, "silence_until", "That time is over"),
        ({"until": "5"}, "silence_until", "5 needs a unit"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_told_under_its_field(
    it: SilenceBench, fields: dict[str, str], where: str, told: str
) -> None:
    view = await it.open()
    errors = await it.submit(view, fields)
    assert list(errors) == [where]
    assert told in errors[where]
    assert it.made == []


async def test_what_nobody_can_type_is_refused_whole(it: SilenceBench) -> None:
    """A part of the matchers would hide more than all of them."""
    view = await it.open()
    sent = submit(it.slack, view)
    long = 'namespace="shop"\n' + 'pod="x",' * 2500
    sent["view"]["state"]["values"]["silence_matchers"]["silence_matchers"]["value"] = long
    said = await it.bench.send(sent)
    assert "longer than a form of Slack takes" in said
    sent["type"], sent["actions"] = "block_actions", [{"action_id": "silence_matchers", "value": long}]
    await it.bench.send(sent)
    assert "longer than a form of Slack takes" in view.words
    for values in ({}, {"silence_matchers": None}, {"silence_matchers": {"silence_matchers": {"value": 3}}}):
        sent["type"] = "view_submission"
        sent["view"]["state"] = {"values": values}
        assert "at least one matcher" in await it.bench.send(sent)
    assert it.made == []


@pytest.mark.parametrize("kept", ["", "[]", "{", '["nothing", "C000ALERTS", "", ""]', "x" * 3000])
async def test_a_form_of_nothing(it: SilenceBench, kept: str) -> None:
    view = await it.open()
    sent = submit(it.slack, view)
    sent["view"]["private_metadata"] = kept
    assert await it.bench.send(sent) == ""
    assert it.made == []
    look = typed(it.slack, view, "silence_matchers", 'a="b"')
    look["view"]["private_metadata"] = kept
    await it.bench.send(look)
    assert "silence_matchers" not in str(view.blocks)


async def test_a_form_with_the_incident_of_another(it: SilenceBench) -> None:
    """What the form says it came from is asked for again at every step."""
    hidden = "2" * 32
    await it.keep(incident(hidden, BILLING))
    view = await it.open(channel=SHOP)
    assert "Hides 1 alert" in view.words
    sent = submit(it.slack, view)
    sent["view"]["private_metadata"] = Origin(hidden, SHOP).pack()
    await it.bench.send(sent)
    assert "There is no such thing, or not for this channel to see" in it.whispered
    told = it.whispered
    sent["view"]["private_metadata"] = Origin("3" * 32, SHOP).pack()
    await it.bench.send(sent)
    assert it.whispered == told, "what is hidden and what is not there are answered alike"
    look = typed(it.slack, view, "silence_matchers", 'namespace="billing"')
    look["view"]["private_metadata"] = Origin(hidden, SHOP).pack()
    await it.bench.send(look)
    assert "sees shop, web-*" in view.words
    assert it.made == []
    assert [result for _, _, result in await it.deeds()] == ["refused", "refused"]


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_thousands_of_alerts_fit_into_a_form(tmp_path: Path, language: str) -> None:
    evil = "<!channel> <@U1> *b* & `c`" + "한" * 3000
    async with silencing(tmp_path, language=language) as it:
        labels, receivers = {**OURS.labels, "evil": evil}, [f"{evil}{n}" for n in range(30)]
        twins = [replace(OURS, labels=labels, fingerprint=f"f{n}") for n in range(2000)]
        it.alertmanager.firing = [known(one, "opsbot", *receivers) for one in twins]
        view = await it.open()
        assert "2000" in view.words
        assert view.words.count("&lt;!channel&gt;") > 1
        assert it.slack.views.pinged == 0
        assert await it.submit(view) == {}


async def test_what_stands_in_a_matcher_is_typed_as_it_is(it: SilenceBench) -> None:
    """An input shows what it holds: there is no markup in it, and escaped it would mean something else."""
    odd = replace(OURS, labels={**OURS.labels, "query": 'a<b & "c">d\n<!channel>'})
    await it.keep(incident(ID, odd))
    it.alertmanager.firing = [known(odd)]
    view = await it.open()
    (held,) = [one["element"] for one in view.blocks if one.get("block_id") == "silence_matchers"]
    assert 'query="a<b & \\"c\\">d\\n<!channel>"' in held["initial_value"]
    await it.submit(view)
    assert 'query="a<b & \\"c\\">d\\n<!channel>"' in it.made[0]
    assert "Hides 1 alert" in view.words
