"""What a person types, and what is meant by it."""

import pytest

from bot.diagnosis.naming import Asked, UnclearNameError, asked, kind_of


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("web", Asked("web")),
        ("shop/web", Asked("web", "shop")),
        ("deploy/web", Asked("web", kind="Deployment")),
        ("deployment.apps/web", Asked("web", kind="Deployment")),
        ("shop/externalsecret.external-secrets.io/db", Asked("db", "shop", "ExternalSecret")),
        ("shop/sts/db-0", Asked("db-0", "shop", "StatefulSet")),
        ("hpa/web", Asked("web", kind="HorizontalPodAutoscaler")),
        ("application/board", Asked("board", kind="Application")),
        ("argocd/app/board", Asked("board", "argocd", "Application")),
        ("es/db", Asked("db", kind="ExternalSecret")),
        ("shop/ES/db", Asked("db", "shop", "ExternalSecret")),
        ("shop/secretstore/aws", Asked("aws", "shop", "SecretStore")),
        ("css/aws", Asked("aws", kind="ClusterSecretStore")),
        # What belongs to the whole cluster has no namespace, whatever was typed.
        ("shop/css/aws", Asked("aws", kind="ClusterSecretStore")),
        ("crd/externalsecrets.external-secrets.io", Asked("externalsecrets.external-secrets.io", kind="CustomResourceDefinition")),
        ("no/worker-1", Asked("worker-1", kind="Node")),
        (" shop/web \n", Asked("web", "shop")),
    ],
)  # fmt: skip
def test_a_name_and_its_kind(text: str, meant: Asked) -> None:
    assert asked(text) == meant


@pytest.mark.parametrize(
    "text", ["", "/", "a/b/c/d", "shop/", "shop/gadget/x", "web;rm", "../x", "shop/po/Web"]
)
def test_what_names_nothing(text: str) -> None:
    with pytest.raises(UnclearNameError):
        asked(text)


def test_a_kind_that_is_mistyped_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnclearNameError, match="did you mean externalsecret"):
        asked("shop/externalsecert/db")


@pytest.mark.parametrize(
    ("word", "kind"), [("HPA", "HorizontalPodAutoscaler"), ("deployments", "Deployment"), ("x", "")]
)
def test_kinds(word: str, kind: str) -> None:
    assert kind_of(word) == kind
