"""What a missing key and another error of the operator are found by, and what looks like them but is not."""

from dataclasses import replace

from bot.model import Reason
from tests.diagnosis.external_secrets.builders import (
    NO_SECRETS,
    app,
    condition,
    external,
    failing,
    gap,
    note,
    of_app,
    situation,
    store,
    synced,
)
from tests.runbooks.eso_case import CONFIRMED, LIKELY, NOT_CHECKED, RULED_OUT, Case
from tests.runbooks.eso_store_cases import AWS, INVALID, MISSING, TIMEOUT

KEY_MISSING = "secret-key-missing"
TWO_KEYS = external(keys=(*external().keys, replace(external().keys[0], key="DB_USER", property="user")))
KEYS = [
    Case(
        "the provider has no such secret",
        KEY_MISSING,
        CONFIRMED,
        situation(secrets=(failing(MISSING),)),
        {"how": "provider", "remote": "prod/board", "keys": ("DB_PASSWORD",), "property": "password"},
    ),
    Case(
        "Ready, and yet a key is not there",
        KEY_MISSING,
        CONFIRMED,
        situation(secrets=(synced("DB_PASSWORD", of=TWO_KEYS),)),
        {"how": "keys", "keys": ("DB_USER",), "secret": "board-db-secret"},
    ),
    Case(
        "Ready, and the Secret is not there",
        KEY_MISSING,
        CONFIRMED,
        situation(secrets=(synced(note=gap("secrets", Reason.NOT_FOUND, group="")),)),
        {"how": "no-secret"},
    ),
    Case(
        "it makes no Secret on purpose",
        KEY_MISSING,
        RULED_OUT,
        situation(
            secrets=(
                synced(
                    note=gap("secrets", Reason.NOT_FOUND, group=""),
                    of=external("board-db", policy="None"),
                ),
            )
        ),
    ),
    Case(
        "it merges into a Secret that is not there",
        KEY_MISSING,
        CONFIRMED,
        situation(
            secrets=(
                synced(
                    note=gap("secrets", Reason.NOT_FOUND, group=""),
                    of=external("board-db", policy="Merge"),
                ),
            )
        ),
        {"how": "no-target"},
    ),
    Case(
        "Ready, because the Secret was deleted with its source",
        KEY_MISSING,
        CONFIRMED,
        situation(secrets=(synced(of=external("board-db", condition(reason="SecretDeleted"))),)),
        {"how": "deleted"},
    ),
    Case(
        "Ready, because there is nothing to merge into",
        KEY_MISSING,
        CONFIRMED,
        situation(secrets=(synced(of=external("board-db", condition(reason="SecretMissing"))),)),
        {"how": "no-target"},
    ),
    Case(
        "some of the listed keys are not there beside those of dataFrom",
        KEY_MISSING,
        LIKELY,
        situation(secrets=(synced("DB_PASSWORD", "MORE", of=replace(TWO_KEYS, open_ended=True)),)),
        {"keys": ("DB_USER",)},
    ),
    Case("all keys are there", KEY_MISSING, RULED_OUT, situation(), {"ready": 1}),
    Case(
        "there are more keys than are listed",
        KEY_MISSING,
        RULED_OUT,
        situation(secrets=(synced("DB_PASSWORD", "MORE", of=external(open_ended=True)),)),
    ),
    Case(
        "nothing is listed",
        KEY_MISSING,
        RULED_OUT,
        situation(secrets=(synced(of=external(keys=()), note=None),)),
    ),
    Case("a refusal", KEY_MISSING, RULED_OUT, situation(secrets=(failing(AWS),))),
    Case(
        "an Application in which nothing of the operator is out of order",
        KEY_MISSING,
        RULED_OUT,
        of_app(app()),
        {"why": "not-concerned"},
    ),
    Case("nothing tells the keys", KEY_MISSING, NOT_CHECKED, situation(secrets=(synced(note=note()),))),
    Case(
        "a template gives the keys other names",
        KEY_MISSING,
        NOT_CHECKED,
        situation(secrets=(synced("url", of=external(open_ended=True)),)),
    ),
    Case(
        "Secrets may not be read",
        KEY_MISSING,
        NOT_CHECKED,
        situation(secrets=(synced(note=gap("secrets", group="")),)),
    ),
    Case("events are gone", KEY_MISSING, NOT_CHECKED, situation(secrets=(failing(""),))),
]

OTHER = "secret-sync-error"
OTHERS = [
    Case(
        "the network",
        OTHER,
        CONFIRMED,
        situation(secrets=(failing(TIMEOUT),)),
        {"object": "ExternalSecret shop/board-db", "text": TIMEOUT, "known": True},
    ),
    Case(
        "its store is not ready any more, though the store says otherwise",
        OTHER,
        CONFIRMED,
        situation(secrets=(failing('ClusterSecretStore "aws" is not ready'),)),
    ),
    Case(
        "nothing tells why",
        OTHER,
        LIKELY,
        situation(secrets=(failing(""),)),
        {"known": False, "looked_at": True},
    ),
    Case(
        "the operator has not come to it",
        OTHER,
        LIKELY,
        situation(secrets=(replace(failing(""), state=replace(external(), conditions=())),)),
        {"looked_at": False},
    ),
    Case("all are ready", OTHER, RULED_OUT, situation(), {"ready": 1}),
    Case("a refusal is told as such", OTHER, RULED_OUT, situation(secrets=(failing(AWS),)), {"ready": 0}),
    Case(
        "it only waits for its store",
        OTHER,
        RULED_OUT,
        situation(secrets=(failing(""),), stores=(store(INVALID),)),
    ),
    Case("an Application without any", OTHER, RULED_OUT, of_app(app()), {"why": "not-concerned"}),
    Case("may not be read", OTHER, NOT_CHECKED, situation(secrets=(), gaps=(NO_SECRETS,))),
]
