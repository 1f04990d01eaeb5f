"""Every layout of templates/slack, fed with text that would like to be markup: inert, and within every limit, at any length.

The layouts of the tests judge (tests/fakes/checked_layouts.py). A new layout is rendered here too, or this fails.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.diagnosis_screens import DiagnosisScreens
from bot.chat.grammar import Diagnose, Help, Problem
from bot.chat.pressing import Origin
from bot.chat.screens import Screens
from bot.chat.silence_form import Filled, FormScreens
from bot.chat.silence_rights import Wanted
from bot.delivery.dictionary import TEMPLATES
from bot.delivery.digest import Gathered, Storm
from bot.delivery.digest_view import Digests
from bot.delivery.offers import Offers
from bot.diagnosis.naming import Asked
from bot.hands import Asked as LookAsked
from bot.hands import Tick
from bot.incidents.silences import Preview
from bot.matchers import Matcher
from bot.silence import KnownAlert, Silence, SilenceState
from tests.chat.conftest import Line
from tests.delivery.builders import DIAGNOSIS, OOM, START
from tests.delivery.conftest import words_in
from tests.delivery.test_inert import HOSTILE, hostile
from tests.fakes.checked_layouts import CheckedLayouts

EVERYTHING = Offers(listens=True, silences=frozenset({"default"}))
LAYOUTS = {f"slack/{path.name}" for path in (TEMPLATES / "slack").glob("*.json.j2")}
TEXTS = {"marks": HOSTILE, "long": HOSTILE * 300, "one word": "*_`~" * 5000, "emoji": ":smile:<@U1>🔥" * 300}


def of_incidents(layouts: CheckedLayouts, text: str) -> None:
    silence = Silence(
        "s1", "i1", (f'pod="{text}"',), text, "…", START, START, SilenceState.ACTIVE, said=text, link=text
    )
    ticks = tuple(Tick(f"fix{number}", number == 0, text, text, START) for number in range(2))
    incident = replace(hostile(text), silences=(silence,), ticks=ticks, asked=LookAsked(text, START))
    layouts.parts(incident)
    layouts.parts(replace(incident, related=type(incident.related)(), rechecks=()))
    layouts.details(incident)
    layouts.details_told(incident, most=2)
    layouts.left(replace(incident, channel=text), f"https://x.slack.example/{text}")


def of_the_chat(layouts: CheckedLayouts, text: str) -> None:
    screens, diagnoses = Screens(layouts, public_url=text), DiagnosisScreens(layouts)
    incident = hostile(text)
    target = incident.diagnoses[0].target
    asked = Diagnose(Asked(text, text, text), text)
    bad = replace(OOM, facts={**OOM.facts, "container": text})
    screens.help(Help("diagnose", Problem.UNKNOWN, text, text))
    screens.incidents([incident] * 3, more=False)
    screens.no_runbook(text, [text])
    screens.checks([Line(text, "failed", text, text)] * 3)
    diagnoses.several(asked, [target] * 12)
    diagnoses.nowhere(asked, [text], [target])
    diagnoses.headline(replace(DIAGNOSIS, target=target, findings=(bad,)))
    diagnoses.whole(replace(DIAGNOSIS, target=target, findings=(bad,)), most=2)


def of_silences(layouts: CheckedLayouts, text: str) -> None:
    screens = FormScreens(layouts)
    alert = KnownAlert(text, {"alertname": text, text: text}, (text,), silenced=True)
    preview = Preview((Matcher("pod", "=", text),), (alert,), (alert,) * 3, 1, (text,))
    wanted = Wanted(hostile(text), preview, START + timedelta(hours=2))
    screens.asks_first(wanted, "value", again=False)
    screens.form(
        wanted.incident, Filled(text, "2h", text, text), lambda _: wanted.until, wanted, Origin("i1")
    )
    screens.lost(wanted, text)
    screens.none_of(text)
    screens.several([wanted.incident] * 2, text, text)


def of_storms(layouts: CheckedLayouts, text: str) -> None:
    digests = Digests(layouts, public_url="https://ops.example")
    line = digests.line(hostile(text), "C0123")
    members = [Gathered(text, START, line, "C0123", f"1.{number}") for number in range(30)]
    digests.parts(Storm("storm", text, START, START), members)


EVERY = (of_incidents, of_the_chat, of_silences, of_storms)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("render", EVERY)
def test_hostile_text_stays_text(
    render: Callable[[CheckedLayouts, str], None], text: str, language: str
) -> None:
    render(CheckedLayouts(words_in(language), public_url="https://ops.example", offers=EVERYTHING), text)


def test_every_layout_is_among_them() -> None:
    layouts = CheckedLayouts(words_in("en"), public_url="https://ops.example", offers=EVERYTHING)
    for render in EVERY:
        render(layouts, HOSTILE)
    assert layouts.rendered == LAYOUTS
