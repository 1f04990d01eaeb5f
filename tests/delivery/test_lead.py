"""The second line of a message: the cause and the next step, or why there is none, short enough for a lock screen."""

from dataclasses import replace

import pytest

from bot.delivery.blockkit import plain
from bot.delivery.lead import Lead
from bot.delivery.plaintext import units
from bot.delivery.view import view
from bot.model import (
    Diagnosis,
    Incident,
    IncidentState,
    Missing,
    Outcome,
    Reason,
    Recheck,
    Rechecked,
    Source,
    Verdict,
)
from tests.delivery.builders import (
    CHANGE,
    DIAGNOSIS,
    OOM,
    RECHECK,
    RULED_OUT,
    START,
    TARGET,
    UNREADABLE,
    an_incident,
    diagnosed,
    following,
)
from tests.delivery.catalogue import CASES, Case, states
from tests.delivery.conftest import layouts_in, words_in

LONG = replace(
    OOM, facts={**OOM.facts, "container": "a-container-with-a-name-that-fills-the-line-on-its-own"}
)
OVER = diagnosed(an_incident(IncidentState.RESOLVED), DIAGNOSIS)
NOTHING = replace(DIAGNOSIS, findings=(RULED_OUT,) * 3, changes=())
UNREACHABLE = Missing(Source.KUBERNETES, Reason.UNREACHABLE, "get", "pods/log", "shop", "", "no route")


def lead(incident: Incident) -> Lead:
    return view(incident, words_in("en")).lead


def line(incident: Incident) -> str:
    return lead(incident).line


def found(*findings: object, **changes: object) -> Incident:
    return diagnosed(an_incident(), replace(DIAGNOSIS, findings=findings, **changes))  # type: ignore[arg-type]  # named by tests


def rechecked(outcome: Outcome) -> Incident:
    one = Rechecked(outcome, replace(OOM, verdict=Verdict.LIKELY, evidence=(), fixes=()))
    return replace(OVER, rechecks=(Recheck(TARGET, START, (one,)),))


@pytest.mark.parametrize(
    ("incident", "said"),
    [
        (an_incident(), "Looking for the cause: it will stand here."),
        (
            found(OOM),
            "● Confirmed: Container app is killed at its limit of 512Mi → Raise the memory limit of app to 1Gi",
        ),
        (
            found(replace(OOM, verdict=Verdict.LIKELY, fixes=())),
            "◐ Likely: Container app is killed at its limit of 512Mi",
        ),
        (found(RULED_OUT), "No known cause found: 1 checked and ruled out. → See what changed before, in the thread"),
        (
            diagnosed(an_incident(), NOTHING),
            "No known cause found: 3 checked and ruled out. → See what was seen, in the thread",
        ),
        (
            found(RULED_OUT, UNREADABLE, changes=()),
            "No known cause found: 1 checked and ruled out, 1 could not be checked. → Apply the grant in the thread, so that opsbot can look",
        ),
        (
            found(UNREADABLE, changes=()),
            "Could not look for the cause. Kubernetes, get pods/log in shop: not allowed → Look yourself",
        ),
        (
            found(replace(UNREADABLE, missing=UNREACHABLE), changes=()),
            "Could not look for the cause. Kubernetes, get pods/log in shop: not reachable (no route) → Look yourself",
        ),
        (
            diagnosed(an_incident()),
            "The labels name no workload: there was nothing to look at. → Say which: /ops diagnose namespace/name. For next time give the alert's rule the labels namespace and deployment",
        ),
        (following(diagnosed(an_incident(), replace(DIAGNOSIS, findings=(replace(OOM, root="configmap/limits memory"),)))),
         "Cause: container killed for memory"),
        (OVER, "Lasted 7 min. Cause: Container app is killed at its limit of 512Mi"),
        (replace(OVER, diagnoses=()), "Lasted 7 min."),
        (rechecked(Outcome.FIXED), "Lasted 7 min. Checked again, fixed: container killed for memory"),
        (
            rechecked(Outcome.STILL_THERE),
            "Lasted 7 min. Checked again, still there: container killed for memory → Raise the memory limit of app to 1Gi",
        ),
    ],
)  # fmt: skip
def test_the_line(incident: Incident, said: str) -> None:
    assert line(incident) == said


def test_who_is_awake_can_look_where_the_bot_could_not() -> None:
    by_hand, grant = lead(found(UNREADABLE, changes=())).todos
    assert by_hand.commands == (
        "kubectl logs deployment/board-service --all-containers --tail=50 --namespace=shop --previous",
    )
    assert grant.said == "Apply the grant in the thread, so that opsbot can look"


def test_where_nothing_was_found_what_was_seen_is_told_with_the_commands_that_show_more() -> None:
    told = (
        layouts_in("en").parts(found(replace(RULED_OUT, evidence=OOM.evidence), changes=()))[1].message.text
    )
    assert "What was seen\n• Container app ended with OOMKilled" in told
    assert told.index("kubectl describe deployment/board-service") < told.index("kubectl get events")
    assert "What was seen" not in layouts_in("en").parts(found(OOM, replace(RULED_OUT, evidence=OOM.evidence)))[1].message.text  # fmt: skip


def test_the_numbers_before_and_after_are_told_when_it_is_over() -> None:
    told = lead(replace(OVER, rechecks=(RECHECK,)))
    assert told.said.endswith("(memory limit 512Mi → 1Gi, restarts 7 → 0, start 1 min 30 s → 12 s)")
    assert told.again == (
        "Checked again – not known whether fixed: image cannot be pulled; newly found: pressure on the node"
    )


def checked_while_firing(*outcomes: Rechecked) -> Incident:
    return replace(found(OOM), rechecks=(Recheck(TARGET, START, outcomes),))


GONE = Rechecked(Outcome.FIXED, replace(OOM, verdict=Verdict.RULED_OUT, evidence=(), fixes=()))
NEW = Rechecked(Outcome.NEW, replace(RULED_OUT, verdict=Verdict.CONFIRMED, fixes=OOM.fixes, facts={**OOM.facts, "node": "n1"}))  # fmt: skip


def test_while_it_fires_the_headline_is_what_is_true_now() -> None:
    told = lead(checked_while_firing(GONE, NEW))
    assert told.said == "● Confirmed: Node n1 is under pressure"
    assert told.todos[0].title == "Raise the memory limit of app to 1Gi"
    assert told.again == "Checked again – fixed: container killed for memory"


def test_while_it_fires_and_all_that_was_found_is_fixed_nothing_else_is_claimed() -> None:
    told = lead(checked_while_firing(GONE))
    assert told.said == "container killed for memory: fixed. Nothing else found, the alert has not ended yet."
    assert (told.todos, told.again) == ((), "Checked again – fixed: container killed for memory")


def test_what_is_over_keeps_the_cause_that_it_had() -> None:
    over = replace(checked_while_firing(GONE, NEW), state=IncidentState.RESOLVED, closed_at=START)
    assert "container killed for memory" in lead(over).said


def test_a_long_title_stands_below_the_name_of_its_cause() -> None:
    told = lead(found(LONG))
    assert told.said == "● Confirmed: container killed for memory"
    assert told.more.endswith("is killed at its limit of 512Mi")


def test_what_is_cut_is_cut_between_words() -> None:
    address = "http://prometheus.monitoring.svc:9090/api"
    fixed = Lead("said", f"Set the variable PROMETHEUS_URL of that deployment to {address} and restart it")
    assert (fixed.line, fixed.below) == (f"said → {fixed.do}", f"→ {fixed.do}")
    longer = Lead("said", f"{'Set the variable ' * 8}to {address}")
    assert longer.line.endswith(" variable to …")
    assert Lead("said", "x" * 300).below == f"→ {'x' * 158} …"


def test_a_stale_incident_says_so_first_and_then_the_cause() -> None:
    told = lead(replace(found(OOM), state=IncidentState.STALE))
    assert told.said.startswith("No resolve, and nothing heard of it any more")
    assert (told.more, told.do) == ("● Confirmed: Container app is killed at its limit of 512Mi", "")


@pytest.mark.parametrize(("size", "shown"), [(100, True), (480, True), (481, False)])
def test_a_command_stands_in_the_channel_only_where_it_is_short(size: int, shown: bool) -> None:
    target = replace(TARGET, name="")
    name = "x" * (size - len(_command(replace(DIAGNOSIS, target=target))) + 2)
    told = lead(diagnosed(an_incident(), replace(DIAGNOSIS, target=replace(TARGET, name=name))))
    assert bool(told.todos[0].commands) is shown


def _command(diagnosis: Diagnosis) -> str:
    """With an empty name, which a shell needs two quotes for."""
    return words_in("en").word(diagnosis).found[0].fixes[0].commands[0]


@pytest.mark.timeout(
    30
)  # importing the package `kubernetes` takes a second, and the first test looks at every cluster
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.runbook)
def test_a_lock_screen_shows_what_where_and_the_cause(case: Case, language: str) -> None:
    """Of some 150 characters: whole are the state, how bad, what, where and the cause."""
    for state, incident in states(case).items():
        text = layouts_in(language).parts(incident)[0].message.text
        first, second = text.split("\n")[:2]
        assert units(first) <= 90, state
        assert units(first + second.partition(" → ")[0]) <= 190, state
    assert case.labels["alertname"] in first
    assert case.target.name in first


@pytest.mark.timeout(30)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.runbook)
def test_the_message_in_the_channel_is_short(case: Case, language: str) -> None:
    """A phone shows some 42 characters in a line: a dozen lines, and that only where names are long."""
    for state, incident in states(case).items():
        blocks = layouts_in(language).parts(incident)[0].message.blocks
        code = [block for block in blocks if "```" in str(block)]
        prose = [block for block in blocks if block["type"] != "context" and block not in code]
        assert len(blocks) <= 8, state
        assert units(plain(prose)) <= 760, state
        assert units(plain(code)) <= 500, state


def test_changes_are_seen_first_where_nothing_was_found() -> None:
    blocks = layouts_in("en").parts(found(RULED_OUT, UNREADABLE, changes=(CHANGE,)))[1].message.text
    assert blocks.index("Not checked") < blocks.index("What changed before") < blocks.index("Ruled out")
    told = layouts_in("en").parts(found(OOM, UNREADABLE, RULED_OUT))[1].message.text
    order = (
        "Fix:",
        "Risk:",
        "kubectl --namespace",
        "Then verify",
        "Evidence",
        "What changed before",
        "Not checked",
        "Ruled out",
        "Alerts",
    )
    assert [told.index(one) for one in order] == sorted(told.index(one) for one in order)
