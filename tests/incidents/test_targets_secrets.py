"""Alerts about synchronised secrets: whose `name` it is, and in which namespace it lives."""

from collections.abc import Mapping

import pytest

from bot.incidents.targets import NoTarget, locate

# What a scrape of the operator adds, with honor_labels off.
SCRAPE = {
    "job": "external-secrets-metrics",
    "namespace": "external-secrets",
    "pod": "external-secrets-6c9f8d7b5c-x2k9p",
    "container": "external-secrets",
    "service": "external-secrets-metrics",
    "instance": "10.0.0.7:8080",
}
STATUS = {"condition": "Ready", "status": "False"}
OBJECT = {"name": "board-db", "exported_namespace": "shop"}
ARGO = {"name": "external-secrets-config", "project": "default", "namespace": "argocd"}


def named(labels: Mapping[str, str]) -> tuple[str, str]:
    located = locate(labels, "prod")
    return (str(located.target), located.label) if located.target else ("", located.label)


@pytest.mark.parametrize(
    ("alert", "labels", "target"),
    [
        ("ExternalSecretNotReady", SCRAPE | STATUS | OBJECT, "shop/ExternalSecret/board-db"),
        ("external-secret-sync-failed", SCRAPE | STATUS | OBJECT, "shop/ExternalSecret/board-db"),
        ("ExternalSecretsSyncError", {"name": "board-db", "namespace": "shop"}, "shop/ExternalSecret/board-db"),
        # With honor_labels on, `namespace` is the object's.
        ("ExternalSecretNotReady", SCRAPE | {"name": "x", "namespace": "shop"}, "shop/ExternalSecret/x"),
        # Whatever the alert is called, the conditions of the operator's own job are of its objects.
        ("SecretSyncFailed", SCRAPE | STATUS | OBJECT, "shop/ExternalSecret/board-db"),
        ("SecretStoreNotReady", SCRAPE | STATUS | OBJECT, "shop/SecretStore/board-db"),
        ("ESO_SecretStore_Invalid", SCRAPE | STATUS | OBJECT, "shop/SecretStore/board-db"),
        ("ClusterSecretStoreNotReady", SCRAPE | STATUS | {"name": "aws"}, "ClusterSecretStore/aws"),
        ("NotReady", {"customresource_kind": "SecretStore"} | OBJECT, "shop/SecretStore/board-db"),
        ("NotReady", {"customresource_kind": "ClusterSecretStore", "name": "aws"}, "ClusterSecretStore/aws"),
    ],
)  # fmt: skip
def test_alerts_about_synchronised_secrets(alert: str, labels: Mapping[str, str], target: str) -> None:
    assert named({"alertname": alert, **labels}) == (target, "name")


@pytest.mark.parametrize(
    ("label", "target"),
    [
        ("externalsecret", "shop/ExternalSecret/x"),
        ("secretstore", "shop/SecretStore/x"),
        ("clustersecretstore", "ClusterSecretStore/x"),
    ],
)
def test_a_label_of_its_own(label: str, target: str) -> None:
    assert named({"alertname": "A", label: "x", "namespace": "shop", "pod": "p"}) == (target, label)


@pytest.mark.parametrize(
    ("alert", "labels", "target"),
    [
        # An application of that name is an application.
        ("ArgoCdAppSyncFailed", ARGO, "argocd/Application/external-secrets-config"),
        ("ExternalSecretsAppOutOfSync", ARGO | {"job": "argocd-metrics"}, "argocd/Application/external-secrets-config"),
        # A queue of the operator, and a container as cAdvisor names it.
        ("ExternalSecretQueueDeep", SCRAPE | {"name": "externalsecret"}, f"external-secrets/Pod/{SCRAPE['pod']}"),
        (
            "ExternalSecretsMemoryHigh",
            SCRAPE | {"name": "k8s_eso_1", "id": "/kubepods/x", "image": "eso"},
            f"external-secrets/Pod/{SCRAPE['pod']}",
        ),
        ("ExternalSecretsMemoryHigh", SCRAPE | {"name": "3f2a", "id": "/x"}, f"external-secrets/Pod/{SCRAPE['pod']}"),
        # Nothing is named at all.
        ("ExternalSecretsOperatorDown", SCRAPE, f"external-secrets/Pod/{SCRAPE['pod']}"),
        ("ExternalSecretsOperatorDown", {"deployment": "eso", "namespace": "eso", "name": "x"}, "eso/Deployment/eso"),
        # A kind that is not known.
        ("ClusterExternalSecretNotReady", SCRAPE | STATUS | {"name": "x"}, f"external-secrets/Pod/{SCRAPE['pod']}"),
        ("NotReady", {"customresource_kind": "Gadget", "pod": "p"} | OBJECT, "shop/Pod/p"),
        # Somebody else's `name`.
        ("SecretRotationLate", {"name": "board-db", "namespace": "shop", "pod": "p"}, "shop/Pod/p"),
        ("Cert", STATUS | {"job": "cert-manager", "name": "x", "namespace": "shop", "pod": "p"}, "shop/Pod/p"),
        ("KubeAggregatedAPIDown", {"name": "v1beta1.metrics.k8s.io"}, "APIService/v1beta1.metrics.k8s.io"),
    ],
)  # fmt: skip
def test_the_name_of_something_else(alert: str, labels: Mapping[str, str], target: str) -> None:
    assert named({"alertname": alert, **labels})[0] == target


def test_without_a_namespace_there_is_none_to_look_in() -> None:
    located = locate({"alertname": "ExternalSecretNotReady", "name": "x"}, "prod")
    assert (located.target, located.why) == (None, NoTarget.NO_NAMESPACE)
