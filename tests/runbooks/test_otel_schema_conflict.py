"""otel_schema_conflict: the table, what it looks at, what it has in common with others, and the words of all of it."""

from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.evidence import (
    ContainerSpec,
    EnvSource,
    EnvVar,
    PodList,
    SeriesSet,
    WorkloadList,
)
from bot.diagnosis.looks import LogHead, LogOf, PodsOf, SiblingsOf, WorkloadOf
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.telemetry.looking import (
    ARRIVING,
    MOST_NEIGHBOURS,
    PODS_OF_A_NEIGHBOUR,
    Evidence,
    spans_of,
)
from bot.matchers import match_all, parse_matchers
from bot.model import Layer, Target, Verdict
from runbooks.otel_schema_conflict import RUNBOOK, applies, decide
from tests.fakes.sources import FakeSources
from tests.runbooks.table import verdicts
from tests.runbooks.telemetry_cases import (
    CASES,
    CONFIRMED,
    GOES_ON,
    LIKELY,
    NEAR,
    RULED_OUT,
    WARNING,
    WELL,
    Case,
    conflict,
    finding,
    log,
    seen,
    spans,
    tail,
)
from tests.snapshots import TARGET, ended, pod, running, template, waiting, workload


@pytest.mark.parametrize("case", CASES, ids=str)
def test_found_by(case: Case) -> None:
    found = finding(case.of, case.cause)

    assert found.verdict is case.verdict
    assert {key: found.facts[key] for key in case.facts} == dict(case.facts)


def test_every_cause_is_told_from_what_looks_like_it() -> None:
    told = verdicts(CASES)

    assert set(told) == {cause.id for cause in RUNBOOK.causes}
    assert all(RULED_OUT in found and found & {CONFIRMED, LIKELY} for found in told.values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answers_for_every_cause_exactly_once(case: Case) -> None:
    assert completed(RUNBOOK, decide(case.of))[1] == ()


async def test_keeps_the_contract() -> None:
    assert await check_catalog([RUNBOOK]) == []


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_of_it_is_worded(case: Case, language: str) -> None:
    words = Words(language)

    assert missing_words_of_runbook(words, RUNBOOK.name, [cause.id for cause in RUNBOOK.causes]) == []
    assert [why for one in decide(case.of) for why in missing_words(words, one)] == []


def test_a_well_program_is_told_of_nothing() -> None:
    assert {one.verdict for one in decide(WELL)} == {Verdict.RULED_OUT}


def test_who_shares_the_versions_shares_the_root() -> None:
    roots = {
        one.root for one in decide(replace(GOES_ON, neighbours=NEAR)) if one.verdict in {CONFIRMED, LIKELY}
    }

    assert roots == {"schemas 1.24.0 and 1.37.0"}
    assert {
        one.root for one in decide(seen(log(conflict("1.2.0", "1.3.0"), "listening"))) if one.root
    } != roots
    assert {one.root for one in decide(seen(log("cannot merge resource due to conflicting Schema URL")))} == {
        ""
    }


def test_the_three_layers_come_in_their_order() -> None:
    fixes = finding(GOES_ON, "tracing-silently-off").fixes

    assert [fix.key for fix in fixes] == ["import-of-the-sdk", "find-instrumentation", "one-resource"]
    assert all(fix.layer is Layer.CODE and fix.lasting for fix in fixes)
    first = Words("en").finding(finding(GOES_ON, "tracing-silently-off"), TARGET).fixes[0]
    assert '+import semconv "go.opentelemetry.io/otel/semconv/v1.24.0"' in first.patch
    assert "go get go.opentelemetry.io/otel/sdk@v1.38.0" in first.patch


def test_an_sdk_is_offered_only_where_one_has_the_programs_schema() -> None:
    found = finding(seen(log(conflict("1.26.0", "1.32.0"), "listening")), "semconv-newer-than-sdk")
    worded = Words("en").finding(found, TARGET)

    assert "SDK 1.28–1.36" in worded.detail
    assert "go get" not in worded.fixes[0].patch
    assert "semconv/v1.26.0" in worded.fixes[0].patch


@pytest.mark.parametrize(
    ("line", "key", "upgrades"),
    [
        ("listening", "find-instrumentation", "go list -m all | grep -iE 'otel|opentelemetry'"),
        ("GORM connected", "find-instrumentation", "go list -m all | grep -iE 'otel|opentelemetry'"),
        (
            "GORM OpenTelemetry tracing enabled",
            "upgrade-gorm",
            "go get gorm.io/plugin/opentelemetry@v0.1.16 && go mod tidy",
        ),
        (
            "redisotel hooked in",
            "upgrade-instrumentation",
            "go get github.com/redis/go-redis/extra/redisotel/v9@v9.17.2 && go mod tidy",
        ),
        (
            "otelgin middleware",
            "upgrade-instrumentation",
            "go get go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin@latest && go mod tidy",
        ),
    ],
)
def test_only_what_the_log_names_is_upgraded(line: str, key: str, upgrades: str) -> None:
    found = finding(seen(log(line, WARNING, "serving")), "tracing-silently-off")
    fix = Words("en").finding(found, TARGET).fixes[1]

    assert (fix.key, fix.commands[1]) == (key, upgrades)
    assert ("WithDBName" in fix.patch) is (key == "upgrade-gorm")


def test_spans_that_arrive_are_shown() -> None:
    told = finding(
        replace(GOES_ON, arriving=spans(12.5), own_spans=spans(0.0)), "tracing-silently-off"
    ).evidence

    assert {one.key: dict(one.facts) for one in told if "spans" in one.key} == {
        "spans": {"rows": ({"job": "tempo", "rate": 12.5},)},
        "own-spans": {"rate": 0.0},
    }


# -- looking


def neighbour(number: int) -> Any:
    target = Target("default", "shop", "Deployment", f"near-{number:02}")
    return replace(workload(target=target), selector=f"app=near-{number:02}")


def sources(*containers: Any, near: int = 2) -> FakeSources:
    others = tuple(neighbour(number) for number in range(near))
    answers: dict[Any, Any] = {
        WorkloadOf(TARGET): workload(),
        PodsOf("shop", "app=web"): PodList((pod(*containers),)),
        SiblingsOf("shop"): WorkloadList((workload(), *others), more=4),
        InstantQuery(ARRIVING): SeriesSet(()),
        InstantQuery(spans_of(workload())): SeriesSet(()),
        **{
            PodsOf("shop", f"app=near-{n:02}", limit=PODS_OF_A_NEIGHBOUR): PodList(
                (pod(running(), name=f"near-{n:02}-x"),)
            )
            for n in range(near)
        },
    }
    return FakeSources(answers, reads=RUNBOOK.reads, otherwise=lambda _look: tail(WARNING))


async def test_the_head_of_a_log_tells_what_was_said_at_the_start() -> None:
    world = sources(running())

    found: Evidence = await RUNBOOK.collect(TARGET, world)

    assert [log.look for log in found.logs] == [LogHead("shop", "web-7d9-a", "app")]
    assert finding(found, "tracing-silently-off").facts["sharing"] == ("near-00", "near-01")


async def test_a_life_that_ended_is_read_at_its_end() -> None:
    world = sources(waiting("CrashLoopBackOff", last=ended(1)))

    found: Evidence = await RUNBOOK.collect(TARGET, world)

    assert [log.look for log in found.logs] == [LogOf("shop", "web-7d9-a", "app", previous=True)]


async def test_the_number_of_looks_is_bounded_and_what_was_not_seen_is_counted() -> None:
    world = sources(running(), near=40)

    found: Evidence = await RUNBOOK.collect(TARGET, world)

    assert len(found.neighbours) == MOST_NEIGHBOURS
    assert found.unseen == 40 - MOST_NEIGHBOURS + 4
    assert len(world.asked) == 5 + 1 + 2 * MOST_NEIGHBOURS


async def test_where_nothing_conflicts_nobody_elses_log_is_read() -> None:
    world = sources(running(), near=40)
    world.answers[LogHead("shop", "web-7d9-a", "app")] = tail("OpenTelemetry tracing enabled")

    found: Evidence = await RUNBOOK.collect(TARGET, world)

    assert found.neighbours == ()
    assert len(world.asked) == 4


@pytest.mark.parametrize(
    ("env", "service"),
    [((), "web"), ((EnvVar("OTEL_SERVICE_NAME", 'shop"}-web'),), "shop}-web")],
    ids=["its name", "what it is told"],
)
def test_spans_are_counted_by_the_name_that_the_program_goes_by(
    env: tuple[EnvVar, ...], service: str
) -> None:
    expr = spans_of(workload(template=template(ContainerSpec("app", "shop/x:1", "main", env=env))))

    assert f'service="{service}"' in expr
    assert f'service_name="{service}"' in expr


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        (ContainerSpec("app", "shop/x:1", "main"), False),
        (ContainerSpec("app", "shop/x:1", "main", env=(EnvVar("OTEL_SERVICE_NAME", "x"),)), True),
        (ContainerSpec("app", "shop/x:1", "main", env_from=(EnvSource("ConfigMap", "web"),)), True),
        (ContainerSpec("init", "shop/x:1", "init", env=(EnvVar("OTEL_SERVICE_NAME", "x"),)), False),
    ],
)
def test_whom_it_fits(spec: ContainerSpec, fits: bool) -> None:
    assert applies(workload(template=template(spec))) is fits


@pytest.mark.parametrize(
    ("alertname", "fits"),
    [
        ("OtelSpansMissing", True),
        ("NoTracesFromService", True),
        ("TracesStopped", True),
        ("tracing_down", True),
        ("OpenTelemetryInitFailed", True),
        ("TempoSpansDropped", True),
        ("KubePodCrashLooping", False),
        ("TargetDown", False),
        ("TracerouteSlow", False),
        ("SpannerLatencyHigh", False),
    ],
)
def test_only_names_that_speak_of_traces_choose_it(alertname: str, fits: bool) -> None:
    (alerts,) = RUNBOOK.alerts

    assert match_all(parse_matchers(alerts), {"alertname": alertname}) is fits
