"""A form of *Silence…* that makes nothing when it is sent off comes back as it was filled in, with the reason."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.diagnosis.sources import Rejected
from bot.model import IncidentState, Reason, Source
from tests.chat.silencing_bench import OURS, SilenceBench, incident, known, silencing
from tests.chat.test_silence_dialog import NARROW, OTHER
from tests.fakes.slack import says


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[SilenceBench]:
    async with silencing(tmp_path) as it:
        it.alertmanager.firing.append(known(OTHER, "opsbot", "pager"))
        yield it


async def test_what_another_replica_shows_of_something_older_is_not_taken_for_seen(it: SilenceBench) -> None:
    """However two replicas come to update the form: it carries along what it shows."""
    view = await it.open()
    narrow = view.content
    await it.type(view, "silence_matchers", 'namespace="shop"')
    assert "Hides 2 alerts" in view.words
    view.content = narrow
    assert await it.submit(view, {"matchers": 'namespace="shop"'}) == {}
    assert it.made == []
    back = it.slack.views.last
    assert back is not view
    assert "the form had not shown all that this hides" in back.words
    assert "⚠ 1 not of this incident" in back.words
    (held,) = [one["element"] for one in back.blocks if one.get("block_id") == "silence_matchers"]
    assert held["initial_value"] == 'namespace="shop"'
    assert await it.deeds() == [("kim", "silence", "asked")]
    assert await it.submit(back) == {}
    assert it.made == [('namespace="shop"',)]


async def test_what_began_to_fire_since_it_was_shown_is_shown_first(it: SilenceBench) -> None:
    view = await it.open()
    await it.type(view, "silence_matchers", 'namespace="shop"')
    third = replace(OURS, labels={**OURS.labels, "pod": "third"}, fingerprint="third")
    it.alertmanager.firing.append(known(third))
    await it.submit(view)
    assert it.made == []
    back = it.slack.views.last
    assert "⚠ 2 not of this incident" in back.words
    it.alertmanager.firing.pop()
    await it.submit(back)
    assert len(it.made) == 1, "less than was shown"


async def test_a_form_that_cannot_come_back_tells_what_was_typed(it: SilenceBench) -> None:
    view = await it.open()
    it.slack.fail("views.open", says("expired_trigger_id"))
    await it.submit(view, {"matchers": 'namespace="shop"'})
    assert it.made == []
    assert "the form had not shown all that this hides" in it.whispered
    assert 'namespace="shop"' in it.whispered


async def test_what_alertmanager_does_not_take_comes_back_as_it_was_typed(it: SilenceBench) -> None:
    view = await it.open()
    refusal = Rejected(Source.ALERTMANAGER, Reason.NOT_CONFIGURED, detail="bad <matcher> *x*")
    it.alertmanager.delays = refusal
    await it.submit(view, {"why": "deploy", "until": "45m"})
    back = it.slack.views.last
    assert back is not view
    assert "Alertmanager does not take this: bad &lt;matcher&gt; *x*. Nothing was changed." in back.words
    held = {
        one["block_id"]: one["element"].get("initial_value") for one in back.blocks if one["type"] == "input"
    }
    assert (held["silence_why"], held["silence_until"], held["silence_matchers"]) == ("deploy", "45m", NARROW)
    assert await it.deeds() == [("kim", "silence", "failed: not_taken")]


async def test_a_form_of_what_is_over_by_then(it: SilenceBench) -> None:
    view = await it.open()
    await it.keep(replace(incident(), state=IncidentState.RESOLVED, alerts=()))
    assert "Nothing of this incident fires any more" in await it.type(view, "silence_matchers", NARROW)
    await it.submit(view)
    assert it.made == []
    back = it.slack.views.last
    assert back.words == "Nothing of this incident fires any more, so there is nothing to silence."
    assert await it.deeds() == [("kim", "silence", "unclear")]
    it.slack.fail("views.open", says("expired_trigger_id"))
    await it.submit(view)
    assert "Nothing of this incident fires any more" in it.whispered
