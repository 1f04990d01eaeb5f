"""The logs of the write-ups as `opsbot explain` tells them, and logs that are huge, hostile, or come through a pipe."""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.commands.explain import MOST_BYTES
from tests.commands.conftest import Ended, Opsbot

AUTH = 'FATAL: password authentication failed for user "app"\n'
# What the write-ups show of their logs, and what each has to be named.
EXCERPTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ('password authentication failed for user "board_db"', "postgres-password", ("board_db",)),
    (
        "prometheus-xxx  0/1  CrashLoopBackOff\nExit Code: 137 (OOMKilled)\n",
        "oom-killed",
        ("killed for memory",),
    ),
    (
        "unexpected error from ListObjects on wealist-prod-tempo-traces: Access Denied",
        "s3-access-denied",
        ("wealist-prod-tempo-traces", "ListObjects", "7.0.70"),
    ),
    ("ServiceAccount 'tempo' not found", "service-account-missing", ("tempo",)),
    (
        'loki-xxx        ImagePullBackOff\nFailed to pull image "prom/prometheus:v2.56.1": not found',
        "image-pull",
        ("prom/prometheus:v2.56.1", "no such image or tag"),
    ),
    (
        "failed parsing config: yaml: unmarshal errors:\nline 42: field enforce_metric_name not found in type validation.plain",
        "config-field-unknown",
        ("enforce_metric_name", "line 42", "tsdb_shipper"),
    ),
    ("exec /otelcol-contrib: no such file or directory", "binary-missing", ("/otelcol-contrib",)),
    (
        (
            '{"level":"warn","msg":"Failed to initialize OpenTelemetry, continuing without tracing",\n'
            ' "error":"conflicting Schema URL: https://opentelemetry.io/schemas/1.26.0 and https://opentelemetry.io/schemas/1.32.0"}'
        ),
        "otel-schema-conflict",
        ("1.26.0", "1.32.0", "resource.New"),
    ),
    (
        (
            "# Error from server: conversion webhook for external-secrets.io/v1beta1,\n"
            '# Kind=ExternalSecret failed: Post "https://external-secrets-webhook...":\n'
            "# dial tcp: lookup external-secrets-webhook.external-secrets.svc: no such host"
        ),
        "conversion-webhook-failed",
        ("ExternalSecret", "no such host", "--runbook eso_sync_failed"),
    ),
    (
        (
            '{"level":"warn","msg":"ArgoCD client not configured"}\n'
            '{"level":"warn","msg":"ArgoCD configuration incomplete, ArgoCD features disabled"}'
        ),
        "argocd-not-configured",
        ("2 times", "ARGOCD_TOKEN", "--runbook portal_metrics_zero"),
    ),
    (
        (
            "WARN  o.s.web.servlet.PageNotFound : No mapping for GET /actuator/prometheus\n"
            "org.springframework.web.servlet.NoHandlerFoundException:\n  No endpoint GET /actuator/prometheus."
        ),
        "actuator-missing",
        ("micrometer-registry-prometheus",),
    ),
    (
        "Started OrderServiceApplicationKt in 161.359 seconds",
        "slow-start",
        ("161.359", "startupProbe"),
    ),
    (
        'ERROR: constraint "uni_portal_users_email" of relation "portal_users" does not exist (SQLSTATE 42704)',
        "postgres-constraint-missing",
        ("uni_portal_users_email", "_key"),
    ),
    (
        (
            "/go/pkg/mod/github.com/grpc-ecosystem/grpc-gateway/v2@v2.23.0/runtime/handler.go:13:2:\n"
            "ambiguous import: found package google.golang.org/genproto/googleapis/api/httpbody in multiple modules:\n"
            "    google.golang.org/genproto v0.0.0-20210310155132-4ce2db91004e\n"
            "    google.golang.org/genproto/googleapis/api v0.0.0-20241104194629-dd2ea8efbc28\n"
        ),
        "go-ambiguous-import",
        (
            "split off from google.golang.org/genproto",
            "grpc-gateway/v2@v2.23.0",
            "$ go mod graph | grep -F -e ' google.golang.org/genproto@'",
            "-exclude=google.golang.org/genproto@v0.0.0-20210310155132-4ce2db91004e",
            "google.golang.org/genproto@latest",
            "Drop the dependency",
            "prints the chain",
        ),
    ),
)


@pytest.fixture
def piped(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """`opsbot explain` with something behind its standard input that cannot be wound back."""

    def run(data: bytes, *words: str) -> Ended:
        stream = io.TextIOWrapper(_Pipe(data))
        monkeypatch.setattr(sys, "stdin", stream)
        return opsbot("explain", *words)

    return run


class _Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize(("log", "id_", "says"), EXCERPTS, ids=[one[1] for one in EXCERPTS])
def test_what_the_write_ups_show_is_named(
    piped: Callable[..., Ended], log: str, id_: str, says: tuple[str, ...]
) -> None:
    ended = piped(log.encode())
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("1 known failure in ")
    assert [word for word in says if word not in ended.out] == []
    (found,) = json.loads(piped(log.encode(), "--output", "json").out)["known"]
    assert found["id"] == id_


@pytest.mark.parametrize("words", [(), ("-",)])
def test_what_is_piped_in_is_read(piped: Callable[..., Ended], words: tuple[str, ...]) -> None:
    ended = piped(AUTH.encode() * 3, *words)
    assert ended.code == 1
    assert "3 times, first on line 1, last on line 3" in ended.out
    assert "> FATAL: password authentication failed" in ended.out


def test_json_is_one_document_with_stable_keys(opsbot: Opsbot, bare: Path) -> None:
    (bare / "app.log").write_text(f"starting\n{AUTH}")
    ended = opsbot("explain", "app.log", "--output", "json")
    found = json.loads(ended.out)
    assert ended.code == 1
    assert list(found) == ["schema", "lines", "cut", "skipped", "known", "more", "unknown"]
    assert (found["schema"], found["lines"], found["cut"], found["unknown"]) == (1, 2, False, None)
    (known,) = found["known"]
    assert list(known) == [
        "id",
        "family",
        "name",
        "count",
        "first_line",
        "last_line",
        "text",
        "facts",
        "meaning",
        "next",
        "commands",
        "runbook",
        "cause",
    ]
    assert (known["id"], known["facts"], known["first_line"]) == ("postgres-password", {"user": "app"}, 2)
    assert (known["runbook"], known["cause"]) == ("crashloop_db_auth", None)


@pytest.mark.parametrize("data", [b"", b"\n \n\x00\n"])
def test_an_empty_log_is_said(piped: Callable[..., Ended], data: bytes) -> None:
    ended = piped(data)
    assert (ended.code, ended.out, ended.err) == (2, "", "opsbot: standard input is empty\n")


def test_a_file_that_may_not_be_read_is_one_line(opsbot: Opsbot, bare: Path) -> None:
    (bare / "loop").symlink_to("loop")
    ended = opsbot("explain", "loop")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "opsbot: loop cannot be read: Too many levels of symbolic links\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_a_file_of_another_system(opsbot: Opsbot, bare: Path, encoding: str) -> None:
    (bare / "app.log").write_bytes(f"\ufeffstarting\r\n{AUTH}".encode(encoding))
    ended = opsbot("explain", "app.log")
    assert ended.code == 1
    assert "line 2" in ended.out


@pytest.mark.timeout(10)
@pytest.mark.parametrize("way", ["file", "pipe"])
def test_of_a_long_log_the_end_is_read(
    piped: Callable[..., Ended], opsbot: Opsbot, bare: Path, way: str
) -> None:
    lines = [
        b"Error 1049 (42000): Unknown database 'first'\n",
        b"INFO all is well\n" * 400_000,
        AUTH.encode(),
    ]
    data = b"".join(lines)
    assert len(data) > MOST_BYTES
    (bare / "app.log").write_bytes(data)
    ended = opsbot("explain", "app.log") if way == "file" else piped(data)
    assert ended.code == 1
    assert "longer than 5Mi: only its end was read" in ended.out
    assert "password" in ended.out
    assert "first" not in ended.out.replace("first on", "")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line",
    ["x\n", '404 argo "x" 42P01 connection refused ' * 100 + "\n", '"' * 3990 + "\n", "x" * MOST_BYTES],
    ids=["short", "needles", "quotes", "one"],
)
def test_five_hostile_mebibytes_take_under_three_seconds(piped: Callable[..., Ended], line: str) -> None:
    data = (line * (MOST_BYTES // len(line))).encode()
    began = time.process_time()
    ended = piped(data)
    assert time.process_time() - began < 3
    assert ended.code in {0, 1}


def test_help_shows_how(opsbot: Opsbot) -> None:
    told = " ".join(opsbot("explain", "--help").out.split())
    assert "--previous | opsbot explain -" in told
    assert "opsbot explain ci.log --output json" in told


def test_a_pipe_of_the_system(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, AUTH.encode())
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert opsbot("explain", "-").code == 1
