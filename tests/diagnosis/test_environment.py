"""The effective environment: who wins, what is overridden, what cannot be known."""

from typing import Any

import pytest

from bot.clients.redaction_rules import MARK
from bot.diagnosis.environment import Environment, Given, Kind, Origin, Settings, effective
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar, ObjectNote
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.expansion import UNREADABLE
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source

MAP, SECRET = "ConfigMap", "Secret"


def gap(resource: str, reason: Reason = Reason.FORBIDDEN) -> Unavailable:
    return Unavailable(Source.KUBERNETES, reason, "get", resource, "shop")


def note(*keys: str) -> ObjectNote:
    return ObjectNote("Secret", "shop", "s", None, None, keys=keys)


def made(
    env_from: tuple[EnvSource, ...] = (),
    env: tuple[EnvVar, ...] = (),
    *,
    maps: dict[str, Any] | None = None,
    secrets: dict[str, ObjectNote | Unavailable] | None = None,
) -> Environment:
    states = {
        name: held if isinstance(held, Unavailable) else ConfigMapState("shop", name, held)
        for name, held in (maps or {}).items()
    }
    return effective(
        ContainerSpec("app", "i", "main", env=env, env_from=env_from), Settings("shop", states, secrets or {})
    )


def values(of: Environment) -> dict[str, str | None]:
    return {variable.name: variable.value for variable in of}


SHARED, OWN = EnvSource(MAP, "shared"), EnvSource(MAP, "own")
TWO = {"shared": {"USER": "admin", "HOST": "db"}, "own": {"USER": "board"}}


@pytest.mark.parametrize(
    ("env_from", "env", "value", "winner", "lost"),
    [
        pytest.param((SHARED, OWN), (), "board", "ConfigMap own USER", ["admin"], id="a later source wins"),
        pytest.param((OWN, SHARED), (), "admin", "ConfigMap shared USER", ["board"], id="the order decides"),
        pytest.param(
            (SHARED, OWN),
            (EnvVar("USER", "me"),),
            "me",
            "env",
            ["board", "admin"],
            id="env wins over all of envFrom",
        ),
        pytest.param(
            (SHARED,),
            (EnvVar("USER", "a"), EnvVar("USER", "b")),
            "b",
            "env",
            ["a", "admin"],
            id="the last of equal names wins",
        ),
        pytest.param(
            (SHARED,),
            (EnvVar("USER", "", "configmap/own/USER"),),
            "board",
            "ConfigMap own USER",
            ["admin"],
            id="a single key wins over all of another",
        ),
        pytest.param(
            (SHARED,),
            (EnvVar("USER", "", "configmap/own/LOGIN", optional=True),),
            "admin",
            "ConfigMap shared USER",
            [],
            id="an optional key that is not there overrides nothing",
        ),
        pytest.param(
            (SHARED,),
            (EnvVar("USER", "", "configmap/none/USER", optional=True),),
            "admin",
            "ConfigMap shared USER",
            [],
            id="nor does an optional ConfigMap that is not there",
        ),
        pytest.param((SHARED,), (EnvVar("USER", ""),), "", "env", ["admin"], id="an empty value overrides"),
        pytest.param(
            (SHARED,),
            (EnvVar("USER", "", "field/metadata.name"),),
            None,
            "field metadata.name",
            ["admin"],
            id="a field of the pod is not known here",
        ),
    ],
)
def test_who_wins(
    env_from: tuple[EnvSource, ...], env: tuple[EnvVar, ...], value: str | None, winner: str, lost: list[str]
) -> None:
    user = made(env_from, env, maps={**TWO, "none": gap("configmaps", Reason.NOT_FOUND)}).get("USER")

    assert user is not None
    assert (user.value, str(user.origin)) == (value, winner)
    assert [given.value for given in user.overridden] == lost
    assert user.doubts == ()


def test_a_secret_gives_names_but_no_values() -> None:
    found = made((SHARED, EnvSource(SECRET, "s")), maps=TWO, secrets={"s": note("PASSWORD", "USER")})

    assert values(found) == {"HOST": "db", "PASSWORD": None, "USER": None}
    user = found.get("USER")
    assert user is not None
    assert user.origin == Origin(Kind.SECRET, "s", "USER")
    assert user.overridden == (Given(Origin(Kind.CONFIG_MAP, "shared", "USER"), "admin"),)
    assert not user.known
    assert found.gap_of("USER") is None


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (EnvSource(MAP, "m", prefix="DB_"), ["DB_9", "DB_USER", "DB_a.b", "DB_x-y"]),
        (EnvSource(MAP, "m"), ["USER", "a.b", "x-y"]),
    ],
)
def test_prefixes_come_first_and_names_that_are_none_are_left_out(
    source: EnvSource, names: list[str]
) -> None:
    held = {"USER": "1", "9": "2", "a.b": "3", "x-y": "4"}

    assert sorted(values(made((source,), maps={"m": held}))) == names


# -- what could not be looked at


@pytest.mark.parametrize(
    ("env_from", "doubted"),
    [
        pytest.param((OWN, EnvSource(MAP, "dark")), True, id="a later source may override"),
        pytest.param((EnvSource(MAP, "dark"), OWN), False, id="an earlier one cannot"),
        pytest.param((OWN, EnvSource(MAP, "gone", optional=True)), False, id="what is not there cannot"),
        pytest.param((OWN, EnvSource(MAP, "gone")), False, id="not even where it should be"),
        pytest.param((OWN, EnvSource(SECRET, "s")), False, id="a Secret whose keys are others"),
        pytest.param((OWN, EnvSource(SECRET, "blank")), True, id="a Secret of which no key is known"),
        pytest.param((OWN, EnvSource(SECRET, "dark")), True, id="a Secret that may not be seen"),
        pytest.param((OWN, EnvSource(MAP, "unasked")), True, id="one that nobody looked at"),
    ],
)
def test_what_cannot_be_read_may_override_what_stands_before_it(
    env_from: tuple[EnvSource, ...], doubted: bool
) -> None:
    maps = {**TWO, "dark": gap("configmaps"), "gone": gap("configmaps", Reason.NOT_FOUND)}
    found = made(
        env_from, maps=maps, secrets={"s": note("PASSWORD"), "blank": note(), "dark": gap("secrets")}
    )
    user = found.get("USER")

    assert user is not None
    assert user.value == "board"
    assert (bool(user.doubts), not user.known) == (doubted, doubted)
    assert (found.gap_of("USER") is not None) is doubted


def test_env_stands_above_every_doubt_and_an_unknown_name_may_be_in_the_dark() -> None:
    found = made((EnvSource(MAP, "dark"),), (EnvVar("USER", "me"),), maps={"dark": gap("configmaps")})

    assert found.gap_of("USER") is None
    assert found.gap_of("HOST") == gap("configmaps")
    assert found.gaps == (gap("configmaps"),)


@pytest.mark.parametrize(
    ("entry", "doubts"),
    [
        pytest.param(EnvVar("X", "", "configmap/dark/x"), True, id="its value is not known"),
        pytest.param(EnvVar("X", "", "secret/dark/x"), False, id="a Secret's value is never known"),
        pytest.param(EnvVar("X", "", "secret/dark/x", optional=True), True, id="it may not be there"),
        pytest.param(EnvVar("X", "", "secret/blank/x", optional=True), True, id="nor its key"),
        pytest.param(EnvVar("X", "", "secret/blank/x"), False, id="the container runs, so the key is there"),
    ],
)
def test_a_single_key_that_cannot_be_seen(entry: EnvVar, doubts: bool) -> None:
    x = made(
        env=(entry,), maps={"dark": gap("configmaps")}, secrets={"dark": gap("secrets"), "blank": note()}
    ).get("X")

    assert x is not None
    assert (x.value, bool(x.doubts)) == (None, doubts)


def test_what_the_container_cannot_be_created_without_is_named() -> None:
    gone = gap("configmaps", Reason.NOT_FOUND)
    found = made(
        (EnvSource(MAP, "gone"), EnvSource(MAP, "spare", optional=True)),
        (EnvVar("A", "", "secret/s/absent"), EnvVar("B", "", "configmap/shared/ABSENT")),
        maps={**TWO, "gone": gone, "spare": gone},
        secrets={"s": note("PASSWORD")},
    )

    assert found.lacking == ("configmap/gone", "secret/s absent", "configmap/shared ABSENT")
    assert values(found) == {}


# -- $(NAME): https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$(HOST):5432", "db:5432"),
        ("$(BEFORE)-$(HOST)", "b-db"),
        ("$(AFTER)", "$(AFTER)"),
        ("$$(HOST)", "$(HOST)"),
        ("$$$(HOST)", "$db"),
        ("$(HOST", "$(HOST"),
        ("$HOST ${HOST} 5$", "$HOST ${HOST} 5$"),
        ("$()", "$()"),
        ("postgres://$(HOST):$(PASSWORD)@x", f"postgres://db:{UNREADABLE}@x"),
        ("$(PASSWORD)", None),
        ("$(POD_IP):80", None),
        ("http://$(DB_SERVICE_HOST)", None),
        ("$(MY_PORT_5432_TCP_ADDR)", None),
    ],
)
def test_references_are_expanded_as_kubernetes_does(text: str, value: str | None) -> None:
    env = (
        EnvVar("BEFORE", "b"),
        EnvVar("POD_IP", "", "field/status.podIP"),
        EnvVar("TEXT", text),
        EnvVar("AFTER", "a"),
    )
    found = made((SHARED, EnvSource(SECRET, "s")), env, maps=TWO, secrets={"s": note("PASSWORD")}).get("TEXT")

    assert found is not None
    assert found.value == value


def test_a_value_of_a_config_map_is_not_expanded() -> None:
    found = made((EnvSource(MAP, "m"),), maps={"m": {"A": "1", "B": "$(A)"}})

    assert values(found) == {"A": "1", "B": "$(A)"}


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("$(AFTER)", ("AFTER",)),
        ("$(NOWHERE):$(AFTER)@$(AFTER)", ("NOWHERE", "AFTER")),
        ("$(BEFORE)", ()),
        ("$$(AFTER)", ()),
        ("$(date +%s) $() ${AFTER}", ()),
        ("$(DB_SERVICE_HOST)", ()),
    ],
)
def test_what_is_referred_to_in_vain_is_told(text: str, literal: tuple[str, ...]) -> None:
    found = made(env=(EnvVar("BEFORE", "b"), EnvVar("TEXT", text), EnvVar("AFTER", "a"))).get("TEXT")

    assert found is not None
    assert found.literal == literal


def test_the_entry_that_wins_tells_what_it_refers_to_in_vain() -> None:
    maps = {"m": {"A": "$(B)", "C": "$(B)"}}
    found = made((EnvSource(MAP, "m"),), (EnvVar("A", "$(D)"), EnvVar("A", "a")), maps=maps)

    assert [(one.name, one.literal) for one in found] == [("A", ()), ("C", ("B",))]


def test_a_reference_into_the_dark_leaves_the_doubt() -> None:
    found = made(
        (SHARED, EnvSource(MAP, "dark")),
        (EnvVar("A", "$(HOST)"), EnvVar("B", "$(NOWHERE)"), EnvVar("C", "$(A)!")),
        maps={**TWO, "dark": gap("configmaps")},
    )

    assert [(found.variables[name].value, found.gap_of(name)) for name in "ABC"] == [
        ("db", gap("configmaps")),
        (None, gap("configmaps")),
        ("db!", gap("configmaps")),
    ]


def test_a_redacted_value_is_no_value() -> None:
    held = {"DB_PASSWORD": MARK, "DATABASE_URL": f"postgres://board:{MARK}@db/x"}
    found = made((EnvSource(MAP, "m"),), (EnvVar("TOKEN", MARK),), maps={"m": held})

    assert UNREADABLE == MARK
    assert values(found) == {
        "DATABASE_URL": f"postgres://board:{MARK}@db/x",
        "DB_PASSWORD": None,
        "TOKEN": None,
    }
