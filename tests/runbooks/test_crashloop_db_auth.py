"""crashloop_db_auth: the tables, what it says of neighbours, when it is chosen, and the words of all of it."""

from dataclasses import replace

import pytest

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed, ordered
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.database.situation import Evidence
from bot.diagnosis.evidence import EnvVar, Marks, PodList
from bot.diagnosis.siblings import Siblings
from bot.model import Verdict
from runbooks.crashloop_db_auth import RUNBOOK, applies, decide
from tests.runbooks.db_beside_cases import BESIDE
from tests.runbooks.db_cases import (
    ARGO,
    CONFIRMED,
    HBA,
    HELM,
    LIKELY,
    MAPS,
    NO_LOG,
    ONE_MAP,
    PASSWORD,
    REFUSED,
    RULED_OUT,
    SHARED,
    SIX,
    Case,
    found,
    given,
    note,
    refused,
    settings,
    sibling,
)
from tests.runbooks.db_kinds_cases import KINDS
from tests.runbooks.db_login_cases import BY_ENV, LOGINS, SEED
from tests.runbooks.db_recovered_cases import RECOVERED_CASES
from tests.runbooks.db_server_cases import SERVERS
from tests.runbooks.db_speaker_cases import SPEAKERS
from tests.runbooks.db_unresolved_cases import UNRESOLVED
from tests.runbooks.table import verdicts
from tests.snapshots import TARGET, ago, looping, pod, running, spec, tail, template, workload

CASES = [*LOGINS, *SERVERS, *RECOVERED_CASES, *UNRESOLVED, *KINDS, *BESIDE, *SPEAKERS]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_found_by(case: Case) -> None:
    case.check()


def test_every_cause_is_told_from_what_looks_like_it() -> None:
    told = verdicts(CASES)

    assert set(told) == {cause.id for cause in RUNBOOK.causes}
    assert all(set(Verdict) == found for found in told.values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answers_for_every_cause_exactly_once(case: Case) -> None:
    _findings, defects = completed(RUNBOOK, decide(case.of))

    assert defects == ()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_at_most_one_cause_is_proven_but_for_a_user_that_was_never_made(case: Case) -> None:
    proven = [one.cause for one in decide(case.of) if one.verdict is CONFIRMED]

    assert len(proven) <= 1 or proven == ["db-user-overridden", "db-user-missing"]


async def test_keeps_the_contract() -> None:
    assert await check_catalog([RUNBOOK]) == []


# -- neighbours, and what incidents have in common


def test_services_with_one_wrong_user_have_one_trouble() -> None:
    troubles = {
        found(
            refused(
                PASSWORD.replace("board_db", user),
                workload=replace(given(), target=replace(TARGET, name=name)),
                settings=settings({**MAPS, "board-config": {"DB_USER": user}}),
            ),
            "db-user-overridden",
        ).trouble
        for name, user in (("board-service", "board_db"), ("chat-service", "chat_db"))
    }

    assert len(troubles) == 1
    assert troubles != {""}


def test_another_namespace_has_another_trouble() -> None:
    here, there = (
        refused(PASSWORD),
        refused(PASSWORD, pods=PodList((replace(pod(looping(1)), namespace="else"),))),
    )

    assert found(here, "db-user-overridden").trouble != found(there, "db-user-overridden").trouble


def test_what_was_not_looked_into_is_said() -> None:
    others = Siblings((sibling("chat", PASSWORD), sibling("noti", REFUSED)), left_out=7, gap=NO_LOG)
    finding = found(refused(PASSWORD, siblings=others), "db-user-overridden")
    detail = Words("en").finding(finding, TARGET).detail

    assert [row["workload"] for row in finding.facts["others"]] == ["deployment/chat"]  # type: ignore[union-attr, index]
    assert "7 more workloads that are not well were not looked into" in detail
    assert "Not every other workload could be looked at" in detail


# -- choosing, order, words


@pytest.mark.parametrize(
    ("of", "chosen"),
    [
        (workload(), False),
        (workload(ready=1), True),
        (workload(updated=1), True),
        (workload(desired=0, ready=0), False),
        (workload(template=template(spec(env=(EnvVar("DATABASE_URL", "x"),)))), True),
        (workload(template=template(spec(env=(EnvVar("LOG_LEVEL", "x"),)))), False),
        (workload(template=template(spec(env_from=(SHARED,)))), True),
    ],
)
def test_applies_to_what_is_not_well_or_may_log_in(of: object, chosen: bool) -> None:
    assert applies(of) is chosen  # type: ignore[arg-type]


def test_an_override_explains_more_than_a_missing_user() -> None:
    of = refused('FATAL: role "board_db" does not exist (SQLSTATE 28000)')

    assert [one.cause for one in ordered(decide(of)) if one.verdict is CONFIRMED] == [
        "db-user-overridden",
        "db-user-missing",
    ]


def test_a_healthy_workload_has_nothing() -> None:
    healthy = refused(by=running(), logs=(), workload=workload())

    assert {one.verdict for one in decide(healthy)} == {RULED_OUT}


def test_an_init_container_that_waits_is_heard() -> None:
    waiting = pod(running("wait", role="init", ready=False), running(ready=False))
    of = refused(pods=PodList((waiting,)), logs=(), hanging=(tail(REFUSED, container="wait"),))

    assert found(of, "db-unreachable").verdict is CONFIRMED


def _marked() -> list[Evidence]:
    by_release = replace(BY_ENV, annotations=dict(HELM.annotations))
    external = note("DB_PASSWORD", changed=ago(3000), by="external-secrets")
    return [
        *(refused(PASSWORD, settings=settings(marks=marks), siblings=SIX) for marks in (HELM, ARGO, Marks())),
        refused(PASSWORD, workload=by_release),
        refused(PASSWORD, settings=settings(ONE_MAP, secret=external)),
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everything_is_worded(language: str) -> None:
    words = Words(language)
    said = missing_words_of_runbook(words, RUNBOOK.name, (cause.id for cause in RUNBOOK.causes))
    for of in [*(case.of for case in CASES), *_marked()]:
        for finding in decide(of):
            said.extend(missing_words(words, finding, TARGET))

    assert list(dict.fromkeys(said)) == []


@pytest.mark.parametrize(
    ("of", "cause", "title"),
    [
        (
            SEED,
            "db-user-overridden",
            "DB_USER is board_db from ConfigMap board-config and overrides wealist_admin from ConfigMap shared-config: the database refuses board_db",
        ),
        (
            refused(REFUSED),
            "db-unreachable",
            "app cannot reach its database at db.shop.svc:5432: the connection is refused",
        ),
        (
            refused(HBA),
            "db-host-refused-by-policy",
            "PostgreSQL has no rule that lets board_db in from 10.1.2.3 without TLS",
        ),
        (
            refused(PASSWORD, settings=settings(ONE_MAP)),
            "db-password-wrong",
            "PostgreSQL refuses the password of board_db from Secret shared-secret",
        ),
    ],
    ids=["override", "network", "hba", "password"],
)  # fmt: skip
def test_titles(of: Evidence, cause: str, title: str) -> None:
    assert Words("en").finding(found(of, cause), TARGET).title == title


def test_likely_is_never_said_as_proven() -> None:
    words = Words("en")
    for case in CASES:
        if case.verdict is LIKELY:
            finding = found(case.of, case.cause)
            proven = replace(finding, verdict=CONFIRMED)
            assert words.finding(finding, TARGET).title != words.finding(proven, TARGET).title, str(case)
