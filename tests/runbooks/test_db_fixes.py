"""What crashloop_db_auth proposes, where it lasts, and how it is verified: every command can be pasted as it is."""

import json
import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.delivery.wording_check import missing_words
from bot.delivery.words import Words
from bot.diagnosis.database.situation import Evidence
from bot.diagnosis.evidence import EnvVar
from bot.model import Layer
from runbooks.crashloop_db_auth import decide
from tests.runbooks.db_beside_cases import BESIDE, BY_MAP, NOT_YET, with_beside
from tests.runbooks.db_cases import (
    ARGO,
    HBA,
    HELM,
    MONGO,
    NEW,
    ONE_MAP,
    OWN,
    PASSWORD,
    SHARED,
    Case,
    found,
    given,
    note,
    refused,
    settings,
)
from tests.runbooks.db_kinds_cases import KINDS
from tests.runbooks.db_login_cases import BY_ENV, LOGINS, MONGO_URI, SEED
from tests.runbooks.db_recovered_cases import AGAIN, RECOVERED_CASES, present
from tests.runbooks.db_server_cases import SERVERS
from tests.runbooks.db_speaker_cases import SPEAKERS
from tests.runbooks.db_unresolved_cases import UNRESOLVED
from tests.snapshots import TARGET, ago, revision, spec


def test_a_chart_generates_it_only_where_nobody_has_set_it() -> None:
    of = refused(PASSWORD, settings=settings(marks=HELM))
    words = Words("en").finding(found(of, "db-user-overridden"), TARGET)

    lasting, live = words.fixes
    assert (lasting.layer, lasting.lasting, live.layer, live.lasting) == ("helm", True, "live", False)
    assert '{{- $own := .Values.config.DB_USER | default "" }}' in lasting.patch
    assert '{{- if and (eq $shared "") (eq $own "") }}\nDB_USER: {{ $generated | quote }}' in lasting.patch
    assert live.commands == (
        """kubectl patch configmap/board-config --namespace=shop --type=json --patch='[{"op":"remove","path":"/data/DB_USER"}]'""",
        "kubectl rollout restart deployment/web --namespace=shop",
    )
    assert "board puts it back" in live.risk


@pytest.mark.parametrize(
    ("of", "fixes"),
    [
        pytest.param(
            refused(PASSWORD, settings=settings(marks=ARGO)),
            [("drop-override-at-source", Layer.GITOPS, True), ("drop-override", Layer.LIVE, False)],
            id="Git",
        ),
        pytest.param(refused(PASSWORD), [("drop-override", Layer.LIVE, True)], id="nobody"),
        pytest.param(
            refused(PASSWORD, workload=replace(BY_ENV, annotations=dict(HELM.annotations))),
            [("drop-override-at-source", Layer.HELM, True), ("drop-override", Layer.LIVE, False)],
            id="the template of a release",
        ),
    ],
)
def test_where_an_override_is_taken_away(of: Evidence, fixes: list[tuple[str, Layer, bool]]) -> None:
    assert [(fix.key, fix.layer, fix.lasting) for fix in found(of, "db-user-overridden").fixes] == fixes


def test_an_entry_of_the_template_is_taken_out_by_name() -> None:
    words = Words("en").finding(found(refused(PASSWORD, workload=BY_ENV), "db-user-overridden"), TARGET)

    assert words.fixes[0].commands[0] == (
        "kubectl set env deployment/web --namespace=shop --containers=app DB_USER-"
    )


def test_an_external_secret_is_corrected_in_its_store() -> None:
    secret = note("DB_PASSWORD", changed=ago(3000), by="external-secrets")
    words = Words("en").finding(
        found(refused(PASSWORD, settings=settings(ONE_MAP, secret=secret)), "db-password-wrong"), TARGET
    )

    assert [(fix.layer, fix.lasting) for fix in words.fixes] == [("operator", True), ("live", False)]
    assert "externalsecrets.external-secrets.io/shared-secret" in words.fixes[0].commands[0]
    assert "--from-file=DB_PASSWORD=/dev/stdin" in words.fixes[1].commands[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_another_pod_is_not_asked_for_the_pod_s_own_address(host: str) -> None:
    of = found(refused(f"dial tcp {host}:5432: connect: connection refused"), "db-unreachable")

    assert of.facts["host"] == host
    assert [fix.key for fix in of.fixes] == ["correct-host"]


def test_the_proxy_in_the_pod_is_read_first() -> None:
    words = Words("en").finding(found(with_beside(NOT_YET), "db-unreachable"), TARGET)

    assert words.fixes[0].commands == (
        "kubectl logs --namespace=shop pod/web-7d9-a --container=sql --previous --tail=50",
    )
    assert "sql is to answer there and is not ready (CrashLoopBackOff, 9 restarts)" in words.detail


def test_a_host_that_is_the_pod_itself_is_corrected_where_it_is_given() -> None:
    of = found(with_beside(settings=settings(BY_MAP, marks=ARGO)), "db-unreachable")
    words = Words("en").finding(of, TARGET)

    assert of.fixes[0].layer is Layer.GITOPS
    assert words.fixes[0].patch == (
        "# ConfigMap shared-config in shop\nDB_HOST: DATABASE_SERVICE.NAMESPACE.svc"
    )
    assert not [step for step in words.fixes[0].verify if "SELECT 1" in step]


@pytest.mark.parametrize(
    ("by", "owner", "said"),
    [
        ("external-secrets", "ExternalSecret/board-db-es", "externalsecrets.external-secrets.io/board-db-es"),
        ("externalsecrets.external-secrets.io/merged", "", "externalsecrets.external-secrets.io/merged"),
        ("controller", "SealedSecret/shared-secret", "SealedSecret/shared-secret"),
        ("manager", "Cluster/pg", "Cluster/pg"),
    ],
)
def test_a_secret_that_something_makes_is_corrected_there(by: str, owner: str, said: str) -> None:
    secret = replace(note("DB_PASSWORD", changed=ago(3000), by=by), owner=owner)
    words = Words("en").finding(
        found(refused(PASSWORD, settings=settings(ONE_MAP, secret=secret)), "db-password-wrong"), TARGET
    )

    assert [(fix.layer, fix.lasting) for fix in words.fixes] == [("operator", True), ("live", False)]
    assert said in f"{words.fixes[0].title} {words.fixes[0].commands[0]}"


def test_no_tls_is_mended_before_a_rule_is_added() -> None:
    assert [fix.key for fix in found(refused(HBA), "db-host-refused-by-policy").fixes] == [
        "use-tls",
        "allow-host",
    ]


def test_it_is_verified_with_the_settings_of_the_container() -> None:
    words = Words("en").finding(found(SEED, "db-user-overridden"), TARGET)
    (command,) = [step for step in words.fixes[0].verify if "SELECT 1" in step]

    assert 'PGPASSWORD=\\"$DB_PASSWORD\\" psql -h \\"$DB_HOST\\" -U \\"$DB_USER\\"' in command
    assert '"secretRef":{"name":"shared-secret"}' in command


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_the_driver_of_a_url_is_not_told_to_psql(scheme: str, tmp_path: Path) -> None:
    """The script runs as in the pod, with a psql that says where it would go."""
    maps = {"shared-config": {"DATABASE_URL": f"{scheme}://board_db:[redacted]@db:5432/x"}}
    psql = tmp_path / "psql"
    psql.write_text('#!/bin/sh\nprintf %s "$1"\n')
    psql.chmod(0o755)
    ran = subprocess.run(
        ["sh", "-c", shown_script(refused(PASSWORD, settings=settings(maps)))],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "DATABASE_URL": f"{scheme}://app:pw+1@db:5432/x?a=b",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == f"{scheme.partition('+')[0]}://app:pw+1@db:5432/x?a=b"


def shown_script(of: Evidence) -> str:
    """What the pod that verifies runs."""
    (finding,) = [one for one in decide(of) if one.found]
    made = json.loads(str(finding.fixes[0].facts["probe_spec"]))
    return str(made["spec"]["containers"][0]["command"][2])


def test_what_is_taken_out_is_not_used_to_verify() -> None:
    words = Words("en").finding(found(refused(PASSWORD, workload=BY_ENV), "db-user-overridden"), TARGET)
    (command,) = [step for step in words.fixes[0].verify if "SELECT 1" in step]

    assert "board_db" not in command
    assert '{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef"' in command


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("Deployment", ["drop-override"]),
        ("Pod", ["drop-override-at-source"]),
        ("Job", ["drop-override-at-source", "run-again"]),
    ],
)
def test_a_template_that_cannot_be_changed_is_changed_at_its_source(kind: str, keys: list[str]) -> None:
    of = refused(PASSWORD, workload=replace(BY_ENV, target=replace(TARGET, kind=kind)))

    assert [fix.key for fix in found(of, "db-user-overridden").fixes] == keys


def test_a_pod_of_its_own_is_made_again() -> None:
    bare = replace(given(), target=replace(TARGET, kind="Pod"))
    words = Words("en").finding(
        found(refused(PASSWORD, workload=bare, settings=settings(ONE_MAP, secret=NEW)), "db-password-stale"),
        TARGET,
    )

    assert words.fixes[0].commands == (
        "kubectl get pod/web-7d9-a --namespace=shop --output=yaml | kubectl replace --force --filename=-",
    )


def test_a_revision_that_brought_another_user_can_be_taken_back() -> None:
    before = replace(
        BY_ENV.template,
        containers=(spec(env=(EnvVar("DB_USER", "wealist_admin"), *BY_ENV.template.containers[0].env[1:])),),
    )
    revisions = (
        replace(revision(7, BY_ENV.template, minutes=6), name="web-7d9"),
        revision(6, before, minutes=9000),
    )
    of = refused(PASSWORD, workload=BY_ENV, revisions=revisions, settings=settings({"shared-config": {}}))
    finding = found(of, "db-password-wrong")

    assert [fix.key for fix in finding.fixes] == ["roll-back", "correct-password"]
    assert "The newest revision changed the user from wealist_admin to board_db." in (
        Words("en").finding(finding, TARGET).detail
    )
    for language in ("en", "ko"):
        assert missing_words(Words(language), finding, TARGET) == []
    same = replace(
        of, scene=replace(of.scene, revisions=(revisions[0], replace(revisions[1], template=BY_ENV.template)))
    )
    assert [fix.key for fix in found(same, "db-password-wrong").fixes] == ["correct-password"]


def test_mongodb_is_told_where_the_user_is_kept_first() -> None:
    of = refused(MONGO, settings=settings(MONGO_URI))

    assert [fix.key for fix in found(of, "db-password-wrong").fixes] == ["set-auth-source", "give-password"]


@pytest.mark.parametrize("lines", [("starting",), ("connected to database",)])
def test_nothing_is_overwritten_where_it_may_work(lines: tuple[str, ...]) -> None:
    of = refused(PASSWORD, by=AGAIN, settings=settings(ONE_MAP), present=present(*lines))

    assert {fix.key for finding in decide(of) for fix in finding.fixes} <= {"watch"}


def test_a_password_in_the_template_is_never_taken_over() -> None:
    bare = given(EnvVar("DB_PASSWORD", "[redacted]"), env_from=(SHARED, OWN))
    words = Words("en").finding(found(refused(PASSWORD, workload=bare), "db-user-overridden"), TARGET)

    assert not [step for step in words.fixes[0].verify if "SELECT 1" in step or "redacted" in step]


@pytest.mark.parametrize(
    "case", [*LOGINS, *SERVERS, *RECOVERED_CASES, *UNRESOLVED, *KINDS, *BESIDE, *SPEAKERS], ids=str
)
def test_what_is_to_be_pasted_is_a_command_without_a_secret(case: object) -> None:
    for finding in decide(case.of):  # type: ignore[attr-defined]
        if not finding.found:
            continue
        words = Words("en").finding(finding, TARGET)
        assert words.fixes
        for fix in words.fixes:
            assert fix.commands or fix.patch
            for command in (*fix.commands, *fix.verify):
                assert shlex.split(command, comments=True)
                assert "redacted" not in command


@pytest.mark.parametrize("case", [case for case in SPEAKERS if case.facts.get("doubt")], ids=str)
def test_nothing_is_changed_where_somebody_else_may_be_meant(case: Case) -> None:
    fixes = found(case.of, case.cause).fixes

    assert {fix.key for fix in fixes} <= {"look-whose", "check-way"}
    assert all(not fix.lasting for fix in fixes)
