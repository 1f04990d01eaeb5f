"""What eso_sync_failed proposes where a store is not let in: never a right to read, which would not help."""

import json
import shlex
from typing import Any

import pytest

from bot.delivery.wording_check import missing_words
from bot.delivery.words import Words
from bot.diagnosis.external_secrets.situation import Situation
from tests.diagnosis.external_secrets.builders import failing, situation, store
from tests.runbooks.eso_case import found
from tests.runbooks.eso_store_cases import AWS, VAULT_ACCOUNT, VAULT_LOGIN, unlet

CAUSE = "provider-denied"
WEB = "api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
CHAIN = (
    "api error AccessDenied: User: arn:aws:sts::11:assumed-role/node/i-1 is not authorized to perform: sts:AssumeRole on "
    "resource: arn:aws:iam::22:role/reader"
)
GOOGLE = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
ENTRA = "AADSTS700213: No matching federated identity record found for subject 'system:serviceaccount:shop:reader'."
EXPIRED = "InvalidClientTokenId: The security token included in the request is invalid."
ROLE = "arn:aws:iam::22:role/reader"


def unlet_store(message: str, **login: str) -> Situation:
    return situation(secrets=(), stores=(store(unlet(message), login=login),))


def fix(of: Situation, language: str = "en") -> Any:
    finding = found(of, CAUSE)
    (only,) = Words(language).finding(finding, of.target).fixes
    return only


@pytest.mark.parametrize(
    ("of", "key", "said"),
    [
        (unlet_store(VAULT_LOGIN, **VAULT_ACCOUNT), "login-vault", "bound_service_account_names"),
        (unlet_store(VAULT_LOGIN, method="appRole"), "login-vault", "mount path"),
        (unlet_store(WEB, account="shop/reader"), "login-aws", "sub = system:serviceaccount:shop:reader"),
        (unlet_store(CHAIN), "login-aws-chain", "trust policy"),
        (unlet_store(GOOGLE, account="shop/reader", project="p-1"), "login-gcp", "svc.id.goog[shop/reader]"),
        (unlet_store(ENTRA), "login-azure", "subject must be system:serviceaccount:shop:reader"),
        (unlet_store(EXPIRED), "login-keys", "expired"),
        (situation(secrets=(failing(AWS),)), "allow-aws", "policy"),
        (situation(secrets=(failing("StatusCode=403: Forbidden"),)), "allow-access", "no more than reading"),
    ],
)
def test_each_refusal_has_its_own_fix(of: Situation, key: str, said: str) -> None:
    worded = fix(of)

    assert (worded.key, said in worded.risk) == (key, True)
    assert ("right to read" in worded.title) == (key == "allow-access")
    assert worded.verify != ()


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("message", [VAULT_LOGIN, WEB, CHAIN, GOOGLE, ENTRA, EXPIRED])
@pytest.mark.parametrize(
    "login",
    [{}, VAULT_ACCOUNT, {"method": "appRole"}, {"account": "shop/reader", "project": "p-1", "role": ROLE}],
)
def test_nothing_is_left_empty(message: str, login: dict[str, str], language: str) -> None:
    of = unlet_store(message, **login)

    assert missing_words(Words(language), found(of, CAUSE), of.target) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_role_of_vault_is_read_where_the_store_logs_in(language: str) -> None:
    worded = fix(unlet_store(VAULT_LOGIN, **VAULT_ACCOUNT), language)

    assert [shlex.split(command)[:3] for command in worded.commands[:2]] == [
        ["vault", "read", "auth/site-a/kubernetes/role/eso"],
        ["vault", "read", "auth/site-a/kubernetes/config"],
    ]
    assert "platform/reader" in worded.title
    assert "https://" not in worded.title


def test_who_is_no_service_account_is_not_asked_for_one() -> None:
    assert not any(
        "config" in one or "clusterrole" in one
        for one in fix(unlet_store(VAULT_LOGIN, method="appRole")).commands
    )
    assert not any("get serviceaccount " in one for one in fix(unlet_store(WEB)).commands)


def test_a_trust_policy_is_written_for_whoever_names_itself() -> None:
    assert json.loads(fix(unlet_store(CHAIN)).patch) == {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::11:role/node"},
        "Action": "sts:AssumeRole",
    }
    assert fix(unlet_store(WEB, role=ROLE)).patch == ""


def test_the_binding_of_google_names_the_account_and_the_project() -> None:
    binding = fix(unlet_store(GOOGLE, account="shop/reader", project="p-1")).commands[1]

    assert "--member='serviceAccount:p-1.svc.id.goog[shop/reader]'" in binding
    assert r"{.metadata.annotations.iam\.gke\.io/gcp-service-account}" in binding
    assert not any("--member" in one for one in fix(unlet_store(GOOGLE, account="shop/reader")).commands)


@pytest.mark.parametrize("message", [VAULT_LOGIN, WEB, CHAIN, GOOGLE, ENTRA, EXPIRED])
def test_the_title_says_that_the_login_is_refused(message: str) -> None:
    of = unlet_store(message)
    title = Words("en").finding(found(of, CAUSE), of.target).title

    assert ("the login of ClusterSecretStore aws" in title) != (
        "the credentials of ClusterSecretStore aws" in title
    )
