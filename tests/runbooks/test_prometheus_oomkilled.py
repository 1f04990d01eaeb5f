"""prometheus_oomkilled: its table, its words, and where its fixes last."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.delivery.worded import WordedFinding
from bot.delivery.wording_check import missing_words, missing_words_of_runbook
from bot.delivery.words import Words
from bot.diagnosis.answers import completed
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.choosing import Chooser
from bot.diagnosis.evidence import ContainerSpec, PodList, PodTemplate, WorkloadState
from bot.diagnosis.prometheus_memory.exam import Sight
from bot.diagnosis.quantities import memory
from bot.diagnosis.scene import Scene
from bot.model import Layer, Source, Verdict
from runbooks.prometheus_oomkilled import RUNBOOK, decide
from tests.runbooks.prometheus_cases import ALL_CASES, Case, found
from tests.runbooks.prometheus_sights import (
    GI,
    GROWN,
    IMAGE,
    MI,
    OWNERS,
    READY,
    STARTUP,
    TOO_MANY,
    around,
    blind,
    died,
    log,
    metrics,
    of_pod,
    owned,
    replay,
    series,
    served,
    sight,
)
from tests.runbooks.table import verdicts
from tests.snapshots import events, looping, running, workload


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_found_by(case: Case) -> None:
    case.check()


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_answers_for_every_cause_exactly_once(case: Case) -> None:
    _findings, defects = completed(RUNBOOK, decide(case.of))

    assert defects == ()


def test_each_cause_is_seen_found_and_seen_ruled_out() -> None:
    told = verdicts(ALL_CASES)

    assert set(told) == {cause.id for cause in RUNBOOK.causes}
    assert all(seen == set(Verdict) for seen in told.values())


async def test_keeps_the_contract() -> None:
    assert await check_catalog([RUNBOOK]) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everything_is_worded(language: str) -> None:
    words = Words(language)
    said = missing_words_of_runbook(words, RUNBOOK.name, (cause.id for cause in RUNBOOK.causes))
    for of in (*(case.of for case in ALL_CASES), *OWNERS.values()):
        for finding in decide(of):
            said.extend(missing_words(words, finding, of.scene.target))

    assert list(dict.fromkeys(said)) == []


# -- where its fixes last


@pytest.mark.parametrize(
    ("name", "fixes"),
    [
        ("by hand", [("memory-live", Layer.LIVE, True)]),
        ("Helm", [("memory-in-values", Layer.HELM, True), ("memory-live", Layer.LIVE, False)]),
        ("ArgoCD, Helm", [("memory-in-values", Layer.GITOPS, True), ("memory-live", Layer.LIVE, False)]),
        ("ArgoCD, a parameter", [("memory-in-values", Layer.GITOPS, True), ("memory-live", Layer.LIVE, False)]),
        ("ArgoCD, manifests", [("memory-in-manifest", Layer.GITOPS, True), ("memory-live", Layer.LIVE, False)]),
        ("operator", [("memory-on-resource", Layer.OPERATOR, True)]),
        ("operator, Helm", [("memory-in-values", Layer.HELM, True), ("memory-on-resource", Layer.OPERATOR, False)]),
        ("operator, ArgoCD", [("memory-in-manifest", Layer.GITOPS, True), ("memory-on-resource", Layer.OPERATOR, False)]),
        ("operator, unread", [("memory-on-resource", Layer.OPERATOR, True)]),
        ("agent", [("memory-on-resource", Layer.OPERATOR, True)]),
        ("another operator", [("memory-at-owner", Layer.OPERATOR, True)]),
        ("operator above", [("memory-at-owner", Layer.OPERATOR, True)]),
    ],
)  # fmt: skip
def test_memory_is_raised_where_it_lasts(name: str, fixes: list[tuple[str, Layer, bool]]) -> None:
    """Never on the StatefulSet below an operator, and the log is deleted last."""
    *raises, last = found(OWNERS[name], "wal-replay-oom").fixes

    assert [(fix.key, fix.layer, fix.lasting) for fix in raises] == fixes
    assert last.key == "delete-log"


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("Helm", {"server": {"resources": {"limits": {"memory": "1Gi"}}}}),
        ("ArgoCD, Helm", {"prometheus": {"resources": {"limits": {"memory": "1Gi"}}}}),
        ("operator, Helm", {"prometheus": {"prometheusSpec": {"resources": {"limits": {"memory": "1Gi"}}}}}),
        ("operator, ArgoCD", {"spec": {"resources": {"limits": {"memory": "1Gi"}}}}),
        ("another operator", {"resources": {"limits": {"memory": "1Gi"}}}),
        ("ArgoCD, a parameter",
         {"spec": {"source": {"helm": {"parameters": [
             {"name": "prometheus.resources.limits.memory", "value": "1Gi"}]}}}}),
        ("ArgoCD, manifests",
         {"spec": {"template": {"spec": {"containers": [
             {"name": "srv", "resources": {"limits": {"memory": "1Gi"}}}]}}}}),
    ],
)  # fmt: skip
def test_the_patch_is_a_document(name: str, document: Any) -> None:
    (fix, *_) = worded(OWNERS[name], "wal-replay-oom").fixes

    assert yaml.safe_load(fix.patch) == document
    assert "# now 512Mi" in fix.patch or "parameter" in name


@pytest.mark.parametrize("name", OWNERS)
@pytest.mark.parametrize("cause", ["series-growth-oom", "query-load-oom", "not-oom", "sidecar-oom"])
def test_every_other_patch_is_a_document_too(name: str, cause: str) -> None:
    """The same owners, with other deaths."""
    of = OWNERS[name]
    others = {
        "series-growth-oom": (replace(of.scene, logs=log(*READY)), GROWN),
        "query-load-oom": (replace(of.scene, logs=log(*READY, TOO_MANY)), metrics()),
        "not-oom": (
            replace(of.scene, pods=PodList((of_pod(died(137, "Error")),)), events=events(*STARTUP)),
            metrics(),
        ),
        "sidecar-oom": (with_sidecar(of.scene), metrics()),
    }
    scene, measured = others[cause]
    whole = replace(of, scene=scene, metrics=measured)
    told = worded(whole, cause)
    patches = [fix.patch for fix in told.fixes if fix.patch]

    assert told.verdict is Verdict.CONFIRMED
    for language in ("en", "ko"):
        assert missing_words(Words(language), found(whole, cause)) == []
    assert all(isinstance(yaml.safe_load(patch), dict) for patch in patches)
    assert patches or any(fix.commands for fix in told.fixes)


def with_sidecar(of: Scene) -> Scene:
    assert isinstance(of.workload, WorkloadState)
    beside = ContainerSpec("reloader", "config-reloader:v1", "main", limits={"memory": "50Mi"})
    both = PodTemplate((*of.workload.template.containers, beside))
    pods = PodList((of_pod(running("srv", image=IMAGE), looping(137, "OOMKilled", name="reloader")),))
    return replace(of, workload=replace(of.workload, template=both), pods=pods)


def worded(of: Sight, cause: str) -> WordedFinding:
    return Words("en").finding(found(of, cause), of.scene.target)


def test_a_node_that_cannot_hold_the_new_limit_is_named() -> None:
    (fix, *_) = worded(OWNERS["operator"], "wal-replay-oom").fixes

    assert "Node node-1 has only 900Mi to give" in fix.risk
    assert "Do not change the StatefulSet" in fix.risk


@pytest.mark.parametrize("peak", [100, 500, 700, 4000])
@pytest.mark.parametrize("limit", ["256Mi", "512Mi", "3Gi", "1500M"])
def test_no_limit_is_proposed_below_what_was_seen(limit: str, peak: int) -> None:
    of = sight(around(workload=owned(served(limit=limit))), metrics=metrics(peak=series(float(peak * MI))))

    for finding in decide(of):
        for fix in finding.fixes:
            if fix.facts.get("field") == "limits":
                seen = max(memory(limit) or 0, peak * MI, 512 * MI)
                assert (memory(str(fix.facts["wanted"])) or 0) >= 1.5 * seen


def test_a_limit_that_only_the_pod_has_is_today_s() -> None:
    """A LimitRange or an autoscaler may have set it higher than the template says."""
    of = sight(metrics=metrics(limits=series(2.0 * GI), peak=series(1.9 * GI)))

    (fix, *_) = found(of, "limit-too-low").fixes

    assert (fix.facts["today"], fix.facts["wanted"]) == ("2Gi", "3Gi")


def test_one_chart_at_the_death_that_is_best_supported() -> None:
    drawn = [finding for finding in decide(replay(metrics=GROWN)) if finding.charts]

    assert [finding.cause for finding in drawn] == ["wal-replay-oom"]
    (chart,) = drawn[0].charts
    assert (chart.key, chart.unit, chart.levels) == ("memory", "bytes", {"limit": 512.0 * MI})
    assert [value for _, value in chart.curves[0].points] == [300.0 * MI, 420.0 * MI, 500.0 * MI]


@pytest.mark.parametrize("of", [sight(around(running("srv", image=IMAGE))), replay(metrics=blind())])
def test_no_chart_without_a_death_or_without_numbers(of: Sight) -> None:
    assert [finding for finding in decide(of) if finding.charts] == []


def test_a_healthy_prometheus_confirms_nothing() -> None:
    verdicts = {
        finding.cause: finding.verdict for finding in decide(sight(around(running("srv", image=IMAGE))))
    }

    assert set(verdicts.values()) == {Verdict.RULED_OUT}


@pytest.mark.parametrize("of", [replay(), sight(metrics=GROWN), sight()])
def test_without_metrics_the_gap_is_told_and_kubernetes_decides(of: Sight) -> None:
    before = {
        f.cause for f in decide(of) if f.verdict is Verdict.CONFIRMED and f.cause != "series-growth-oom"
    }
    dark = decide(replace(of, metrics=blind()))

    assert before <= {finding.cause for finding in dark if finding.verdict is Verdict.CONFIRMED}
    told = [finding.missing for finding in dark if finding.missing is not None]
    assert {gap.source for gap in told} == {Source.PROMETHEUS}


# -- when it runs


@pytest.mark.parametrize(
    "name",
    ["PrometheusOOMKilled", "PrometheusServerOOM", "prometheus_out_of_memory", "PrometheusHighMemoryUsage",
     "PrometheusMemoryHigh", "KubePrometheusOutOfMemoryCritical"],
)  # fmt: skip
def test_alerts_that_mean_it(name: str) -> None:
    assert Chooser([RUNBOOK]).choose(None, "Pod", [{"alertname": name}]).matched == (RUNBOOK.name,)


@pytest.mark.parametrize(
    "name", ["KubePodCrashLooping", "TargetDown", "PrometheusBadConfig", "HighMemoryUsage", "PrometheusRoomy"]
)
def test_alerts_that_may_mean_anything(name: str) -> None:
    assert Chooser([RUNBOOK]).choose(None, "Pod", [{"alertname": name}]).matched == ()


def test_it_recognises_its_workload() -> None:
    assert RUNBOOK.applies(owned())
    assert not RUNBOOK.applies(workload())


# -- what is told about it


def test_every_cause_is_documented_in_its_order() -> None:
    page = Path(__file__).resolve().parents[2] / "docs/runbooks/prometheus_oomkilled.md"
    told = re.findall(r"^\| `([\w-]+)` \|", page.read_text(), re.MULTILINE)

    assert told == [cause.id for cause in RUNBOOK.causes]


def test_a_custom_resource_that_may_not_be_read_is_said_with_its_grant() -> None:
    missing = found(OWNERS["operator, unread"], "wal-replay-oom").missing

    assert missing is not None
    assert "resources: [prometheuses]" in missing.grant
