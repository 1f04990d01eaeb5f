"""Why do secrets not come, or why does ArgoCD not apply them?  Alerts: ArgoCdAppSyncFailed, ArgoCdAppOutOfSync and a
team's own about ExternalSecrets and their stores.

It looks at the External Secrets Operator from four sides: its CRDs and who converts them, its stores, its
ExternalSecrets, and what ArgoCD says. An Application that has nothing to do with the operator is told by ArgoCD's words.
"""

from collections.abc import Callable

from bot.diagnosis.external_secrets.conversion import conversion_webhook_dead
from bot.diagnosis.external_secrets.keys import secret_key_missing
from bot.diagnosis.external_secrets.looking import look_at_secrets
from bot.diagnosis.external_secrets.provider import provider_denied, secret_sync_error
from bot.diagnosis.external_secrets.situation import Situation
from bot.diagnosis.external_secrets.stores import store_invalid
from bot.diagnosis.external_secrets.syncing import argocd_sync_error
from bot.diagnosis.external_secrets.versions import version_not_served
from bot.diagnosis.findings import Answer
from bot.diagnosis.reads import (
    APPLICATION_READ,
    CLUSTER_STORE_READ,
    CRD_READ,
    ENDPOINT_READ,
    EVENT_READ,
    EXTERNAL_SECRET_READ,
    SECRET_META,
    SERVICE_READ,
    STORE_READ,
    WORKLOAD_READ,
)
from bot.diagnosis.runbook import Runbook
from bot.model import Cause, Finding

NAME = "eso_sync_failed"

Judge = Callable[[Situation, Answer], Finding]

# In this order of weight: what explains others stands before what it explains. Nothing can be read while the webhook is
# dead, nothing is synchronised from a store that is not valid, and ArgoCD only repeats what it was told.
_JUDGES: tuple[tuple[str, Judge], ...] = (
    ("conversion-webhook-dead", conversion_webhook_dead),
    ("version-not-served", version_not_served),
    ("store-invalid", store_invalid),
    ("provider-denied", provider_denied),
    ("secret-key-missing", secret_key_missing),
    ("secret-sync-error", secret_sync_error),
)
_LAST = "argocd-sync-error"


def decide(of: Situation) -> list[Finding]:
    findings = [
        judge(of, Answer(NAME, cause, weight=len(_JUDGES) - place))
        for place, (cause, judge) in enumerate(_JUDGES)
    ]
    found = {finding.cause for finding in findings if finding.found}
    return [*findings, argocd_sync_error(of, Answer(NAME, _LAST), found)]


RUNBOOK = Runbook(
    name=NAME,
    alerts=(
        'alertname=~"(?i:.*(?:external[_-]?secret|secrets?[_-]?store|secrets?[_-]?sync).*)"',
        'alertname=~"(?:.*[a-z0-9_:-])?E(?:SO|so)(?:[A-Z0-9_:-].*)?"',
        'alertname=~"(?i:argo[_-]?cd[_-]?app.*(?:sync|fail|degraded|unknown).*)"',
    ),
    causes=tuple(
        Cause(cause, explains=("sync-failed",)) for cause in (*(cause for cause, _judge in _JUDGES), _LAST)
    ),
    reads=(
        APPLICATION_READ,
        CRD_READ,
        SERVICE_READ,
        ENDPOINT_READ,
        WORKLOAD_READ,
        EXTERNAL_SECRET_READ,
        STORE_READ,
        CLUSTER_STORE_READ,
        SECRET_META,
        EVENT_READ,
    ),
    collect=look_at_secrets,
    decide=decide,
    kinds=(
        "Application",
        "ExternalSecret",
        "SecretStore",
        "ClusterSecretStore",
        "CustomResourceDefinition",
    ),
)
