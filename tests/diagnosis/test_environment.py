"""Which source of a variable wins, and what is said where a source could not be seen into."""

import pytest

from bot.diagnosis.environment import Environment, Settings, effective, sources_of
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, ObjectNote
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source


def config(name: str, **values: str) -> ConfigMapState:
    return ConfigMapState("shop", name, values)


def secret(name: str, *keys: str) -> ObjectNote:
    return ObjectNote("Secret", "shop", name, None, None, keys=keys)


def refused(resource: str, reason: Reason = Reason.FORBIDDEN) -> Unavailable:
    return Unavailable(Source.KUBERNETES, reason, "get", resource, "shop")


SETTINGS = Settings(
    {
        ("ConfigMap", "shared"): config(
            "shared", DB_USER="admin", DB_HOST="db", **{"bad key": "x", "1ST": "y"}
        ),
        ("ConfigMap", "own"): config("own", DB_USER="board_db", DB_PASSWORD="[redacted]"),
        ("Secret", "db"): secret("db", "DB_PASSWORD", "DB_USER"),
        ("Secret", "stripped"): secret("stripped"),
        ("ConfigMap", "closed"): refused("configmaps"),
        ("ConfigMap", "gone"): refused("configmaps", Reason.NOT_FOUND),
        ("Secret", "locked"): refused("secrets"),
    }
)


def environment(*env: EnvVar, env_from: tuple[EnvSource, ...] = ()) -> Environment:
    return effective(ContainerSpec("app", "image", "main", env=env, env_from=env_from), SETTINGS)


def maps(*names: str) -> tuple[EnvSource, ...]:
    return tuple(EnvSource("ConfigMap", name) for name in names)


def told(found: Environment, name: str) -> tuple[str | None, str, tuple[str | None, ...], bool] | None:
    variable = found.get(name)
    if variable is None:
        return None
    overridden = tuple(origin.value for origin in variable.overridden)
    return variable.value, str(variable.winner), overridden, variable.certain


@pytest.mark.parametrize(
    ("env", "env_from", "wanted"),
    [
        ((), maps("shared"), ("admin", "ConfigMap/shared", (), True)),
        ((), maps("shared", "own"), ("board_db", "ConfigMap/own", ("admin",), True)),
        ((), maps("own", "shared"), ("admin", "ConfigMap/shared", ("board_db",), True)),
        (
            (EnvVar("DB_USER", "me"),),
            maps("shared", "own"),
            ("me", "the pod template", ("admin", "board_db"), True),
        ),
        (
            (EnvVar("DB_USER", "one"), EnvVar("DB_USER", "two")),
            (),
            ("two", "the pod template", ("one",), True),
        ),
        (
            (EnvVar("DB_USER", "", "configmap/own/DB_USER"),),
            maps("shared"),
            ("board_db", "ConfigMap/own", ("admin",), True),
        ),
        ((), (*maps("shared"), EnvSource("Secret", "db")), (None, "Secret/db", ("admin",), True)),
        # What cannot be seen into may override what came before it, and nothing that comes after.
        ((), maps("shared", "closed"), ("admin", "ConfigMap/shared", (), False)),
        ((), maps("closed", "shared"), ("admin", "ConfigMap/shared", (), True)),
        ((), (*maps("shared"), EnvSource("Secret", "stripped")), ("admin", "ConfigMap/shared", (), False)),
        ((EnvVar("DB_USER", "me"),), maps("shared", "closed"), ("me", "the pod template", ("admin",), True)),
        # An optional source that is not there sets nothing.
        ((), (*maps("shared"), EnvSource("ConfigMap", "gone", optional=True)), ("admin", "ConfigMap/shared", (), True)),
        ((EnvVar("DB_USER", "", "configmap/own/OTHER", optional=True),), maps("shared"), ("admin", "ConfigMap/shared", (), True)),
        ((EnvVar("DB_USER", "", "secret/db/OTHER", optional=True),), (), None),
        ((EnvVar("DB_USER", "", "secret/locked/USER"),), (), (None, "Secret/locked", (), True)),
        ((EnvVar("DB_USER", "", "field/metadata.name"),), (), (None, "the pod template", (), True)),
    ],
)  # fmt: skip
def test_the_source_that_wins(
    env: tuple[EnvVar, ...],
    env_from: tuple[EnvSource, ...],
    wanted: tuple[str | None, str, tuple[str | None, ...], bool] | None,
) -> None:
    assert told(environment(*env, env_from=env_from), "DB_USER") == wanted


def test_a_prefix_stands_before_every_name() -> None:
    found = environment(env_from=(EnvSource("ConfigMap", "shared", prefix="APP_"),))

    assert found.get("APP_DB_HOST") is not None
    assert found.get("DB_HOST") is None


def test_what_cannot_be_the_name_of_a_variable_is_left_out() -> None:
    assert sorted(environment(env_from=maps("shared")).variables) == ["DB_HOST", "DB_USER"]
    assert environment(env_from=(EnvSource("ConfigMap", "shared", prefix="_"),)).get("_1ST") is not None


def test_a_redacted_value_is_not_known() -> None:
    assert told(environment(env_from=maps("own")), "DB_PASSWORD") == (None, "ConfigMap/own", (), True)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("$(DB_HOST):5432", "db:5432"),
        ("$(FIRST)-$(FIRST)", "1-1"),
        ("$$(DB_HOST)", "$(DB_HOST)"),
        ("$$$(DB_HOST)", "$db"),
        ("$(LATER)", "$(LATER)"),
        ("$(NOBODY) $DB_HOST ${DB_HOST} $(", "$(NOBODY) $DB_HOST ${DB_HOST} $("),
        ("postgres://u:$(DB_PASSWORD)@db", None),
    ],
)
def test_references_are_put_in_as_the_kubelet_does(value: str, wanted: str | None) -> None:
    found = environment(
        EnvVar("FIRST", "1"), EnvVar("URL", value), EnvVar("LATER", "x"), env_from=maps("shared", "own")
    )

    variable = found.get("URL")
    assert variable is not None
    assert variable.value == wanted


def test_gaps_are_told_once() -> None:
    found = environment(
        EnvVar("A", "", "secret/locked/a"), EnvVar("B", "", "secret/locked/b"), env_from=maps("closed")
    )

    assert found.gaps == (refused("configmaps"), refused("secrets"))


def test_every_source_is_named_once() -> None:
    spec = ContainerSpec(
        "app",
        "image",
        "main",
        env=(
            EnvVar("A", "", "secret/db/a"),
            EnvVar("B", "", "configmap/own/b"),
            EnvVar("C", "", "field/x"),
            EnvVar("D", "d"),
        ),
        env_from=(*maps("own"), EnvSource("Secret", "db")),
    )

    assert sources_of((spec, spec)) == (("ConfigMap", "own"), ("Secret", "db"))
