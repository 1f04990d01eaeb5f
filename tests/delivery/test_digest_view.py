"""The digest of a storm: its counts, its list, its limits with thousands of members, and hostile names in every place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery import blockkit
from bot.delivery.digest import Gathered, Line, Storm, line_of
from bot.delivery.digest_view import Digests
from bot.delivery.message import Part
from bot.incidents.storms import in_order
from bot.model import IncidentState, Related, Relative, Verdict
from tests.delivery import golden
from tests.delivery.builders import (
    DIAGNOSIS,
    SHARED_DIAGNOSIS,
    START,
    a_relative,
    an_incident,
    diagnosed,
    following,
)
from tests.delivery.conftest import layouts_in, words_in
from tests.delivery.test_inert import HOSTILE
from tests.fakes.slack_limits import pings, refused

STORM = Storm("storm-1", "#alerts", START, START)
CONSOLE = "https://ops.example/console"
STATES = (IncidentState.FIRING, IncidentState.FIRING, IncidentState.FIRING, IncidentState.RESOLVED)
SEVERITIES = ("critical", "warning", "warning", "info", "")
FOUND = (("oom-killed", Verdict.CONFIRMED), ("bad-image", Verdict.LIKELY), ("", None), ("", None))


def member(number: int) -> Gathered:
    cause, verdict = FOUND[number % len(FOUND)]
    line = Line(
        STATES[number % 4],
        SEVERITIES[number % 5],
        f"Crash{number:04}",
        f"shop/service-{number}",
        runbook="example" if cause else "",
        cause=cause,
        verdict=verdict,
        looked=number % 4 != 3,
        spaces=("shop",),
    )
    told = Gathered(f"{number:032x}", START + timedelta(seconds=number), line)
    own = number % 6 == 0
    return replace(told, channel="C0123ALERTS", ts=f"1767237120.{number:06}") if own else told


def parts(members: list[Gathered], storm: Storm = STORM, language: str = "en") -> tuple[Part, ...]:
    return Digests(layouts_in(language), public_url=CONSOLE).parts(storm, in_order(members))


def test_what_it_says(language: str) -> None:
    golden.check(
        f"messages/storm-{language}.txt",
        golden.readable(parts([member(n) for n in range(12)], language=language)),
    )


def test_what_it_says_when_it_is_over(language: str) -> None:
    line = member(0).line
    members = [
        replace(member(0), line=replace(line, state=IncidentState.FIRING)),
        replace(member(1), line=replace(line, follows=True, led=True), ts=""),
        replace(member(2), line=replace(line, state=IncidentState.RESOLVED)),
    ]
    ended = replace(STORM, closed_at=START + timedelta(minutes=9))
    golden.check(f"messages/storm-over-{language}.txt", golden.readable(parts(members, ended, language)))


def of(number: int, state: str, **changes: object) -> Gathered:
    line = replace(member(number).line, state=IncidentState(state), **changes)  # type: ignore[arg-type]  # names of fields
    return replace(member(number), line=line, ts="")


def head(members: list[Gathered], storm: Storm = STORM) -> list[str]:
    return parts(members, storm)[0].message.text.splitlines()


def test_the_second_line_names_what_calls_somebody_and_where() -> None:
    members = [of(n, "firing", severity="critical") for n in range(4)]
    members += [of(4, "resolved", severity="critical"), of(5, "firing", severity="warning", spaces=("pay",))]
    assert head(members)[1] == (
        "5 critical: Crash0000, Crash0001, Crash0002 and 1 more · 1 warning · in shop, pay"
    )


@pytest.mark.parametrize(
    ("members", "closed", "said"),
    [
        ([of(0, "firing"), of(1, "resolved")], False, "Messages of their own follow"),
        ([of(0, "resolved"), of(1, "resolved")], False, "Everything in it has resolved so far"),
        ([replace(of(0, "firing"), ts="1.2"), of(1, "resolved")], False, "What still fires has a message"),
        ([of(0, "firing")], True, "The storm is over. What still fires"),
        ([of(0, "resolved")], True, "everything in it has resolved"),
    ],
)
def test_the_note_is_true_of_whoever_waits(members: list[Gathered], closed: bool, said: str) -> None:
    storm = replace(STORM, closed_at=START) if closed else STORM
    assert any(line.startswith(said) or said in line for line in head(members, storm))
    assert sum("Messages of their own follow" in line for line in head(members, storm)) == (
        said == "Messages of their own follow"
    )


def test_a_storm_that_is_over_says_so_first() -> None:
    ended = replace(STORM, closed_at=START)
    assert head([of(0, "firing"), of(1, "resolved")], ended)[0] == (
        "🔴 Firing · storm: 2 incidents, over, 1 not resolved yet"
    )
    assert head([of(1, "resolved")], ended)[0] == "🟢 Resolved · storm: 1 incident, over"


def test_a_state_is_told_by_its_word_not_by_its_colour_alone() -> None:
    said = str(parts([of(0, "firing"), of(1, "resolved"), of(2, "stale")])[1].message.blocks)
    assert all(f"{mark} · " in said for mark in ("🔴 Firing", "🟢 Resolved", "⚪ Stale"))


@pytest.mark.parametrize(
    ("states", "title"),
    [
        (["firing"], "🔴 Firing · storm: 1 incident"),
        (["resolved", "stale", "firing"], "🔴 Firing · storm: 3 incidents"),
        (["resolved", "stale"], "⚪ Stale · storm: 2 incidents"),
        (["resolved", "resolved"], "🟢 Resolved · storm: 2 incidents"),
    ],
)
def test_its_first_line_is_the_state_of_the_worst(states: list[str], title: str) -> None:
    members = [
        replace(member(n), line=replace(member(n).line, state=IncidentState(state)))
        for n, state in enumerate(states)
    ]
    (top, *_) = parts(members)
    assert top.message.text.splitlines()[0] == title
    assert top.message.blocks[0]["text"]["text"] == title


def test_causes_are_counted_what_is_known_first_and_of_many_kinds_the_rest() -> None:
    line = member(0).line
    kinds = [replace(line, cause=f"cause-{n:02}") for n in range(11) for _ in range(20 - n)]
    unknown = [replace(line, verdict=None)] * 50
    members = [replace(member(n), line=each) for n, each in enumerate([*kinds, *unknown])]
    said = parts(members)[0].message.text.splitlines()
    counted = [text for text in said if " × " in text]
    assert [text.split(" × ")[0] for text in counted] == ["20", "19", "18", "17", "16", "15", "14", "13"]
    assert "and 4 more kinds of causes" in said


@pytest.mark.parametrize("count", [1, 50, 51, 500, 2000])
def test_within_every_limit_each_has_a_line_or_is_counted(count: int) -> None:
    members = [member(number) for number in range(count)]
    made = parts(members)
    for part in made:
        arguments = {"text": part.message.text, "blocks": list(part.message.blocks)}
        assert refused(arguments, update=True) == ""
    said = "\n".join(str(part.message.blocks) for part in made[1:])
    named = sum(f"Crash{number:04}|" in said or f"Crash{number:04}>" in said for number in range(count))
    assert len(made) <= 21
    if named < count:
        assert f"and {count - named} more incidents in the console" in said
        assert f"<{CONSOLE}/incidents?state=firing|and " in str(made[-1].message.blocks)
    assert (named == count) is (count <= 1000)


def test_a_line_that_changes_changes_one_message_of_the_thread() -> None:
    members = [member(number) for number in range(500)]
    before = [part.message.digest for part in parts(members)]
    members[250] = replace(members[250], channel="C0123ALERTS", ts="1767237120.999999")
    after = [part.message.digest for part in parts(members)]
    assert sum(one != other for one, other in zip(before[1:], after[1:], strict=True)) == 1


def test_a_line_links_to_the_message_where_there_is_one_and_to_the_console_else() -> None:
    told = str(parts([member(0)])[1].message.blocks)
    assert "<https://slack.com/archives/C0123ALERTS/p1767237120000000|Crash0000>" in told
    waiting = str(parts([member(1)])[1].message.blocks)
    assert f"<{CONSOLE}/incidents/{1:032x}|Crash0001>" in waiting
    nowhere = Digests(layouts_in("en")).parts(STORM, [member(1)])
    assert "Crash0001" in str(nowhere[1].message.blocks)
    assert "<http" not in str([part.message.blocks for part in nowhere])


def test_hostile_names_are_text_and_nobody_is_called() -> None:
    line = Line(
        IncidentState.FIRING, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, Verdict.LIKELY, looked=True
    )
    members = [replace(member(number), line=line) for number in range(60)]
    for part in parts(members):
        arguments = {"text": part.message.text, "blocks": list(part.message.blocks)}
        assert refused(arguments, update=True) == ""
        assert pings(arguments) == 0
        said = str(part.message.blocks)
        assert "<!channel>" not in said
        assert "<https://evil" not in said
        assert "*bold*" not in said
        assert "`code`" not in said


def test_a_line_tells_the_best_supported_cause_and_who_leads() -> None:
    words = words_in("en")
    bare = line_of(an_incident(), words, "")
    assert (bare.severity, bare.name, bare.looked) == ("critical", "KubePodCrashLooping", False)
    assert bare.verdict is None
    found = line_of(diagnosed(an_incident(), DIAGNOSIS), words, "")
    assert (found.runbook, found.cause, found.verdict) == ("example", "oom-killed", Verdict.CONFIRMED)
    assert found.looked


@pytest.mark.parametrize(
    ("leader", "led"),
    [
        (a_relative(1), True),
        (a_relative(1, posted=False), False),
        (replace(a_relative(1), channel="C0999"), False),
        (replace(a_relative(1), channel="#alerts"), True),
    ],
)
def test_only_a_leader_that_stands_in_this_channel_leads(leader: Relative, led: bool) -> None:
    incident = following(diagnosed(an_incident(), SHARED_DIAGNOSIS), leader)
    line = line_of(incident, words_in("en"), "C0123")
    assert (line.follows, line.led) == (True, led)
    assert not line_of(replace(incident, related=Related()), words_in("en"), "C0123").follows


def test_a_long_address_of_the_console_leaves_no_line_out() -> None:
    far = Digests(layouts_in("en"), public_url=f"https://{'a' * 60}.example/{'b' * 200}")
    made = far.parts(STORM, [member(number) for number in range(200)])
    said = "".join(str(part.message.blocks) for part in made)
    assert all(f"Crash{number:04}" in said for number in range(200))
    assert all(blockkit.weight(part.message.blocks) <= blockkit.TOTAL for part in made)


def test_what_became_worse_where_it_stands_is_not_told_by_another() -> None:
    incident = following(diagnosed(an_incident(), SHARED_DIAGNOSIS), a_relative(1))
    worse = replace(incident, peak="critical", rises=1)
    assert not line_of(worse, words_in("en"), "C0123").led
    assert line_of(replace(worse, moves=1), words_in("en"), "C0123").led
