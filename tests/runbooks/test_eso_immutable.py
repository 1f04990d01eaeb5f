"""What ArgoCD cannot change in place: Git first, and what deletes last; anything else is synchronised without deleting."""

import json
import shlex
from typing import Any

import pytest

from bot.delivery.words import Words
from bot.diagnosis.external_secrets.immutable import Immutable, immutable
from bot.diagnosis.external_secrets.situation import Situation
from tests.diagnosis.external_secrets.builders import app, of_app, result
from tests.runbooks.eso_case import found

CAUSE = "argocd-sync-error"
SELECTOR = (
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"web"}}: '
    "field is immutable"
)
CLAIMS = "StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', are forbidden"
ROLE = (
    'RoleBinding.rbac.authorization.k8s.io "r" is invalid: roleRef: Invalid value: x: cannot change roleRef'
)
PORT = 'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated'


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (SELECTOR, Immutable("apps", "Deployment", "", "web", "spec.selector")),
        (CLAIMS, Immutable("apps", "StatefulSet", "", "db", "spec")),
        (ROLE, Immutable("rbac.authorization.k8s.io", "RoleBinding", "", "r", "roleRef")),
        ('Service "web" is invalid: spec.clusterIP: Invalid value: "": field is immutable', Immutable("", "Service", "", "web", "spec.clusterIP")),
        ("one object: field is immutable", Immutable()),
        (PORT, None),
        ("conversion webhook for external-secrets.io/v1beta1 failed", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_may_not_be_changed(text: str, kept: Immutable | None) -> None:
    assert immutable(text) == kept


def fixes(of: Situation, language: str = "en") -> list[Any]:
    finding = found(of, CAUSE)
    return list(Words(language).finding(finding, of.target).fixes)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_git_comes_first_and_what_deletes_comes_last(language: str) -> None:
    back, recreate = fixes(of_app(app("Failed", SELECTOR)), language)

    assert (back.key, recreate.key) == ("change-back", "recreate")
    assert "force" not in str(back.commands)
    assert back.layer == "gitops"
    assert "spec.selector" in back.title
    (command,) = recreate.commands
    assert json.loads(shlex.split(command)[-1]) == {
        "operation": {
            "sync": {
                "resources": [{"group": "apps", "kind": "Deployment", "name": "web"}],
                "syncStrategy": {"apply": {"force": True}},
            }
        }
    }


def test_what_deletes_says_so() -> None:
    recreate = fixes(of_app(app("Failed", SELECTOR)))[-1]

    assert "destructive" in recreate.title
    assert "All its pods are deleted" in recreate.risk


def test_the_object_is_known_better_from_the_result_of_the_sync() -> None:
    of = of_app(
        app("Failed", "one or more objects failed", result(SELECTOR, "Deployment", "web", group="apps"))
    )

    operation = json.loads(shlex.split(fixes(of)[-1].commands[0])[-1])["operation"]
    assert operation["sync"]["resources"] == [
        {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
    ]


def test_what_is_not_named_is_not_deleted() -> None:
    assert [fix.key for fix in fixes(of_app(app("Failed", "one object: field is immutable")))] == [
        "change-back"
    ]


@pytest.mark.parametrize("message", [PORT, "the namespace is missing", ""])
def test_anything_else_is_synchronised_without_deleting(message: str) -> None:
    (again,) = fixes(of_app(app("Failed", message)))

    assert again.key == "sync-again"
    assert "force" not in str(again.commands)
    assert [shlex.split(one)[1] for one in again.commands] == ["get", "annotate", "patch"]
