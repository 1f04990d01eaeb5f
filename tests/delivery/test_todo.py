"""The next steps: what helps now and what lasts, each with its commands where they are short enough to stand in the channel."""

import pytest

from bot.delivery.steps import Step
from bot.delivery.todo import Todo, todos
from bot.delivery.worded import WordedFinding, WordedFix
from bot.delivery.words import Words
from bot.model import Verdict
from tests.delivery.conftest import words_in

CHANGES = "kubectl set env deployment/web A=b"
LOOKS = "kubectl get deployment/web"


def fix(title: str, *commands: str, lasting: bool = True, by: str = "") -> WordedFix:
    layer = "helm" if lasting else "live"
    return WordedFix(title, layer, lasting, tuple(map(Step, commands)), "", "", (), put_back_by=by)


def finding(*fixes: WordedFix) -> WordedFinding:
    return WordedFinding("example", "cause", Verdict.CONFIRMED, "a cause", "It is so", "", (), fixes, None)


def of(*fixes: WordedFix) -> tuple[Todo, ...]:
    return todos(finding(*fixes), words_in("en"))


LIVE = fix("Set it", CHANGES, lasting=False, by="web-prod")
SOURCE = fix("Set it in the chart")


@pytest.mark.parametrize(
    ("fixes", "said"),
    [
        ((SOURCE,), ["Set it in the chart"]),
        (
            (SOURCE, LIVE),
            ["Now (web-prod will put it back): Set it", "So that it lasts: Set it in the chart"],
        ),
        (
            (LIVE, SOURCE),
            ["Now (web-prod will put it back): Set it", "So that it lasts: Set it in the chart"],
        ),
        ((fix("Give it", CHANGES), LIVE), ["Give it"]),
        ((LIVE,), ["Set it"]),
        (
            (fix("Find it", LOOKS), LIVE),
            ["Now (web-prod will put it back): Set it", "So that it lasts: Find it"],
        ),
        ((SOURCE, fix("Look", LOOKS, lasting=False)), ["Set it in the chart"]),
        ((), []),
    ],
)
def test_at_most_two_arrows(fixes: tuple[WordedFix, ...], said: list[str]) -> None:
    assert [todo.said for todo in of(*fixes)] == said


def test_all_commands_of_what_helps_now_stand_together() -> None:
    now, lasting = of(SOURCE, fix("Set it", CHANGES, "kubectl rollout restart deployment/web", lasting=False))
    assert (len(now.commands), now.looks, now.rest) == (2, False, 0)
    assert (lasting.commands, lasting.looks) == ((), False)


def test_what_only_looks_is_said_to_and_stands_alone() -> None:
    (todo,) = of(fix("Find it", LOOKS, CHANGES))
    assert (todo.commands, todo.looks, todo.rest) == ((LOOKS,), True, 1)


@pytest.mark.parametrize(
    ("commands", "shown", "rest"),
    [
        ((CHANGES, f"{CHANGES} {'x' * 450}"), (CHANGES,), 1),
        ((f"{CHANGES} {'x' * 450}",), (), 0),
        (("a\nb\nc\nd\ne\nf",), ("a\nb\nc\nd\ne\nf",), 0),
        (("a\nb\nc\nd\ne\nf\ng",), (), 0),
    ],
)
def test_what_is_too_long_stands_in_the_thread(
    commands: tuple[str, ...], shown: tuple[str, ...], rest: int
) -> None:
    (todo,) = of(fix("Set it", *commands))
    assert (todo.commands, todo.rest) == (shown, rest)


def test_it_is_said_in_every_language(words: Words) -> None:
    now, lasting = todos(finding(SOURCE, LIVE), words)
    assert "web-prod" in now.line
    assert now.line.startswith("→ ")
    assert lasting.said != lasting.title
