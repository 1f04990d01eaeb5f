"""Cases of refused logins: overridden users, old passwords, wrong ones, and what looks like each but is not."""

from dataclasses import replace

from bot.diagnosis.environment import Settings
from bot.diagnosis.evidence import EnvSource
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.scene import Tail
from tests.runbooks.db_cases import (
    ALL,
    BLIND,
    CONFIRMED,
    FULL,
    HBA,
    LIKELY,
    MAPS,
    MONGO,
    MYSQL,
    MYSQL_BARE,
    NEW,
    NO_LOG,
    NO_MAP,
    NO_ROLE,
    NO_SECRET,
    NOAUTH,
    NOT_CHECKED,
    ONE_MAP,
    OWN,
    PASSWORD,
    REFUSED,
    RULED_OUT,
    SHARED,
    SIX,
    WRONGPASS,
    Case,
    env,
    given,
    note,
    refused,
    settings,
)
from tests.snapshots import ago, ended, looping, running, tail

SEED = refused(PASSWORD, siblings=SIX)
URLS = {
    "shared-config": {"DATABASE_URL": "postgres://wealist_admin:[redacted]@db:5432/x"},
    "board-config": {"DATABASE_URL": "postgres://board_db:[redacted]@db:5432/x"},
}
URL_SECRET = note("DATABASE_URL", changed=ago(1))
IN_SECRET = note("DB_PASSWORD", "DB_USER", changed=ago(3000))
BY_ENV = given(
    env("DB_USER", "board_db"),
    env("DB_PASSWORD", source="secret/shared-secret/DB_PASSWORD"),
    env_from=(SHARED,),
)
FIRST_OWN = given(env_from=(OWN, SHARED, EnvSource("Secret", "shared-secret")))
PRISMA = "Authentication failed against database server at `db`, the provided database credentials for `board_db` are not valid."
RETRIED = (
    "connecting",
    PASSWORD,
    "retry 1",
    "connected to database",
    "panic: runtime error: index out of range",
)
PAIRED = given(
    env_from=(SHARED, EnvSource("Secret", "old-secret"), OWN, EnvSource("Secret", "shared-secret"))
)
BOTH_SECRETS = replace(
    settings(), secrets={**settings().secrets, "old-secret": note("DB_PASSWORD", changed=ago(99))}
)
RENAMED = {**MAPS, "shared-config": {"ACCOUNT": "wealist_admin"}, "board-config": {"ACCOUNT": "board_db"}}

OVERRIDDEN = (
    Case(
        "the seed",
        "db-user-overridden",
        CONFIRMED,
        SEED,
        {
            "variable": "DB_USER",
            "value": "board_db",
            "winner": "ConfigMap board-config",
            "lost": "wealist_admin",
            "loser": "ConfigMap shared-config",
            "affected_workloads": 6,
            "password_source": "Secret shared-secret",
        },
    ),
    Case(
        "env beats envFrom",
        "db-user-overridden",
        CONFIRMED,
        refused(PASSWORD, workload=BY_ENV),
        {"winner": "env", "loser": "ConfigMap shared-config", "lost": "wealist_admin"},
    ),
    Case("MySQL", "db-user-overridden", CONFIRMED, refused(MYSQL), {"engine": "mysql"}),
    Case("a role that was never made", "db-user-overridden", CONFIRMED, refused(NO_ROLE), {"lost": "wealist_admin"}),
    Case(
        "users within URLs",
        "db-user-overridden",
        CONFIRMED,
        refused(PASSWORD, settings=settings(URLS)),
        {"in_url": True, "value": "board_db", "lost": "wealist_admin"},
    ),
    Case(
        "a name that nobody would guess",
        "db-user-overridden",
        CONFIRMED,
        refused(PASSWORD, settings=settings(RENAMED)),
        {"variable": "ACCOUNT"},
    ),
    Case(
        "a later source may override both",
        "db-user-overridden",
        LIKELY,
        refused(PASSWORD, workload=given(env_from=(*ALL, EnvSource("ConfigMap", "dark"))), settings=settings({**MAPS, "dark": NO_MAP})),
        {"why": "doubted"},
    ),
    Case(
        "an earlier one that cannot be read does not matter",
        "db-user-overridden",
        CONFIRMED,
        refused(PASSWORD, workload=given(env_from=(EnvSource("ConfigMap", "dark"), *ALL)), settings=settings({**MAPS, "dark": NO_MAP})),
    ),
    Case(
        "what a Secret gives is not seen",
        "db-user-overridden",
        LIKELY,
        refused(
            PASSWORD,
            workload=given(env_from=(EnvSource("Secret", "shared-secret"), OWN)),
            settings=settings(secret=IN_SECRET),
        ),
        {"lost": None, "loser": "Secret shared-secret"},
    ),
    Case(
        "user and password were replaced together",
        "db-user-overridden",
        LIKELY,
        refused(PASSWORD, workload=PAIRED, settings=BOTH_SECRETS),
        {"why": "unproven"},
    ),
    Case("no user in the line", "db-user-overridden", LIKELY, refused(WRONGPASS, settings=settings(
        {"shared-config": {"REDIS_USER": "a"}, "board-config": {"REDIS_USER": "b"}})), {"value": "b", "lost": "a"}),
    Case("the Secret changed too", "db-user-overridden", LIKELY, refused(PASSWORD, settings=settings(secret=NEW)), {"why": "changed-too"}),
    Case(
        "something else ended it",
        "db-user-overridden",
        LIKELY,
        refused(PASSWORD, "goroutine 1 [running]:", "panic: runtime error: index out of range"),
    ),
    Case("the same value twice", "db-user-overridden", RULED_OUT, refused(PASSWORD, settings=settings(
        {"shared-config": {"DB_USER": "board_db"}, "board-config": {"DB_USER": "board_db"}})), {"why": "one-source"}),
    Case("only one source", "db-user-overridden", RULED_OUT, refused(PASSWORD, settings=settings(ONE_MAP)), {"why": "one-source"}),
    Case(
        "another user was refused",
        "db-user-overridden",
        RULED_OUT,
        refused(PASSWORD, workload=FIRST_OWN),
        {"why": "other-user", "user_value": "wealist_admin"},
    ),
    Case("no variable", "db-user-overridden", RULED_OUT, refused(PASSWORD, workload=given(env_from=())), {"why": "no-variable"}),
    Case("the network", "db-user-overridden", RULED_OUT, refused(REFUSED), {"why": "another", "trouble": "network"}),
    Case("too many connections", "db-user-overridden", RULED_OUT, refused(FULL), {"trouble": "connections"}),
    Case("retried and overcome", "db-user-overridden", RULED_OUT, refused(*RETRIED), {"why": "no-line", "lines_read": 6}),
    Case("no line at all", "db-user-overridden", RULED_OUT, refused("bye"), {"why": "no-line", "containers": ("app",)}),
    Case(
        "killed for memory",
        "db-user-overridden",
        RULED_OUT,
        refused(PASSWORD, by=looping(137, "OOMKilled")),
        {"why": "no-line"},
    ),
    Case("pg_hba", "db-user-overridden", LIKELY, refused(HBA), {"lost": "wealist_admin"}),
    Case("the log may not be read", "db-user-overridden", NOT_CHECKED, refused(logs=(Tail("web-7d9-a", "app", NO_LOG),))),
    Case("the settings may not be read", "db-user-overridden", NOT_CHECKED, refused(PASSWORD, settings=settings(
        {"shared-config": NO_MAP, "board-config": NO_MAP}))),
    Case("nothing may be read", "db-user-overridden", NOT_CHECKED, BLIND),
)  # fmt: skip

MENDED = Settings(
    "shop",
    {
        **settings().config_maps,
        "board-config": ConfigMapState("shop", "board-config", {"DB_USER": "right"}, changed_at=ago(1)),
    },
    settings().secrets,
)
RECOVERED = running(last=ended(1, minutes=30), restarts=1)
BY_FILE = given(env("DB_USER", "board_db"), env_from=(), mounts=("secret/shared-secret",))

STALE = (
    Case(
        "the Secret changed after the start",
        "db-password-stale",
        CONFIRMED,
        refused(PASSWORD, settings=settings(ONE_MAP, secret=NEW)),
        {"object": "Secret shared-secret", "changed_at": ago(1).isoformat(), "waits": True},
    ),
    Case(
        "a URL in a Secret",
        "db-password-stale",
        CONFIRMED,
        refused(PASSWORD, workload=given(env_from=(EnvSource("Secret", "shared-secret"),)), settings=settings({}, secret=URL_SECRET)),
    ),
    Case(
        "the ConfigMap was corrected, the container not started since",
        "db-password-stale",
        CONFIRMED,
        refused(
            PASSWORD,
            settings=MENDED,
        ),
        {"object": "ConfigMap board-config"},
    ),
    Case("a file", "db-password-stale", LIKELY, refused(PASSWORD, workload=BY_FILE, settings=settings({}, secret=NEW)), {"mounted": True}),
    Case("it runs again", "db-password-stale", LIKELY, refused(PASSWORD, by=RECOVERED, settings=settings(ONE_MAP, secret=NEW)), {"current": False}),
    Case("overridden as well", "db-password-stale", LIKELY, refused(PASSWORD, settings=settings(secret=NEW))),
    Case("started after the change", "db-password-stale", RULED_OUT, refused(PASSWORD, settings=settings(ONE_MAP)), {"why": "before"}),
    Case("a password in the template", "db-password-stale", RULED_OUT, refused(
        PASSWORD, workload=given(env("DB_PASSWORD", "[redacted]"), env_from=()), settings=settings({})), {"why": "not-an-object"}),
    Case("no password", "db-password-stale", RULED_OUT, refused(NOAUTH, workload=given(env_from=())), {"why": "no-variable"}),
    Case("the network", "db-password-stale", RULED_OUT, refused(REFUSED, settings=settings(secret=NEW)), {"why": "another"}),
    Case("the Secret may not be seen", "db-password-stale", NOT_CHECKED, refused(
        PASSWORD, workload=given(env("DB_PASSWORD", source="secret/shared-secret/p"), env_from=(SHARED,)), settings=settings(ONE_MAP, secret=NO_SECRET))),
    Case("its changes are not recorded", "db-password-stale", NOT_CHECKED, refused(
        PASSWORD, settings=settings(ONE_MAP, secret=note("DB_PASSWORD", changed=None)))),
    Case("nothing may be read", "db-password-stale", NOT_CHECKED, BLIND),
)  # fmt: skip

MONGO_URI = {"shared-config": {"MONGO_URI": "mongodb://app:[redacted]@mongo:27017/shop"}, "board-config": {}}
MONGO_ADMIN = {
    "shared-config": {"MONGO_URI": "mongodb://app:[redacted]@mongo:27017/shop?authSource=admin"},
    "board-config": {},
}

WRONG = (
    Case(
        "nothing else explains it",
        "db-password-wrong",
        CONFIRMED,
        refused(PASSWORD, settings=settings(ONE_MAP)),
        {"user": "board_db", "password_source": "Secret shared-secret", "same_source": False},
    ),
    Case("MySQL without a password", "db-password-wrong", CONFIRMED, refused(MYSQL_BARE, settings=settings(ONE_MAP)), {"password_given": False}),
    Case("Prisma, which does not name the kind of server", "db-password-wrong", CONFIRMED, refused(PRISMA, settings=settings(ONE_MAP)), {"engine": "", "user": "board_db"}),
    Case("a right that Prisma misses", "db-password-wrong", RULED_OUT, refused("User `app` was denied access on the database `shop.public`"), {"trouble": "permission"}),
    Case("PostgreSQL without a password", "db-password-wrong", CONFIRMED, refused("psql: error: fe_sendauth: no password supplied", settings=settings(ONE_MAP)), {"password_given": False}),
    Case("MongoDB without authSource", "db-password-wrong", CONFIRMED, refused(MONGO, settings=settings(MONGO_URI)), {"auth_source": False, "user": "app"}),
    Case("MongoDB with authSource", "db-password-wrong", CONFIRMED, refused(MONGO, settings=settings(MONGO_ADMIN)), {"auth_source": True}),
    Case("Redis", "db-password-wrong", CONFIRMED, refused(WRONGPASS, settings=settings({}), workload=given(env("REDIS_PASSWORD", source="secret/shared-secret/DB_PASSWORD"), env_from=())), {"engine": "redis", "user": "", "password_source": "Secret shared-secret"}),
    Case("Redis without a password", "db-password-wrong", CONFIRMED, refused(NOAUTH, workload=given(env_from=()), settings=settings({})), {"password_given": False}),
    Case("the age of the Secret is not known", "db-password-wrong", LIKELY, refused(
        PASSWORD, settings=settings(ONE_MAP, secret=note("DB_PASSWORD", changed=None)))),
    Case("user and password were replaced together", "db-password-wrong", LIKELY, refused(PASSWORD, workload=PAIRED, settings=BOTH_SECRETS)),
    Case("it runs again", "db-password-wrong", LIKELY, refused(PASSWORD, by=RECOVERED, settings=settings(ONE_MAP)), {"current": False}),
    Case("overridden", "db-password-wrong", RULED_OUT, SEED, {"why": "overridden"}),
    Case("changed since the start", "db-password-wrong", RULED_OUT, refused(PASSWORD, settings=settings(ONE_MAP, secret=NEW)), {"why": "stale"}),
    Case("the role is missing", "db-password-wrong", RULED_OUT, refused(NO_ROLE), {"trouble": "user"}),
    Case("the log of a healthy workload", "db-password-wrong", RULED_OUT, refused(by=running(), logs=()), {"lines_read": 0}),
    Case("a sidecar logs it", "db-password-wrong", CONFIRMED, refused(
        by=looping(1, name="proxy", role="sidecar"), logs=(tail(PASSWORD, container="proxy"),), settings=settings(ONE_MAP),
        workload=replace(given(), template=replace(given().template, containers=(replace(given().template.containers[0], name="proxy", role="sidecar"),)))),
        {"container": "proxy", "role": "sidecar"}),
    Case("nothing may be read", "db-password-wrong", NOT_CHECKED, BLIND),
)  # fmt: skip

LOGINS = (*OVERRIDDEN, *STALE, *WRONG)
