"""Every message of the chat in every language: golden, within Slack's limits, worded whole, and inert whatever comes in."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.diagnosis_screens import DiagnosisScreens, as_command
from bot.chat.explaining import Explaining
from bot.chat.grammar import Diagnose, Help, Problem, command
from bot.chat.ports import Refusal
from bot.chat.screens import Screens
from bot.chat.speech import Speech
from bot.connections import readable_lines
from bot.delivery.blockkit import escape
from bot.delivery.message import Message
from bot.diagnosis.naming import Asked
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.watching import Progress
from bot.model import Reason, Source, Target
from bot.observe import REGISTRY
from runbooks.catalog import CATALOG
from runbooks.triage import RUNBOOK as TRIAGE
from tests.chat.conftest import Line
from tests.delivery.builders import DIAGNOSIS, OOM, TARGET, UNREADABLE, an_incident
from tests.delivery.conftest import layouts_in, words_in
from tests.fakes.slack_limits import pings, refused

GOLDEN = Path(__file__).parents[1] / "golden"
ASKED = Diagnose(Asked("board-service"))
HOSTILE = "<!channel> <@U1> &amp; *b* `c` <http://evil.example|x> \u202e" + "x" * 3000
LOG = 'FATAL: password authentication failed for user "board_db"\n<!channel> <@U1>'
Screen = Callable[[Screens, DiagnosisScreens], Message]
SCREENS: dict[str, Screen] = {
    "help": lambda s, _: s.help(Help()),
    "help-near": lambda s, _: s.help(Help("diagnose", Problem.UNKNOWN, "dignose web", "diagnose")),
    "refused": lambda s, _: s.refused(Refusal("refused")),
    "incidents": lambda s, _: s.incidents([an_incident()] * 16, more=True),
    "runbooks": lambda s, _: s.runbooks([TRIAGE]),
    "runbook": lambda s, _: s.runbook(TRIAGE),
    "no-runbook": lambda s, _: s.no_runbook("triag", ["triage"]),
    "checks": lambda s, _: s.checks([Line("store", "ok", "sqlite"), Line("slack", "failed", "invalid_auth", "mend it")]),
    "progress": lambda _, d: d.progress(TARGET, Progress(3, 7, Source.KUBERNETES)),
    "several": lambda _, d: d.several(ASKED, [replace(TARGET, namespace=f"n{i}") for i in range(12)]),
    "nowhere": lambda _, d: d.nowhere(ASKED, ["prod", "stage"], [TARGET]),
    "unseen": lambda _, d: d.unseen(ASKED, {"prod": Unavailable(Source.KUBERNETES, Reason.TIMEOUT, detail="no answer")}),
    "headline": lambda _, d: d.headline(DIAGNOSIS),
    "headline-blind": lambda _, d: d.headline(replace(DIAGNOSIS, findings=(UNREADABLE,))),
    "whole": lambda _, d: d.whole(DIAGNOSIS, most=2)[0],
}  # fmt: skip


def screens(language: str) -> tuple[Screens, DiagnosisScreens]:
    layouts = layouts_in(language)
    return Screens(layouts, public_url="https://ops.example"), DiagnosisScreens(layouts)


def missed() -> float:
    samples = (sample for metric in REGISTRY.collect() for sample in metric.samples)
    return sum(sample.value for sample in samples if sample.name == "opsbot_words_missed_total")


def fits(message: Message) -> bool:
    arguments = {"text": message.text, "blocks": list(message.blocks)}
    return not refused(arguments, update=True) and not pings(arguments)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", SCREENS)
def test_golden(name: str, language: str) -> None:
    before = missed()
    message = SCREENS[name](*screens(language))
    assert missed() == before
    assert fits(message)

    shown = json.dumps({"text": message.text, "blocks": message.blocks}, ensure_ascii=False, indent=1) + "\n"
    file = GOLDEN / f"chat-{name}-{language}.json"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(shown)
    assert shown == file.read_text()


def _leaves(content: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(content, Mapping):
        for key, inner in content.items():
            yield from _leaves(inner, (*at, key))
    else:
        yield at


def test_both_languages_say_everything() -> None:
    en, ko = (set(_leaves(words_in(language).dictionary.own("chat"))) for language in ("en", "ko"))

    assert {path for path in en if path[0] != "usage"} == ko


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_problem_has_its_sentence(language: str) -> None:
    speech, before = Speech(layouts_in(language)), missed()
    for problem in Problem:
        if problem is not Problem.NONE:
            assert speech.say("problems", problem.value, said="x", about="diagnose") != problem.value
    assert missed() == before


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_explain_is_worded(language: str) -> None:
    explaining, before = Explaining(readable_lines, {one.name for one in CATALOG}), missed()
    for text in (LOG, "all is well", "ERROR something unheard of", (LOG + "\n") * 2000):
        message = await explaining.message(text, Speech(layouts_in(language)))
        assert fits(message)
    assert missed() == before


@pytest.mark.parametrize("language", ["en", "ko"])
def test_whatever_comes_in_comes_out_inert_and_within_the_limits(language: str) -> None:
    shown, of = screens(language)
    target = Target(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    asked = Diagnose(Asked(HOSTILE, HOSTILE, HOSTILE), HOSTILE)
    gap = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, detail=HOSTILE)
    bad = replace(OOM, facts={**OOM.facts, "container": HOSTILE})
    incident = replace(an_incident(), id=HOSTILE, targets=(target,), cluster=HOSTILE)
    messages = [
        shown.help(Help("diagnose", Problem.UNKNOWN, HOSTILE, HOSTILE)),
        shown.incidents([incident] * 20, more=False),
        shown.no_runbook(HOSTILE, [HOSTILE]),
        shown.checks([Line(HOSTILE, "failed", HOSTILE, HOSTILE)] * 40),
        of.progress(target, Progress(1, 2)),
        of.several(asked, [target] * 12),
        of.nowhere(asked, [HOSTILE] * 3, [target] * 3),
        of.unseen(asked, {HOSTILE: gap}),
        of.headline(replace(DIAGNOSIS, target=target, findings=(bad,))),
        *of.whole(replace(DIAGNOSIS, target=target, findings=(bad,) * 8), most=2),
        *of.details(replace(DIAGNOSIS, target=target, findings=(bad,) * 8), most=6),
    ]
    assert [number for number, message in enumerate(messages) if not fits(message)] == []


def test_a_button_holds_what_would_be_typed() -> None:
    node = Target("arn:aws:eks:1:cluster/a", "", "Node", "n1")
    for target in (TARGET, node):
        for public in (False, True):
            wanted = Asked(target.name, target.namespace, target.kind)
            assert command(as_command(target, public=public)) == Diagnose(wanted, target.cluster, public)


def test_help_says_how_a_target_is_written_only_where_one_is() -> None:
    of, _ = screens("en")
    notes = {
        about: "A target is" in str(of.help(Help(about)).blocks)
        for about in ("", "diagnose", "silence", "check")
    }
    assert notes == {"": True, "diagnose": True, "silence": False, "check": False}


def test_matchers_of_a_runbook_stand_in_code_to_be_pasted() -> None:
    of, _ = screens("en")
    runbook = next(one for one in CATALOG if one.alerts)
    codes = [block["text"]["text"] for block in of.runbook(runbook).blocks if "```" in str(block)]
    assert codes == [f"```\n{escape(alert)}\n```" for alert in runbook.alerts]


async def test_what_a_log_cannot_tell_is_to_be_filled_in() -> None:
    explaining = Explaining(readable_lines, {runbook.name for runbook in CATALOG})
    shown = str((await explaining.message(LOG, Speech(layouts_in("en")))).blocks)
    assert "NAMESPACE" in shown
    assert "Fill in: " in shown
