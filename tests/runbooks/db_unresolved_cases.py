"""Cases of logins that hold `$(NAME)` as it stands, and of references that are filled in or that do not matter."""

from bot.diagnosis.evidence import EnvVar, WorkloadState
from tests.runbooks.db_cases import (
    BLIND,
    CONFIRMED,
    FULL,
    LIKELY,
    MONGO,
    NO_MAP,
    NOT_CHECKED,
    PASSWORD,
    RULED_OUT,
    SCHEMA,
    Case,
    env,
    given,
    refused,
    settings,
)
from tests.runbooks.db_recovered_cases import AGAIN, present

URL = "postgres://$(DBU):$(DBP)@db:5432/board"
DBU, DBP = env("DBU", "board_db"), env("DBP", source="secret/shared-secret/DB_PASSWORD")
LITERAL = PASSWORD.replace("board_db", "$(DBU)")
NO_MAPS = settings({})


def listed(*entries: EnvVar) -> WorkloadState:
    return given(*entries, env_from=())


def url(value: str = URL, name: str = "DATABASE_URL") -> EnvVar:
    return env(name, value)


BELOW = listed(url(), DBU, DBP)
ABOVE = listed(DBU, DBP, url())
ONLY_PASSWORD = listed(DBU, url(), DBP)
IN_MAP = given(DBU, DBP)
MAP = {"shared-config": {"DATABASE_URL": URL}, "board-config": {}}

UNRESOLVED = (
    Case("the log shows it", "db-setting-unresolved", CONFIRMED, refused(LITERAL, workload=BELOW, settings=NO_MAPS),
        {"variable": "DATABASE_URL", "references": ("$(DBU)", "$(DBP)"), "later": ("DBU", "DBP"), "nowhere": (), "from_map": False}),
    Case("only the password, which no log shows", "db-setting-unresolved", CONFIRMED, refused(PASSWORD, workload=ONLY_PASSWORD, settings=NO_MAPS), {"references": ("$(DBP)",)}),
    Case("a server that names no user", "db-setting-unresolved", CONFIRMED, refused(MONGO, workload=listed(env("MONGO_URI", "mongodb://app:$(DBP)@mongo/x"), DBP), settings=NO_MAPS), {"engine": "mongo"}),
    Case("nothing defines it", "db-setting-unresolved", CONFIRMED, refused(PASSWORD, workload=listed(DBU, url()), settings=NO_MAPS), {"later": (), "nowhere": ("DBP",)}),
    Case("a ConfigMap is never filled in", "db-setting-unresolved", CONFIRMED, refused(LITERAL, workload=IN_MAP, settings=settings(MAP)), {"from_map": True, "source": "ConfigMap shared-config"}),
    Case("a user of its own", "db-setting-unresolved", CONFIRMED, refused(PASSWORD.replace("board_db", "$(APP)_rw"), workload=listed(env("DB_USER", "$(APP)_rw"), env("APP", "board")), settings=NO_MAPS), {"variable": "DB_USER"}),
    Case("a role that nobody would make", "db-setting-unresolved", CONFIRMED, refused('FATAL: role "$(DBU)" does not exist (SQLSTATE 28000)', workload=BELOW, settings=NO_MAPS), {"trouble": "user"}),
    Case("a database", "db-setting-unresolved", CONFIRMED, refused('FATAL: database "$(STAGE)_board" does not exist (SQLSTATE 3D000)', workload=listed(env("DB_NAME", "$(STAGE)_board")), settings=NO_MAPS), {"nowhere": ("STAGE",)}),
    Case("a host", "db-setting-unresolved", CONFIRMED, refused("dial tcp: lookup $(DBH): no such host", workload=listed(env("DB_HOST", "$(DBH)"), env("DBH", "db")), settings=NO_MAPS), {"trouble": "network"}),
    Case("another user was refused than the URL holds", "db-setting-unresolved", LIKELY, refused(PASSWORD, workload=BELOW, settings=NO_MAPS), {"user": "board_db"}),
    Case("something else ended it", "db-setting-unresolved", LIKELY, refused(LITERAL, "panic: runtime error: index out of range", workload=BELOW, settings=NO_MAPS)),
    Case("it runs and says nothing of a database", "db-setting-unresolved", LIKELY, refused(LITERAL, by=AGAIN, workload=BELOW, settings=NO_MAPS, present=present("starting")), {"current": False}),
    Case("defined above", "db-setting-unresolved", RULED_OUT, refused(PASSWORD, workload=ABOVE, settings=NO_MAPS), {"why": "no-reference"}),
    Case("kept from being filled in", "db-setting-unresolved", RULED_OUT, refused(PASSWORD, workload=listed(env("DB_USER", "$$(DBU)")), settings=NO_MAPS)),
    Case("in a variable of something else", "db-setting-unresolved", RULED_OUT, refused(PASSWORD, workload=listed(DBU, env("API_URL", "http://$(NOWHERE)/x"), env("DB_USER", "board_db")), settings=NO_MAPS)),
    Case("the network, and another part", "db-setting-unresolved", RULED_OUT, refused("dial tcp db:5432: i/o timeout", workload=ONLY_PASSWORD, settings=NO_MAPS), {"why": "no-reference"}),
    Case("a right", "db-setting-unresolved", RULED_OUT, refused(SCHEMA, workload=BELOW, settings=NO_MAPS), {"trouble": "permission"}),
    Case("too many connections", "db-setting-unresolved", RULED_OUT, refused(FULL, workload=BELOW, settings=NO_MAPS), {"trouble": "connections"}),
    Case("it has recovered", "db-setting-unresolved", RULED_OUT, refused(LITERAL, by=AGAIN, workload=BELOW, settings=NO_MAPS, present=present("connected to database")), {"why": "recovered"}),
    Case("what it refers to may be in the dark", "db-setting-unresolved", NOT_CHECKED, refused(PASSWORD, workload=given(url()), settings=settings({"shared-config": NO_MAP, "board-config": NO_MAP}))),
    Case("nothing may be read", "db-setting-unresolved", NOT_CHECKED, BLIND),
    # It explains what else would be held for the reason.
    *(
        Case("a reference explains it", cause, RULED_OUT, refused(PASSWORD, workload=ONLY_PASSWORD, settings=NO_MAPS), {"why": "unresolved"})
        for cause in ("db-password-wrong", "db-password-stale", "db-user-overridden")
    ),
    Case("a reference explains it", "db-missing", RULED_OUT, refused('FATAL: database "$(STAGE)_board" does not exist (SQLSTATE 3D000)', workload=listed(env("DB_NAME", "$(STAGE)_board")), settings=NO_MAPS), {"why": "unresolved"}),
    Case("a reference may explain it", "db-password-wrong", LIKELY, refused(PASSWORD, workload=BELOW, settings=NO_MAPS), {"references": ("$(DBU)", "$(DBP)")}),
)  # fmt: skip
