"""A group of thousands of alerts, open in several browsers: what it may cost the loop that also takes webhooks."""

from dataclasses import replace

import pytest

from bot.model import Alert, Fact, Incident
from bot.web.pages import Pages
from bot.web.shown import Health, detail
from tests.delivery.builders import DIAGNOSIS, an_alert, an_incident, diagnosed
from tests.delivery.conftest import words_in
from tests.fakes.reads import FakeReads
from tests.web.conftest import Client, read

WELL = Health((), (), ())
MANY = 2_000


def test_all_that_fire_come_first_and_are_not_compared_with_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    incident = replace(an_incident(), alerts=tuple(an_alert(n, over=n % 2 == 0) for n in range(MANY)))
    compared = 0

    def same(one: Alert, other: object) -> bool:
        nonlocal compared
        compared += 1
        return one is other

    monkeypatch.setattr(Alert, "__eq__", same)
    shown = detail(incident, words_in("en"), (), (), WELL)
    assert all(alert.firing for alert in shown.alerts)
    assert len(shown.alerts) + shown.more_alerts == MANY
    assert compared < MANY


def test_a_page_is_drawn_again_only_when_it_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    words, said = words_in("en"), 0
    say = Pages.say

    def counted(self: Pages, key: str, **facts: Fact) -> str:
        nonlocal said
        said += 1
        return say(self, key, **facts)

    def draw(incident: Incident, *, leave: bool = False) -> str:
        return pages.html("incident", it=detail(incident, words, (), (), WELL), leave=leave)

    monkeypatch.setattr(Pages, "say", counted)
    pages = Pages(words, "v")
    first = draw(diagnosed(an_incident(alerts=50), DIAGNOSIS))
    once = said
    assert once > 50
    assert draw(diagnosed(an_incident(alerts=50), DIAGNOSIS)) == first
    assert said == once
    assert draw(diagnosed(an_incident(alerts=50), DIAGNOSIS), leave=True) != first
    assert draw(diagnosed(an_incident(alerts=49), DIAGNOSIS)) != first


async def test_news_are_never_hidden_by_what_was_drawn(client: Client, reads: FakeReads) -> None:
    _, before = await read(client, "/incidents/i1")
    reads.keep(diagnosed(replace(an_incident(), channel="#elsewhere"), DIAGNOSIS))
    _, after = await read(client, "/incidents/i1")
    assert "#elsewhere" in after
    assert "#elsewhere" not in before
