"""Triage, decided as a table: every cause that shows in a container, and what looks like it but is not."""

from typing import Any

import pytest

from bot.diagnosis.evidence import PodList
from bot.diagnosis.scene import Scene, Tail
from bot.model import Finding, Layer, Reason, Verdict
from runbooks.triage import decide
from tests.snapshots import (
    FORBIDDEN,
    NO_EVENTS,
    ended,
    event,
    events,
    looping,
    pod,
    revision,
    running,
    scene,
    spec,
    tail,
    template,
    terminated,
    waiting,
    workload,
)

CONFIRMED, LIKELY = Verdict.CONFIRMED, Verdict.LIKELY
RULED_OUT, NOT_CHECKED = Verdict.RULED_OUT, Verdict.NOT_CHECKED

KILLING = event("Killing", "Container app failed liveness probe, will be restarted", type="Normal")
LIVENESS = event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", count=9)
READINESS = event("Unhealthy", "Readiness probe failed: dial tcp 10.1.2.3:8080: connection refused")
NOT_PULLED = event(
    "Failed", 'Failed to pull image "shop/web:1.4.2": rpc error: code = NotFound desc = not found'
)
LIMITED = workload(template=template(spec(limits={"memory": "512Mi"})))
TWO_REVISIONS = (
    revision(8, template(spec("shop/web:1.4.2")), minutes=10, name="web-7d9"),
    revision(7, template(spec("shop/web:1.4.1")), minutes=600, name="web-5c4"),
)


def found(of: Scene, cause: str) -> Finding:
    return next(finding for finding in decide(of) if finding.cause == cause)


def case(name: str, cause: str, verdict: Verdict, facts: dict[str, Any], of: Scene) -> Any:
    return pytest.param(cause, verdict, facts, of, id=f"{cause}: {name}")


CASES = [
    # -- oom-killed
    case(
        "loops",
        "oom-killed",
        CONFIRMED,
        {"limit": "512Mi", "restarts": 7, "affected": 1, "exit_code": 137},
        scene(pod(looping(137, "OOMKilled")), workload=LIMITED),
    ),
    case(
        "runs again for a moment between two kills",
        "oom-killed",
        CONFIRMED,
        {"restarts": 4},
        scene(pod(running(last=ended(137, "OOMKilled"), restarts=4))),
    ),
    case(
        "once, and has recovered",
        "oom-killed",
        LIKELY,
        {"current": False},
        scene(pod(running(last=ended(137, "OOMKilled", minutes=300)))),
    ),
    case(
        "two days ago is not today's trouble",
        "oom-killed",
        RULED_OUT,
        {"instead": ""},
        scene(pod(running(last=ended(137, "OOMKilled", minutes=2 * 24 * 60)))),
    ),
    case(
        "137 without the reason is SIGKILL",
        "oom-killed",
        RULED_OUT,
        {"exit_code": 137, "instead": "crashing"},
        scene(pod(looping(137))),
    ),
    case(
        "a sidecar counts",
        "oom-killed",
        CONFIRMED,
        {"container": "proxy", "role": "sidecar"},
        scene(pod(running(), looping(137, "OOMKilled", name="proxy", role="sidecar"))),
    ),
    case("pods are forbidden", "oom-killed", NOT_CHECKED, {}, scene(pods=FORBIDDEN)),
    case("there are no pods", "oom-killed", NOT_CHECKED, {}, scene(pods=PodList(()))),
    # -- crashing
    case(
        "with its error",
        "crashing",
        CONFIRMED,
        {"exit_code": 1, "exit_meaning": "general", "error": "panic: no DATABASE_URL", "log_read": True},
        scene(pod(looping(1)), logs=(tail("starting", "panic: no DATABASE_URL"),)),
    ),
    case(
        "an init container",
        "crashing",
        CONFIRMED,
        {"container": "migrate", "role": "init", "error": "ERROR: relation does not exist"},
        scene(
            pod(looping(1, name="migrate", role="init"), waiting("PodInitializing")),
            logs=(tail("ERROR: relation does not exist", container="migrate"),),
        ),
    ),
    case(
        "ends well for ever",
        "crashing",
        CONFIRMED,
        {"exit_code": 0, "exit_meaning": "done"},
        scene(pod(looping(0, "Completed"))),
    ),
    case(
        "no log may be read, and the gap is said",
        "crashing",
        CONFIRMED,
        {"error": "", "log_read": False},
        scene(pod(looping(1))),
    ),
    case(
        "restarted once, runs again",
        "crashing",
        LIKELY,
        {"current": False},
        scene(pod(running(last=ended(2)))),
    ),
    case(
        "killed by its probe",
        "crashing",
        RULED_OUT,
        {"instead": "probe-failing"},
        scene(pod(looping(137)), events=events(KILLING, LIVENESS)),
    ),
    case(
        "SIGTERM without the events to tell who sent it",
        "crashing",
        LIKELY,
        {"exit_code": 143},
        scene(pod(looping(143)), events=events(gap=NO_EVENTS)),
    ),
    case(
        "killed for memory",
        "crashing",
        RULED_OUT,
        {"instead": "oom-killed"},
        scene(pod(looping(137, "OOMKilled"))),
    ),
    case(
        "a pod that is being deleted ends on purpose",
        "crashing",
        RULED_OUT,
        {"instead": ""},
        scene(pod(terminated(143), deleting=True), pod(name="web-7d9-b")),
    ),
    case(
        "an init container that is done",
        "crashing",
        RULED_OUT,
        {"instead": ""},
        scene(pod(terminated(0, "Completed", name="init", role="init"), running())),
    ),
    case("all is well", "crashing", RULED_OUT, {"instead": "", "pods": 2}, scene()),
    # -- image-pull
    case(
        "the tag does not exist",
        "image-pull",
        CONFIRMED,
        {"failure": "not-found", "image": "shop/web:1.4.2", "image_before": "shop/web:1.4.1"},
        scene(
            pod(waiting("ImagePullBackOff", 'Back-off pulling image "shop/web:1.4.2"')),
            events=events(NOT_PULLED),
            revisions=TWO_REVISIONS,
        ),
    ),
    case(
        "the registry refuses",
        "image-pull",
        CONFIRMED,
        {"failure": "unauthorized"},
        scene(
            pod(
                waiting(
                    "ErrImagePull",
                    "pull access denied, repository does not exist or may require authorization",
                )
            )
        ),
    ),
    case(
        "crash loop of a pulled image",
        "image-pull",
        RULED_OUT,
        {"instead": "crashing"},
        scene(pod(looping(1))),
    ),
    case(
        "still creating",
        "image-pull",
        RULED_OUT,
        {},
        scene(pod(waiting("ContainerCreating"), phase="Pending")),
    ),
    # -- config-error
    case(
        "a key",
        "config-error",
        CONFIRMED,
        {"lacking_kind": "Secret", "lacking_name": "db", "lacking_key": "DB_PASSWORD"},
        scene(pod(waiting("CreateContainerConfigError", "couldn't find key DB_PASSWORD in Secret shop/db"))),
    ),
    case(
        "a whole ConfigMap",
        "config-error",
        CONFIRMED,
        {"lacking_kind": "ConfigMap", "lacking_name": "web-config", "lacking_key": ""},
        scene(pod(waiting("CreateContainerConfigError", 'configmap "web-config" not found'))),
    ),
    case(
        "something else the kubelet refuses",
        "config-error",
        CONFIRMED,
        {"lacking_kind": ""},
        scene(
            pod(
                waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")
            )
        ),
    ),
    case(
        "a program that says so itself",
        "config-error",
        RULED_OUT,
        {"instead": "crashing"},
        scene(pod(looping(1)), logs=(tail('configmap "web-config" not found'),)),
    ),
    # -- start-error
    case(
        "the binary is not there",
        "start-error",
        CONFIRMED,
        {
            "exit_code": 128,
            "message": "exec: /otelcol-contrib: no such file or directory",
            "overridden": True,
        },
        scene(
            pod(
                waiting(
                    "CrashLoopBackOff",
                    last=ended(
                        128, "StartError", message="exec: /otelcol-contrib: no such file or directory"
                    ),
                )
            ),
            workload=workload(template=template(spec(command=("/otelcol-contrib",)))),
        ),
    ),
    case(
        "at once with 127", "start-error", CONFIRMED, {"exit_meaning": "not-found"}, scene(pod(looping(127)))
    ),
    case(
        "after a minute with 127 it is a command inside the script",
        "start-error",
        LIKELY,
        {"exit_code": 127},
        scene(pod(waiting("CrashLoopBackOff", last=ended(127, ran=60)))),
    ),
    case(
        "before it could be created",
        "start-error",
        CONFIRMED,
        {"message": "no command specified"},
        scene(pod(waiting("CreateContainerError", "no command specified"))),
    ),
    case(
        "a program that ends with 1",
        "start-error",
        RULED_OUT,
        {"instead": "crashing"},
        scene(pod(looping(1))),
    ),
    # -- probe-failing
    case(
        "kills the container",
        "probe-failing",
        CONFIRMED,
        {"killed": True, "probe": "liveness", "container": "app", "exit_code": 137, "count": 9},
        scene(pod(looping(137)), events=events(KILLING, LIVENESS)),
    ),
    case(
        "keeps a running container out",
        "probe-failing",
        CONFIRMED,
        {"killed": False, "probe": "readiness", "container": "app"},
        scene(pod(running(ready=False)), events=events(READINESS)),
    ),
    case(
        "failed and passes now",
        "probe-failing",
        LIKELY,
        {"probe": "readiness", "killed": False},
        scene(events=events(READINESS)),
    ),
    case(
        "fails because the container is dead",
        "probe-failing",
        RULED_OUT,
        {"instead": "crashing", "probe": "readiness"},
        scene(pod(looping(1)), events=events(READINESS)),
    ),
    case("no event of it", "probe-failing", RULED_OUT, {"count": 0}, scene()),
    case("events are forbidden", "probe-failing", NOT_CHECKED, {}, scene(events=events(gap=NO_EVENTS))),
    case(
        "the same container killed in a pod whose events were not looked at",
        "probe-failing",
        CONFIRMED,
        {"killed": True},
        scene(pod(looping(143), name="web-7d9-z"), events=events(KILLING)),
    ),
]


@pytest.mark.parametrize(("cause", "verdict", "facts", "of"), CASES)
def test_containers(cause: str, verdict: Verdict, facts: dict[str, Any], of: Scene) -> None:
    finding = found(of, cause)

    assert finding.verdict is verdict
    assert {name: finding.facts[name] for name in facts} == facts


def test_what_was_missing_is_named_with_its_grant() -> None:
    finding = found(scene(pods=FORBIDDEN), "crashing")

    assert finding.missing is not None
    assert (finding.missing.reason, finding.missing.verb, finding.missing.resource) == (
        Reason.FORBIDDEN,
        "list",
        "pods",
    )
    assert 'resources: ["pods"]' in finding.missing.grant


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

    assert (fix.key, fix.layer, fix.lasting) == ("roll-back", Layer.LIVE, True)
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
