"""Cases of MySQL, MongoDB, Redis and Prisma that are neither a wrong password nor the network, and what looks like them."""

from tests.runbooks.db_cases import (
    BLIND,
    CONFIRMED,
    LIKELY,
    MYSQL,
    NOT_CHECKED,
    PASSWORD,
    REFUSED,
    RULED_OUT,
    Case,
    env,
    given,
    refused,
    settings,
)
from tests.runbooks.db_recovered_cases import AGAIN, present

NO_MAPS = settings({})
RIGHT = "Error 1142 (42000): SELECT command denied to user 'app'@'10.0.0.9' for table 'orders'"
HOST = "ERROR 1130 (HY000): Host '10.42.0.9' is not allowed to connect to this MySQL server"
LIMIT = "Error 1226 (42000): User 'app' has exceeded the 'max_user_connections' resource (current value: 5)"
EXPIRED = "ERROR 1862 (HY000): Your password has expired. To log in you must change it using a client that supports expired passwords."
LOCKED = "ERROR 3118 (HY000): Access denied for user 'app'@'10.0.0.9'. Account is locked."
PUBLIC_KEY = "java.sql.SQLNonTransientConnectionException: Public Key Retrieval is not allowed"
PLUGIN = (
    "Client does not support authentication protocol requested by server; consider upgrading MySQL client"
)
SCRAM = "org.postgresql.util.PSQLException: The authentication type 10 is not supported."
MONGO_RIGHT = 'MongoServerError: not authorized on shop to execute command { insert: "orders" }'
MONGO_NOAUTH = "MongoServerError: Command find requires authentication"
NOPERM = "NOPERM User worker has no permissions to run the 'xreadgroup' command"
REDIS_FULL = "ReplyError: ERR max number of clients reached"
PROTECTED = "DENIED Redis is running in protected mode because protected mode is enabled"
P1003 = "Error: P1003: Database `shop` does not exist on the database server at `db.data:3306`."
P1010 = "Error: P1010: User `app` was denied access on the database `shop.public`"
MONGO_URL = given(env("MONGO_URI", "mongodb://app:[redacted]@mongo:27017/shop?authSource=users"), env_from=())
MYSQL_URL = given(env("DATABASE_URL", "mysql://app:[redacted]@db:3306/shop"), env_from=())

KINDS = (
    Case("MySQL, a table", "db-permission-denied", CONFIRMED, refused(RIGHT), {"engine": "mysql", "privilege": "SELECT", "object": "orders", "object_kind": "table", "user": "app"}),
    Case("MongoDB", "db-permission-denied", CONFIRMED, refused(MONGO_RIGHT, workload=MONGO_URL, settings=NO_MAPS), {"engine": "mongo", "object": "insert", "object_kind": "command", "user": "app"}),
    Case("Redis", "db-permission-denied", CONFIRMED, refused(NOPERM), {"engine": "redis", "object": "xreadgroup", "user": "worker"}),
    Case("Prisma, and the URL tells the kind", "db-permission-denied", CONFIRMED, refused(P1010, workload=MYSQL_URL, settings=NO_MAPS), {"engine": "mysql"}),
    Case("Prisma, and nothing tells the kind", "db-permission-denied", CONFIRMED, refused(P1010), {"engine": ""}),
    Case("MongoDB without a login", "db-permission-denied", RULED_OUT, refused(MONGO_NOAUTH), {"trouble": "login"}),
    Case("MongoDB without a login", "db-password-wrong", CONFIRMED, refused(MONGO_NOAUTH, workload=given(env_from=()), settings=NO_MAPS), {"password_given": False}),
    Case("MySQL", "db-host-refused-by-policy", CONFIRMED, refused(HOST), {"engine": "mysql", "client": "10.42.0.9", "plain": False}),
    Case("Redis", "db-host-refused-by-policy", CONFIRMED, refused(PROTECTED), {"engine": "redis"}),
    Case("MySQL, a limit of the user", "db-too-many-connections", CONFIRMED, refused(LIMIT), {"engine": "mysql"}),
    Case("Redis", "db-too-many-connections", CONFIRMED, refused(REDIS_FULL), {"engine": "redis"}),
    Case("Prisma", "db-missing", CONFIRMED, refused(P1003), {"engine": "mysql", "database": "shop"}),
    Case("an expired password", "db-login-blocked", CONFIRMED, refused(EXPIRED), {"state": "expired", "engine": "mysql"}),
    Case("a locked account", "db-login-blocked", CONFIRMED, refused(LOCKED), {"state": "locked", "user": "app"}),
    Case("a public key", "db-login-blocked", CONFIRMED, refused(PUBLIC_KEY), {"state": "public-key"}),
    Case("no common method", "db-login-blocked", CONFIRMED, refused(PLUGIN), {"state": "plugin"}),
    Case("an old driver of PostgreSQL", "db-login-blocked", CONFIRMED, refused(SCRAM), {"state": "scram", "engine": "postgres"}),
    Case("something else ended it", "db-login-blocked", LIKELY, refused(PLUGIN, "panic: runtime error: index out of range")),
    Case("it runs and says nothing of a database", "db-login-blocked", LIKELY, refused(LOCKED, by=AGAIN, present=present("starting")), {"current": False}),
    Case("a wrong password", "db-login-blocked", RULED_OUT, refused(MYSQL), {"trouble": "login"}),
    Case("the network", "db-login-blocked", RULED_OUT, refused(REFUSED), {"trouble": "network"}),
    Case("no line at all", "db-login-blocked", RULED_OUT, refused("bye"), {"why": "no-line"}),
    Case("nothing may be read", "db-login-blocked", NOT_CHECKED, BLIND),
    *(
        Case("a login that is not possible", cause, RULED_OUT, refused(EXPIRED), {"trouble": "blocked"})
        for cause in ("db-password-wrong", "db-password-stale", "db-user-overridden", "db-missing", "db-host-refused-by-policy", "db-unreachable")
    ),
    Case("PostgreSQL", "db-login-blocked", RULED_OUT, refused(PASSWORD), {"trouble": "login"}),
)  # fmt: skip
