"""Cases of otel_schema_conflict: what programs said when they started, and the verdict on one cause."""

import json
from dataclasses import dataclass, replace
from typing import Any

from bot.diagnosis.evidence import ContainerState, LogTail, PodList, Point, Series, SeriesSet
from bot.diagnosis.looks import LogHead, LogOf
from bot.diagnosis.sources import Unavailable
from bot.diagnosis.telemetry.looking import Evidence, Log, Neighbour
from bot.model import Facts, Finding, Reason, Source, Verdict
from runbooks.otel_schema_conflict import decide
from tests.snapshots import NOW, TARGET, ended, pod, running, waiting, workload

CONFIRMED, LIKELY, RULED_OUT, NOT_CHECKED = (
    Verdict.CONFIRMED,
    Verdict.LIKELY,
    Verdict.RULED_OUT,
    Verdict.NOT_CHECKED,
)
NO_LOG = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "pods/log", "shop")
NO_PODS = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "pods", "shop")
SCHEMAS = "https://opentelemetry.io/schemas/"


def conflict(first: str, second: str, before: str = "", after: str = "") -> str:
    return f"{before}conflicting Schema URL: {SCHEMAS}{first} and {SCHEMAS}{second}{after}"


WARNING = conflict("1.24.0", "1.37.0", "WARN telemetry: ", ", continuing without tracing")
RUNNING = running()
CRASHED = waiting("CrashLoopBackOff", last=ended(1))


def tail(*lines: str, previous: bool = False) -> LogTail:
    return LogTail("web-7d9-a", "app", previous, ("starting", *lines))


def spans(rate: float) -> SeriesSet:
    return SeriesSet((Series({"job": "tempo"}, (Point(NOW, rate),)),))


def log(*lines: str, container: ContainerState = RUNNING) -> Log:
    previous = container.state != "running"
    look = (
        LogOf("shop", "web-7d9-a", "app", previous=True) if previous else LogHead("shop", "web-7d9-a", "app")
    )
    return Log(look, container, tail(*lines, previous=previous))


def seen(*logs: Log, **more: Any) -> Evidence:
    values: dict[str, Any] = {"pods": PodList((pod(RUNNING),)), **more}
    return Evidence(TARGET, workload(), logs=logs, **values)


GOES_ON = seen(log(WARNING, "listening on :8080"))
WELL = seen(log("OpenTelemetry tracing enabled", "listening on :8080"))
DIES = seen(log(conflict("1.24.0", "1.37.0", "panic: "), container=CRASHED))
NEAR = (
    Neighbour("api", tail(WARNING)),
    Neighbour("chat", tail("listening")),
    Neighbour("mail", tail(conflict("1.17.0", "1.21.0", "WARN "))),
    Neighbour("video", NO_LOG),
    Neighbour("board", tail(WARNING)),
)


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    cause: str
    of: Evidence
    verdict: Verdict
    facts: Facts

    def __str__(self) -> str:
        return f"{self.cause}: {self.name}"


def finding(of: Evidence, cause: str) -> Finding:
    return next(one for one in decide(of) if one.cause == cause)


_DIES, _OFF, _NEWER, _OLDER, _OLD = (
    "fatal-on-conflict",
    "tracing-silently-off",
    "semconv-newer-than-sdk",
    "semconv-older-than-sdk",
    "old-instrumentation",
)
_SAYS = "Failed to initialize OpenTelemetry, continuing without tracing"
_OLD_WORDS = "cannot merge resource due to conflicting Schema URL"

_LOST = "resource-attributes-lost"
PYTHON = seen(
    log(
        "WARNING:opentelemetry.sdk.resources:Failed to merge resources: The two schemas "
        "https://opentelemetry.io/schemas/1.21.0 and https://opentelemetry.io/schemas/1.27.0 are incompatible",
        "Uvicorn running on http://0.0.0.0:8000",
    )
)

CASES: tuple[Case, ...] = (
    Case("it panics", _DIES, DIES, CONFIRMED, {"first": "1.24.0", "second": "1.37.0"}),
    Case(
        "a fatal JSON line",
        _DIES,
        seen(log(json.dumps({"level": "fatal", "msg": conflict("1.24.0", "1.37.0")}), container=CRASHED)),
        CONFIRMED,
        {"restarts": 7},
    ),
    Case(
        "the last line of a life that ended",
        _DIES,
        seen(log(conflict("1.24.0", "1.37.0", "error: "), container=CRASHED)),
        CONFIRMED,
        {},
    ),
    Case(
        "a warning that was the last line",
        _DIES,
        seen(log(conflict("1.24.0", "1.37.0", "WARN "), container=CRASHED)),
        LIKELY,
        {},
    ),
    Case("it goes on", _DIES, GOES_ON, RULED_OUT, {"why": "goes-on"}),
    Case(
        "it ended right after, by its database",
        _DIES,
        seen(
            log(
                conflict("1.24.0", "1.37.0", "WARN "),
                'FATAL: password authentication failed for user "app"',
                "exit status 1",
                container=CRASHED,
            )
        ),
        RULED_OUT,
        {"why": "goes-on"},
    ),
    Case(
        "it was killed for memory",
        _DIES,
        seen(
            log(
                conflict("1.24.0", "1.37.0", "error: "),
                container=waiting("CrashLoopBackOff", last=ended(137, "OOMKilled")),
            )
        ),
        RULED_OUT,
        {"why": "goes-on"},
    ),
    Case(
        "it ended long after, by something else",
        _DIES,
        seen(log(WARNING, *(f"served {n}" for n in range(9)), "out of disk", container=CRASHED)),
        RULED_OUT,
        {"why": "goes-on"},
    ),
    Case("nothing conflicts", _DIES, WELL, RULED_OUT, {"why": "no-conflict", "lines": 3}),
    Case("its log is closed", _DIES, seen(replace(log(), tail=NO_LOG)), NOT_CHECKED, {}),
    Case("its pods are closed", _DIES, seen(pods=NO_PODS), NOT_CHECKED, {}),
    Case("it says that it goes on", _OFF, GOES_ON, CONFIRMED, {"sharing": ()}),
    Case(
        "in JSON",
        _OFF,
        seen(log(json.dumps({"level": "warn", "msg": _SAYS, "error": conflict("1.24.0", "1.37.0")}))),
        CONFIRMED,
        {"sdk": "1.24.0", "own": "1.37.0"},
    ),
    Case(
        "others share it",
        _OFF,
        replace(GOES_ON, neighbours=NEAR, unseen=3),
        CONFIRMED,
        {"sharing": ("api", "board"), "unseen": 4},
    ),
    Case(
        "only a plugin was hooked in after it",
        _OFF,
        seen(log(WARNING, "GORM OpenTelemetry tracing enabled", "listening")),
        CONFIRMED,
        {},
    ),
    Case(
        "it does not say that it gave up",
        _OFF,
        seen(log(conflict("1.24.0", "1.37.0", "WARN "), "listening")),
        LIKELY,
        {"silent": False},
    ),
    Case(
        "it does not say so, and no spans arrive",
        _OFF,
        seen(log(conflict("1.24.0", "1.37.0", "WARN "), "listening"), arriving=spans(0.0)),
        CONFIRMED,
        {"silent": True},
    ),
    Case(
        "spans of others arrive",
        _OFF,
        seen(log(conflict("1.24.0", "1.37.0", "WARN "), "listening"), arriving=spans(9.0)),
        LIKELY,
        {"silent": False},
    ),
    Case(
        "it traces all the same",
        _OFF,
        seen(log(conflict("1.24.0", "1.37.0", "WARN "), "listening"), own_spans=spans(2.5)),
        RULED_OUT,
        {"why": "spans-arrive", "rate": 2.5},
    ),
    Case("it gave up, and another pod traces", _OFF, replace(GOES_ON, own_spans=spans(2.5)), LIKELY, {}),
    Case("nobody counts its spans", _OFF, replace(GOES_ON, own_spans=SeriesSet(())), CONFIRMED, {}),
    Case(
        "the others could not be listed",
        _OFF,
        replace(GOES_ON, neighbours_gap=NO_PODS),
        CONFIRMED,
        {"unlisted": True, "sharing": ()},
    ),
    Case(
        "a log that no longer begins at the start",
        _OFF,
        seen(replace(log(), tail=LogTail("web-7d9-a", "app", False, ("GET /", "GET /"), cut=True))),
        NOT_CHECKED,
        {},
    ),
    Case(
        "a long log that begins at the start",
        _OFF,
        seen(replace(log(), tail=LogTail("web-7d9-a", "app", False, ("Starting web", "GET /"), cut=True))),
        RULED_OUT,
        {"why": "no-conflict"},
    ),
    Case(
        "it is off for another reason",
        _OFF,
        seen(log("WARN collector refused, continuing without tracing", "listening")),
        RULED_OUT,
        {"why": "no-conflict", "disabled": "WARN collector refused, continuing without tracing"},
    ),
    Case("it dies", _OFF, DIES, RULED_OUT, {"why": "dies"}),
    Case("tracing was started", _OFF, WELL, RULED_OUT, {"enabled": "OpenTelemetry tracing enabled"}),
    Case(
        "it was started after all",
        _OFF,
        seen(log(WARNING, "retrying", "OpenTelemetry initialized")),
        RULED_OUT,
        {"why": "no-conflict"},
    ),
    Case("Merge: the first is the SDK's", _NEWER, GOES_ON, LIKELY, {"sdk": "1.24.0", "own": "1.37.0"}),
    Case(
        "New: the first is the program's",
        _NEWER,
        seen(log(conflict("1.37.0", "1.24.0", "error detecting resource: ["), "listening")),
        LIKELY,
        {"sdk": "1.24.0", "own": "1.37.0", "by_new": True},
    ),
    Case(
        "the other is newer",
        _NEWER,
        seen(log(conflict("1.37.0", "1.24.0"), "listening")),
        RULED_OUT,
        {"why": "the-other"},
    ),
    Case(
        "Merge the other way round: no SDK has the first",
        _NEWER,
        seen(log(conflict("1.32.0", "1.26.0"), "listening")),
        LIKELY,
        {"sdk": "1.26.0", "own": "1.32.0", "releases": "1.28–1.36", "matching": ""},
    ),
    Case(
        "New, of the same two",
        _NEWER,
        seen(log(conflict("1.32.0", "1.26.0", "error detecting resource: "), "listening")),
        LIKELY,
        {"sdk": "1.26.0", "own": "1.32.0"},
    ),
    Case("the old wording names none", _NEWER, seen(log(_OLD_WORDS, "listening")), NOT_CHECKED, {}),
    Case(
        "Merge: the first is the SDK's",
        _OLDER,
        seen(log(conflict("1.37.0", "1.4.0"), "listening")),
        LIKELY,
        {"sdk": "1.37.0", "own": "1.4.0"},
    ),
    Case("the other is older", _OLDER, GOES_ON, RULED_OUT, {"why": "the-other"}),
    Case(
        "the log gives a family away",
        _OLD,
        seen(log("GORM OpenTelemetry tracing enabled", WARNING, "listening")),
        LIKELY,
        {"families": ({"module": "gorm.io/plugin/opentelemetry", "version": "0.1.16"},)},
    ),
    Case(
        "a database and Redis are no instrumentation",
        _OLD,
        seen(log("GORM connected", "redis ready", "exporting over grpc", WARNING, "listening")),
        NOT_CHECKED,
        {},
    ),
    Case("the old wording", _OLD, seen(log(_OLD_WORDS, "listening")), LIKELY, {"old_wording": True}),
    Case("nothing gives it away", _OLD, GOES_ON, NOT_CHECKED, {}),
    Case("Python does not merge", _LOST, PYTHON, CONFIRMED, {"kept": "1.21.0", "lost": "1.27.0"}),
    Case("Go merges or ends", _LOST, GOES_ON, RULED_OUT, {"why": "merged"}),
    Case("nothing conflicts", _LOST, WELL, RULED_OUT, {"why": "no-conflict"}),
    Case("its log is closed", _LOST, seen(replace(log(), tail=NO_LOG)), NOT_CHECKED, {}),
    Case(
        "resources of something else",
        _LOST,
        seen(log("starting", "Failed to merge resources: quota.yaml and limits.yaml are incompatible")),
        RULED_OUT,
        {"why": "no-conflict"},
    ),
    *(
        Case("Python traces on", cause, PYTHON, RULED_OUT, {"why": "attributes-lost"})
        for cause in (_DIES, _OFF, _NEWER, _OLDER, _OLD)
    ),
    Case("nothing conflicts", _OLD, WELL, RULED_OUT, {}),
)
