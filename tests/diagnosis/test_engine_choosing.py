"""Which runbooks an engine runs, by alerts, by hand and by name."""

from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.choosing import ExtraMatch
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import WorkloadOf
from bot.diagnosis.reads import NODE_READ
from bot.diagnosis.runbook import never
from bot.diagnosis.sources import Look, Read, Unavailable
from bot.matchers import parse_matchers
from bot.model import Alert, AlertStatus, Cause, Finding, Reason, Source, Verdict
from tests.diagnosis.engines import NODE, engine, fake, fallback, runbook
from tests.snapshots import TARGET, ago, workload


def alert(name: str, minutes: float = 5, **labels: str) -> Alert:
    return Alert(AlertStatus.FIRING, {"alertname": name, **labels}, {}, ago(minutes), None, "", name)


def applies_to_web(state: WorkloadState) -> bool:
    return state.target.name == "web"


@pytest.mark.parametrize(
    ("alerts", "chosen"),
    [
        ([alert("NodeDown")], ("nodes",)),
        ([alert("Other"), alert("NodeDown")], ("nodes",)),
        ([alert("Unheard")], ("triage",)),
        ([alert("MyNode")], ("nodes", "disks")),
        ([alert("NodeDown", team="disks")], ("nodes", "disks")),
    ],
)
async def test_alerts_choose(alerts: list[Alert], chosen: tuple[str, ...]) -> None:
    known = (
        runbook("nodes", alerts=('alertname=~"NodeDown|MyNode"',)),
        fallback(),
        runbook("disks", alerts=('team="disks"',)),
    )
    extra = (ExtraMatch(parse_matchers('alertname="MyNode"'), "disks"),)

    diagnosis = await engine(*known, extra=extra).diagnose(NODE, alerts=alerts)

    assert diagnosis.runbooks == chosen


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        (workload(), ("webby",)),
        (workload(target=replace(TARGET, name="api")), ("triage",)),
        (Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "deployments", "shop"), ("triage",)),
        (Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "deployments", "shop"), ("webby",)),
    ],
)
async def test_by_hand_the_workload_chooses(answer: Any, chosen: tuple[str, ...]) -> None:
    known = (runbook("webby", applies=applies_to_web), runbook("other", applies=never), fallback())
    sources = fake({WorkloadOf(TARGET): answer}, otherwise=lambda look: ())

    diagnosis = await engine(*known, sources=sources).diagnose(TARGET)

    assert diagnosis.runbooks == chosen
    assert sources.asked.count(WorkloadOf(TARGET)) == 1


@pytest.mark.parametrize(
    ("alerts", "chosen"),
    [
        ([alert("KubePodCrashLooping")], ("webby",)),
        ([alert("NodeDown")], ("nodes",)),
        ([alert("NodeDown"), alert("KubePodCrashLooping")], ("webby", "nodes")),
    ],
)
async def test_an_alert_that_names_no_problem_lets_the_workload_choose(
    alerts: list[Alert], chosen: tuple[str, ...]
) -> None:
    nodes = runbook("nodes", alerts=('alertname="NodeDown"',))
    known = (runbook("webby", applies=applies_to_web), nodes, fallback())
    sources = fake({WorkloadOf(TARGET): workload()}, otherwise=lambda look: ())

    diagnosis = await engine(*known, sources=sources).diagnose(TARGET, alerts=alerts)

    assert diagnosis.runbooks == chosen


async def test_the_kind_of_the_target_chooses() -> None:
    known = (runbook("machines", kinds=("Node",)), runbook("nodes"), fallback())

    assert (await engine(*known).diagnose(NODE)).runbooks == ("machines",)
    assert (await engine(*known).diagnose(NODE, alerts=[alert("Unheard")])).runbooks == ("machines",)


async def test_the_fallback_is_shown_where_those_that_were_chosen_found_nothing() -> None:
    def decide(_seen: Any) -> list[Finding]:
        return [Answer("nodes", "down").ruled_out({})]

    nodes = runbook("nodes", alerts=('alertname="NodeDown"',), decide=decide)

    diagnosis = await engine(nodes, runbook("triage")).diagnose(NODE, alerts=[alert("NodeDown")])

    assert diagnosis.runbooks == ("nodes", "triage")
    assert [(finding.runbook, finding.verdict) for finding in diagnosis.findings] == [
        ("triage", Verdict.CONFIRMED),
        ("nodes", Verdict.RULED_OUT),
    ]


async def test_that_all_is_well_is_told_to_who_asked_for_it() -> None:
    answers: dict[Look[Any], Any] = {WorkloadOf(TARGET): workload()}
    benign = runbook(
        "webby", applies=applies_to_web, causes=(Cause("down", benign=True),), alerts=('alertname="Web"',)
    )
    shared = engine(benign, fallback(), sources=fake(answers, otherwise=lambda look: ()))

    assert (await shared.diagnose(TARGET)).runbooks == ("triage",)
    assert (await shared.diagnose(TARGET, names=["webby"])).runbooks == ("webby",)
    assert (await shared.diagnose(TARGET, alerts=[alert("Web")])).runbooks == ("webby",)


async def test_who_names_a_runbook_gets_that_one_alone() -> None:
    known = (runbook("machines", kinds=("Node",)), runbook("nodes"), fallback())

    assert (await engine(*known).diagnose(NODE, names=["nodes"])).runbooks == ("nodes",)


async def test_a_runbook_that_is_gone_is_left_out() -> None:
    shared = engine(runbook("nodes"), fallback())

    assert (await shared.diagnose(NODE, names=["gone", "nodes"])).runbooks == ("nodes",)
    assert (await shared.diagnose(NODE, names=["gone"])).runbooks == ("triage",)


def test_reads_are_those_of_runbooks_and_of_changes() -> None:
    special = Read(Source.PROMETHEUS)

    reads = engine(runbook(reads=(special,))).reads

    assert special in reads
    assert NODE_READ in reads
    assert len(reads) == len(set(reads))


async def test_a_pod_and_a_service_are_folded_into_their_workload() -> None:
    for kind in ("Pod", "Service", "HorizontalPodAutoscaler"):
        named = replace(TARGET, kind=kind, name="web-x")
        one = engine(runbook("nodes"), sources=fake({WorkloadOf(named): workload()}))

        assert await one.owner(named) == TARGET


async def test_a_kind_that_chooses_a_runbook_is_not_folded() -> None:
    """Two autoscalers of one workload are two questions, and neither is answered by the workload's name."""
    scaler = replace(TARGET, kind="HorizontalPodAutoscaler", name="web-cpu")
    known = runbook("scalers", kinds=("HorizontalPodAutoscaler",)), fallback()
    one = engine(*known, sources=fake({WorkloadOf(scaler): workload()}))

    assert await one.owner(scaler) == scaler
    assert (await one.diagnose(scaler, alerts=[alert("Unheard")])).runbooks == ("scalers",)
