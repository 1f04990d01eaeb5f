"""What is proposed for a login that holds `$(NAME)` as it stands: the order of the list, or what defines it."""

import json
import shlex
from dataclasses import replace

import pytest

from bot.delivery.words import Words
from bot.diagnosis.database.situation import Evidence
from bot.model import Layer
from tests.runbooks.db_cases import HELM, PASSWORD, env, found, refused, settings
from tests.runbooks.db_unresolved_cases import (
    BELOW,
    DBP,
    DBU,
    IN_MAP,
    LITERAL,
    MAP,
    NO_MAPS,
    ONLY_PASSWORD,
    listed,
    url,
)
from tests.snapshots import TARGET

MANAGED = replace(BELOW, annotations=dict(HELM.annotations))
OF_A_JOB = replace(BELOW, target=replace(TARGET, kind="Job"))


@pytest.mark.parametrize(
    ("of", "fixes"),
    [
        pytest.param(refused(LITERAL, workload=BELOW, settings=NO_MAPS), [("order-settings", Layer.LIVE, True)], id="nobody owns it"),
        pytest.param(refused(LITERAL, workload=MANAGED, settings=NO_MAPS), [("order-settings-at-source", Layer.HELM, True), ("order-settings", Layer.LIVE, False)], id="a release"),
        pytest.param(refused(PASSWORD, workload=listed(DBU, url()), settings=NO_MAPS), [("define-setting-at-source", Layer.LIVE, True)], id="nothing defines it"),
        pytest.param(refused(LITERAL, workload=IN_MAP, settings=settings(MAP)), [("expand-setting-at-source", Layer.LIVE, True)], id="a ConfigMap"),
        pytest.param(refused(LITERAL, workload=OF_A_JOB, settings=NO_MAPS), [("order-settings-at-source", Layer.LIVE, True), ("run-again", Layer.LIVE, True)], id="a Job"),
    ],
)  # fmt: skip
def test_where_it_is_mended(of: Evidence, fixes: list[tuple[str, Layer, bool]]) -> None:
    told = found(of, "db-setting-unresolved").fixes

    assert [(fix.key, fix.layer, fix.lasting) for fix in told] == fixes


def test_the_entry_is_moved_behind_what_it_names() -> None:
    workload = listed(env("LOG", "x"), DBU, url(), DBP)
    of = found(refused(PASSWORD, workload=workload, settings=NO_MAPS), "db-setting-unresolved")
    (command,) = Words("en").finding(of, TARGET).fixes[0].commands
    (patch,) = [word for word in shlex.split(command) if word.startswith("--patch=")]

    assert json.loads(patch.removeprefix("--patch=")) == [
        {"op": "test", "path": "/spec/template/spec/containers/0/env/2/name", "value": "DATABASE_URL"},
        {
            "op": "move",
            "from": "/spec/template/spec/containers/0/env/2",
            "path": "/spec/template/spec/containers/0/env/-",
        },
    ]


@pytest.mark.parametrize(
    ("of", "title"),
    [
        (refused(LITERAL, workload=BELOW, settings=NO_MAPS), "DATABASE_URL of app holds $(DBU), $(DBP) as it stands, because DBU, DBP are defined only below it"),
        (refused(PASSWORD, workload=ONLY_PASSWORD, settings=NO_MAPS), "DATABASE_URL of app holds $(DBP) as it stands, because DBP is defined only below it"),
        (refused(PASSWORD, workload=listed(DBU, url()), settings=NO_MAPS), "DATABASE_URL of app holds $(DBP) as it stands, because nothing defines DBP"),
        (refused(LITERAL, workload=IN_MAP, settings=settings(MAP)), "DATABASE_URL of app holds $(DBU), $(DBP) as it stands, because Kubernetes fills in nothing within a ConfigMap"),
    ],
)  # fmt: skip
def test_says_why_it_was_not_filled_in(of: Evidence, title: str) -> None:
    assert Words("en").finding(found(of, "db-setting-unresolved"), TARGET).title == title


def test_the_settings_as_they_are_are_not_used_to_verify() -> None:
    of = found(refused(LITERAL, workload=BELOW, settings=NO_MAPS), "db-setting-unresolved")

    assert not [step for step in Words("en").finding(of, TARGET).fixes[0].verify if "db-login-check" in step]
