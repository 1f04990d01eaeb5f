"""Whatever is typed after /ops has one meaning, also from a phone, and nothing that is typed is too much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.grammar import (
    LONGEST,
    NAMES,
    Check,
    Command,
    Diagnose,
    Explain,
    Help,
    Incidents,
    Problem,
    Runbooks,
    Silence,
    command,
)
from bot.diagnosis.naming import Asked

WEB = Asked("web")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Help()),
        ("   ", Help()),
        ("help", Help()),
        ("?", Help()),
        ("—help", Help()),
        ("help diagnose", Help("diagnose")),
        ("help me please", Help()),
        ("help diagnoze", Help("diagnose", Problem.UNKNOWN, "diagnoze", "help diagnose")),
        ("incidents", Incidents()),
        ("check", Check()),
        ("runbooks", Runbooks()),
        ("runbooks triage", Runbooks("triage")),
        ("runbooks show Triage", Runbooks("triage")),
        ("explain panic: x", Explain("panic: x")),
        ("EXPLAIN   panic:  x ", Explain("panic:  x")),
        ("explain\npanic: x\ngoroutine 1", Explain("panic: x\ngoroutine 1")),
        ("silence 1f2e3d4c 2h", Silence("1f2e3d4c", "2h")),
        ("silence #1F2E3D4C 1h 30m", Silence("1f2e3d4c", "1h 30m")),
        ("silence 1f2e3d4c until 09:00", Silence("1f2e3d4c", "until 09:00")),
        ("silence “1f2e3d4c” 내일 09:00까지", Silence("1f2e3d4c", "내일 09:00까지")),
    ],
)
def test_the_commands(text: str, found: Command) -> None:
    assert command(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web", Diagnose(WEB)),
        ("shop/web", Diagnose(Asked("web", "shop"))),
        ("deploy/web", Diagnose(Asked("web", kind="Deployment"))),
        ("shop/deploy/web", Diagnose(Asked("web", "shop", "Deployment"))),
        ("node/n1", Diagnose(Asked("n1", kind="Node"))),
        ("prod:shop/web", Diagnose(Asked("web", "shop"), "prod")),
        ("prod:web", Diagnose(WEB, "prod")),
        ("arn:aws:eks:eu:1:cluster/a:shop/web", Diagnose(Asked("web", "shop"), "arn:aws:eks:eu:1:cluster/a")),
        ("web --in-channel", Diagnose(WEB, public=True)),
        ("--in-channel web", Diagnose(WEB, public=True)),
        ("web in-channel", Diagnose(WEB, public=True)),
        ("web here", Diagnose(WEB, public=True)),
        ("web public", Diagnose(WEB, public=True)),
        ("web --public", Diagnose(WEB, public=True)),
        ("here", Diagnose(Asked("here"))),
        ("public here", Diagnose(Asked("public"), public=True)),
    ],
)
def test_targets_and_where_the_answer_goes(text: str, found: Command) -> None:
    assert command(f"diagnose {text}") == found


@pytest.mark.parametrize(
    "text",
    [
        "Diagnose web",
        "diagnose  web  ",
        "diagnose\tweb",
        "diagnose\nweb",
        "diagnose\xa0web",
        "diagnose Web",
        "diagnose `web`",
        "`diagnose web`",
        'diagnose "web"',
        "diagnose “web”",
        "diagnose ‘web’",
        "diagnose web\u200b",
        "diagnose <http://web|web>",
    ],
)
def test_a_phone_and_slack_s_own_marks_are_undone(text: str) -> None:
    assert command(text) == Diagnose(WEB)


@pytest.mark.parametrize("dash", ["—", "–", "--", "―"])
def test_a_dash_that_was_two_hyphens(dash: str) -> None:
    assert command(f"diagnose web {dash}in-channel") == Diagnose(WEB, public=True)


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("a &lt;nil&gt; &amp; b", "a <nil> & b"),
        ("&amp;lt;", "&lt;"),
        ("<nil> <html>", "<nil> <html>"),
        ("see <https://x.example/a?b=1&amp;c|x.example/a>", "see x.example/a"),
        ("see <https://x.example/a?b=1&amp;c=2>", "see https://x.example/a?b=1&c=2"),
        ("<@U123|bob> <@U123> <#C1|alerts> <!channel> <!here|here>", "@bob @U123 #alerts @channel @here"),
        ("```\npanic: x\n```", "panic: x"),
        ("`panic: x`", "panic: x"),
        ("no `x` here `y`", "no `x` here `y`"),
        ("it`s", "it`s"),
    ],
)
def test_a_text_is_what_was_typed(sent: str, typed: str) -> None:
    assert command(f"explain {sent}") == Explain(typed)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dignose web", Help("diagnose", Problem.UNKNOWN, "dignose web", "diagnose")),
        ("diag web", Help("diagnose", Problem.UNKNOWN, "diag web", "diagnose")),
        ("incident", Help("incidents", Problem.UNKNOWN, "incident", "incidents")),
        ("inc", Help("incidents", Problem.UNKNOWN, "inc", "incidents")),
        ("hlep", Help("", Problem.UNKNOWN, "hlep", "help")),
        ("ops-service", Help("diagnose", Problem.UNKNOWN, "ops-service", "diagnose ops-service")),
        ("prod:shop/web here", Help("diagnose", Problem.UNKNOWN, "prod:shop/web here", "diagnose prod:shop/web")),
        ("make me a coffee", Help("", Problem.UNKNOWN, "make me a coffee")),
        ("장애", Help("", Problem.UNKNOWN, "장애")),
        ("<!channel>", Help("", Problem.UNKNOWN, "@channel")),
        ("diagnose", Help("diagnose", Problem.NO_TARGET)),
        ("diagnose --in-channel", Help("diagnose", Problem.NO_TARGET)),
        ("diagnose ''''", Help("diagnose", Problem.NO_TARGET)),
        ("diagnose a b", Help("diagnose", Problem.TOO_MUCH, "a b")),
        ("diagnose a/b/c/d", Help("diagnose", Problem.UNCLEAR_TARGET, "a/b/c/d")),
        ("diagnose shop/thing/web", Help("diagnose", Problem.UNCLEAR_TARGET, "shop/thing/web")),
        ("diagnose web;rm", Help("diagnose", Problem.UNCLEAR_TARGET, "web;rm")),
        ("diagnose prod:", Help("diagnose", Problem.UNCLEAR_TARGET, "prod:")),
        ("explain", Help("explain", Problem.NO_TEXT)),
        ("explain ``` ```", Help("explain", Problem.NO_TEXT)),
        ("silence", Help("silence", Problem.NO_INCIDENT)),
        ("silence x 1h", Help("silence", Problem.NO_INCIDENT, "x")),
        ("silence 1f2e3d4c", Help("silence", Problem.NO_DURATION)),
        ("runbooks a b", Help("runbooks", Problem.TOO_MUCH, "a b")),
        ("check now", Help("check", Problem.TOO_MUCH, "now")),
        ("incidents all", Help("incidents", Problem.TOO_MUCH, "all")),
    ],
)  # fmt: skip
def test_what_is_not_understood_gets_help_and_what_is_near(text: str, found: Help) -> None:
    assert command(text) == found


@pytest.mark.parametrize("name", [name for name in NAMES if name != "help"])
def test_every_command_has_help_of_its_own(name: str) -> None:
    assert command(f"help {name}") == Help(name)


@pytest.mark.parametrize(
    "made", [Diagnose(Asked("web", "shop", "Deployment"), "prod"), Diagnose(WEB), Runbooks("triage"), Incidents(), Check()]
)  # fmt: skip
def test_a_command_can_be_written_down_and_read_again(made: Command) -> None:
    assert command(str(made)) == made


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10**6,
        "diagnose " + "'\"" * 10**5,
        "<" * 10**6,
        "explain " + "<a|" * 10**5,
        "–" * 12_000,
        "diagnose web " + "—" * 12_000 + "!",
        "`" * 12_000,
        "&amp;" * 2_400,
    ],
)
def test_long_text_costs_no_time(text: str) -> None:
    found = command(text)
    if isinstance(found, Help):
        assert len(found.said) <= 80
    else:
        assert isinstance(found, Explain)
        assert len(found.text) <= LONGEST


@given(st.text(), st.sampled_from(["", "diagnose ", "explain ", "silence ", "runbooks ", "help ", "check "]))
def test_every_text_is_a_command(text: str, name: str) -> None:
    found = command(name + text)
    if isinstance(found, Help):
        assert found.near.split(" ")[0] in {"", *NAMES}
        assert len(found.said) <= 80
