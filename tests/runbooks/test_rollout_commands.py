"""No command is aimed at a Rollout of Argo that kubectl itself would refuse there."""

import re
from dataclasses import replace

import pytest

from bot.delivery.words import Words
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.scene import Scene
from bot.model import Finding, Target
from runbooks.triage import decide
from tests.runbooks.around_cases import CASES as AROUND
from tests.runbooks.container_cases import CASES as CONTAINERS
from tests.runbooks.progress_cases import CASES as PROGRESS
from tests.runbooks.start_cases import CASES as STARTS

ROLLOUT = Target("default", "shop", "Rollout", "web")
# https://argo-rollouts.readthedocs.io/en/stable/features/kubectl-plugin/: all else is the plugin's.
_KNOWN = re.compile(r"^kubectl (?:get|edit|patch|describe|delete|annotate|argo) ")
_AIMED = re.compile(r"\brollouts?(?:\.argoproj\.io)?/")
_CASES = [
    (one.name, replace(one.of, workload=replace(one.of.workload, target=ROLLOUT)))
    for one in (*CONTAINERS, *STARTS, *AROUND, *PROGRESS)
    if isinstance(one.of.workload, WorkloadState)
]
_WORDS = Words("en")


def commands(finding: Finding) -> list[str]:
    worded = _WORDS.finding(finding, ROLLOUT)
    steps = (step for fix in worded.fixes for step in (*fix.commands, *fix.verify))
    return [*map(str, steps), *(seen.reproduce for seen in worded.evidence)]


@pytest.mark.parametrize("of", [of for _, of in _CASES], ids=[name for name, _ in _CASES])
def test_kubectl_knows_it(of: Scene) -> None:
    told = [command for finding in decide(of) for command in commands(finding)]

    assert [one for one in told if _AIMED.search(one) and not _KNOWN.match(one)] == []
