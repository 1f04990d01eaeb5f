"""What a scenario prepares word for word, and what the simulated sources say of what nobody put there."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.demo.builders import App
from bot.demo.simulated import SimulatedKubernetes, Stage
from bot.demo.simulated_metrics import SimulatedPrometheus
from bot.demo.world import Denied, Place, World
from bot.diagnosis.evidence import (
    ContainerSpec,
    ContainerState,
    LogTail,
    PodTemplate,
    SeriesSet,
)
from bot.diagnosis.evidence_objects import (
    ApplicationState,
    ConfigMapState,
    CrdState,
    EndpointsState,
    ExternalSecretState,
    ScalerState,
    ServiceState,
    StoreState,
    WalReplayState,
)
from bot.diagnosis.looks import (
    FindTargets,
    LogHead,
)
from bot.diagnosis.looks_metrics import PrometheusAt, RangeQuery, WalReplayOf
from bot.diagnosis.looks_objects import (
    BudgetsOf,
    ClusterStoreOf,
    ConfigMapOf,
    CrdOf,
    EndpointsOf,
    ExternalSecretsOf,
    PrometheusOf,
    QuotasOf,
    StoreOf,
)
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.model import Reason

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
WELL = ContainerState("web", "web:1", "main", "running", ready=True, restarts=0)
SHOP = App("shop", "web")
TEMPLATE = PodTemplate((ContainerSpec("web", "web:1", "main"),))
SCALER = ScalerState("shop", "web", "Deployment", "web", 1, 5, 2, 2, None)
STORE = StoreState("ClusterSecretStore", "", "vault", "v1", "vault")
CRD = CrdState("secretstores.external-secrets.io", "SecretStore", (), "None")
REFUSED = gap_of(QuotasOf("shop"), Reason.FORBIDDEN, "no")


def prepared() -> SimulatedKubernetes:
    """Two pods, one of them ready, behind a Service; and answers of which no workload is part."""
    pods = (SHOP.pod("a", NOW, "n1", WELL), SHOP.pod("b", NOW, "n1", replace(WELL, ready=False)))
    place = Place(
        SHOP.workload(TEMPLATE, NOW, desired=2, ready=1),
        pods,
        logs=(SHOP.log("a", "web", "x" * 1000 + "\n" + "y" * 20 + "\n" + "z" * 3),),
        scalers=(SCALER,),
        services=(ServiceState("shop", "web", "app=web", ()),),
    )
    answers: dict[Look[Any], Any] = {
        ConfigMapOf("shop", "web"): ConfigMapState("shop", "web", {"A": "1"}),
        ClusterStoreOf("vault"): STORE,
        CrdOf(CRD.name): CRD,
        ExternalSecretsOf("shop"): (ExternalSecretState("shop", "db", "v1", "SecretStore", "s", "db"),),
        QuotasOf("shop"): REFUSED,
    }
    application = ApplicationState("argocd", "shop", "", "Synced", "Healthy", "", "", "", None, None)
    world = World((place,), applications=(application,), denied=(Denied(CrdOf, ""),), answers=answers)
    return SimulatedKubernetes(Stage(lambda: NOW, {"one": world}))


@pytest.mark.parametrize(
    ("look", "answer"),
    [
        (ConfigMapOf("shop", "web"), ConfigMapState("shop", "web", {"A": "1"})),
        (ClusterStoreOf("vault"), STORE),
        (QuotasOf("shop"), REFUSED),
        (QuotasOf("elsewhere"), ()),
        (BudgetsOf("shop"), ()),
        (ExternalSecretsOf("elsewhere"), ()),
        (EndpointsOf("shop", "web"), EndpointsState("shop", "web", 1, 1)),
        (EndpointsOf("shop", "nobody"), EndpointsState("shop", "nobody", 0)),
        (LogHead("shop", "web-a", "web", kibibytes=1), LogTail("web-a", "web", False, ("x" * 1000, "y" * 20), cut=True)),
    ],
)  # fmt: skip
async def test_what_belongs_to_no_workload_is_answered_as_it_was_prepared(
    look: Look[Any], answer: object
) -> None:
    assert await prepared().answer(look) == answer


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        (ConfigMapOf("shop", "other"), Reason.NOT_FOUND),
        (StoreOf("shop", "vault"), Reason.NOT_FOUND),
        (PrometheusOf("shop", "k8s"), Reason.NOT_FOUND),
        (ExternalSecretsOf("shop", "other"), Reason.NOT_FOUND),
        (LogHead("shop", "web-a", "sidecar"), Reason.NOT_FOUND),
        (CrdOf(CRD.name), Reason.FORBIDDEN),
    ],
)
async def test_what_nobody_prepared_or_allows_is_a_gap(look: Look[Any], reason: Reason) -> None:
    answer = await prepared().answer(look)
    assert isinstance(answer, Unavailable)
    assert answer.reason is reason


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("HorizontalPodAutoscaler", "web", "shop/HorizontalPodAutoscaler/web"),
        ("Application", "shop", "argocd/Application/shop"),
        ("ExternalSecret", "db", "shop/ExternalSecret/db"),
        ("ClusterSecretStore", "vault", "ClusterSecretStore/vault"),
        ("CustomResourceDefinition", CRD.name, f"CustomResourceDefinition/{CRD.name}"),
        ("Pod", "web-a", "shop/Pod/web-a"),
        ("", "web", "shop/Deployment/web"),
    ],
)
async def test_every_kind_of_object_is_found_by_its_name(kind: str, name: str, found: str) -> None:
    answer = await prepared().answer(FindTargets(name, kind=kind))
    assert not isinstance(answer, Unavailable)
    assert [str(target) for target in answer] == [found]


async def test_a_prepared_answer_of_prometheus_goes_before_its_series() -> None:
    replay, span = WalReplayState(0, 9, 3), RangeQuery("memory_bytes", 60, 30)
    answers: dict[Look[Any], Any] = {WalReplayOf(): replay, span: SeriesSet((), ("said so",))}
    prometheus = SimulatedPrometheus(lambda: NOW, {"one": World((), answers=answers)})
    assert await prometheus.answer(WalReplayOf()) == replay
    assert await prometheus.answer(span) == SeriesSet((), ("said so",))
    unknown = await prometheus.answer(PrometheusAt("http://prometheus"))
    assert isinstance(unknown, Unavailable)
