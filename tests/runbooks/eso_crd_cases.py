"""What a dead conversion webhook and a version that is not served are found by, and what looks like them but is not."""

from dataclasses import replace

from bot.diagnosis.evidence import Condition
from bot.diagnosis.external_secrets.situation import Crd, Store
from bot.model import Target
from tests.diagnosis.external_secrets.builders import (
    ALIVE,
    CONVERSION_GAP,
    DEAD,
    FAILED,
    GONE,
    GROUP,
    NAMESPACE,
    NO_APP,
    NO_CRDS,
    SEED,
    V1,
    absent,
    app,
    blind_crds,
    converter,
    crd,
    crds,
    gap,
    known,
    of_app,
    result,
    situation,
    version,
)
from tests.runbooks.eso_case import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT, Case

WEBHOOK = "conversion-webhook-dead"
NO_ENDPOINT_LOOK = converter(ready=None)
CONVERSION = [
    Case(
        "the Service is gone",
        WEBHOOK,
        CONFIRMED,
        SEED,
        {
            "how": "no-service",
            "service": "eso/eso-webhook",
            "crds": tuple(
                f"{name}.{GROUP}" for name in ("clustersecretstores", "externalsecrets", "secretstores")
            ),
            "unserved": ("v1beta1",),
            "now": False,
        },
    ),
    Case(
        "nothing stands behind the Service",
        WEBHOOK,
        CONFIRMED,
        replace(SEED, converters=(converter(),)),
        {"how": "no-endpoints"},
    ),
    Case(
        "the Service may not be read, but nothing stands behind it",
        WEBHOOK,
        CONFIRMED,
        replace(SEED, converters=(converter(gap("services", group="")),)),
        {"how": "no-endpoints"},
    ),
    Case(
        "nobody has needed it yet",
        WEBHOOK,
        CONFIRMED,
        situation(crds=crds(), converters=(GONE,)),
        {"text": "", "how": "no-service"},
    ),
    Case(
        "only one of three still names it",
        WEBHOOK,
        CONFIRMED,
        situation(crds=(known(crd("secretstores")), known(crd(strategy="None"))), converters=(GONE,)),
        {"crds": (f"secretstores.{GROUP}",)},
    ),
    Case(
        "the API server says so now, though pods are ready",
        WEBHOOK,
        CONFIRMED,
        situation(crds=crds(), converters=(ALIVE,), secrets=(), gaps=(CONVERSION_GAP,)),
        {"how": "fails", "now": True, "service": "eso/eso-webhook"},
    ),
    Case(
        "the API server says so now, and CRDs may not be read",
        WEBHOOK,
        CONFIRMED,
        situation(NAMESPACE, crds=blind_crds(), secrets=(), gaps=(CONVERSION_GAP,)),
        {"how": "fails", "crds": (), "kinds": "ExternalSecret", "service": "eso/eso-webhook"},
    ),
    Case(
        "a store cannot be read for it",
        WEBHOOK,
        CONFIRMED,
        situation(
            crds=blind_crds(),
            stores=(Store("ClusterSecretStore", "", "aws", CONVERSION_GAP, used=True),),
        ),
        {"now": True},
    ),
    Case(
        "ArgoCD was told so, and CRDs may not be read",
        WEBHOOK,
        LIKELY,
        of_app(FAILED, crds=blind_crds()),
        {"how": "fails", "service": "eso/eso-webhook"},
    ),
    Case(
        "ArgoCD was told so, and pods are ready: later operators only validate",
        WEBHOOK,
        LIKELY,
        of_app(FAILED, crds=crds(), converters=(ALIVE,)),
        {"how": "fails"},
    ),
    Case(
        "it is dead, but whether this Application minds is not known",
        WEBHOOK,
        LIKELY,
        of_app(NO_APP, crds=crds(), converters=(GONE,), gaps=(NO_APP,)),
        {"how": "no-service"},
    ),
    Case(
        "mended since ArgoCD was told",
        WEBHOOK,
        RULED_OUT,
        of_app(FAILED, crds=crds(strategy="None")),
        {"why": "none-now"},
    ),
    Case(
        "no conversion is asked for",
        WEBHOOK,
        RULED_OUT,
        situation(),
        {"why": "none"},
    ),
    Case("it answers", WEBHOOK, RULED_OUT, situation(crds=crds(), converters=(ALIVE,)), {"why": "answers"}),
    Case(
        "the operator is not installed",
        WEBHOOK,
        RULED_OUT,
        situation(crds=(absent("externalsecrets"), absent("secretstores"))),
        {"why": "not-installed"},
    ),
    Case(
        "an Application without anything of the operator",
        WEBHOOK,
        RULED_OUT,
        of_app(app("Failed", "boom", result("boom", "Deployment", group="apps")), crds=(), converters=()),
        {"why": "not-concerned"},
    ),
    Case(
        "another operator's conversion failed",
        WEBHOOK,
        RULED_OUT,
        of_app(app("Failed", DEAD.replace("external-secrets.io/v1beta1", "cert-manager.io/v1")), crds=()),
        {"why": "not-concerned"},
    ),
    Case("CRDs may not be read", WEBHOOK, NOT_CHECKED, situation(crds=blind_crds())),
    Case(
        "one CRD may not be read",
        WEBHOOK,
        NOT_CHECKED,
        situation(crds=(*crds(strategy="None"), Crd("x", NO_CRDS))),
    ),
    Case(
        "endpoints may not be read",
        WEBHOOK,
        NOT_CHECKED,
        situation(crds=crds(), converters=(NO_ENDPOINT_LOOK,)),
    ),
    Case(
        "the webhook is outside of the cluster",
        WEBHOOK,
        NOT_CHECKED,
        situation(crds=(known(crd(webhook_service="", webhook_url="https://hooks.example/c")),)),
    ),
]

VERSION = "version-not-served"
NO_MATCH = (
    'resource mapping not found for name: "board-db" namespace: "shop" from "/dev/shm/1": no matches for kind '
    '"ExternalSecret" in version "external-secrets.io/v1beta1" ensure CRDs are installed first'
)
REWORDED = (
    'The Kubernetes API could not find version "v1beta1" of external-secrets.io/ExternalSecret for requested resource '
    'shop/board-db. Version "v1" of external-secrets.io/ExternalSecret is installed on the destination cluster.'
)
NOT_THERE = (
    "The Kubernetes API could not find external-secrets.io/ExternalSecret for requested resource shop/board-db. "
    'Make sure the "ExternalSecret" CRD is installed on the destination cluster.'
)
PLAIN = "the server could not find the requested resource"
VALID_CRDS = crds(strategy="None")
VERSIONS = [
    Case(
        "no match for the kind in that version",
        VERSION,
        CONFIRMED,
        of_app(app("Failed", NO_MATCH, result(NO_MATCH)), crds=VALID_CRDS),
        {"kind": "ExternalSecret", "wanted": "external-secrets.io/v1beta1", "served": ("v1",), "others": 0},
    ),
    Case(
        "in ArgoCD's own words",
        VERSION,
        CONFIRMED,
        of_app(app("Failed", "one or more objects failed to apply", result(REWORDED)), crds=VALID_CRDS),
        {"wanted": "external-secrets.io/v1beta1", "served": ("v1",)},
    ),
    Case(
        "in ArgoCD's own words, and CRDs may not be read",
        VERSION,
        LIKELY,
        of_app(app("Failed", "one or more objects failed to apply", result(REWORDED)), crds=blind_crds()),
        {"wanted": "external-secrets.io/v1beta1"},
    ),
    Case(
        "only the API server's words, the version beside them",
        VERSION,
        CONFIRMED,
        of_app(
            app("Failed", "one or more objects failed to apply", result(PLAIN, version="v1beta1")),
            crds=VALID_CRDS,
        ),
        {"kind": "ExternalSecret", "wanted": "external-secrets.io/v1beta1", "served": ("v1",)},
    ),
    Case(
        "two kinds, a newer version than is served",
        VERSION,
        CONFIRMED,
        of_app(
            app(
                "Failed",
                "one or more objects failed to apply",
                result(PLAIN, version="v1"),
                result(PLAIN, "SecretStore", "aws", version="v1"),
            ),
            crds=tuple(
                known(crd(plural, version("v1beta1", storage=True), strategy="None", stored=("v1beta1",)))
                for plural in ("externalsecrets", "secretstores")
            ),
        ),
        {"wanted": "external-secrets.io/v1", "served": ("v1beta1",), "others": 1},
    ),
    Case(
        "the CRD is not there at all",
        VERSION,
        CONFIRMED,
        of_app(
            app("Failed", "one or more objects failed to apply", result(NOT_THERE)),
            crds=(absent("externalsecrets"),),
        ),
        {"installed": False, "served": ()},
    ),
    Case(
        "said in a condition, before anything was synchronised",
        VERSION,
        CONFIRMED,
        of_app(app(conditions=(Condition("ComparisonError", "True", "", NO_MATCH),)), crds=VALID_CRDS),
        {"served": ("v1",)},
    ),
    Case(
        "served by now",
        VERSION,
        RULED_OUT,
        of_app(
            app("Failed", NO_MATCH),
            crds=(known(crd("externalsecrets", V1, version("v1beta1"), strategy="None")),),
        ),
        {"why": "no-complaint", "served": ("v1", "v1beta1")},
    ),
    Case(
        "of another group",
        VERSION,
        RULED_OUT,
        of_app(app("Failed", NO_MATCH.replace("external-secrets.io", "monitoring.coreos.com")), crds=()),
        {"why": "not-concerned"},
    ),
    Case("a failed conversion is no missing version", VERSION, RULED_OUT, SEED, {"why": "no-complaint"}),
    Case(
        "it was read, and nothing tracks it",
        VERSION,
        RULED_OUT,
        situation(),
        {"why": "read", "read": ("v1",)},
    ),
    Case("ArgoCD may not be asked", VERSION, NOT_CHECKED, of_app(NO_APP, gaps=(NO_APP,))),
    Case(
        "nobody to ask",
        VERSION,
        NOT_CHECKED,
        situation(Target("default", "", "CustomResourceDefinition", f"secretstores.{GROUP}"), secrets=()),
    ),
]
