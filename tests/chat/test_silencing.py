"""`/ops silence`: which incident is meant, what is made at once and what is shown before, and who may."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import IncidentState
from tests.chat.silencing_bench import (
    BILLING,
    ID,
    OTHER,
    OURS,
    SHOP,
    SilenceBench,
    incident,
    known,
    silencing,
)
from tests.fakes.alertmanager import UNSENT, gap


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[SilenceBench]:
    async with silencing(tmp_path) as it:
        yield it


async def test_what_hides_only_the_incident_is_made_at_once(it: SilenceBench) -> None:
    said = await it.ask("silence 1f2e3d4c 2h")

    (silence,) = await it.kept()
    assert it.made == [silence.matchers]
    assert 'pod="board-service-1"' in said
    assert f"<!date^{int(silence.ends_at.timestamp())}^" in said
    assert silence.ends_at == it.clock() + timedelta(hours=2)
    assert "of this incident alone" in said
    assert not it.bench.last.public
    assert it.buttons == [f"unsilence:{silence.id}"]
    assert (silence.by, it.alertmanager.active[0].created_by) == ("asker", "asker (U0ASKER)")


@pytest.mark.parametrize(
    ("typed", "hours"), [("30m", 0.5), ("1d", 24), ("1h 30m", 1.5), ("until 04:12:", 0), ("2시간", 2)]
)
async def test_how_long(it: SilenceBench, typed: str, hours: float) -> None:
    said = await it.ask(f"silence 1f2e3d4c {typed}")

    if not hours:
        assert "cannot be understood. Write 2h" in said
        assert it.made == []
        return
    (silence,) = await it.kept()
    assert silence.ends_at - it.clock() == timedelta(hours=hours)


async def test_until_a_time_of_the_day(it: SilenceBench) -> None:
    await it.ask("silence 1f2e3d4c until 09:00")
    (silence,) = await it.kept()
    assert silence.ends_at.isoformat() == "2026-01-01T09:00:00+00:00"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("3d", "lasts 1 d at most"),
        ("0m", "lasts a minute at least"),
        ("2", "2 needs a unit"),
        ("forever", "forever cannot be understood"),
        ("until 2025-01-01 00:00", "That time is over."),
        ("until 09:00 Mars/Base", "Mars/Base is not a known time zone"),
    ],
)
async def test_an_end_that_cannot_be_is_told(it: SilenceBench, typed: str, told: str) -> None:
    assert told in await it.ask(f"silence 1f2e3d4c {typed}")
    assert it.made == []
    assert it.buttons == []


async def test_the_same_twice_makes_one_and_again_after_its_end_another(it: SilenceBench) -> None:
    await it.ask("silence 1f2e3d4c 2h")
    it.clock.pass_by(60)
    said = await it.ask("silence 1f2e3d4c 2h")
    assert "this is silenced already" in said
    assert len(it.made) == 1
    await it.ask("silence 1f2e3d4c 2h", trigger_id="t0")
    assert len(it.made) == 1, "Slack repeats a request with its trigger"

    assert "The silence is over." in await it.press(0)
    assert it.made == []
    await it.ask("silence 1f2e3d4c 2h")
    assert len(it.made) == 1
    assert await it.deeds() == [
        ("asker", "silence", "done"),
        ("asker", "silence", "nothing"),
        ("asker", "silence", "nothing"),
        ("asker", "unsilence", "done"),
        ("asker", "silence", "done"),
    ]


async def test_an_end_pressed_twice(it: SilenceBench) -> None:
    await it.ask("silence 1f2e3d4c 2h")
    answer = it.bench.last
    await it.press(0)
    it.bench.answers.append(answer)
    assert "That silence is over already: asker ended it." in await it.press(0)


@pytest.mark.parametrize(
    ("firing", "told"),
    [
        ([known(OURS), known(replace(OURS, fingerprint="twin"))], "⚠ 1 not of this incident"),
        ([known(OURS, "opsbot", "pager")], "⚠ Who would not hear of them either: pager"),
        ([], "Alertmanager knows no alert that this would hide"),
    ],
)
async def test_what_hides_more_is_shown_first_and_made_by_a_press(
    it: SilenceBench, firing: list[object], told: str
) -> None:
    it.alertmanager.firing = firing  # type: ignore[assignment]  # the parameters are of that type
    said = await it.ask("silence 1f2e3d4c 2h")
    assert told in said
    assert "Not silenced yet" in said
    assert (it.made, it.buttons) == ([], ["silence_anyway"])
    assert await it.deeds() == [("asker", "silence", "asked")]

    assert "🔕 Silenced until" in await it.press(0)
    assert len(it.made) == 1
    assert await it.deeds() == [("asker", "silence", "asked"), ("asker", "silence", "done")]


async def test_more_than_was_shown_is_shown_again(it: SilenceBench) -> None:
    it.alertmanager.firing = [known(OURS), known(replace(OURS, fingerprint="twin"))]
    await it.ask("silence 1f2e3d4c 2h")
    it.alertmanager.firing.append(known(replace(OURS, fingerprint="third")))
    said = await it.press(0)
    assert "what this would hide has changed" in said
    assert "⚠ 2 not of this incident" in said
    assert it.made == []

    it.alertmanager.firing.pop()
    await it.press(0)
    assert len(it.made) == 1, "fewer than were shown are no surprise"


async def test_a_button_of_nothing(it: SilenceBench) -> None:
    it.alertmanager.firing = []
    await it.ask("silence 1f2e3d4c 2h")
    for value in ("", "[]", "{", '["nothing", "2h", "", 0]', "[1, 2, 3, []]", "[" * 2000, "null"):
        block = it.bench.last.blocks[-1]
        block["elements"][0]["value"] = value
        await it.bench.press(block, 0)
        assert "There is no such incident." in it.bench.shown
        it.bench.answers.pop()
    assert it.made == []


async def test_which_incident(it: SilenceBench) -> None:
    twin, over = "1f2e3d4c1" + "0" * 23, "1f2e9999" + "0" * 24
    await it.keep(incident(twin), replace(incident(over), state=IncidentState.RESOLVED, alerts=()))
    said = await it.ask("silence 1f2e3d4c 2h")
    assert "2 incidents begin with 1f2e3d4c" in said
    assert "1f2e3d4c0: 🔴 Firing" in said
    assert "/ops silence 1f2e3d4c0 2h" in said or "/ops silence 1f2e3d4c1 2h" in said
    assert it.made == []

    await it.ask("silence 1f2e3d4c1 2h")
    assert len(await it.kept(twin)) == 1
    await it.ask(f"silence {ID} 2h")
    assert len(await it.kept(ID)) == 1
    assert "Nothing of this incident fires any more" in await it.ask("silence 1f2e9999 2h")
    said = await it.ask("silence abcd1234 2h")
    assert "No incident begins with abcd1234" in said
    assert "/ops incidents" in said


async def test_of_those_that_begin_so_one_that_fires_is_meant(it: SilenceBench) -> None:
    over = "1f2e3d4cf" + "0" * 23
    await it.keep(replace(incident(over), state=IncidentState.RESOLVED, alerts=()))
    await it.ask("silence 1f2e3d4c 2h")
    assert len(await it.kept()) == 1


@pytest.mark.parametrize(
    ("away", "told"),
    [(UNSENT, "Alertmanager was not reached or refused (not reachable)"), (gap(), "(no answer in time)")],
)
async def test_an_alertmanager_that_is_away(it: SilenceBench, away: object, told: str) -> None:
    it.alertmanager.away = away  # type: ignore[assignment]  # the parameters are of that type
    assert told in await it.ask("silence 1f2e3d4c 2h")
    assert await it.kept() == ()
    assert await it.deeds() == [("asker", "silence", "failed")]


async def test_an_answer_that_is_lost_is_no_second_silence(it: SilenceBench) -> None:
    it.alertmanager.loses = gap()
    assert "🔕 Silenced until" in await it.ask("silence 1f2e3d4c 2h"), "it was found by its mark"
    assert len(it.made) == 1


async def test_no_alertmanager_is_no_false_word(tmp_path: Path) -> None:
    async with silencing(tmp_path, alertmanagers=False) as it:
        said = await it.ask("silence 1f2e3d4c 2h")
    assert "No Alertmanager is configured for the cluster default." in said
    assert "ALERTMANAGER_URL" not in said


async def test_a_channel_silences_what_it_sees(it: SilenceBench) -> None:
    assert "🔕 Silenced until" in await it.ask("silence 1f2e3d4c 2h", channel_id=SHOP)


@pytest.mark.parametrize(
    "hidden",
    [
        incident(ID, BILLING),
        incident(ID, OURS, BILLING),
        replace(incident(ID), targets=(replace(incident().targets[0], namespace="billing"),)),
        replace(incident(ID), targets=(replace(incident().targets[0], namespace=""),)),
    ],
)
async def test_what_is_hidden_and_what_is_not_there_are_answered_alike(
    it: SilenceBench, hidden: object
) -> None:
    await it.keep(hidden)  # type: ignore[arg-type]  # the parameters are of that type
    asked = await it.ask("silence 1f2e3d4c 2h", channel_id=SHOP)
    nothing = await it.ask("silence abcd1234 2h", channel_id=SHOP)
    assert asked == nothing
    assert "sees shop, web-*" in asked
    assert "billing" not in asked
    assert it.made == []
    assert [result for _, _, result in await it.deeds()] == ["refused", "refused"]


async def test_what_a_channel_sees_not_is_no_second_meaning(it: SilenceBench) -> None:
    await it.keep(incident("1f2e3d4c1" + "0" * 23, BILLING))
    await it.ask("silence 1f2e3d4c 2h", channel_id=SHOP)
    assert len(await it.kept()) == 1


async def test_a_silence_of_a_channel_is_pinned_to_what_it_sees(it: SilenceBench) -> None:
    """Alerts of two namespaces that it sees have none in common, and what fires later would be hidden too."""
    web = replace(OURS, labels={**OURS.labels, "namespace": "web-1"}, fingerprint="web")
    await it.keep(incident(ID, OURS, web))
    it.alertmanager.firing = [known(OURS), known(web)]
    said = await it.ask("silence 1f2e3d4c 2h", channel_id=SHOP)
    assert "A silence could hide alerts of any namespace" in said
    assert it.made == []
    await it.ask("silence 1f2e3d4c 2h")
    assert len(it.made) == 1, "where everything is seen"


async def test_who_may_not(tmp_path: Path) -> None:
    async with silencing(tmp_path) as it:
        assert "does not answer in this channel" in await it.ask("silence 1f2e3d4c 2h", channel_id="C0OTHER")
        await it.ask("silence 1f2e3d4c 2h")
        (silence,) = await it.kept()
        block = next(one for one in it.bench.last.blocks if one["type"] == "actions")
        await it.keep(incident(ID, BILLING))
        for value in (silence.id, "nothing"):
            block["elements"][0]["value"] = value
            await it.bench.press(block, 0, channel={"id": SHOP})
            assert "sees shop, web-*" in it.bench.shown
        assert "billing" not in it.bench.shown
        assert len(it.made) == 1


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_thousands_of_alerts_fit_into_an_answer(tmp_path: Path, language: str) -> None:
    evil = "<!channel> <@U1> *b* `c` \n" + "x" * 3000
    async with silencing(tmp_path, language=language) as it:
        twins = [
            replace(OURS, labels={**OURS.labels, "evil": evil}, fingerprint=f"f{n}") for n in range(2000)
        ]
        it.alertmanager.firing = [known(one, "opsbot", evil) for one in (OURS, OTHER, *twins)]
        said = await it.ask("silence 1f2e3d4c 2h")
        assert "2000" in said
        assert it.buttons == ["silence_anyway"]
        await it.press(0)
        assert len(it.made) == 1


async def test_whatever_stands_in_labels_is_a_silence_and_no_markup(it: SilenceBench) -> None:
    evil = 'a "b" \\ <!channel> <@U1> `c`\nd'
    bad = replace(OURS, labels={**OURS.labels, "evil": evil})
    await it.keep(incident(ID, bad))
    it.alertmanager.firing = [known(bad)]
    said = await it.ask("silence 1f2e3d4c 2h")
    assert "&lt;!channel&gt;" in said
    assert len(it.made) == 1
    await it.press(0)
    assert it.made == []
