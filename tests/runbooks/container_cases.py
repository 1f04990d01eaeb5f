"""Every cause of triage about how a container ends or is prepared, and what looks like it but is not."""

from typing import Any

from bot.diagnosis.evidence import PodList, Resources
from bot.diagnosis.scene import Scene
from bot.model import Verdict
from tests.runbooks.triage_cases import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT, Case
from tests.snapshots import (
    FORBIDDEN,
    NO_EVENTS,
    ago,
    ended,
    event,
    events,
    looping,
    node,
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

KILLING = event("Killing", "Container app failed liveness probe, will be restarted", type="Normal")
LIVENESS = event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", count=9)
NOT_PULLED = event(
    "Failed", 'Failed to pull image "shop/web:1.4.2": rpc error: code = NotFound desc = not found'
)
TWO = Resources(limits={"memory": "2Gi"})
LIMITED = workload(template=template(spec(limits={"memory": "512Mi"})))
TWO_REVISIONS = (
    revision(8, template(spec("shop/web:1.4.2")), minutes=10, name="web-7d9"),
    revision(7, template(spec("shop/web:1.4.1")), minutes=600, name="web-5c4"),
)


def case(name: str, cause: str, verdict: Verdict, facts: dict[str, Any], of: Scene) -> Case:
    return Case(name, cause, verdict, of, facts)


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
        "the limit is that of the pod, not of its template",
        "oom-killed",
        CONFIRMED,
        {"limit": "2Gi", "template_limit": "512Mi", "given": "VerticalPodAutoscaler", "by": "web-vpa"},
        scene(
            pod(looping(137, "OOMKilled", resources=TWO), limited_by="VerticalPodAutoscaler/web-vpa"),
            workload=LIMITED,
        ),
    ),
    case(
        "the same limit in other words",
        "oom-killed",
        CONFIRMED,
        {"limit": "2048Mi", "given": ""},
        scene(
            pod(looping(137, "OOMKilled", resources=Resources(limits={"memory": "2048Mi"}))),
            workload=workload(template=template(spec(limits={"memory": "2Gi"}))),
        ),
    ),
    case(
        "a limit of the namespace",
        "oom-killed",
        CONFIRMED,
        {"limit": "2Gi", "template_limit": "", "given": "LimitRange"},
        scene(pod(looping(137, "OOMKilled", resources=TWO), limited_by="LimitRange")),
    ),
    case(
        "resized where it runs",
        "oom-killed",
        CONFIRMED,
        {"limit": "2Gi", "template_limit": "512Mi", "given": "resize"},
        scene(pod(looping(137, "OOMKilled", resources=TWO)), workload=LIMITED),
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
        "looped, and has been ready for longer than it ever lived",
        "crashing",
        LIKELY,
        {"current": False},
        scene(
            pod(running(last=ended(1, minutes=46, ran=60), restarts=5, started_at=ago(45))),
            nodes=(node("node-1", heard_at=ago(1)),),
        ),
    ),
    case(
        "ready, and not for longer than it lived before",
        "crashing",
        CONFIRMED,
        {"current": True},
        scene(
            pod(running(last=ended(1, minutes=21, ran=2 * 3600), restarts=12, started_at=ago(20))),
            nodes=(node("node-1", heard_at=ago(1)),),
        ),
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
]
