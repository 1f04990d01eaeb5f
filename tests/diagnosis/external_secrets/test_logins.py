"""Refusals of a login, as Vault and the clouds word them, and refusals of a secret that name the same parties."""

import pytest

from bot.diagnosis.external_secrets.logins import Login, login
from bot.diagnosis.external_secrets.messages import Failure, failure

LOGINS = [
    (
        "URL: PUT https://vault.example:8200/v1/auth/kubernetes/login\nCode: 403. Errors:\n\n* permission denied",
        Login("vault", mount="kubernetes"),
    ),
    (
        'URL: PUT https://v/v1/team-a/auth/site/k8s/login Code: 400. Errors: * invalid role name "eso"',
        Login("vault", mount="site/k8s"),
    ),
    (
        "URL: POST https://v/v1/auth/ldap/login/robot Code: 404. Errors: * no handler for route",
        Login("vault", mount="ldap"),
    ),
    (
        (
            "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, api error AccessDenied: "
            "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        ),
        Login("aws"),
    ),
    (
        (
            "operation error STS: AssumeRole, api error AccessDenied: User: arn:aws:sts::1:assumed-role/node/i-1 is not "
            "authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/shop/reader."
        ),
        Login("aws", role="arn:aws:iam::2:role/shop/reader"),
    ),
    ("WebIdentityErr: InvalidIdentityToken: No OpenIDConnect provider found in your account", Login("aws")),
    (
        "rpc error: code = PermissionDenied desc = Permission 'iam.serviceAccounts.getAccessToken' denied on resource",
        Login("gcp"),
    ),
    (
        (
            "AADSTS700213: No matching federated identity record found for presented assertion subject "
            "'system:serviceaccount:shop:reader'. Check your federated identity credential"
        ),
        Login("azure", account="shop/reader", code="AADSTS700213"),
    ),
    ("AADSTS700016: Application with identifier was not found", Login("azure", code="AADSTS700016")),
    ("AADSTS7000222: The provided client secret keys are expired", Login("keys", code="AADSTS7000222")),
    (
        "InvalidClientTokenId: The security token included is invalid",
        Login("keys", code="InvalidClientTokenId"),
    ),
]
# What names the same parties, and is of a secret or of no refusal.
OTHERS = [
    "URL: GET https://vault:8200/v1/kv/data/auth/x/login Code: 403. Errors: * permission denied",
    "URL: PUT https://vault:8200/v1/auth/kubernetes/login Code: 503. Errors: * Vault is sealed",
    'Put "https://vault:8200/v1/auth/kubernetes/login": dial tcp 10.0.0.1:8200: i/o timeout',
    "operation error STS: AssumeRoleWithWebIdentity, request send failed: dial tcp: i/o timeout",
    "User: arn:aws:sts::1:assumed-role/eso/x is not authorized to perform: secretsmanager:GetSecretValue on resource: y",
    "Permission 'secretmanager.versions.access' denied for resource 'projects/p/secrets/s'",
    'User "system:serviceaccount:a:b" cannot get resource "secrets" in API group ""',
    "The user, group or application 'appid=c5;oid=6' does not have secrets get permission on key vault 'kv'",
    "",
]


@pytest.mark.parametrize(("text", "found"), LOGINS)
def test_who_is_not_let_in(text: str, found: Login) -> None:
    assert login(text) == found
    assert failure(text) is Failure.DENIED


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_not_about_a_login(text: str) -> None:
    assert login(text) is None
