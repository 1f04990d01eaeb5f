"""What variables mean to a database, by name and by what a URL says, and which of several is the one."""

import pytest

from bot.diagnosis.database.login import login_of, override_of
from bot.diagnosis.database.variables import Address, Role, address_of, of_database, role_of
from bot.diagnosis.environment import Settings, effective
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, ObjectNote
from bot.diagnosis.evidence_objects import ConfigMapState

USERS = (
    "DB_USER DB_USERNAME DATABASE_USER POSTGRES_USER PGUSER MYSQL_USER MONGO_USERNAME MONGO_INITDB_ROOT_USERNAME DBUSER "
    "REDIS_USERNAME SPRING_DATASOURCE_USERNAME spring.datasource.username ORDERS_DB_USER"
)
ROLES = {
    Role.USER: USERS,
    Role.PASSWORD: "DB_PASSWORD DB_PASS PGPASSWORD MYSQL_ROOT_PASSWORD REDIS_AUTH SPRING_DATASOURCE_PASSWORD",
    Role.DATABASE: "DB_NAME POSTGRES_DB PGDATABASE MYSQL_DATABASE DBNAME REDIS_DB",
    Role.HOST: "DB_HOST PGHOST REDIS_ADDR MYSQL_SERVER POSTGRES_HOSTNAME",
    Role.URL: "DATABASE_URL MONGODB_URI SPRING_DATASOURCE_URL DB_DSN REDIS_URL DB_CONNECTION_STRING",
}


@pytest.mark.parametrize(
    ("name", "role"), [(name, role) for role, names in ROLES.items() for name in names.split()]
)
def test_names_of_databases(name: str, role: Role) -> None:
    assert (role_of(name), of_database(name)) == (role, True)


@pytest.mark.parametrize(
    "name", ["SMTP_USER", "API_URL", "HOSTNAME", "FEEDBACK_URL", "DBUS_SESSION_ADDRESS", "USER"]
)
def test_names_of_something_else(name: str) -> None:
    assert not of_database(name)


@pytest.mark.parametrize(
    ("name", "engine", "of"),
    [
        ("POSTGRES_USER", "postgres", True),
        ("POSTGRES_USER", "mysql", False),
        ("DB_USER", "mysql", True),
        ("DB_USER", "redis", False),
        ("CACHE_PASSWORD", "redis", True),
        ("REDIS_PASSWORD", "postgres", False),
    ],
)
def test_a_name_may_be_of_one_engine(name: str, engine: str, of: bool) -> None:
    assert of_database(name, engine) is of


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (
            "postgres://board:[redacted]@db.x:5432/board?sslmode=disable",
            Address("board", "db.x", "5432", "board", "sslmode=disable"),
        ),
        ("postgres://[redacted]@db/board", Address(None, "db", None, "board")),
        ("board:[redacted]@tcp(mysql:3306)/shop?x=1", Address("board", "mysql", "3306", "shop", "x=1")),
        ("host=db user=board password=[redacted] dbname=x", Address("board", "db", None, "x")),
        ("jdbc:postgresql://db:5432/shop?user=me", Address("me", "db", "5432", "shop", "user=me")),
        ("redis://:[redacted]@redis:6379/0", Address(None, "redis", "6379", "0")),
        ("mongodb+srv://u:[redacted]@c.example/app", Address("u", "c.example", None, "app")),
        ("Server=db;User Id=sa;Password=[redacted];Database=x", Address("sa", "db", None, "x")),
        ("[redacted]", None),
        ("hello world", None),
        ("", None),
    ],
)
def test_what_a_url_says(value: str, address: Address | None) -> None:
    assert address_of(value) == address


def test_a_hostile_value_is_read_in_no_time() -> None:
    assert address_of("postgres://" + "a:" * 50_000) != Address("a")
    assert address_of("a=" * 50_000) is None
    assert role_of("A_" * 200 + "USER") is Role.USER


# -- which one it is


def login(
    env: dict[str, str], *, said: str = "", engine: str = "postgres", secret: tuple[str, ...] = ()
) -> object:
    spec = ContainerSpec(
        "app",
        "i",
        "main",
        env=tuple(EnvVar(name, value) for name, value in env.items()),
        env_from=(EnvSource("Secret", "s"),) if secret else (),
    )
    settings = Settings("shop", {}, {"s": ObjectNote("Secret", "shop", "s", None, None, keys=secret)})
    return login_of(effective(spec, settings), engine, user=said)


@pytest.mark.parametrize(
    ("env", "secret", "said", "user", "password"),
    [
        pytest.param({"DB_USER": "a", "PGUSER": "b"}, (), "b", "PGUSER", None, id="what the log names"),
        pytest.param({"DB_NAME": "b", "LOGIN": "b"}, (), "b", "LOGIN", None, id="not the name of a database"),
        pytest.param(
            {"A_DB_USER": "a", "B_DB_USER": "b"},
            ("A_DB_PASSWORD", "B_DB_PASSWORD"),
            "b",
            "B_DB_USER",
            "B_DB_PASSWORD",
            id="the password that goes with it",
        ),
        pytest.param(
            {"DB_HOST": "h"}, ("DB_PASSWORD", "DB_USER"), "b", "DB_USER", "DB_PASSWORD", id="unseen"
        ),
        pytest.param(
            {"DATABASE_URL": "postgres://b:[redacted]@h/x"},
            (),
            "b",
            "DATABASE_URL",
            "DATABASE_URL",
            id="a URL",
        ),
        pytest.param(
            {"DATABASE_URL": "postgres://b:$(DB_PASSWORD)@h/x"},
            ("DB_PASSWORD",),
            "b",
            "DATABASE_URL",
            "DB_PASSWORD",
            id="a URL made of another variable",
        ),
        pytest.param(
            {"DATABASE_URL": "postgres://$(DB_USER):$(WORD)@h/x"},
            ("DB_USER", "WORD"),
            "",
            "DB_USER",
            "WORD",
            id="a URL made of what nobody would guess",
        ),
        pytest.param(
            {"FLYWAY_USER": "b"},
            ("FLYWAY_PASSWORD", "SMTP_PASSWORD"),
            "b",
            "FLYWAY_USER",
            "FLYWAY_PASSWORD",
            id="a tool",
        ),
        pytest.param({}, ("DATABASE_URL",), "b", "DATABASE_URL", "DATABASE_URL", id="a URL that is not seen"),
        pytest.param({"REDIS_USER": "x"}, ("REDIS_PASSWORD",), "", None, None, id="another engine"),
        pytest.param({}, (), "b", None, None, id="nothing"),
    ],
)
def test_the_login(
    env: dict[str, str], secret: tuple[str, ...], said: str, user: str | None, password: str | None
) -> None:
    found = login(env, said=said, secret=secret)

    names = [
        None if one is None else one.variable.name
        for one in (found.user, found.password)  # type: ignore[attr-defined]
    ]
    assert names == [user, password]


def test_the_source_that_lost_last_and_differs_is_told() -> None:
    held = {"a": "one", "b": "two", "c": "one", "d": "two"}
    spec = ContainerSpec("app", "i", "main", env_from=tuple(EnvSource("ConfigMap", name) for name in held))
    maps = {name: ConfigMapState("shop", name, {"DB_USER": value}) for name, value in held.items()}
    found = login_of(effective(spec, Settings("shop", maps)), "postgres", user="two")

    override = override_of(found.user, "two")
    assert override is not None
    assert (override.setting.origin.name, override.loser.name, override.lost) == ("d", "c", "one")
