"""Of what triage sees, only the end of a container that a finding explains is left out; and who is told first."""

from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.evidence import PodList, WorkloadState
from bot.diagnosis.explaining import OF_CONTAINERS, OF_THE_WHOLE, Explained
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import (
    EventsOf,
    LogOf,
    NodeOf,
    NodesJoined,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    WorkloadOf,
)
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Look
from bot.model import Alert, AlertStatus, Cause, Diagnosis, Facts, Finding, Verdict
from runbooks.catalog import CATALOG
from runbooks.triage import RUNBOOK as TRIAGE
from runbooks.triage import beside
from tests.diagnosis.engines import engine, fake, runbook
from tests.snapshots import TARGET, ago, looping, pod, scene, tail, workload

CONFIRMED, LIKELY, RULED_OUT = Verdict.CONFIRMED, Verdict.LIKELY, Verdict.RULED_OUT
REFUSED = 'FATAL: password authentication failed for user "web"'


def knowing(verdict: Verdict, facts: Facts, *explains: str) -> Runbook[Any]:
    """A runbook that finds its one cause so."""

    def decide(_seen: Any) -> list[Finding]:
        answer = Answer("knowing", "down")
        return [answer.confirmed(facts) if verdict is CONFIRMED else answer.likely(facts)]

    return runbook(
        "knowing", decide=decide, causes=(Cause("down", explains=explains),), applies=lambda _state: True
    )


def world(*pods: Any, logs: tuple[Any, ...] = (), **more: Any) -> dict[Look[Any], Any]:
    state: WorkloadState = workload(**more)
    answers: dict[Look[Any], Any] = {WorkloadOf(TARGET): state, PodsOf("shop", "app=web"): PodList(pods)}
    for one in logs:
        answers[LogOf("shop", one.pod, one.container, previous=True)] = one.log
    return answers


async def diagnosed(answers: dict[Look[Any], Any], *known: Runbook[Any], **labels: str) -> Diagnosis:
    empty = (EventsOf, RevisionsOf, ScalersOf, NodesJoined)

    def otherwise(look: Look[Any]) -> Any:
        if isinstance(look, NodeOf):
            return scene().nodes[0]
        assert isinstance(look, empty), look
        return ()

    alerts = [Alert(AlertStatus.FIRING, {"alertname": "X", **labels}, {}, ago(5), None, "", "x")]
    shared = engine(*known, TRIAGE, sources=fake(answers, otherwise=otherwise))
    return await shared.diagnose(TARGET, alerts=alerts)


def told(diagnosis: Diagnosis) -> list[str]:
    return [f"{one.runbook}/{one.cause}" for one in diagnosis.findings if one.found]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (knowing(CONFIRMED, {"container": "app"}, "crashing"), ["knowing/down"]),
        (knowing(CONFIRMED, {"container": "proxy"}, "crashing"), ["triage/crashing", "knowing/down"]),
        (knowing(CONFIRMED, {"container": "app"}, "oom-killed"), ["triage/crashing", "knowing/down"]),
        (knowing(CONFIRMED, {"container": "app"}), ["triage/crashing", "knowing/down"]),
        (knowing(LIKELY, {"container": "app", "line": REFUSED}, "crashing"), ["knowing/down"]),
        (knowing(LIKELY, {"container": "app", "line": "x"}, "crashing"), ["triage/crashing", "knowing/down"]),
    ],
)
async def test_only_what_explains_this_end_of_this_container(
    found: Runbook[Any], expected: list[str]
) -> None:
    seen = await diagnosed(world(pod(looping(1)), logs=(tail("up", REFUSED),)), found)

    assert sorted(told(seen)) == sorted(expected)


async def test_one_of_two_containers_is_explained_and_the_other_is_told() -> None:
    both = world(
        pod(looping(1, name="exporter"), looping(2, name="web")),
        logs=(tail(REFUSED, container="exporter"), tail("panic: nil map", container="web")),
    )

    seen = await diagnosed(both, knowing(CONFIRMED, {"container": "exporter"}, "crashing"))

    (crash,) = [one for one in seen.findings if one.cause == "crashing"]
    assert (crash.verdict, crash.facts["container"], crash.facts["error"]) == (
        CONFIRMED,
        "web",
        "panic: nil map",
    )


async def test_every_cause_is_answered_once_and_what_is_explained_says_by_what() -> None:
    """What ends a container for memory is told, though another finding knows why its neighbour crashes."""
    both = world(
        pod(looping(1, name="exporter"), looping(137, "OOMKilled")),
        logs=(tail(REFUSED, container="exporter"), tail("working")),
    )

    seen = await diagnosed(both, knowing(CONFIRMED, {"container": "exporter"}, "crashing"))

    of_triage = {one.cause: one for one in seen.findings if one.runbook == "triage"}
    assert sorted(told(seen)) == ["knowing/down", "triage/oom-killed"]
    assert of_triage.keys() == {cause.id for cause in TRIAGE.causes}
    assert of_triage["crashing"].verdict is RULED_OUT
    assert of_triage["crashing"].facts == {"explained": "knowing/down"}


@pytest.mark.parametrize(
    ("container", "first"),
    [("app", "triage/oom-killed"), ("exporter", "knowing/down"), ("", "triage/oom-killed")],
)
async def test_the_container_of_the_alert_comes_first(container: str, first: str) -> None:
    both = world(
        pod(looping(1, name="exporter"), looping(137, "OOMKilled")),
        logs=(tail(REFUSED, container="exporter"), tail("working")),
    )

    seen = await diagnosed(
        both, knowing(CONFIRMED, {"container": "exporter"}, "crashing"), container=container
    )

    assert told(seen)[0] == first


async def test_what_ends_nothing_comes_after_what_does() -> None:
    seen = await diagnosed(world(pod(looping(1)), logs=(tail("panic: x"),)), knowing(CONFIRMED, {}))

    assert told(seen) == ["triage/crashing", "knowing/down"]


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [({"updated": 1}, RULED_OUT), ({"updated": 1, "paused": True}, CONFIRMED)],
)
def test_a_rollout_follows_its_containers_but_not_where_somebody_paused_it(
    changed: dict[str, Any], verdict: Verdict
) -> None:
    of = scene(pod(looping(1)), workload=workload(**changed))
    explained = (Explained("rollout-stuck", "knowing/down", "app"),)

    (rollout,) = [one for one in beside(of, explained) if one.cause == "rollout-stuck"]

    assert rollout.verdict is verdict


def test_what_may_be_explained_is_what_triage_answers_for() -> None:
    assert {cause.id for cause in TRIAGE.causes} == OF_CONTAINERS | OF_THE_WHOLE


def test_what_switches_something_off_explains_no_end() -> None:
    causes = {(one.name, cause.id): cause.explains for one in CATALOG for cause in one.causes}

    assert not causes["otel_schema_conflict", "tracing-silently-off"]
    assert not any(explains for (name, _), explains in causes.items() if name == "portal_metrics_zero")
    assert causes["otel_schema_conflict", "fatal-on-conflict"] == ("crashing", "rollout-stuck")


def test_a_likely_answer_speaks_of_the_line_that_it_quotes() -> None:
    likely = Explained("crashing", "knowing/down", "app", REFUSED, certain=False)

    assert likely.fits("crashing", "app", REFUSED)
    assert likely.fits("crashing", "app", f"setup: {REFUSED}")
    assert not likely.fits("crashing", "app", "panic: index out of range")
    assert replace(likely, certain=True).fits("crashing", "app", "panic: index out of range")
