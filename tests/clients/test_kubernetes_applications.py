"""ArgoCD Applications: what is not in order, what the last sync failed on, and the Helm source without its secrets."""

from typing import Any

import pytest

from bot.clients.kubernetes_applications import application_state
from bot.clients.redaction_rules import MARK
from bot.diagnosis.evidence_objects import ApplicationState, AppResource
from tests.builders import Object
from tests.builders_around import application
from tests.clients.test_redaction import SECRETS

DEAD = (
    "conversion webhook for external-secrets.io/v1beta1, Kind=ClusterSecretStore failed: Post "
    '"https://external-secrets-webhook.external-secrets.svc:443/convert?timeout=30s": dial tcp: lookup '
    "external-secrets-webhook.external-secrets.svc on 10.96.0.10:53: no such host"
)


def state(spec: Object | None = None, **status: Any) -> ApplicationState:
    item = application(**status)
    item["spec"] |= spec or {}
    return application_state(item)


def resource(name: str, status: str | None, health: str = "", message: str = "", **more: Any) -> Object:
    said = {"health": {"status": health, **({"message": message} if message else {})}} if health else {}
    return {
        "kind": "Deployment",
        "group": "apps",
        "namespace": "shop",
        "name": name,
        "status": status,
        **said,
        **more,
    }


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        (resource("a", "Synced", "Healthy"), ""),
        (resource("a", "Synced"), ""),
        (resource("a", None, hook=True), ""),
        (resource("a", "OutOfSync", "Healthy"), "OutOfSync"),
        (resource("a", "OutOfSync"), "OutOfSync"),
        (resource("a", "Unknown"), "Unknown"),
        (resource("a", "Synced", "Degraded", "no password=hunter2"), "Degraded"),
        (resource("a", "Synced", "Missing"), "Missing"),
        (resource("a", "OutOfSync", "Degraded", "no password=hunter2"), "OutOfSync"),
    ],
)
def test_what_is_not_in_order(item: Object, wrong: str) -> None:
    message = f"no password={MARK}" if "hunter2" in str(item) else ""
    expected = (AppResource("apps", "Deployment", "shop", "a", wrong, message),) if wrong else ()
    assert state(resources=[item]).resources == expected


def test_what_the_last_sync_failed_on() -> None:
    results = [
        resource("fine", "Synced", message="configured"),
        {"kind": "ClusterSecretStore", "group": "external-secrets.io", "name": "aws", "status": "SyncFailed", "message": DEAD, "version": "v1beta1"},
        {"kind": "Job", "group": "batch", "namespace": "shop", "name": "migrate", "status": "Synced", "hookPhase": "Failed"},
        {"kind": "Job", "group": "batch", "namespace": "shop", "name": "seed", "hookPhase": "Error", "message": "DB_PASSWORD=hunter2"},
        {"kind": "Job", "group": "batch", "namespace": "shop", "name": "done", "hookPhase": "Succeeded"},
    ]  # fmt: skip
    operation = {"phase": "Failed", "message": DEAD, "syncResult": {"resources": results, "revision": ""}}
    found = state(operationState=operation)
    assert found.message == DEAD
    assert found.sync_results == (
        AppResource("external-secrets.io", "ClusterSecretStore", "", "aws", "SyncFailed", DEAD, "v1beta1"),
        AppResource("batch", "Job", "shop", "migrate", "Failed", ""),
        AppResource("batch", "Job", "shop", "seed", "Error", f"DB_PASSWORD={MARK}"),
    )


HELM = {
    "repoURL": "https://git.example/shop.git",
    "path": "charts/board",
    "helm": {
        "valueFiles": ["values.yaml", "prod.yaml"],
        "parameters": [
            {"name": "config.PROMETHEUS_URL", "value": "http://prometheus:9090"},
            {"name": "config.DB_PASSWORD", "value": "hunter2"},
            {"name": "config.DATABASE_URL", "value": "postgres://board:hunter2@db/board"},
            {"name": "replicas", "value": "3", "forceString": True},
            {"value": "nameless"},
        ],
    },
}


def test_the_helm_source() -> None:
    found = state({"source": HELM})
    assert (found.helm, found.value_files, found.path) == (True, ("values.yaml", "prod.yaml"), "charts/board")
    assert found.parameters == {
        "config.PROMETHEUS_URL": "http://prometheus:9090",
        "config.DB_PASSWORD": MARK,
        "config.DATABASE_URL": "postgres://board:[redacted]@db/board",
        "replicas": "3",
    }


@pytest.mark.parametrize(("kind", "text", "gone", "kept"), SECRETS, ids=[item[0] for item in SECRETS])
def test_no_kind_of_secret_leaves_in_an_application(kind: str, text: str, gone: str, kept: str) -> None:
    helm = {"parameters": [{"name": "plain", "value": text}], "valueFiles": [text]}
    failed = resource("a", "SyncFailed") | {"message": text}
    operation = {"message": text, "syncResult": {"resources": [failed]}}
    found = state(
        {"source": {"repoURL": text, "helm": helm}},
        operationState=operation,
        conditions=[{"type": "SyncError", "message": text}],
        resources=[resource("a", "OutOfSync", "Degraded", text)],
    )
    assert gone not in str(found), kind
    assert kept in found.parameters["plain"]


@pytest.mark.parametrize(
    ("spec", "status", "helm", "path"),
    [
        ({}, {}, False, "charts/board"),
        ({}, {"sourceType": "Kustomize"}, False, "charts/board"),
        ({}, {"sourceType": "Helm"}, True, "charts/board"),
        ({"source": {"repoURL": "r", "chart": "board"}}, {}, True, "board"),
        # Of several sources the one that only holds values deploys nothing.
        ({"sources": [{"repoURL": "v", "ref": "values"}, HELM], "source": None}, {}, True, "charts/board"),
        ({"sources": [{"repoURL": "v", "ref": "values"}], "source": None}, {}, False, ""),
        ({"source": None}, {"sourceTypes": ["Helm"]}, True, ""),
    ],
)
def test_which_source_deploys(spec: Object, status: Object, helm: bool, path: str) -> None:
    found = state(spec, **status)
    assert (found.helm, found.path) == (helm, path)


@pytest.mark.parametrize(
    ("policy", "automated", "self_heal"),
    [
        (None, False, False),
        ({}, False, False),
        ({"automated": {}}, True, False),
        ({"automated": {"selfHeal": True}}, True, True),
        ({"automated": {"selfHeal": True, "enabled": False}}, False, False),
    ],
)
def test_who_syncs(policy: Object | None, automated: bool, self_heal: bool) -> None:
    found = state({"syncPolicy": policy})
    assert (found.automated, found.self_heal) == (automated, self_heal)
