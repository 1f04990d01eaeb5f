"""The scenarios: consistent in themselves, accepted by the real parser, and diagnosed as their names promise."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.demo.bodies import body
from bot.demo.catalog import SCENARIOS, named
from bot.demo.simulated import CLUSTER, Stage
from bot.demo.world import Act, Scenario
from bot.demo.worlds import targets
from bot.diagnosis.engine import Engine
from bot.incidents.targets import locate
from bot.ingest.alertmanager import parse
from bot.model import AlertGroup, Diagnosis, Reason, Target, Verdict
from runbooks.catalog import CATALOG

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
each = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def groups(scenario: Scenario) -> list[AlertGroup]:
    return [parse(json.dumps(body(act.alerts)).encode()) for act in scenario.acts(NOW)]


def target(labels: dict[str, str]) -> Target:
    found = locate(labels, CLUSTER).target
    assert found is not None
    return found


async def diagnoses(act: Act) -> list[Diagnosis]:
    stage = Stage(lambda: NOW, {"one": act.world})
    engine = Engine(CATALOG, {CLUSTER: stage.answerers()}, clock=lambda: NOW)
    (group,) = [parse(json.dumps(body(act.alerts)).encode())]
    return [
        await engine.diagnose(target(dict(alert.labels)), alerts=[alert], since=alert.starts_at)
        for alert in group.alerts
    ]


@each
def test_each_is_one_group_whose_alerts_name_what_is_in_its_cluster(scenario: Scenario) -> None:
    assert named(scenario.name) is scenario
    assert scenario.summary
    assert len({group.group_key for group in groups(scenario)}) == 1
    for act in scenario.acts(NOW):
        stage = Stage(lambda: NOW, {"one": act.world})
        known = targets(stage.worlds.values(), CLUSTER)
        if any(draft.ends_at is None for draft in act.alerts):
            assert {target(dict(draft.labels)) for draft in act.alerts} <= known


def test_no_two_share_a_name_or_a_group() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert len({groups(scenario)[0].group_key for scenario in SCENARIOS}) == len(SCENARIOS)


@each
def test_nothing_in_the_first_act_is_from_the_future(scenario: Scenario) -> None:
    act = scenario.acts(NOW)[0]
    places = act.world.places
    times = [draft.starts_at for draft in act.alerts]
    times += [event.last_at for place in places for event in place.events if event.last_at]
    times += [revision.created_at for place in places for revision in place.revisions if revision.created_at]
    times += [note.changed_at for note in act.world.notes if note.changed_at]
    assert max(times) <= NOW


@each
def test_an_end_lies_behind_when_it_is_told(scenario: Scenario) -> None:
    told = NOW
    for act in scenario.acts(NOW):
        told += timedelta(seconds=act.after)
        for draft in act.alerts:
            assert draft.starts_at <= told
            assert draft.ends_at is None or draft.starts_at < draft.ends_at <= told


@each
def test_a_snapshot_holds_no_value_from_a_secret(scenario: Scenario) -> None:
    for act in scenario.acts(NOW):
        for place in act.world.places:
            for spec in place.workload.template.containers:
                assert not [env for env in spec.env if env.source.startswith("secret/") and env.value]


@pytest.mark.parametrize(
    ("name", "cause", "change"),
    [
        ("crashloop-db-auth", "db-user-overridden", "Deployment/board-service"),
        ("oom-killed", "wal-replay-oom", "ConfigMap/prometheus-k8s-rulefiles-0"),
        ("prometheus-oomkilled", "wal-replay-oom", "ConfigMap/prometheus-config"),
        ("image-pull", "image-pull", "Deployment/prometheus-server"),
        ("slow-start", "probe-failing", "Deployment/report-service"),
        ("logs-forbidden", "crashing", "Secret/payment-gateway-keys"),
    ],
)
async def test_the_first_act_is_diagnosed(name: str, cause: str, change: str) -> None:
    scenario = named(name)
    assert scenario is not None
    for diagnosis in await diagnoses(scenario.acts(NOW)[0]):
        first = diagnosis.findings[0]
        assert (first.cause, first.verdict) == (cause, Verdict.CONFIRMED)
        assert change in [found.object for found in diagnosis.changes]


async def test_the_cause_is_named_by_the_line_of_the_log() -> None:
    (diagnosis,) = await diagnoses(SCENARIOS[0].acts(NOW)[0])
    assert 'password authentication failed for user "board_db"' in str(diagnosis.findings[0].facts["line"])
    (change,) = [found for found in diagnosis.changes if found.object == "Deployment/board-service"]
    assert NOW - change.at == timedelta(minutes=7)


async def test_six_services_have_one_trouble_and_the_corrected_template_ends_it() -> None:
    scenario = named("crashloop-db-auth")
    assert scenario is not None
    found = [diagnosis.findings[0] for diagnosis in await diagnoses(scenario.acts(NOW)[1])]
    assert [finding.facts["value"] for finding in found] == [
        f"{name}_db" for name in ("board", "user", "chat", "noti", "storage", "video")
    ]
    assert {finding.facts["lost"] for finding in found} == {"wealist_admin"}
    assert len({finding.trouble for finding in found}) == 1
    for diagnosis in await diagnoses(scenario.acts(NOW)[-1]):
        assert not [one for one in diagnosis.findings if one.runbook == "crashloop_db_auth" and one.found]


async def test_a_log_that_may_not_be_read_is_said() -> None:
    scenario = named("logs-forbidden")
    assert scenario is not None
    (diagnosis,) = await diagnoses(scenario.acts(NOW)[0])
    missing = [*diagnosis.gaps, *(finding.missing for finding in diagnosis.findings if finding.missing)]
    (log,) = {(gap.reason, gap.resource, gap.namespace) for gap in missing if gap.resource == "pods/log"}
    assert log == (Reason.FORBIDDEN, "pods/log", "payments")


async def test_a_slow_autoscaler_is_told_with_both_times() -> None:
    scenario = named("hpa-slow-scale-down")
    assert scenario is not None
    (diagnosis,) = await diagnoses(scenario.acts(NOW)[0])
    first = diagnosis.findings[0]
    assert (first.cause, first.verdict) == ("behavior-too-slow", Verdict.CONFIRMED)
    assert (first.facts["today_seconds"], first.facts["proposed_seconds"]) == (720, 180)
    assert [chart.key for chart in first.charts] == ["scale-down", "replicas"]


async def test_a_quick_autoscaler_has_nothing_to_wait_for() -> None:
    scenario = named("hpa-slow-scale-down")
    assert scenario is not None
    (diagnosis,) = await diagnoses(scenario.acts(NOW)[-1])
    assert not [found for found in diagnosis.findings if found.verdict in {Verdict.CONFIRMED, Verdict.LIKELY}]


@pytest.mark.parametrize("name", ["crashloop-db-auth", "image-pull", "prometheus-oomkilled"])
async def test_the_last_act_is_well(name: str) -> None:
    scenario = named(name)
    assert scenario is not None
    last = scenario.acts(NOW)[-1]
    assert all(draft.ends_at for draft in last.alerts)
    for place in last.world.places:
        assert all(pod.ready for pod in place.pods)
        stage = Stage(lambda: NOW, {"one": last.world})
        engine = Engine(CATALOG, {CLUSTER: stage.answerers()}, clock=lambda: NOW)
        diagnosis = await engine.diagnose(place.workload.target, names=["triage"])
        assert not [f for f in diagnosis.findings if f.verdict in {Verdict.CONFIRMED, Verdict.LIKELY}]
