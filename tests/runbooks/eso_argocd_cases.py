"""What is told in ArgoCD's own words, and what another cause explains."""

from bot.diagnosis.evidence import Condition
from tests.diagnosis.external_secrets.builders import (
    DEAD,
    FAILED,
    GONE,
    NO_APP,
    NO_SECRETS,
    SEED,
    SUMMARY,
    app,
    crds,
    failing,
    of_app,
    result,
    situation,
)
from tests.runbooks.eso_case import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT, Case
from tests.runbooks.eso_crd_cases import PLAIN, VALID_CRDS, VERSION, WEBHOOK
from tests.runbooks.eso_store_cases import AWS, DENIED

ARGO = "argocd-sync-error"
FORBIDDEN_BY_PROJECT = 'resource apps:Deployment is not permitted in project "default"'
BROKEN = result("field is immutable", "Deployment", "web", group="apps")
SYNC = [
    Case(
        "something else",
        ARGO,
        CONFIRMED,
        of_app(app("Failed", "one or more objects failed to apply, reason: field is immutable", BROKEN)),
        {"text": "field is immutable", "about": "Deployment shop/web", "others": 0, "phase": "Failed"},
    ),
    Case(
        "no more than a message",
        ARGO,
        CONFIRMED,
        of_app(app("Error", FORBIDDEN_BY_PROJECT)),
        {"text": FORBIDDEN_BY_PROJECT, "about": ""},
    ),
    Case(
        "a condition, though the last operation went well",
        ARGO,
        CONFIRMED,
        of_app(app(conditions=(Condition("ComparisonError", "True", "", "helm template failed"),))),
        {"text": "helm template failed", "about": "ComparisonError"},
    ),
    Case(
        "something else beside the dead webhook",
        ARGO,
        CONFIRMED,
        of_app(app("Failed", SUMMARY, result(DEAD), BROKEN), crds=crds(), converters=(GONE,)),
        {"text": "field is immutable", "others": 0},
    ),
    Case(
        "an old message about a webhook that is mended",
        ARGO,
        CONFIRMED,
        of_app(FAILED, crds=crds(strategy="None")),
        {"text": DEAD},
    ),
    Case(
        "it is tried again",
        ARGO,
        LIKELY,
        of_app(app("Running", "one or more objects failed to apply. Retrying attempt #2 at 8:03AM.", BROKEN)),
        {"retrying": True},
    ),
    Case(
        "it failed once, and all is in sync since",
        ARGO,
        LIKELY,
        of_app(app("Failed", "boom", sync="Synced")),
        {"failed": True, "sync": "Synced"},
    ),
    Case(
        "out of sync, and nothing failed",
        ARGO,
        LIKELY,
        of_app(
            app(sync="OutOfSync", resources=(result("", "Service", "web", group="", status="OutOfSync"),))
        ),
        {"failed": False, "resource_count": 1},
    ),
    Case("all in sync", ARGO, RULED_OUT, of_app(app()), {"why": "no-error"}),
    Case(
        "a sync is under way",
        ARGO,
        RULED_OUT,
        of_app(app("Running", "waiting for healthy state", sync="Synced")),
        {"why": "no-error"},
    ),
    Case("explained by the dead webhook", ARGO, RULED_OUT, SEED, {"why": "explained", "by": WEBHOOK}),
    Case(
        "explained by the version",
        ARGO,
        RULED_OUT,
        of_app(
            app("Failed", "one or more objects failed to apply", result(PLAIN, version="v1beta1")),
            crds=VALID_CRDS,
        ),
        {"why": "explained", "by": VERSION},
    ),
    Case(
        "degraded by an ExternalSecret that fails",
        ARGO,
        RULED_OUT,
        of_app(
            app(health="Degraded", resources=(result("", status="Degraded"),)),
            secrets=(failing(AWS),),
        ),
        {"why": "explained", "by": DENIED},
    ),
    Case("nothing tracks it", ARGO, RULED_OUT, situation(), {"why": "untracked"}),
    Case("ArgoCD may not be asked", ARGO, NOT_CHECKED, of_app(NO_APP, gaps=(NO_APP,))),
    Case("nobody to ask", ARGO, NOT_CHECKED, situation(secrets=(), gaps=(NO_SECRETS,))),
]
