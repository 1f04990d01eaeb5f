"""What eso_sync_failed proposes for dead webhooks and the rest: when, for which CRDs, where it lasts, and that it is whole."""

import json
import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
import yaml

from bot.delivery.words import Words
from bot.diagnosis.evidence import Marks
from bot.diagnosis.external_secrets.situation import Crd, Situation
from bot.model import Layer
from tests.diagnosis.external_secrets.builders import (
    CONVERSION_GAP,
    GIT,
    GONE,
    HELM,
    KEPT,
    SEED,
    V1,
    app,
    blind_crds,
    converter,
    crd,
    crds,
    failing,
    known,
    of_app,
    result,
    situation,
    version,
)
from tests.runbooks.eso_case import found
from tests.runbooks.eso_crd_cases import PLAIN
from tests.runbooks.eso_store_cases import AWS

CAUSE = "conversion-webhook-dead"
STRATEGY = [{"op": "replace", "path": "/spec/conversion", "value": {"strategy": "None"}}]
DIFFERING = crd("secretstores", V1, version("v1beta1", schema="b"))
REMOVED = crd("clustersecretstores", V1, stored=("v1alpha1", "v1"))


def keys(of: Situation, cause: str = CAUSE) -> list[str]:
    return [fix.key for fix in found(of, cause).fixes]


def worded(of: Situation, key: str, cause: str = CAUSE, language: str = "en") -> Any:
    finding = found(of, cause)
    words = Words(language).finding(finding, of.target)
    return next(one for fix, one in zip(finding.fixes, words.fixes, strict=True) if fix.key == key)


def dead(*of: Crd, **more: Any) -> Situation:
    return replace(SEED, crds=of or crds(), **{"converters": (GONE,), **more})


def patched(of: Situation) -> dict[str, Any]:
    """By CRD, the JSON that the commands would send."""
    lines = worded(of, "no-conversion").commands[0].splitlines()
    found_in: dict[str, Any] = {}
    for line in lines:
        kubectl, patch, kind, name, json_type, content = shlex.split(line)
        assert (kubectl, patch, kind, json_type) == ("kubectl", "patch", "crd", "--type=json")
        found_in[name] = json.loads(content.removeprefix("-p="))
    return found_in


def test_one_patch_for_each_crd_and_then_a_sync() -> None:
    assert patched(SEED) == {
        f"{plural}.external-secrets.io": STRATEGY
        for plural in ("clustersecretstores", "externalsecrets", "secretstores")
    }
    sync = shlex.split(worded(SEED, "no-conversion").commands[1])
    assert sync[:6] == ["kubectl", "patch", "applications.argoproj.io", "secrets-prod", "-n", "argocd"]
    assert json.loads(sync[-1]) == {"operation": {"sync": {"syncStrategy": {"apply": {"force": True}}}}}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_commands_do_not_depend_on_the_language(language: str) -> None:
    assert worded(SEED, "no-conversion", language=language).commands == worded(SEED, "no-conversion").commands


def test_only_what_is_safe_is_patched_and_the_rest_gets_its_webhook_back_first() -> None:
    of = dead(known(crd()), known(DIFFERING), known(REMOVED))

    assert keys(of) == ["restore-webhook", "no-conversion"]
    assert list(patched(of)) == ["externalsecrets.external-secrets.io"]
    detail = Words("en").finding(found(of, CAUSE), of.target).detail
    assert "secretstores.external-secrets.io serves v1, v1beta1 with different schemas" in detail
    assert "clustersecretstores.external-secrets.io has objects stored as v1alpha1" in detail


def test_nothing_is_patched_where_nothing_is_safe() -> None:
    of = dead(known(DIFFERING))

    assert keys(of) == ["restore-webhook"]
    fix = worded(of, "restore-webhook")
    assert yaml.safe_load(fix.patch)["crds"] == {"conversion": {"enabled": True}}
    assert "schemas of v1, v1beta1 differ" in fix.risk


def test_nothing_is_patched_where_the_crds_may_not_be_read() -> None:
    of = situation(crds=blind_crds(), secrets=(), gaps=(CONVERSION_GAP,))

    assert keys(of) == ["look-at-crds"]
    assert "patch" not in worded(of, "look-at-crds").commands[0]


def test_a_deployment_that_is_there_is_started_first() -> None:
    of = dead(converters=(converter(image="ghcr.io/x/external-secrets:v0.14.2", deployment="eso-webhook"),))

    assert keys(of) == ["start-webhook", "no-conversion"]


@pytest.mark.parametrize(
    ("image", "converts"),
    [
        ("ghcr.io/x/external-secrets:v0.15.1", True),
        ("ghcr.io/x/external-secrets:v0.16.0", False),
        ("reg:5000/external-secrets:v1.2.0-ubi@sha256:ab", False),
        ("ghcr.io/x/external-secrets:latest", None),
        ("ghcr.io/x/external-secrets@sha256:ab", None),
        ("ghcr.io/x/other:v0.16.0", None),
    ],
)
def test_which_operators_convert(image: str, converts: bool | None) -> None:
    assert found(dead(converters=(converter(image=image),)), CAUSE).facts["converts"] is converts


@pytest.mark.parametrize(
    ("marks", "installer", "expected", "layer"),
    [
        (Marks(), None, [("no-conversion", True)], Layer.LIVE),
        (HELM, None, [("no-conversion-in-values", True), ("no-conversion", False)], Layer.HELM),
        (GIT, app(helm=True), [("no-conversion-in-values", True), ("no-conversion", False)], Layer.GITOPS),
        (GIT, app(), [("no-conversion-in-manifest", True), ("no-conversion", False)], Layer.GITOPS),
        (GIT, None, [("no-conversion-in-manifest", True), ("no-conversion", False)], Layer.GITOPS),
    ],
)
def test_where_it_lasts(marks: Marks, installer: Any, expected: list[tuple[str, bool]], layer: Layer) -> None:
    fixes = found(dead(*crds(marks=marks), installer=installer), CAUSE).fixes

    assert [(fix.key, fix.lasting) for fix in fixes] == expected
    assert fixes[0].layer is layer


def test_values_switch_the_conversion_off_without_deleting_the_crds() -> None:
    fix = worded(dead(*crds(marks=HELM)), "no-conversion-in-values")

    assert yaml.safe_load(fix.patch) == {"installCRDs": True, "crds": {"conversion": {"enabled": False}}}
    assert "Do not set installCRDs: false" in fix.risk
    assert (
        "installCRDs: false would end it as well"
        in worded(dead(*crds(marks=KEPT)), "no-conversion-in-values").risk
    )


def test_a_manifest_is_patched_by_kustomize() -> None:
    patches = yaml.safe_load(worded(dead(*crds(marks=GIT)), "no-conversion-in-manifest").patch)["patches"]

    assert [one["target"]["name"].partition(".")[0] for one in patches] == [
        "clustersecretstores",
        "externalsecrets",
        "secretstores",
    ]
    assert yaml.safe_load(patches[0]["patch"]) == [
        {"op": "add", "path": "/spec/conversion", "value": {"strategy": "None"}}
    ]


def test_a_patch_that_something_puts_back_says_who() -> None:
    assert "eso manages the CRDs" in worded(dead(*crds(marks=HELM)), "no-conversion").risk
    assert "installCRDs: true" in worded(SEED, "no-conversion").risk


def test_hostile_names_stay_one_word() -> None:
    evil = replace(app("Failed", "boom"), name="a; rm -rf /", namespace="$(id)")
    command = worded(of_app(evil), "sync-again", "argocd-sync-error").commands[2]

    assert shlex.split(command)[3:6] == ["a; rm -rf /", "-n", "$(id)"]


SERVED = tuple(known(crd(plural, strategy="None")) for plural in ("externalsecrets", "secretstores"))
IN_GIT = of_app(
    app("Failed", "one or more objects failed", *(result(PLAIN, kind, version="v1beta1") for kind in ("ExternalSecret", "SecretStore"))),
    crds=SERVED,
)  # fmt: skip


def test_the_version_is_changed_in_git() -> None:
    fix = worded(IN_GIT, "use-served-version", "version-not-served")
    (command,) = fix.commands

    words = shlex.split(command)
    assert words[:6] == ["git", "grep", "-lw", "external-secrets.io/v1beta1", "--", "k8s/secrets"]
    expression = re.fullmatch(r"s#(.+)#(.+)#", words[-1])
    assert expression is not None
    before = "apiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret"
    after = re.sub(expression[1], expression[2], before)
    assert after == "apiVersion: external-secrets.io/v1\nkind: ExternalSecret"
    assert fix.patch.splitlines() == [
        "-apiVersion: external-secrets.io/v1beta1",
        "+apiVersion: external-secrets.io/v1",
        " kind: ExternalSecret",
        "-apiVersion: external-secrets.io/v1beta1",
        "+apiVersion: external-secrets.io/v1",
        " kind: SecretStore",
    ]


def test_going_back_does_not_touch_longer_names() -> None:
    of = of_app(
        app("Failed", "x", result(PLAIN, version="v1")),
        crds=(known(crd("externalsecrets", version("v1beta1", storage=True), strategy="None")),),
    )
    expression = re.fullmatch(
        r"s#(.+)#(.+)#", shlex.split(worded(of, "use-served-version", "version-not-served").commands[0])[-1]
    )

    assert expression is not None
    assert (
        re.sub(expression[1], expression[2], "external-secrets.io/v1beta1") == "external-secrets.io/v1beta1"
    )
    assert re.sub(expression[1], expression[2], "external-secrets.io/v1") == "external-secrets.io/v1beta1"


def test_what_lingers_is_rewritten() -> None:
    of = replace(IN_GIT, crds=(known(crd(strategy="None", stored=("v1beta1", "v1"))), SERVED[1]))

    assert keys(of, "version-not-served") == ["use-served-version", "rewrite-stored"]
    patch = shlex.split(worded(of, "rewrite-stored", "version-not-served").commands[1])
    assert patch[:4] == ["kubectl", "patch", "crd", "externalsecrets.external-secrets.io"]
    assert json.loads(patch[-1]) == {"status": {"storedVersions": ["v1"]}}


def test_a_policy_names_what_was_refused() -> None:
    fix = worded(situation(secrets=(failing(AWS),)), "allow-aws", "provider-denied")

    (statement,) = json.loads(fix.patch)["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": "arn:aws:secretsmanager:*:123456789012:secret:prod/board-??????",
    }
    assert "force-sync=" in fix.commands[0]


def test_no_policy_is_written_for_what_is_not_named() -> None:
    of = situation(secrets=(failing("AccessDeniedException: Access to KMS is not allowed"),))

    assert keys(of, "provider-denied") == ["allow-access"]
