"""What chooses eso_sync_failed, and what it looks at: only what the target has to do with, and within bounds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.choosing import Chooser
from bot.diagnosis.evidence import Marks, WorkloadList
from bot.diagnosis.evidence_objects import EndpointsState
from bot.diagnosis.external_secrets.looking import CRD_NAMES, MOST_SECRETS
from bot.diagnosis.external_secrets.looking import look_at_secrets as collect
from bot.diagnosis.looks import ApplicationOf, EventsOf, SecretNote, ServiceOf, SiblingsOf
from bot.diagnosis.looks_objects import ClusterStoreOf, CrdOf, EndpointsOf, ExternalSecretsOf, StoreOf
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.model import Reason, Target, Verdict
from runbooks.eso_sync_failed import RUNBOOK, decide
from tests.diagnosis.external_secrets.builders import (
    APP,
    DEAD,
    FAILED,
    GIT,
    HELM,
    NAMESPACE,
    NO_DATA,
    SECRET,
    app,
    crd,
    external,
    note,
    result,
    store,
)
from tests.fakes.sources import FakeSources


@pytest.mark.parametrize(
    ("alert", "chosen"),
    [
        ("ArgoCdAppSyncFailed", True),
        ("ArgoCDAppOutOfSync", True),
        ("ArgocdAppSyncUnknown", True),
        ("argocd_app_degraded", True),
        ("ExternalSecretNotReady", True),
        ("external-secrets-sync-error", True),
        ("ClusterSecretStoreInvalid", True),
        ("SecretSyncFailed", True),
        ("ESOSyncFailed", True),
        ("EsoWebhookDown", True),
        ("KubePodCrashLooping", False),
        ("ArgoCDServerDown", False),
        ("ResourceQuotaExceeded", False),
        ("SecretRotationDue", False),
        ("JesolHigh", False),
    ],
)
def test_alerts(alert: str, chosen: bool) -> None:
    choice = Chooser([RUNBOOK]).choose(None, "Deployment", [{"alertname": alert}])

    assert (choice.matched == (RUNBOOK.name,)) is chosen


@pytest.mark.parametrize(
    "kind", ["Application", "ExternalSecret", "SecretStore", "ClusterSecretStore", "CustomResourceDefinition"]
)
def test_kinds(kind: str) -> None:
    assert Chooser([RUNBOOK]).choose(None, kind).matched == (RUNBOOK.name,)


def sources(answers: Mapping[Look[Any], Any]) -> FakeSources:
    return FakeSources(answers, reads=RUNBOOK.reads, otherwise=lambda look: gap_of(look, Reason.NOT_FOUND))


CRDS: dict[Look[Any], Any] = {CrdOf(name): crd(name.partition(".")[0]) for name in CRD_NAMES[:3]}
WEBHOOK_GONE: dict[Look[Any], Any] = {
    EndpointsOf("eso", "eso-webhook"): EndpointsState("eso", "eso-webhook", 0)
}


async def test_an_application_of_the_operator() -> None:
    refused = replace(
        FAILED, resources=(result("", "ClusterSecretStore", "aws", status="OutOfSync", namespace=""),)
    )
    fake = sources(
        {
            ApplicationOf("secrets-prod", "argocd"): refused,
            **CRDS,
            **WEBHOOK_GONE,
            SiblingsOf("eso"): WorkloadList(()),
        }
    )

    of = await collect(APP, fake)

    assert set(fake.asked) == {
        ApplicationOf("secrets-prod", "argocd"),
        *(CrdOf(name) for name in CRD_NAMES),
        ExternalSecretsOf("shop", "board-db"),
        ClusterStoreOf("aws"),
        ServiceOf("eso", "eso-webhook"),
        EndpointsOf("eso", "eso-webhook"),
        SiblingsOf("eso"),
    }
    first = decide(of)[0]
    assert (first.cause, first.verdict) == ("conversion-webhook-dead", Verdict.CONFIRMED)


@pytest.mark.parametrize(
    "state", [app(), app("Failed", "boom", result("boom", "Deployment", "web", group="apps"))]
)
async def test_an_application_that_has_nothing_to_do_with_it_costs_one_look(state: Any) -> None:
    fake = sources({ApplicationOf("secrets-prod", "argocd"): state})

    await collect(APP, fake)

    assert fake.asked == [ApplicationOf("secrets-prod", "argocd")]


async def test_the_crd_of_a_kind_that_argocd_misses_is_looked_at_too() -> None:
    missing = 'no matches for kind "PushSecret" in version "external-secrets.io/v1"'
    fake = sources({ApplicationOf("secrets-prod", "argocd"): app("Failed", missing)})

    await collect(APP, fake)

    assert CrdOf("pushsecrets.external-secrets.io") in fake.asked


async def test_an_external_secret_that_fails() -> None:
    failing = replace(external("board-db", NO_DATA), marks=GIT)
    fake = sources({ExternalSecretsOf("shop", "board-db"): (failing,), ClusterStoreOf("aws"): store().state})

    of = await collect(SECRET, fake)

    asked = set(fake.asked)
    assert {EventsOf("shop", "ExternalSecret", "board-db"), ClusterStoreOf("aws")} <= asked
    assert ApplicationOf("eso-crds") in asked
    assert SecretNote("shop", "board-db-secret") not in asked
    assert of.stores[0].used


async def test_an_external_secret_that_is_ready_is_compared_by_the_names_of_its_keys() -> None:
    fake = sources(
        {
            ExternalSecretsOf("shop", "board-db"): (external(),),
            SecretNote("shop", "board-db-secret"): note("DB_PASSWORD"),
        }
    )

    of = await collect(SECRET, fake)

    assert EventsOf("shop", "ExternalSecret", "board-db") not in fake.asked
    assert not isinstance(of.secrets[0].note, Unavailable)
    assert of.application is None


async def test_a_namespace_looks_at_those_first_that_fail() -> None:
    many = tuple(external(f"a{number}") for number in range(30))
    fake = sources({ExternalSecretsOf("shop"): (*many, external("z", NO_DATA))})

    of = await collect(NAMESPACE, fake)

    assert (len(of.secrets), of.more) == (MOST_SECRETS, 21)
    assert of.secrets[0].state.name == "z"


@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
async def test_a_workload_stands_for_its_namespace(kind: str) -> None:
    fake = sources({})

    await collect(Target("default", "shop", kind, "web"), fake)

    assert ExternalSecretsOf("shop") in fake.asked


async def test_a_store_looks_at_those_that_use_it() -> None:
    own = external("own", store_kind="SecretStore", store="vault")
    fake = sources({ExternalSecretsOf("shop"): (external("other"), own)})

    of = await collect(Target("default", "shop", "SecretStore", "vault"), fake)

    assert StoreOf("shop", "vault") in fake.asked
    assert [one.state.name for one in of.secrets] == ["own"]


async def test_a_crd_of_another_operator_is_the_only_one() -> None:
    other = "certificates.cert-manager.io"
    state = replace(crd(), name=other, kind="Certificate", webhook_service="cm/hook")
    gone: dict[Look[Any], Any] = {EndpointsOf("cm", "hook"): EndpointsState("cm", "hook", 0)}
    fake = sources({CrdOf(other): state, **gone})

    of = await collect(Target("default", "", "CustomResourceDefinition", other), fake)

    assert [look for look in fake.asked if isinstance(look, CrdOf)] == [CrdOf(other)]
    assert decide(of)[0].facts["crds"] == (other,)


async def test_whether_the_crds_come_from_a_chart_is_asked_of_their_application() -> None:
    marked: dict[Look[Any], Any] = {look: replace(state, marks=GIT) for look, state in CRDS.items()}
    fake = sources({**marked, ApplicationOf("eso-crds"): app(helm=True)})

    of = await collect(SECRET, fake)

    assert of.installer is not None
    assert of.installer.helm


async def test_a_release_is_not_looked_for() -> None:
    fake = sources({look: replace(state, marks=HELM) for look, state in CRDS.items()})

    of = await collect(SECRET, fake)

    assert of.installer is None
    assert not [look for look in fake.asked if isinstance(look, ApplicationOf)]


async def test_what_cannot_be_read_for_the_webhook_is_evidence() -> None:
    look = ExternalSecretsOf("shop", "board-db")
    dead = replace(gap_of(look, Reason.NOT_READY), detail=f"HTTP 500: {DEAD}")
    fake = sources({look: dead, **CRDS})

    first = decide(await collect(SECRET, fake))[0]

    assert (first.cause, first.verdict, first.facts["now"]) == (
        "conversion-webhook-dead",
        Verdict.CONFIRMED,
        True,
    )


async def test_without_marks_there_is_no_application() -> None:
    assert external().marks == Marks()
    fake = sources({ExternalSecretsOf("shop", "board-db"): (external(),)})

    assert (await collect(SECRET, fake)).application is None
