"""What the API server, ArgoCD, the operator and the providers say, taken apart; and what only sounds like it."""

import pytest

from bot.diagnosis.external_secrets.messages import (
    Denial,
    Failure,
    NamedStore,
    conversion,
    denial,
    entry,
    failure,
    installed,
    no_such_resource,
    of_operator,
    remote,
    store_named,
    wanted,
)

POST = 'Post "https://hook.place.svc:443/convert?timeout=30s"'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            f"conversion webhook for external-secrets.io/v1beta1, Kind=SecretStore failed: {POST}: no such host",
            ("external-secrets.io", "v1beta1", "SecretStore", "place/hook"),
        ),
        (
            f'HTTP 500: conversion webhook for a.b/v1, Kind=X failed: {POST}: service "hook" not found',
            ("a.b", "v1", "X", "place/hook"),
        ),
        (
            (
                "conversion webhook for external-secrets.io/v1, Kind=ExternalSecret failed: the server could not find the "
                "requested resource"
            ),
            ("external-secrets.io", "v1", "ExternalSecret", ""),
        ),
        (
            'conversion webhook for external-secrets.io/v1, Kind=X failed: Post "https://hooks.example/c": EOF',
            ("external-secrets.io", "v1", "X", ""),
        ),
    ],
)
def test_a_failed_conversion(text: str, found: tuple[str, str, str, str]) -> None:
    failed = conversion(text)

    assert failed is not None
    assert (failed.group, failed.version, failed.kind, failed.service) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"failed calling webhook validate.external-secrets.io: {POST}: no such host",
        "conversion webhook for nothing",
    ],
)
def test_no_failed_conversion(text: str) -> None:
    assert conversion(text) is None


@pytest.mark.parametrize(
    ("group", "ours"),
    [
        ("external-secrets.io", True),
        ("generators.external-secrets.io", True),
        ("kubernetes-external-secrets.io", False),
        ("cert-manager.io", False),
    ],
)
def test_whose_group(group: str, ours: bool) -> None:
    assert of_operator(group) is ours


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('no matches for kind "A" in version "b.c/v1beta1"', [("b.c", "A", "v1beta1")]),
        (r"no matches for kind \"A\" in version \"b.c/v2\"", [("b.c", "A", "v2")]),
        ('could not find version "v1" of b.c/A for requested resource x/y.', [("b.c", "A", "v1")]),
        ("The Kubernetes API could not find b.c/A for requested resource x/y. Make sure", [("b.c", "A", "")]),
        ("the server could not find the requested resource", []),
        ("could not find the chart", []),
    ],
)
def test_versions_that_are_asked_for(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [one.key for one in wanted([text, text])] == found


def test_what_argocd_says_is_there_instead() -> None:
    assert installed('x. Version "v1" of b.c/A is installed on the destination cluster.') == "v1"
    assert installed("x") == ""


def test_a_resource_that_is_not_there_is_not_a_webhook_that_has_no_such_page() -> None:
    assert no_such_resource("the server could not find the requested resource")
    assert not no_such_resource(
        "conversion webhook for a.b/v1, Kind=X failed: the server could not find the requested resource"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AccessDeniedException: Access to KMS is not allowed", Failure.DENIED),
        (
            "User: arn:aws:iam::1:user/x is not authorized to perform: ssm:GetParameter on resource: y",
            Failure.DENIED,
        ),
        (
            "rpc error: code = PermissionDenied desc = Permission 'a.b' denied for resource 'c'",
            Failure.DENIED,
        ),
        ("URL: GET https://vault/v1/kv/data/x Code: 403. Errors: * permission denied", Failure.DENIED),
        ("Failure responding to request: StatusCode=403 -- Original Error", Failure.DENIED),
        ("does not have secrets get permission on key vault 'kv'", Failure.DENIED),
        ("status 403: Authorization: token does not have access to vault", Failure.DENIED),
        ("AADSTS700016: Application with identifier was not found in the directory", Failure.DENIED),
        (
            'secrets "x" is forbidden: User "system:serviceaccount:a:b" cannot get resource "secrets"',
            Failure.DENIED,
        ),
        ("error processing spec.data[0] (key: a), err: Secret does not exist", Failure.MISSING),
        ('cannot find secret data for key: "password"', Failure.MISSING),
        ("key client.crt does not exist in secret gke-dev", Failure.MISSING),
        ('property privateKey does not exist in data of secret "source"', Failure.MISSING),
        ("ResourceNotFoundException: Secrets Manager can't find the specified secret.", Failure.MISSING),
        ("ParameterNotFound: ", Failure.MISSING),
        ("SecretNotFound: A secret with (name/id) db was not found in this key vault", Failure.MISSING),
        ("rpc error: code = NotFound desc = Secret [projects/1/secrets/db] not found", Failure.MISSING),
        ('secrets "secret-example" not found', Failure.MISSING),
        ("no secret found for project id x and name Y", Failure.MISSING),
        (
            'could not get ClusterSecretStore "v", ClusterSecretStore.external-secrets.io "v" not found',
            Failure.STORE,
        ),
        ('ClusterSecretStore "v" is not ready', Failure.STORE),
        ("could not get secret data from provider", Failure.OTHER),
        ("dial tcp 10.0.0.1:8200: i/o timeout", Failure.OTHER),
        ("x509: certificate signed by unknown authority", Failure.OTHER),
        ("could not update secret, target is immutable", Failure.OTHER),
        ("target is owned by another ExternalSecret", Failure.OTHER),
        ("ThrottlingException: Rate exceeded", Failure.OTHER),
        ("timeout after 4030 ms", Failure.OTHER),
        ("", Failure.OTHER),
    ],
)
def test_kinds_of_failure(text: str, kind: Failure) -> None:
    assert failure(text) is kind


@pytest.mark.parametrize(
    ("text", "who"),
    [
        (
            (
                "User: arn:aws:sts::1:assumed-role/eso/2 is not authorized to perform: secretsmanager:GetSecretValue on "
                "resource: arn:aws:secretsmanager:eu-west-1:1:secret:db-x because no"
            ),
            Denial(
                "arn:aws:sts::1:assumed-role/eso/2",
                "secretsmanager:GetSecretValue",
                "arn:aws:secretsmanager:eu-west-1:1:secret:db-x",
            ),
        ),
        (
            (
                "Permission 'secretmanager.versions.access' denied for resource 'projects/p/secrets/s/versions/latest' "
                "(or it may not exist)."
            ),
            Denial(
                "", "secretmanager.versions.access", "projects/p/secrets/s/versions/latest", ambiguous=True
            ),
        ),
        (
            (
                "The user, group or application 'appid=c5-1;oid=6;iss=https://sts/' does not have secrets get permission on "
                "key vault 'kv-prod;location=francecentral'."
            ),
            Denial("appid=c5-1", "secrets get", "kv-prod"),
        ),
        (
            "Caller: appid=0a;oid=5\\r\\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\\r\\nResource: '/s/1'",
            Denial("appid=0a", "Microsoft.KeyVault/vaults/secrets/getSecret/action", "/s/1"),
        ),
        (
            'User "system:serviceaccount:a:b" cannot get resource "secrets" in API group ""',
            Denial("system:serviceaccount:a:b", 'get resource "secrets"', ""),
        ),
        (
            "URL: GET https://vault:8200/v1/kv/data/db Code: 403.",
            Denial("", "", "https://vault:8200/v1/kv/data/db"),
        ),
        ("Access Denied", Denial()),
    ],
)
def test_who_may_not_do_what(text: str, who: Denial) -> None:
    assert denial(text) == who


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("error processing spec.data[2] (key: prod/db), err: Secret does not exist", ("prod/db", "")),
        ('error processing spec.data[0] (key: a), err: cannot find secret data for key: "pw"', ("a", "pw")),
        ("key client.crt does not exist in secret gke-dev", ("gke-dev", "client.crt")),
        ("SecretNotFound: A secret with (name/id) db was not found in this key vault", ("db", "")),
        ("Secret does not exist", ("", "")),
    ],
)
def test_what_is_missing_at_the_provider(text: str, where: tuple[str, str]) -> None:
    assert remote(text) == where


def test_which_entry() -> None:
    assert entry("error processing spec.data[12] (key: x)") == 12
    assert entry("error processing spec.dataFrom[1].extract") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('SecretStore "vault" is not ready', NamedStore("SecretStore", "vault", "told")),
        (
            'using cluster store "corp" is not allowed from namespace "shop": denied by spec.condition',
            NamedStore("ClusterSecretStore", "corp", "closed"),
        ),
        (
            'using ClusterSecretStore \\"corp\\" is not allowed from namespace \\"shop\\": denied',
            NamedStore("ClusterSecretStore", "corp", "closed"),
        ),
        (
            'could not get ClusterSecretStore "corp", clustersecretstores.external-secrets.io "corp" not found',
            NamedStore("ClusterSecretStore", "corp", "absent"),
        ),
        ('secretstores.external-secrets.io "vault" not found', NamedStore("SecretStore", "vault", "absent")),
        ("is not ready", None),
        ('User "app" is not allowed from this network', None),
    ],
)
def test_which_store_cannot_be_used(text: str, found: NamedStore | None) -> None:
    assert store_named(text) == found
