"""What settles it, what looks like it and is not, and that all of it is worded. Run with: pytest examples/runbooks"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stale_settings import NAME, RUNBOOK, Evidence, decide

from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.evidence import (
    ContainerSpec,
    ContainerState,
    EnvSource,
    ObjectNote,
    PodList,
    PodState,
    PodTemplate,
    WorkloadState,
)
from bot.diagnosis.sources import Unavailable
from bot.model import Reason, Source, Target, Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPEC = ContainerSpec("app", "shop:1", "main", env_from=(EnvSource("ConfigMap", "prices"),))
WORKLOAD = WorkloadState(
    Target("default", "shop", "Deployment", "web"), "u", "app=web", {}, {}, NOON, PodTemplate((SPEC,))
)
APP = ContainerState("app", "shop:1", "main", "running", ready=True, restarts=0, started_at=NOON)
POD = PodState("shop", "web-1", "u1", "Running", "node-1", ready=True, created_at=NOON, containers=(APP,))
CHANGED = ObjectNote("ConfigMap", "shop", "prices", NOON - HOUR, NOON + HOUR)
REFUSED = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "configmaps", "shop")
WAITS = replace(POD, containers=(replace(APP, state="waiting", started_at=None),))

CASES = {
    "changed after the start": (Evidence(WORKLOAD, PodList((POD,)), (CHANGED,)), Verdict.CONFIRMED),
    "changed before the start": (
        Evidence(WORKLOAD, PodList((POD,)), (replace(CHANGED, changed_at=NOON - HOUR),)),
        Verdict.RULED_OUT,
    ),
    "not started again yet": (Evidence(WORKLOAD, PodList((WAITS,)), (CHANGED,)), Verdict.RULED_OUT),
    "not allowed to look": (Evidence(WORKLOAD, PodList((POD,)), (REFUSED,)), Verdict.NOT_CHECKED),
    "another one proves it": (Evidence(WORKLOAD, PodList((POD,)), (REFUSED, CHANGED)), Verdict.CONFIRMED),
}


@pytest.mark.parametrize("case", CASES)
def test_verdict(case: str) -> None:
    evidence, verdict = CASES[case]
    assert [finding.verdict for finding in decide(evidence)] == [verdict]


def test_contract() -> None:
    assert asyncio.run(check_catalog([RUNBOOK])) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_words(language: str) -> None:
    words = Words(language, own={NAME: Path(__file__).parent / "templates"})
    findings = [finding for evidence, _ in CASES.values() for finding in decide(evidence)]
    wrong = missing_words_of_runbook(words, NAME, [cause.id for cause in RUNBOOK.causes])
    assert wrong + [why for finding in findings for why in missing_words(words, finding)] == []
