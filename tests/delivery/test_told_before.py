"""Several targets of one incident with one trouble: it is told once, and the others point to it."""

import json
from dataclasses import replace

import pytest

from bot.delivery.relatives import told_before
from bot.model import Diagnosis, Target, Verdict
from tests.delivery.builders import DIAGNOSIS, OOM, RULED_OUT, TARGET, UNREADABLE, an_incident, diagnosed
from tests.delivery.conftest import words_in
from tests.fakes.checked_layouts import CheckedLayouts

OTHER = Target("default", "shop", "Deployment", "user-service")
SHARED = replace(OOM, root="configmap/shared DB_USER")
OWN = replace(OOM, cause="node-pressure", root="")


def of(target: Target, *findings: object) -> Diagnosis:
    return replace(DIAGNOSIS, target=target, findings=findings)  # type: ignore[arg-type]  # findings, for short


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (of(OTHER, SHARED, UNREADABLE, RULED_OUT), TARGET),
        (of(OTHER, replace(SHARED, root="configmap/other DB_USER")), None),
        (of(OTHER, SHARED, OWN), None),
        (of(OTHER, OWN), None),
        (of(OTHER, replace(SHARED, verdict=Verdict.RULED_OUT)), None),
        (of(OTHER), None),
    ],
)
def test_told_before(second: Diagnosis, told: Target | None) -> None:
    assert told_before([of(TARGET, SHARED), second]) == (None, told)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_thread_tells_it_once(language: str) -> None:
    words = words_in(language)
    incident = diagnosed(an_incident(), of(TARGET, SHARED), of(OTHER, SHARED))
    said = json.dumps(
        [block for part in CheckedLayouts(words).parts(incident)[1:] for block in part.message.blocks],
        ensure_ascii=False,
    )
    title = words.finding(SHARED, TARGET).title

    assert said.count(json.dumps(title, ensure_ascii=False)[1:-1]) == 1
    assert f"{words.label('same_as')} shop/Deployment/board-service" in said
