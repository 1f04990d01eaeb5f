"""Entrypoints that cannot be run and probes that fail, and what looks like them but is not."""

from dataclasses import replace

from bot.diagnosis.evidence import Probe
from tests.runbooks.container_cases import KILLING, LIVENESS, case
from tests.runbooks.triage_cases import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT
from tests.snapshots import (
    NO_EVENTS,
    ended,
    event,
    events,
    looping,
    node,
    pod,
    running,
    scene,
    spec,
    tail,
    template,
    waiting,
    workload,
)

SLOW = scene(
    pod(looping(143)),
    workload=workload(
        template=template(spec(probes=(Probe("liveness", 60, 30, 1, 3, "http /health on 80"),)))
    ),
    events=events(KILLING, LIVENESS),
    logs=(tail("Started Application in 161.3 seconds (process running for 162.9)"),),
)
READINESS = event("Unhealthy", "Readiness probe failed: dial tcp 10.1.2.3:8080: connection refused")

CASES = [
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
        "the runtime's only words are in the log, and the exit code is anything",
        "start-error",
        CONFIRMED,
        {"failure": "missing", "program": "/otelcol-contrib", "exit_code": 255},
        scene(pod(looping(255)), logs=(tail("exec /otelcol-contrib: no such file or directory"),)),
    ),
    case(
        "the program is of another architecture than the node",
        "start-error",
        CONFIRMED,
        {"failure": "platform", "program": "/app/server", "architecture": "arm64"},
        scene(
            pod(looping(1)),
            logs=(tail("exec /app/server: exec format error"),),
            nodes=(node("node-1", architecture="arm64"),),
        ),
    ),
    case(
        "as older runtimes say it",
        "start-error",
        CONFIRMED,
        {"failure": "platform"},
        scene(
            pod(looping(1)),
            logs=(tail("standard_init_linux.go:228: exec user process caused: exec format error"),),
        ),
    ),
    case(
        "a program that ran and could not run another",
        "start-error",
        RULED_OUT,
        {"instead": "crashing"},
        scene(
            pod(looping(1)),
            logs=(tail("serving on :80", "converting", "exec /opt/convert: no such file or directory"),),
        ),
    ),
    case(
        "git ends itself with 128",
        "start-error",
        RULED_OUT,
        {"instead": "crashing"},
        scene(
            pod(looping(128)),
            logs=(tail("Cloning into '/src'...", "fatal: Authentication failed for 'https://git/x/'"),),
        ),
    ),
    case("128 and no word", "start-error", LIKELY, {"exit_meaning": "bad-exit"}, scene(pod(looping(128)))),
    case(
        "a program that ends with 1",
        "start-error",
        RULED_OUT,
        {"instead": "crashing"},
        scene(pod(looping(1))),
    ),
    # -- probe-failing
    case(
        "what starts more slowly than its probe allows",
        "probe-failing",
        CONFIRMED,
        {"allowed": 150, "took": 161.3, "too_slow": True},
        SLOW,
    ),
    case(
        "what starts in time and is killed later",
        "probe-failing",
        CONFIRMED,
        {"allowed": 150, "took": 9.1, "too_slow": False},
        replace(SLOW, logs=(tail("Started Application in 9100 ms"),)),
    ),
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
