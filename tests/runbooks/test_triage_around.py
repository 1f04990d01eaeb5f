"""Triage around the containers: the table, the order of findings, and the words of every one of them."""

import pytest

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed, ordered
from bot.diagnosis.evidence import PodList
from bot.model import Verdict
from runbooks.triage import RUNBOOK, decide
from tests.runbooks import around_cases, container_cases, progress_cases, start_cases
from tests.runbooks.around_cases import NODE, NOTHING, PENDING
from tests.runbooks.progress_cases import STUCK
from tests.runbooks.table import verdicts
from tests.runbooks.triage_cases import CONFIRMED, NOT_CHECKED, Case, found
from tests.snapshots import (
    TARGET,
    event,
    events,
    looping,
    node,
    pod,
    revision,
    scene,
    spec,
    template,
    workload,
)

CONTAINER_CASES = [*container_cases.CASES, *start_cases.CASES]
AROUND_CASES = [*around_cases.CASES, *progress_cases.CASES]
ALL_CASES = [*CONTAINER_CASES, *AROUND_CASES]


@pytest.mark.parametrize("case", AROUND_CASES, ids=str)
def test_around(case: Case) -> None:
    case.check()


def test_every_cause_is_told_from_what_looks_like_it() -> None:
    """Each cause is seen found and seen ruled out, or the tables say nothing about it."""
    told = verdicts(ALL_CASES)

    assert set(told) == {cause.id for cause in RUNBOOK.causes}
    assert all({Verdict.CONFIRMED, Verdict.RULED_OUT} <= seen for seen in told.values())


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_answers_for_every_cause_exactly_once(case: Case) -> None:
    _findings, defects = completed(RUNBOOK, decide(case.of))

    assert defects == ()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everything_is_worded(language: str) -> None:
    words = Words(language)
    said = missing_words_of_runbook(words, RUNBOOK.name, (cause.id for cause in RUNBOOK.causes))
    for case in ALL_CASES:
        for finding in decide(case.of):
            said.extend(missing_words(words, finding, case.of.target))

    assert list(dict.fromkeys(said)) == []


def test_what_explains_stands_before_what_it_explains() -> None:
    of = scene(
        pod(looping(1)),
        workload=workload(conditions=(STUCK,), ready=0),
        nodes=(node("node-1", around_cases.NOT_READY),),
    )

    causes = [finding.cause for finding in ordered(decide(of)) if finding.verdict is CONFIRMED]

    assert causes == ["node-unhealthy", "crashing", "rollout-stuck"]


def test_a_stuck_rollout_is_rolled_back_when_it_brought_the_crash() -> None:
    revisions = (
        revision(2, template(spec(args=("--new-flag",))), minutes=10, name="web-7d9"),
        revision(1, template(spec()), minutes=500),
    )
    of = scene(pod(looping(1)), workload=workload(conditions=(STUCK,)), revisions=revisions)

    (fix,) = found(of, "rollout-stuck").fixes

    assert (fix.key, fix.facts["differences"]) == ("roll-back", ("command",))


def test_warnings_are_folded_by_reason() -> None:
    notes = (
        event("BackOff", "restarting", minutes=5, count=40),
        event("BackOff", "restarting the other", about="Pod/web-7d9-b", minutes=1, count=2),
        event("Unhealthy", "Readiness probe failed", minutes=2, count=7),
        event("Pulled", "already present", type="Normal"),
    )

    seen = found(scene(events=events(*notes)), "rollout-stuck").evidence

    rows = next(observation for observation in seen if observation.key == "warning-events").facts["rows"]
    assert isinstance(rows, tuple)
    assert [(row["reason"], row["count"], row["message"]) for row in rows if isinstance(row, dict)] == [
        ("BackOff", 42, "restarting the other"),
        ("Unhealthy", 7, "Readiness probe failed"),
    ]


def test_a_node_says_nothing_about_containers() -> None:
    of = scene(target=NODE, pods=NOTHING, workload=NOTHING, application=NOTHING, scalers=NOTHING)

    verdicts = {finding.cause: finding.verdict for finding in decide(of)}

    assert verdicts.pop("node-unhealthy") is Verdict.RULED_OUT
    assert set(verdicts.values()) == {NOT_CHECKED}
    missing = found(of, "crashing").missing
    assert missing is not None
    assert missing.detail == "no pods are looked at"


def test_no_pods_rule_nothing_out() -> None:
    of = scene(pods=PodList(()), nodes=())
    about_pods = {"crashing", "oom-killed", "image-pull", "config-error", "start-error", "probe-failing"}

    verdicts = {finding.verdict for finding in decide(of) if finding.cause in about_pods | {"evicted"}}

    assert verdicts == {NOT_CHECKED}


def test_pods_beyond_the_page_are_counted() -> None:
    of = scene(pods=PodList((pod(),), more=40))

    assert found(of, "oom-killed").facts["more_pods"] == 40


def test_a_pending_pod_is_not_crashing() -> None:
    assert found(scene(PENDING, target=TARGET), "crashing").verdict is Verdict.RULED_OUT
