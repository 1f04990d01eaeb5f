"""What a log tells of telemetry: which lines start it, which only sound like it, and where a log begins."""

import json

import pytest

from bot.diagnosis.evidence import LogTail
from bot.diagnosis.telemetry.conflict import begins_at_the_start, conflict_in, enabled_in, families

SCHEMAS = "https://opentelemetry.io/schemas/"
CONFLICT = f"WARN conflicting Schema URL: {SCHEMAS}1.26.0 and {SCHEMAS}1.32.0"


def log(*lines: str, cut: bool = False) -> LogTail:
    return LogTail("web-1", "web", False, lines, cut)


@pytest.mark.parametrize(
    ("line", "over"),
    [
        ("OpenTelemetry initialized", True),
        ("INFO tracing enabled, exporting to http://otel-collector:4317", True),
        ('{"level":"info","msg":"tracer provider started"}', True),
        ('level=info msg="OpenTelemetry ready"', True),
        ("GORM OpenTelemetry tracing enabled", False),
        ('{"level":"info","msg":"redisotel: tracing enabled"}', False),
        ("gRPC server with otel interceptor enabled", False),
        ("OpenTelemetry could not be initialized", False),
        ("failed: OpenTelemetry not started", False),
        ("tracing enabled=false", False),
        ("tracing is disabled unless OTEL is configured", False),
    ],
)
def test_a_conflict_is_over_when_telemetry_itself_was_started(line: str, over: bool) -> None:
    assert (conflict_in(log(CONFLICT, line, "listening")) is None) is over
    assert conflict_in(log(line, CONFLICT)) is not None


def test_what_a_plugin_says_is_quoted_only_where_nothing_better_is() -> None:
    plugin, whole = "GORM OpenTelemetry tracing enabled", "OpenTelemetry initialized"

    assert enabled_in(log("starting", plugin)) == plugin
    assert enabled_in(log("starting", plugin, whole)) == whole
    assert enabled_in(log("starting", "tracing not enabled")) == ""


@pytest.mark.parametrize(
    ("after", "off"),
    [
        ("continuing without tracing", True),
        ("tracing disabled", True),
        ("using a no-op tracer provider", True),
        ("ignoring it", False),
        ("listening on :8080", False),
    ],
)
def test_whether_it_goes_on_without_is_read_from_the_line_or_the_next(after: str, off: bool) -> None:
    same, below = conflict_in(log(f"{CONFLICT}, {after}")), conflict_in(log(CONFLICT, after))

    assert same is not None
    assert below is not None
    assert (same.off, below.off) == (off, off)


@pytest.mark.parametrize(
    ("line", "warning", "ends"),
    [
        (CONFLICT, True, False),
        (CONFLICT.replace("WARN", "panic:"), False, True),
        (json.dumps({"level": "warn", "msg": CONFLICT[5:]}), True, False),
        (json.dumps({"level": "fatal", "msg": CONFLICT[5:]}), False, True),
        (CONFLICT.replace("WARN", "level=fatal msg="), False, True),
    ],
)
def test_how_grave_it_is_follows_from_what_the_line_says_of_itself(
    line: str, warning: bool, ends: bool
) -> None:
    found = conflict_in(log(line))

    assert found is not None
    assert (found.warning, found.ends) == (warning, ends)


def test_a_graver_error_of_something_else_overtakes_it() -> None:
    for line, overtaken in (
        ("panic: no database", True),
        ("panic: runtime error: invalid memory address or nil pointer dereference", False),
        ("panic: otel setup failed", False),
        ("bye", False),
    ):
        found = conflict_in(log(CONFLICT, line))
        assert found is not None
        assert found.overtaken is overtaken


def test_a_log_that_was_rotated_does_not_begin_at_the_start() -> None:
    requests = tuple(f"GET /items/{number} 200" for number in range(100))

    assert begins_at_the_start(log(*requests))
    assert not begins_at_the_start(log(*requests, cut=True))
    assert begins_at_the_start(log("Starting web", *requests, cut=True))
    assert not begins_at_the_start(log(*requests, "Starting a job", cut=True))


def test_families_name_themselves_beside_telemetry() -> None:
    told = families([log("GORM OpenTelemetry tracing enabled"), log("redisotel ready", "redis connected")])

    assert [module for module, _version in told] == [
        "gorm.io/plugin/opentelemetry",
        "github.com/redis/go-redis/extra/redisotel/v9",
    ]
    assert families([log("GORM connected", "redis ready", "otel collector at grpc:4317")]) == ()
