"""What may be pressed on an incident's messages: only what somebody listens to, and only what makes sense as things stand."""

from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.message import Message, Part
from bot.delivery.offers import Meant, Offers
from bot.hands import Asked, Tick, fix_key
from bot.model import Diagnosis, Finding, Fix, Incident, IncidentState, Layer, Recheck, Target, Verdict
from tests.delivery.builders import DIAGNOSIS, OOM, RECHECK, START, TARGET, an_incident, diagnosed
from tests.delivery.conftest import words_in
from tests.delivery.golden import blocks_of, check, readable
from tests.fakes.checked_layouts import CheckedLayouts
from tests.fakes.slack_limits import pings, refused

EVERYTHING = Offers(listens=True, silences=frozenset({"default"}))
ROLL_BACK = Fix("roll-back", Layer.GITOPS, lasting=True)
RAISE = OOM.fixes[0]
FIRING = diagnosed(an_incident(), DIAGNOSIS)


def parts(incident: Incident, offers: Offers = EVERYTHING, language: str = "en") -> tuple[Part, ...]:
    return CheckedLayouts(words_in(language), public_url="https://ops.example", offers=offers).parts(incident)


def elements(message: Message) -> list[dict[str, Any]]:
    return [
        element for block in message.blocks if block["type"] == "actions" for element in block["elements"]
    ]


def on_top(incident: Incident, offers: Offers = EVERYTHING) -> list[str]:
    return [element["action_id"] for element in elements(parts(incident, offers)[0].message)]


def below(incident: Incident, offers: Offers = EVERYTHING) -> list[dict[str, Any]]:
    return [element for part in parts(incident, offers)[1:] for element in elements(part.message)]


def said(incident: Incident, offers: Offers = EVERYTHING, language: str = "en") -> str:
    return str([part.message.blocks for part in parts(incident, offers, language)])


def key(fix: Fix = RAISE, target: Target = TARGET, cause: str = "oom-killed") -> str:
    where = (target.cluster, target.namespace, target.kind, target.name)
    return fix_key(*where, "example", cause, fix.key)


def ticked(incident: Incident, *, done: bool = True, by: str = "kim", fix: Fix = RAISE) -> Incident:
    return replace(incident, ticks=(Tick(key(fix), done, "U1", by, START),))


@pytest.mark.parametrize(
    ("incident", "offers", "buttons"),
    [
        (FIRING, EVERYTHING, ["recheck", "silence", "details"]),
        (FIRING, Offers(), []),
        (FIRING, replace(EVERYTHING, listens=False), []),
        (FIRING, Offers(listens=True), ["recheck", "details"]),
        (FIRING, Offers(listens=True, silences=frozenset({"other"})), ["recheck", "details"]),
        (an_incident(), EVERYTHING, ["silence"]),
        (an_incident(), Offers(listens=True), []),
        (
            diagnosed(an_incident(IncidentState.RESOLVED), DIAGNOSIS),
            EVERYTHING,
            ["recheck", "details"],
        ),
        (diagnosed(an_incident(IncidentState.STALE), DIAGNOSIS), EVERYTHING, ["recheck", "details"]),
        (replace(an_incident(), diagnosed_revision=0), EVERYTHING, ["silence"]),
    ],
)
def test_the_buttons_of_the_message(incident: Incident, offers: Offers, buttons: list[str]) -> None:
    assert on_top(incident, offers) == buttons
    assert {element["value"] for element in elements(parts(incident, offers)[0].message)} <= {"i1"}


def test_a_fix_has_a_button_of_its_own_that_says_which_it_is() -> None:
    two = replace(DIAGNOSIS, findings=(replace(OOM, fixes=(RAISE, ROLL_BACK)), *DIAGNOSIS.findings[1:]))
    buttons = below(diagnosed(an_incident(), two))
    assert [button["action_id"] for button in buttons] == ["done:0", "done:1"]
    assert [Meant.of(button["value"]) for button in buttons] == [
        Meant("i1", key(RAISE)),
        Meant("i1", key(ROLL_BACK)),
    ]
    assert below(diagnosed(an_incident(), two), Offers()) == []


def test_a_fix_that_is_repeated_has_none() -> None:
    leak = replace(OOM, cause="bad-image", verdict=Verdict.LIKELY, evidence=())
    twice = replace(DIAGNOSIS, findings=(OOM, leak))
    buttons = below(diagnosed(an_incident(), twice))
    assert [Meant.of(button["value"]) for button in buttons] == [Meant("i1", key(RAISE))]


def test_several_targets_have_names_of_their_own_for_their_buttons() -> None:
    other = replace(TARGET, name="other")
    incident = diagnosed(an_incident(), DIAGNOSIS, replace(DIAGNOSIS, target=other))
    buttons = below(incident)
    assert len({button["action_id"] for button in buttons}) == len(buttons) == 2
    assert Meant.of(buttons[1]["value"]) == Meant("i1", key(target=other))


def test_a_tick_says_who_and_when_and_turns_its_button_round() -> None:
    shown = said(ticked(FIRING))
    assert "✓ Done by kim <!date^1767237120^" in shown
    (button,) = below(ticked(FIRING))
    assert (button["action_id"], button["text"]["text"]) == ("undone:0", "Not done")
    assert Meant.of(button["value"]) == Meant("i1", key())

    shown = said(ticked(FIRING, done=False, by="lee"))
    assert "Not done after all, says lee <!date^" in shown
    assert "✓ Done" not in shown
    assert [button["action_id"] for button in below(ticked(FIRING, done=False))] == ["done:0"]


def test_the_channel_reads_which_fixes_are_done_without_the_thread() -> None:
    """The first fix stands there with its command: two people must not do it one after the other."""
    top = str(parts(ticked(FIRING))[0].message.blocks)
    assert "✓ Raise the memory limit of app to 1Gi: done by kim <!date^" in top
    assert "done by" not in str(parts(ticked(FIRING, done=False))[0].message.blocks)


def test_a_tick_is_told_where_nobody_listens_any_more() -> None:
    assert "✓ Done by kim" in said(ticked(FIRING), Offers())
    assert below(ticked(FIRING), Offers()) == []


@pytest.mark.parametrize(
    "found",
    [
        replace(DIAGNOSIS, findings=(replace(OOM, fixes=(ROLL_BACK,)),)),
        replace(DIAGNOSIS, target=replace(TARGET, cluster="stage")),
        replace(DIAGNOSIS, findings=(replace(OOM, cause="bad-image"),)),
    ],
)
def test_a_tick_of_another_fix_is_not_told(found: Diagnosis) -> None:
    assert "Done by" not in said(ticked(diagnosed(an_incident(), found)))


def test_the_same_fix_with_other_numbers_stays_done() -> None:
    """A newer diagnosis may ask for more memory than the one before; what was done was this fix."""
    more = replace(OOM, fixes=(replace(RAISE, facts={"to": 2147483648}),))
    assert "✓ Done by kim" in said(ticked(diagnosed(an_incident(), replace(DIAGNOSIS, findings=(more,)))))


def test_who_asked_is_told_while_it_is_looked_and_after() -> None:
    looking = said(replace(FIRING, asked=Asked("kim", START)))
    assert "Looking again, asked by kim: <!date^1767237120^" in looking
    looked = said(replace(FIRING, rechecks=(replace(RECHECK, by="kim"),)))
    assert "Looked again, asked by kim: <!date^" in looked
    assert "asked by" not in said(replace(FIRING, rechecks=(RECHECK,)))
    again = replace(FIRING, asked=Asked("lee", START), rechecks=(replace(RECHECK, by="kim"),))
    assert "asked by lee" in said(again)
    assert "asked by kim" not in said(again)
    nobody = said(replace(FIRING, asked=Asked("", START)))
    assert "Looking again: <!date^" in nobody


def test_a_recheck_that_tells_no_time_says_who_asked_all_the_same() -> None:
    assert "Looked again, asked by kim:" in said(replace(FIRING, rechecks=(Recheck(TARGET, None, by="kim"),)))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    "name", ["<!channel>", "<@U123>", "*bold* `code`", "x" * 500, "\u202ekim\x00\n\nlee"]
)
def test_a_name_is_no_markup_and_fits(name: str, language: str) -> None:
    incident = replace(ticked(FIRING, by=name), asked=Asked(name, START))
    for part in parts(incident, language=language):
        message = {"text": part.message.text, "blocks": list(part.message.blocks)}
        assert refused(message, update=True) == ""
        assert not pings(message)
        assert "\u202e" not in str(message)


def test_the_longest_names_fit_into_a_value() -> None:
    target = Target("c" * 63, "n" * 63, "StatefulSet", "w" * 253)
    finding = Finding("r" * 60, "c" * 60, Verdict.CONFIRMED, fixes=(Fix("f" * 60, Layer.HELM, lasting=True),))
    incident = diagnosed(replace(an_incident(), id="i" * 64), Diagnosis(target, ("r",), (finding,)))
    (button,) = below(incident)
    assert len(button["value"]) < 2000


@pytest.mark.parametrize(
    "value", ["", "{", "[]", "null", "7", '["i1"]', '["a",1,"","","","","",""]', "[" * 9999]
)
def test_what_is_on_no_button_of_ours(value: str) -> None:
    assert Meant.of(value) is None


STATES = {
    "nobody pressed": FIRING,
    "a look is asked for": replace(FIRING, asked=Asked("kim", START)),
    "looked, and the fix is done": replace(ticked(FIRING), rechecks=(replace(RECHECK, by="kim"),)),
    "not done after all": ticked(FIRING, done=False, by="lee"),
}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_pressed_reads_as_it_did(language: str) -> None:
    layouts = CheckedLayouts(words_in(language), public_url="https://ops.example", offers=EVERYTHING)
    written, told = [], set[str]()
    for state, incident in STATES.items():
        shown = layouts.parts(incident)
        written.append(f"=== {state}\n\n{readable(shown, told)}\n")
        told |= blocks_of(shown)
    details = Message("", layouts.details(STATES["looked, and the fix is done"]))
    written.append(f"=== details\n\n{readable([Part('modal', details)])}\n")
    check(f"messages/pressed-{language}.txt", "".join(written))
