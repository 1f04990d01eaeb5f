"""Cases of portal_metrics_zero: what is known of a workload and of what it talks to, and the verdict on one cause."""

from dataclasses import dataclass, replace
from typing import Any

from bot.diagnosis.evidence import LogTail, PodTemplate
from bot.diagnosis.evidence_objects import AddressState, ApplicationState, EndpointsState, ExternalSecretState
from bot.diagnosis.looks import LogOf
from bot.diagnosis.portal.backdrop import Backdrop, Log, Server, Setting
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Reason, Source, Target, Verdict
from runbooks.portal_metrics_zero import decide
from tests.snapshots import TARGET, workload

CONFIRMED, LIKELY, RULED_OUT, NOT_CHECKED = (
    Verdict.CONFIRMED,
    Verdict.LIKELY,
    Verdict.RULED_OUT,
    Verdict.NOT_CHECKED,
)
PLAIN = "http://prometheus.monitoring:9090"
RIGHT = f"{PLAIN}/api/prom"
PROMETHEUS = workload(
    target=Target("default", "monitoring", "StatefulSet", "prometheus"), template=PodTemplate(())
)
NO_SETTINGS = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "configmaps", "shop")
NO_LOG = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "pods/log", "shop")
NOBODY = Unavailable(Source.PROMETHEUS, Reason.UNREACHABLE, "query", "PrometheusAt")
GONE = Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "services", "monitoring")
TOKEN = Setting("ARGOCD_TOKEN", None, "secret/web-argocd")
URL = Setting("ARGOCD_SERVER_URL", "https://argocd.example", "configmap/web")


def log(*lines: str) -> Log:
    return Log(LogOf("shop", "web-7d9-a", "app"), LogTail("web-7d9-a", "app", previous=False, lines=lines))


def given(url: str = PLAIN, name: str = "PROMETHEUS_URL") -> Setting:
    return Setting(name, url, "configmap/web")


def at(url: str, status: int, *, api: bool = False) -> AddressState:
    return AddressState(url, status, is_api=api)


def backdrop(*settings: Setting, **more: Any) -> Backdrop:
    values: dict[str, Any] = {"logs": (log("starting", "listening"),), **more}
    return Backdrop(TARGET, workload(), "app", settings, **values)


SERVER = Server(
    ("monitoring", "prometheus"),
    PROMETHEUS,
    EndpointsState("monitoring", "prometheus", 1),
    "/api/prom",
    at(PLAIN, 404),
    at(RIGHT, 200, api=True),
    RIGHT,
)
MOVED = backdrop(given(), server=SERVER)
ROOT = replace(SERVER, prefix="", plain=at(PLAIN, 200, api=True), other=None, other_url="")
WELL = backdrop(given(), server=ROOT)
UNTOLD = replace(ROOT, plain=NOBODY)
BLIND = Backdrop(TARGET, Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "deployments", "shop"))
APPLICATION = ApplicationState(
    "argocd", "web-prod", "default", "Synced", "Healthy", "abc", "", "", None, None,
    helm=True, parameters={"app.settings.PROMETHEUS_URL": PLAIN},
)  # fmt: skip
TRACKED = workload(annotations={"argocd.argoproj.io/tracking-id": "web-prod:apps/Deployment:shop/web"})
NEIGHBOUR = ExternalSecretState("shop", "db", "v1", "ClusterSecretStore", "vault", "db")


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    cause: str
    of: Backdrop
    verdict: Verdict
    facts: Facts

    def __str__(self) -> str:
        return f"{self.cause}: {self.name}"


def finding(of: Backdrop, cause: str) -> Finding:
    return next(one for one in decide(of) if one.cause == cause)


_PREFIX, _REACH = "prometheus-route-prefix", "prometheus-unreachable"
_MISSING, _REJECTED = "argocd-token-missing", "argocd-token-rejected"
_TABLE, _NAME = "db-not-migrated", "gorm-constraint-name"
_WANTS = 'ERROR: constraint "uni_users_mail" of relation "users" does not exist (SQLSTATE 42704)'

CASES: tuple[Case, ...] = (
    Case(
        "both were asked", _PREFIX, MOVED, CONFIRMED, {"why": "moved", "right_url": RIGHT, "asked_both": True}
    ),
    Case(
        "nobody could be asked, the arguments say it",
        _PREFIX,
        backdrop(given(), server=replace(SERVER, plain=NOBODY, other=NOBODY)),
        CONFIRMED,
        {"why": "moved", "asked_both": False, "status": None},
    ),
    Case(
        "a path where there is none",
        _PREFIX,
        backdrop(
            given(RIGHT),
            server=replace(
                SERVER, prefix="", plain=at(RIGHT, 404), other=at(PLAIN, 200, api=True), other_url=PLAIN
            ),
        ),
        CONFIRMED,
        {"path": "/api/prom", "prefix": "", "right_url": PLAIN},
    ),
    Case(
        "another name of the variable",
        _PREFIX,
        backdrop(given(name="METRICS_PROM_ENDPOINT"), server=SERVER),
        CONFIRMED,
        {"variable": "METRICS_PROM_ENDPOINT"},
    ),
    Case(
        "something else answers, and who it is is not known",
        _PREFIX,
        backdrop(
            given("https://metrics.example.com"), server=Server(plain=at("https://metrics.example.com", 404))
        ),
        LIKELY,
        {"why": "not-the-api", "status": 404},
    ),
    Case("it answers", _PREFIX, WELL, RULED_OUT, {"why": "answers"}),
    Case("it says the same path", _PREFIX, backdrop(given(), server=UNTOLD), RULED_OUT, {"why": "same"}),
    Case("no address", _PREFIX, backdrop(), RULED_OUT, {"why": "no-address"}),
    Case("settings are closed", _PREFIX, backdrop(gap=NO_SETTINGS), NOT_CHECKED, {}),
    Case(
        "nobody was asked", _PREFIX, backdrop(given(), server=replace(UNTOLD, prefix=None)), NOT_CHECKED, {}
    ),
    Case(
        "no Service",
        _REACH,
        backdrop(given(), server=replace(UNTOLD, workload=GONE, endpoints=None)),
        CONFIRMED,
        {"why": "no-service"},
    ),
    Case(
        "a Service without a workload",
        _REACH,
        backdrop(
            given(),
            server=replace(
                UNTOLD,
                workload=replace(GONE, resource="pods"),
                endpoints=EndpointsState("monitoring", "prometheus", 0, 0),
            ),
        ),
        CONFIRMED,
        {"why": "no-endpoints"},
    ),
    Case(
        "no pod stands behind",
        _REACH,
        backdrop(given(), server=replace(UNTOLD, endpoints=EndpointsState("monitoring", "prometheus", 0, 1))),
        CONFIRMED,
        {"why": "no-endpoints", "ready": 0},
    ),
    Case(
        "it is not ready",
        _REACH,
        backdrop(given(), server=replace(ROOT, plain=at(PLAIN, 503))),
        CONFIRMED,
        {"status": 503},
    ),
    Case(
        "its log says so",
        _REACH,
        backdrop(given(), server=UNTOLD, logs=(log("dial tcp: lookup prometheus.monitoring: no such host"),)),
        LIKELY,
        {"why": "log"},
    ),
    Case(
        "its log speaks of another server",
        _REACH,
        backdrop(given(), server=UNTOLD, logs=(log("dial tcp: lookup db.shop: no such host"),)),
        NOT_CHECKED,
        {},
    ),
    Case("only the path is wrong", _REACH, MOVED, RULED_OUT, {"why": "answers"}),
    Case("it answers", _REACH, WELL, RULED_OUT, {"why": "answers"}),
    Case(
        "its log says so",
        _MISSING,
        backdrop(logs=(log("ArgoCD client not configured"),)),
        CONFIRMED,
        {"lacking": ("ARGOCD_SERVER_URL", "ARGOCD_TOKEN")},
    ),
    Case(
        "an address without a token",
        _MISSING,
        backdrop(URL),
        CONFIRMED,
        {"lacking": ("ARGOCD_TOKEN",), "line": ""},
    ),
    Case(
        "an empty token",
        _MISSING,
        backdrop(URL, replace(TOKEN, value="")),
        CONFIRMED,
        {"lacking": ("ARGOCD_TOKEN",)},
    ),
    Case(
        "both are there and its log complains",
        _MISSING,
        backdrop(URL, TOKEN, logs=(log("ArgoCD client not configured"),)),
        LIKELY,
        {"lacking": (), "closed": False},
    ),
    Case("both are there", _MISSING, backdrop(URL, TOKEN), RULED_OUT, {"why": "given"}),
    Case("it does not ask ArgoCD", _MISSING, backdrop(), RULED_OUT, {"why": "not-used"}),
    Case("settings are closed", _MISSING, backdrop(URL, gap=NO_SETTINGS), NOT_CHECKED, {}),
    Case(
        "its log says so and settings are closed",
        _MISSING,
        backdrop(gap=NO_SETTINGS, logs=(log("ArgoCD client not configured"),)),
        LIKELY,
        {"lacking": (), "closed": True},
    ),
    Case(
        "its log says so",
        _REJECTED,
        backdrop(URL, TOKEN, logs=(log("argocd: invalid session: token has expired"),)),
        CONFIRMED,
        {"token_source": "secret/web-argocd"},
    ),
    Case("there is none", _REJECTED, backdrop(URL), RULED_OUT, {"why": "no-token"}),
    Case("its log is quiet", _REJECTED, backdrop(URL, TOKEN), RULED_OUT, {"why": "no-line", "lines_read": 2}),
    Case(
        "its log is closed",
        _REJECTED,
        backdrop(URL, TOKEN, logs=(replace(log(), tail=NO_LOG),)),
        NOT_CHECKED,
        {},
    ),
    Case(
        "the switch is off",
        _TABLE,
        backdrop(
            Setting("DB_AUTO_MIGRATE", "false", "configmap/web"),
            logs=(log('ERROR: relation "orders" does not exist (SQLSTATE 42P01)'),),
        ),
        CONFIRMED,
        {"relation": "orders", "switch_value": "false"},
    ),
    Case(
        "the switch is on",
        _TABLE,
        backdrop(
            Setting("AUTO_MIGRATE", "true", "configmap/web"),
            logs=(log('ERROR: relation "orders" does not exist (SQLSTATE 42P01)'),),
        ),
        CONFIRMED,
        {"switch": "AUTO_MIGRATE"},
    ),
    Case(
        "a program in Go without a switch",
        _TABLE,
        backdrop(logs=(log('ERROR: relation "orders" does not exist (SQLSTATE 42P01)'),)),
        CONFIRMED,
        {"switch": "DB_AUTO_MIGRATE", "switch_source": "", "tool": ""},
    ),
    Case(
        "a program in Python",
        _TABLE,
        backdrop(logs=(log('django.db.utils.ProgrammingError: relation "orders" does not exist'),)),
        CONFIRMED,
        {"switch": "", "tool": "Django"},
    ),
    Case(
        "Prisma",
        _TABLE,
        backdrop(logs=(log("The table `public.AuditLog` does not exist in the current database."),)),
        CONFIRMED,
        {"relation": "public.AuditLog"},
    ),
    Case(
        "MySQL",
        _TABLE,
        backdrop(logs=(log("Error 1146 (42S02): Table 'bo.audit_logs' doesn't exist"),)),
        CONFIRMED,
        {"relation": "bo.audit_logs"},
    ),
    Case(
        "a constraint is missing, no table",
        _TABLE,
        backdrop(logs=(log(_WANTS),)),
        RULED_OUT,
        {"lines_read": 1},
    ),
    Case("its log is closed", _TABLE, backdrop(logs=(replace(log(), tail=NO_LOG),)), NOT_CHECKED, {}),
    Case(
        "PostgreSQL's own name follows",
        _NAME,
        backdrop(logs=(log(_WANTS),)),
        CONFIRMED,
        {"there": "users_mail_key", "seen_in_log": False},
    ),
    Case(
        "the log names what is there",
        _NAME,
        backdrop(logs=(log('relation "users_email_key" already exists', _WANTS),)),
        CONFIRMED,
        {"there": "users_email_key", "seen_in_log": True, "wanted": "uni_users_mail"},
    ),
    Case(
        "a name that GORM did not make",
        _NAME,
        backdrop(
            logs=(log('ERROR: constraint "fk_orders" of relation "orders" does not exist (SQLSTATE 42704)'),)
        ),
        LIKELY,
        {"there": ""},
    ),
    Case(
        "a table is missing, no constraint",
        _NAME,
        backdrop(logs=(log('ERROR: relation "orders" does not exist (SQLSTATE 42P01)'),)),
        RULED_OUT,
        {},
    ),
)
