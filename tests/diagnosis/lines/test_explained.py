"""A whole log: each failure once, what matters first, no sentence twice; and a line to look at where nothing is known."""

import random
import time

import pytest

from bot.diagnosis.lines.explained import MOST, Explained, explain
from bot.diagnosis.lines.known import FACTS

AUTH = 'FATAL: password authentication failed for user "app"'
REFUSED = "dial tcp 10.0.0.1:5432: connect: connection refused"


def explained(log: str) -> dict[str, Explained]:
    found = explain(log.splitlines()).known
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def test_a_failure_is_told_once_with_its_count_and_its_first_and_last_line() -> None:
    (found,) = explain(["starting", AUTH, "retrying", AUTH, AUTH, "bye"]).known

    assert (found.id, found.count, found.first, found.last) == ("postgres-password", 3, 2, 5)
    assert (found.text, found.facts) == (AUTH, {"user": "app", "password": ""})


def test_other_facts_are_another_failure() -> None:
    found = explain([AUTH, AUTH.replace("app", "board")]).known

    assert [one.facts["user"] for one in found] == ["app", "board"]


@pytest.mark.parametrize(
    ("lines", "facts", "text"),
    [
        (["ERROR: 28P01:", AUTH], {"user": "app", "password": ""}, AUTH),
        (
            ["Connection refused", REFUSED, "connect: connection refused"],
            {"host": "10.0.0.1", "port": "5432"},
            REFUSED,
        ),
    ],
)
def test_what_says_a_part_of_the_same_is_the_same(lines: list[str], facts: dict[str, str], text: str) -> None:
    (found,) = explain(lines).known

    assert (found.count, found.facts, found.text) == (len(lines), facts, text)


@pytest.mark.parametrize(
    ("lines", "segment"),
    [(("segment=1 maxSegment=9", "segment=2 maxSegment=9", "segment=7 maxSegment=9"), "7")],
)
def test_how_far_it_got_is_what_the_last_line_says(lines: tuple[str, ...], segment: str) -> None:
    replay = [f'level=info msg="WAL segment loaded" {line}' for line in lines]
    (found,) = explain(['level=info msg="Replaying WAL, this may take a while"', *replay]).known

    assert (found.id, found.facts, found.count) == ("wal-replay", {"segment": segment, "last": "9"}, 4)


def test_a_replay_that_ended_well_is_no_failure() -> None:
    log = [
        'level=info msg="WAL segment loaded" segment=9 maxSegment=9',
        'level=info msg="WAL replay completed"',
    ]

    assert explain(log).known == ()
    assert [one.id for one in explain([*log, *log[:1]]).known] == ["wal-replay"]


# -- what matters first


def test_what_ends_a_process_comes_before_what_it_survives() -> None:
    log = [
        '{"level":"warn","msg":"ArgoCD client not configured"}',
        "tracing is disabled",
        REFUSED,
        AUTH,
        "exec /app/server: exec format error",
    ]
    assert [one.id for one in explain(log).known] == [
        "exec-format",
        "postgres-password",
        "connection-refused",
        "otel-disabled",
        "argocd-not-configured",
    ]


def test_what_the_log_calls_fatal_comes_first_and_a_warning_last() -> None:
    log = [
        f"level=warn msg={AUTH!r}",
        "dial tcp 10.0.0.1:6379: i/o timeout",
        'level=fatal msg="could not create tracer provider"',
    ]
    assert [one.id for one in explain(log).known] == ["otel-fatal", "dial-timeout", "postgres-password"]


# -- one sentence


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (
            f"org.hibernate.Error: no\n\tat a.b(C.java:1)\nCaused by: {AUTH}\n\tat x\nCaused by: java.net.X: Connection refused",
            "postgres-password",
        ),
        (
            "Communications link failure\n\tat a.b\nCaused by: java.net.ConnectException: Connection refused",
            "connection-refused",
        ),
        (
            (
                'connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  password authentication failed for user "app"\n'
                'connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  no pg_hba.conf entry for host "10.0.0.3", user "app", database "shop", no encryption'
            ),
            "postgres-password",
        ),
        (
            "failed parsing config: yaml: unmarshal errors:\nline 42: field x not found in type y.z",
            "config-field-unknown",
        ),
        ("    Reason:       OOMKilled\n    Exit Code:    137", "oom-killed"),
        (
            'Error from server: conversion webhook for external-secrets.io/v1beta1,\n# Kind=ExternalSecret failed: Post "https://hook.eso.svc:443/convert":\n# dial tcp: lookup hook.eso.svc: no such host',
            "conversion-webhook-failed",
        ),
    ],
    ids=["java", "mysql", "libpq", "loki", "describe", "wrapped"],
)
def test_one_sentence_is_told_once(log: str, told: str) -> None:
    assert set(explained(log)) == {told}


def test_the_next_record_is_another_sentence() -> None:
    assert set(explained(f"{AUTH}\n{REFUSED}")) == {"postgres-password", "connection-refused"}
    hba = 'FATAL: no pg_hba.conf entry for host "10.0.0.3", user "app", database "shop", SSL on'
    assert set(explained(f"{AUTH}\nretrying\n{hba}")) == {"postgres-password", "postgres-hba"}


def test_a_wrapped_sentence_gives_its_facts() -> None:
    found = explained(
        'conversion webhook for external-secrets.io/v1beta1,\nKind=ExternalSecret failed: Post "https://hook.eso.svc:443/x":\n no such host'
    )["conversion-webhook-failed"]

    assert (found.facts["kind"], found.facts["service"]) == ("ExternalSecret", "hook.eso.svc")


@pytest.mark.parametrize(
    "prefix",
    [
        "[pod/board-1/app] ",
        "web-1  | ",
        "2026-01-01T00:00:00.000000000Z ",
        "2026-01-01T00:00:00.000000000+09:00 stderr F ",
        "#18 0.958 ",
    ],
)
def test_what_tools_write_before_a_line_is_not_part_of_it(prefix: str) -> None:
    document = r'{"level":"error","msg":"no","error":"role \"ghost\" does not exist"}'
    (found,) = explain([f"{prefix}{document}"]).known

    assert (found.id, found.facts) == ("postgres-role-missing", {"user": "ghost"})


def test_what_an_encoder_wrote_as_numbers_is_read() -> None:
    (found,) = explain(
        [r'{"Level":"Error","Message":"Table \u0027shop.users\u0027 doesn\u0027t exist"}']
    ).known

    assert (found.id, found.facts) == ("table-missing", {"table": "shop.users"})


# -- Go modules

WHOLE, PART = "google.golang.org/genproto", "google.golang.org/genproto/googleapis/api"
CI = (
    "/go/pkg/mod/github.com/grpc-ecosystem/grpc-gateway/v2@v2.23.0/runtime/handler.go:13:2:\n"
    f"ambiguous import: found package {PART}/httpbody in multiple modules:\n"
    f"    {WHOLE} v0.0.0-20210310155132-4ce2db91004e\n"
    f"    {PART} v0.0.0-20241104194629-dd2ea8efbc28"
)


@pytest.mark.parametrize(
    ("log", "importer"),
    [
        (CI, "github.com/grpc-ecosystem/grpc-gateway/v2@v2.23.0"),
        (
            (
                f"go: shop/api imports\n\tgoogle.golang.org/grpc/status imports\n\t{PART}/httpbody: ambiguous import: found package {PART}/httpbody in multiple modules:\n"
                f"\t{WHOLE} v0.0.0-20210310155132-4ce2db91004e (/root/go/pkg/mod/x)\n\t{PART} v0.0.0-20241104194629-dd2ea8efbc28 (/root/go/pkg/mod/y)"
            ),
            "google.golang.org/grpc/status",
        ),
        (
            "\n".join(f"#18 0.958 {line}" for line in CI.splitlines()),
            "github.com/grpc-ecosystem/grpc-gateway/v2@v2.23.0",
        ),
    ],
    ids=["build", "tidy", "buildkit"],
)
def test_a_package_in_two_modules(log: str, importer: str) -> None:
    facts = explained(log)["go-ambiguous-import"].facts

    assert (facts["whole"], facts["part"], facts["importer"]) == (WHOLE, PART, importer)
    assert (facts["whole_version"], facts["part_version"]) == (
        "v0.0.0-20210310155132-4ce2db91004e",
        "v0.0.0-20241104194629-dd2ea8efbc28",
    )


def test_modules_of_which_none_was_split_off() -> None:
    log = "ambiguous import: found package a.b/c in multiple modules:\n\ta.b/x v1.0.0\n\ta.b/y v2.0.0"
    facts = explained(log)["go-ambiguous-import"].facts

    assert (facts["module1"], facts["module2"], facts["whole"]) == ("a.b/x v1.0.0", "a.b/y v2.0.0", "")


# -- nothing known, and too much


def test_where_nothing_is_known_the_line_that_looks_like_the_error_is_told() -> None:
    found = explain(
        ["starting", "Traceback (most recent call last):", '  File "a.py", line 1', "KeyError: 'shop'"]
    )

    assert found.known == ()
    assert found.unknown is not None
    assert (found.unknown.text, found.unknown.line) == ("KeyError: 'shop'", 4)


def test_beside_a_known_failure_no_other_line_is_told() -> None:
    assert explain([AUTH, "panic: everything is lost"]).unknown is None


@pytest.mark.parametrize("lines", [[], [""], ["listening on :8080", "request done in 3 ms"]])
def test_a_healthy_log_has_nothing(lines: list[str]) -> None:
    found = explain(lines)

    assert (found.known, found.unknown) == ((), None)


def test_every_fact_of_an_id_is_there() -> None:
    found = explained("MongoServerError: not found\nConnection refused\nERROR 1045 (28000): no")

    for one in found.values():
        assert set(one.facts) == FACTS[one.id]


def test_only_so_many_failures_are_told() -> None:
    found = explain([f"dial tcp host-{n}:{n + 1}: connect: connection refused" for n in range(MOST + 7)])

    assert (len(found.known), found.more) == (MOST, 7)


def test_the_end_of_a_huge_log_is_what_is_looked_at() -> None:
    lines = [*[AUTH] * 2_000, *["connection refused, no such host, i/o timeout " + "x" * 500] * 6_000]
    explanation = explain(lines)
    (found,), skipped = explanation.known, explanation.skipped

    assert found.id != "postgres-password"
    assert 2_000 < skipped < len(lines)
    assert (found.first, found.last) == (skipped + 1, len(lines))


NOISE = (
    "404 ",
    "argo ",
    "'x' 42P01 ",
    "connection refused ",
    "PutObject ",
    "prometheus ",
    "a.yaml unknown field ",
    "\\u00",
    "dial tcp ",
    "exec /a/",
)


@pytest.mark.parametrize("seed", range(3))
def test_a_hostile_log_takes_little(seed: int) -> None:
    chance = random.Random(seed)
    lines = ["".join(chance.choices(NOISE, k=300)) for _ in range(600)]
    began = time.process_time()
    explain(lines)

    assert time.process_time() - began < 1.5
