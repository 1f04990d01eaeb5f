"""portal_metrics_zero: the table, what it looks at, where its fixes last, and the words of all of it."""

import json
from dataclasses import replace

import pytest

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, PodList, PodTemplate
from bot.diagnosis.evidence_objects import AddressState, ConfigMapState, EndpointsState
from bot.diagnosis.looks import LogHead, LogOf, PodsOf, WorkloadOf
from bot.diagnosis.looks_metrics import PrometheusAt
from bot.diagnosis.looks_objects import ConfigMapOf, EndpointsOf, ExternalSecretsOf
from bot.diagnosis.portal.backdrop import Server
from bot.diagnosis.sources import Unavailable
from bot.model import Layer, Reason, Source, Target, Verdict
from runbooks.portal_metrics_zero import RUNBOOK, applies, decide
from tests.fakes.sources import FakeSources
from tests.runbooks.portal_cases import (
    APPLICATION,
    BLIND,
    CASES,
    CONFIRMED,
    MOVED,
    NEIGHBOUR,
    PLAIN,
    RIGHT,
    RULED_OUT,
    TRACKED,
    URL,
    WELL,
    Case,
    backdrop,
    finding,
    given,
)
from tests.runbooks.table import verdicts
from tests.snapshots import TARGET, pod, running, workload


@pytest.mark.parametrize("case", CASES, ids=str)
def test_found_by(case: Case) -> None:
    found = finding(case.of, case.cause)

    assert found.verdict is case.verdict
    assert {key: found.facts[key] for key in case.facts} == dict(case.facts)
    assert (found.missing is not None) or found.verdict is not Verdict.NOT_CHECKED


def test_every_cause_is_told_from_what_looks_like_it() -> None:
    told = verdicts(CASES)

    assert set(told) == {cause.id for cause in RUNBOOK.causes}
    assert all({CONFIRMED, RULED_OUT} <= found for found in told.values())


@pytest.mark.parametrize("of", [*(case.of for case in CASES), BLIND])
def test_answers_for_every_cause_exactly_once(of: object) -> None:
    assert completed(RUNBOOK, decide(of))[1] == ()  # type: ignore[arg-type]  # a table of backdrops


async def test_keeps_the_contract() -> None:
    assert await check_catalog([RUNBOOK]) == []


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_of_it_is_worded(case: Case, language: str) -> None:
    words = Words(language)

    assert missing_words_of_runbook(words, RUNBOOK.name, [cause.id for cause in RUNBOOK.causes]) == []
    assert [why for one in decide(case.of) for why in missing_words(words, one)] == []


def test_a_well_portal_is_told_of_nothing() -> None:
    assert {one.verdict for one in decide(WELL)} == {Verdict.RULED_OUT}


# -- where a fix lasts


def test_a_live_workload_is_changed_live() -> None:
    (fix,) = finding(MOVED, "prometheus-route-prefix").fixes

    assert (fix.layer, fix.lasting, fix.facts["value"]) == (Layer.LIVE, True, RIGHT)


def test_a_tracked_workload_is_changed_in_git_under_the_parameter_that_is_there() -> None:
    of = replace(MOVED, workload=TRACKED, application=APPLICATION)

    git, live = finding(of, "prometheus-route-prefix").fixes

    assert (git.layer, git.lasting, live.layer, live.lasting) == (Layer.GITOPS, True, Layer.LIVE, False)
    assert git.facts["parameter"] == "app.settings.PROMETHEUS_URL"


def test_of_several_gaps_the_one_that_a_grant_takes_away_is_named() -> None:
    unasked = Unavailable(Source.PROMETHEUS, Reason.NOT_CONFIGURED, "query", "PrometheusAt")
    closed = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "pods", "monitoring")
    server = Server(("monitoring", "prometheus"), plain=unasked, workload=closed)
    missed = finding(backdrop(given(), server=server), "prometheus-route-prefix").missing

    assert missed is not None
    assert (missed.reason, missed.resource) == (Reason.FORBIDDEN, "pods")


def test_the_secret_comes_from_the_store_that_its_neighbours_use() -> None:
    of = backdrop(URL, neighbours=(NEIGHBOUR,))
    worded = Words("en").finding(finding(of, "argocd-token-missing"), TARGET)

    assert "name: vault  # as others in this namespace use it" in worded.fixes[0].patch
    assert "kind: ClusterSecretStore\n" in worded.fixes[0].patch


# -- looking


def template(**config: str) -> PodTemplate:
    spec = ContainerSpec(
        "app", "shop/web:1", "main", env=(EnvVar("PORT", "80"),), env_from=(EnvSource("ConfigMap", "web"),)
    )
    return PodTemplate((spec,))


def sources(url: str) -> FakeSources:
    server = Target("default", "monitoring", "Service", "prometheus")
    arguments = ContainerSpec("p", "prom/prometheus:v3", "main", args=("--web.route-prefix=/api/prom",))
    live = pod(running())
    return FakeSources(
        {
            WorkloadOf(TARGET): workload(template=template()),
            ConfigMapOf("shop", "web"): ConfigMapState("shop", "web", {"PROMETHEUS_URL": url}),
            PodsOf("shop", "app=web"): PodList((live,)),
            WorkloadOf(server): workload(target=server, template=PodTemplate((arguments,))),
            EndpointsOf("monitoring", "prometheus"): EndpointsState("monitoring", "prometheus", 1),
            PrometheusAt("http://prometheus.monitoring.svc:9090"): AddressState("plain", 404, is_api=False),
            PrometheusAt("http://prometheus.monitoring.svc:9090/api/prom"): AddressState(
                "right", 200, is_api=True
            ),
            ExternalSecretsOf("shop"): (),
        },
        reads=RUNBOOK.reads,
        otherwise=lambda look: Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods/log", "shop"),
    )


async def test_both_addresses_are_asked() -> None:
    world = sources(PLAIN)

    found = finding(await RUNBOOK.collect(TARGET, world), "prometheus-route-prefix")

    assert found.verdict is Verdict.CONFIRMED
    assert (found.facts["asked_both"], found.facts["right_url"]) == (True, RIGHT)
    assert {LogHead, LogOf} <= {type(look) for look in world.asked}


async def test_an_address_without_a_service_is_asked_as_it_is() -> None:
    world = sources("https://metrics.example.com/prom")
    world.answers[PrometheusAt("https://metrics.example.com/prom")] = AddressState("x", 200, is_api=True)

    seen = await RUNBOOK.collect(TARGET, world)

    assert finding(seen, "prometheus-route-prefix").verdict is Verdict.RULED_OUT
    assert sum(isinstance(look, PrometheusAt) for look in world.asked) == 1


async def test_the_path_that_the_server_itself_tells_is_enough() -> None:
    url = "https://metrics.example.com"
    world = sources(url)
    world.answers[PrometheusAt(url)] = AddressState(url, 404, is_api=False, found_at=f"{url}/prom")

    found = finding(await RUNBOOK.collect(TARGET, world), "prometheus-route-prefix")

    assert found.verdict is Verdict.CONFIRMED
    assert (found.facts["right_url"], found.facts["prefix"]) == (f"{url}/prom", "/prom")


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        (ContainerSpec("app", "shop/x:1", "main"), False),
        (ContainerSpec("app", "shop/x:1", "main", env=(EnvVar("GRAFANA_PROM_URL", "x"),)), True),
        (ContainerSpec("app", "shop/x:1", "main", env=(EnvVar("ARGOCD_TOKEN", "", "secret/a/b"),)), True),
        (ContainerSpec("app", "shop/x:1", "main", env_from=(EnvSource("ConfigMap", "web"),)), True),
        (ContainerSpec("init", "shop/x:1", "init", env_from=(EnvSource("ConfigMap", "web"),)), False),
    ],
)
def test_whom_it_fits(spec: ContainerSpec, fits: bool) -> None:
    assert applies(workload(template=PodTemplate((spec,)))) is fits
    crashing = applies(workload(template=PodTemplate((spec,)), ready=0))
    assert crashing is (fits and not spec.env_from), "what takes in a ConfigMap is asked only while it runs"
    assert applies(workload(target=replace(TARGET, name="ops-portal"), template=PodTemplate((spec,)))) is True


def test_the_facts_are_json() -> None:
    assert json.dumps([dict(one.facts) for case in CASES for one in decide(case.of)])
