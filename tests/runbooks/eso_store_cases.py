"""What an invalid store and a refusal of the provider are found by, and what looks like them but is not."""

from dataclasses import replace

from bot.diagnosis.evidence import Condition
from bot.diagnosis.external_secrets.situation import Store
from bot.model import Reason
from tests.diagnosis.external_secrets.builders import (
    FAILED,
    GONE,
    NO_DATA,
    NO_EVENTS,
    NO_SECRETS,
    app,
    condition,
    crds,
    external,
    failing,
    gap,
    of_app,
    situation,
    store,
)
from tests.runbooks.eso_case import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT, Case

STORE = "store-invalid"
CLOSED = 'using cluster store "aws" is not allowed from namespace "shop": denied by spec.condition'
ABSENT = 'could not get ClusterSecretStore "aws", clustersecretstores.external-secrets.io "aws" not found'
INVALID = Condition("Ready", "False", "InvalidProviderConfig", "unable to create client")
STORES = [
    Case(
        "its provider is wrong",
        STORE,
        CONFIRMED,
        situation(stores=(store(INVALID),), secrets=(failing(""),)),
        {
            "store": "ClusterSecretStore aws",
            "reason": "InvalidProviderConfig",
            "how": "invalid",
            "waiting": ("shop/board-db",),
        },
    ),
    Case(
        "it does not validate",
        STORE,
        CONFIRMED,
        situation(
            stores=(store(Condition("Ready", "False", "ValidationFailed", "unable to validate store: x")),)
        ),
        {"reason": "ValidationFailed", "message": "unable to validate store: x", "waiting": ()},
    ),
    Case(
        "it is not there",
        STORE,
        CONFIRMED,
        situation(
            stores=(
                Store(
                    "SecretStore",
                    "shop",
                    "vault",
                    gap("secretstores", Reason.NOT_FOUND, 'secretstores "vault" not found'),
                    used=True,
                ),
            ),
            secrets=(
                replace(
                    failing(""), state=external("board-db", NO_DATA, store_kind="SecretStore", store="vault")
                ),
            ),
        ),
        {"store": "SecretStore shop/vault", "how": "absent"},
    ),
    Case(
        "the operator has not come to it",
        STORE,
        LIKELY,
        situation(stores=(store(Condition("Other", "True")),)),
        {"how": "unvalidated"},
    ),
    Case(
        "an ExternalSecret says so of a store that may not be read",
        STORE,
        LIKELY,
        situation(
            stores=(Store("ClusterSecretStore", "", "aws", gap("clustersecretstores"), used=True),),
            secrets=(
                replace(
                    failing(""),
                    state=external(
                        "board-db",
                        condition("False", "SecretSyncedError", 'ClusterSecretStore "aws" is not ready'),
                    ),
                ),
            ),
        ),
        {"store": "ClusterSecretStore aws", "how": "told"},
    ),
    Case(
        "it does not serve the namespace",
        STORE,
        CONFIRMED,
        situation(secrets=(failing(CLOSED),)),
        {"store": "ClusterSecretStore aws", "how": "closed", "namespaces": ("shop",)},
    ),
    Case(
        "an ExternalSecret says that one that may not be read is not there",
        STORE,
        LIKELY,
        situation(
            stores=(Store("ClusterSecretStore", "", "aws", gap("clustersecretstores"), used=True),),
            secrets=(failing(ABSENT),),
        ),
        {"store": "ClusterSecretStore aws", "how": "absent"},
    ),
    Case(
        "it is ready", STORE, RULED_OUT, situation(), {"why": "ready", "stores": ("ClusterSecretStore aws",)}
    ),
    Case(
        "valid with a warning that it is not maintained",
        STORE,
        RULED_OUT,
        situation(stores=(store(Condition("Ready", "True", "StoreUnmaintained", "not maintained")),)),
        {"why": "ready"},
    ),
    Case("nothing refers to one", STORE, RULED_OUT, situation(stores=()), {"why": "none"}),
    Case(
        "ArgoCD has not applied it yet",
        STORE,
        NOT_CHECKED,
        of_app(
            FAILED,
            crds=crds(),
            converters=(GONE,),
            stores=(Store("ClusterSecretStore", "", "aws", gap("clustersecretstores", Reason.NOT_FOUND)),),
        ),
    ),
    Case(
        "it may not be read",
        STORE,
        NOT_CHECKED,
        situation(stores=(Store("ClusterSecretStore", "", "aws", gap("clustersecretstores"), used=True),)),
    ),
    Case(
        "ExternalSecrets may not be read",
        STORE,
        NOT_CHECKED,
        situation(secrets=(), stores=(), gaps=(NO_SECRETS,)),
    ),
]

DENIED = "provider-denied"
AWS = (
    "error processing spec.data[0] (key: prod/board), err: AccessDeniedException: User: "
    "arn:aws:sts::123456789012:assumed-role/eso/1700 is not authorized to perform: secretsmanager:GetSecretValue on "
    "resource: prod/board because no identity-based policy allows the secretsmanager:GetSecretValue action"
)
GCP = (
    "error processing spec.data[0] (key: db), err: unable to access Secret from SecretManager Client: rpc error: code = "
    "PermissionDenied desc = Permission 'secretmanager.versions.access' denied for resource "
    "'projects/p/secrets/db/versions/latest' (or it may not exist)."
)
VAULT_LOGIN = (
    "unable to log in to auth method: unable to log in with Kubernetes auth: Error making API request. "
    "URL: PUT https://vault.example:8200/v1/auth/site-a/kubernetes/login Code: 403. Errors: * permission denied"
)
VAULT_ACCOUNT = {
    "method": "kubernetes",
    "mount": "site-a/kubernetes",
    "role": "eso",
    "account": "platform/reader",
}


def unlet(message: str) -> Condition:
    """A store whose identity is not let in."""
    return Condition("Ready", "False", "InvalidProviderConfig", message)


TIMEOUT = "error processing spec.data[0] (key: x), err: dial tcp 10.0.0.1:8200: i/o timeout"
MISSING = "error processing spec.data[0] (key: prod/board), err: Secret does not exist"
PROVIDER = [
    Case(
        "AWS says who may not do what",
        DENIED,
        CONFIRMED,
        situation(secrets=(failing(AWS),)),
        {
            "object": "ExternalSecret shop/board-db",
            "principal": "arn:aws:sts::123456789012:assumed-role/eso/1700",
            "action": "secretsmanager:GetSecretValue",
            "resource": "prod/board",
            "provider": "aws",
            "ambiguous": False,
        },
    ),
    Case(
        "Google does not tell a refusal from a missing secret",
        DENIED,
        CONFIRMED,
        situation(secrets=(failing(GCP),)),
        {"action": "secretmanager.versions.access", "ambiguous": True},
    ),
    Case(
        "two are refused",
        DENIED,
        CONFIRMED,
        situation(secrets=(failing(AWS), failing(AWS, name="user-db"))),
        {"affected": ("ExternalSecret shop/board-db", "ExternalSecret shop/user-db")},
    ),
    Case(
        "earlier operators say it in the condition",
        DENIED,
        CONFIRMED,
        situation(
            secrets=(
                replace(
                    failing(""), state=external("board-db", condition("False", "SecretSyncedError", AWS))
                ),
            )
        ),
        {"resource": "prod/board"},
    ),
    Case(
        "a store is refused when it is validated",
        DENIED,
        CONFIRMED,
        situation(
            secrets=(),
            stores=(
                store(
                    Condition("Ready", "False", "ValidationFailed", "Code: 403. Errors: * permission denied")
                ),
            ),
        ),
        {"object": "ClusterSecretStore aws", "affected": ("ClusterSecretStore aws",)},
    ),
    Case(
        "a store is not let in by Vault at all",
        DENIED,
        CONFIRMED,
        situation(secrets=(), stores=(store(unlet(VAULT_LOGIN), login=VAULT_ACCOUNT),)),
        {
            "login": "vault",
            "login_mount": "site-a/kubernetes",
            "login_role": "eso",
            "login_account": "platform/reader",
        },
    ),
    Case(
        "Vault is not reached at its login",
        DENIED,
        RULED_OUT,
        situation(
            secrets=(failing('Put "https://vault:8200/v1/auth/kubernetes/login": dial tcp: i/o timeout'),)
        ),
    ),
    Case("the store does not serve the namespace", DENIED, RULED_OUT, situation(secrets=(failing(CLOSED),))),
    Case("nothing at that name", DENIED, RULED_OUT, situation(secrets=(failing(MISSING),)), {"ready": 0}),
    Case("the network", DENIED, RULED_OUT, situation(secrets=(failing(TIMEOUT),))),
    Case("all are ready", DENIED, RULED_OUT, situation(), {"ready": 1, "secrets": 1}),
    Case(
        "an Application in which nothing of the operator is out of order",
        DENIED,
        RULED_OUT,
        of_app(app()),
        {"why": "not-concerned"},
    ),
    Case(
        "events may not be read, and the condition says nothing",
        DENIED,
        NOT_CHECKED,
        situation(secrets=(replace(failing(""), events=NO_EVENTS),)),
    ),
    Case("events are gone", DENIED, NOT_CHECKED, situation(secrets=(failing(""),))),
    Case("ExternalSecrets may not be read", DENIED, NOT_CHECKED, situation(secrets=(), gaps=(NO_SECRETS,))),
]
