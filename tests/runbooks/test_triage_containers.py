"""Triage of containers: the table, the fixes, and what is said with a finding."""

from typing import Any

import pytest

from bot.diagnosis.scene import Tail
from bot.model import Layer, Reason
from runbooks.triage import decide
from tests.runbooks import start_cases
from tests.runbooks.container_cases import CASES, LIMITED, LIVENESS, TWO_REVISIONS
from tests.runbooks.triage_cases import CONFIRMED, LIKELY, Case, found
from tests.snapshots import FORBIDDEN, ended, events, looping, pod, revision, running, scene, tail, workload


@pytest.mark.parametrize("case", [*CASES, *start_cases.CASES], ids=str)
def test_containers(case: Case) -> None:
    case.check()


def test_what_was_missing_is_named_with_its_grant() -> None:
    finding = found(scene(pods=FORBIDDEN), "crashing")

    assert finding.missing is not None
    assert (finding.missing.reason, finding.missing.verb, finding.missing.resource) == (
        Reason.FORBIDDEN,
        "list",
        "pods",
    )
    assert "resources: [pods]" in finding.missing.grant


def test_one_container_has_one_cause() -> None:
    """A container that is killed for memory, with failing probes and restarts, is one finding and not three."""
    of = scene(pod(looping(137, "OOMKilled")), events=events(LIVENESS), logs=(tail("ERROR out"),))

    causes = [finding.cause for finding in decide(of) if finding.verdict in {CONFIRMED, LIKELY}]

    assert causes == ["oom-killed"]


def test_the_error_is_quoted_with_a_command_that_shows_it_again() -> None:
    of = scene(pod(looping(1)), logs=(tail("a", "b", "panic: boom", "goroutine 1 [running]:"),))

    log = next(seen for seen in found(of, "crashing").evidence if seen.key == "log")

    assert log.facts["lines"] == ("a", "b", "panic: boom", "goroutine 1 [running]:")
    assert log.reproduce == (
        "kubectl logs pod/web-7d9-a --container=app --previous --tail=200 --namespace=shop"
    )


def test_memory_is_raised_where_it_lasts() -> None:
    owned = workload(
        template=LIMITED.template,
        annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"},
    )

    fixes = found(scene(pod(looping(137, "OOMKilled")), workload=owned), "oom-killed").fixes

    assert [(fix.key, fix.layer, fix.lasting) for fix in fixes] == [
        ("raise-memory-at-source", Layer.GITOPS, True),
        ("raise-memory", Layer.LIVE, False),
    ]
    assert fixes[0].facts["proposed"] == "768Mi"
    assert fixes[0].facts["owner"] == "shop"


def test_a_kill_without_a_limit_proposes_no_limit() -> None:
    assert found(scene(pod(looping(137, "OOMKilled"))), "oom-killed").fixes == ()


def test_a_rollback_names_the_image_that_ran_before() -> None:
    of = scene(pod(looping(1)), revisions=TWO_REVISIONS)

    (fix,) = found(of, "crashing").fixes

    assert (fix.key, fix.layer, fix.lasting) == ("roll-back", Layer.LIVE, False)
    assert (fix.facts["revision"], fix.facts["image_before"]) == (7, "shop/web:1.4.1")


@pytest.mark.parametrize(
    ("revisions", "owner"),
    [
        pytest.param(TWO_REVISIONS, "ReplicaSet/web-5c4", id="pods of the revision before crash too"),
        pytest.param(TWO_REVISIONS[:1], "ReplicaSet/web-7d9", id="there is no revision before"),
        pytest.param(
            (TWO_REVISIONS[0], revision(7, TWO_REVISIONS[0].template, minutes=600)),
            "ReplicaSet/web-7d9",
            id="nothing differs",
        ),
    ],
)
def test_no_rollback_without_reason(revisions: tuple[Any, ...], owner: str) -> None:
    of = scene(pod(looping(1), owner=owner), revisions=revisions)

    assert found(of, "crashing").fixes == ()


def test_a_log_that_may_not_be_read_is_said_with_the_finding() -> None:
    of = scene(pod(looping(1)), logs=(Tail("web-7d9-a", "app", FORBIDDEN),))

    finding = found(of, "crashing")

    assert finding.verdict is CONFIRMED
    assert finding.missing is not None
    assert finding.missing.reason is Reason.FORBIDDEN


def test_the_worst_container_is_the_one_that_is_told() -> None:
    of = scene(
        pod(running(last=ended(1, minutes=200)), name="web-7d9-a"),
        pod(looping(3), name="web-7d9-b"),
    )

    assert found(of, "crashing").facts["pod"] == "web-7d9-b"


def test_every_cause_answers_whatever_is_seen() -> None:
    assert len({finding.cause for finding in decide(scene())}) == len(decide(scene())) == 15


def test_warnings_stand_with_what_is_found_and_can_be_seen_again() -> None:
    of = scene(pod(looping(137, "OOMKilled")), events=events(LIVENESS), logs=(tail("ERROR out"),))

    (told,) = [seen for seen in found(of, "oom-killed").evidence if seen.key == "warning-events"]

    assert [row["reason"] for row in told.facts["rows"]] == [LIVENESS.reason]  # type: ignore[union-attr, index]
    assert f"involvedObject.name={LIVENESS.object.partition('/')[2]}" in told.reproduce
