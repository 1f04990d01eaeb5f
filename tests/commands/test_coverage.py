"""`opsbot coverage`: rules of every shape, from files and from Prometheus itself, and what answers them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.commands.conftest import Ended, Opsbot
from tests.programs.ports import free_port

GROUPS = """
groups:
  - name: kubernetes-apps
    rules:
      - alert: KubeHpaMaxedOut
        expr: kube_horizontalpodautoscaler_status_current_replicas == kube_horizontalpodautoscaler_spec_max_replicas
        for: 15m
        labels: {severity: warning, team: "{{ $labels.team }}"}
        annotations: {summary: HPA is running at max replicas}
      - record: namespace:HpaMaxedOut:sum
        expr: sum by (namespace) (up)
      - alert: KubePodCrashLooping
        expr: max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1
        labels: {severity: warning}
      - alert: KubePodCrashLooping
        expr: max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[1h]) >= 1
        labels: {severity: critical}
"""


def as_object(name: str = "apps") -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, "namespace": "monitoring"},
        "spec": yaml.safe_load(GROUPS),
    }


def as_answer() -> dict[str, Any]:
    """What /api/v1/rules says of the same file."""
    rules = [
        {
            "type": "alerting",
            "name": rule["alert"],
            "labels": rule["labels"],
            "query": rule["expr"],
            "alerts": [],
        }
        if "alert" in rule
        else {"type": "recording", "name": rule["record"], "query": rule["expr"]}
        for rule in yaml.safe_load(GROUPS)["groups"][0]["rules"]
    ]
    group = {"name": "kubernetes-apps", "file": "/etc/prometheus/rules/apps.yaml", "rules": rules}
    return {"status": "success", "data": {"groups": [group]}}


SHAPES = {
    "a rule file": GROUPS,
    "an object": yaml.safe_dump(as_object()),
    "objects in one file": f"---\n{yaml.safe_dump({'kind': 'ServiceAccount'})}---\n{yaml.safe_dump(as_object())}---\n",
    "a list from kubectl": json.dumps({"kind": "List", "items": [as_object()]}),
    "the answer of the API": json.dumps(as_answer()),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_rules_of_every_shape(opsbot: Opsbot, bare: Path, shape: str) -> None:
    (bare / "rules").write_text(SHAPES[shape])
    ended = opsbot("coverage", "--rules", "rules")
    assert (ended.code, ended.err) == (0, "")
    paragraphs = ended.out.split("\n\n")
    assert paragraphs[0] == "2 alerts in 3 rules: 1 with a runbook, 1 without"
    assert paragraphs[1] == "With a runbook:\n  KubeHpaMaxedOut  hpa_slow_scale_down"
    assert paragraphs[2].splitlines()[:2] == ["Without:", "  KubePodCrashLooping"]
    assert "crashloop_db_auth" in paragraphs[3]
    assert "hpa_slow_scale_down" not in paragraphs[3]


def test_as_json(opsbot: Opsbot, bare: Path) -> None:
    (bare / "rules.yaml").write_text(GROUPS)
    ended = opsbot("coverage", "--rules", "rules.yaml", "--output", "json")
    document = json.loads(ended.out)
    assert (ended.code, document["schema"], document["with_runbook"], document["without"]) == (0, 1, 1, 2)
    assert document["rules"][0] == {
        "alert": "KubeHpaMaxedOut",
        "group": "kubernetes-apps",
        "source": "rules.yaml",
        "labels": {"severity": "warning"},
        "runbooks": [{"name": "hpa_slow_scale_down", "when": []}],
    }
    assert "hpa_slow_scale_down" not in document["runbooks_without_rule"]
    assert "triage" not in document["runbooks_without_rule"]


CONFIG = """
runbooks:
  match:
    - {alert: 'alertname="KubePodCrashLooping",severity="critical"', runbook: crashloop_db_auth}
    - {alert: 'alertname=~"Kube.*",pod=~"prometheus-.*"', runbook: prometheus_oomkilled}
    - {alert: 'severity="page"', runbook: portal_metrics_zero}
"""


def test_the_configuration_adds_its_own(opsbot: Opsbot, bare: Path) -> None:
    """By what is fixed in a rule for sure, by what comes with its alerts under a condition, and not against it."""
    (bare / "opsbot.yaml").write_text(CONFIG)
    (bare / "rules.yaml").write_text(GROUPS)
    text = opsbot("coverage", "--rules", "rules.yaml").out
    where = 'prometheus_oomkilled (where pod=~"prometheus-.*")'
    assert f"  KubeHpaMaxedOut      {where}, hpa_slow_scale_down\n" in text
    assert f"  KubePodCrashLooping  {where}, crashloop_db_auth\n" in text
    assert "Without:" not in text
    rules = json.loads(opsbot("coverage", "--rules", "rules.yaml", "--output", "json").out)["rules"]
    by_severity = {
        rule["labels"]["severity"]: [one["name"] for one in rule["runbooks"]]
        for rule in rules
        if rule["alert"] == "KubePodCrashLooping"
    }
    assert by_severity == {
        "warning": ["prometheus_oomkilled"],
        "critical": ["prometheus_oomkilled", "crashloop_db_auth"],
    }
    assert rules[0]["runbooks"][0]["when"] == ['pod=~"prometheus-.*"']


def test_the_order_of_files_and_a_second_copy_change_nothing(opsbot: Opsbot, bare: Path) -> None:
    (bare / "a.yaml").write_text(GROUPS)
    (bare / "b.yaml").write_text(yaml.safe_dump(as_object()))
    there = opsbot("coverage", "--rules", "a.yaml", "--rules", "b.yaml", "--rules", "b.yaml")
    back = opsbot("coverage", "--rules", "b.yaml", "--rules", "a.yaml")
    assert there.out == back.out
    assert there.out.startswith("2 alerts in 6 rules: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("groups: [}", "rules.yaml is no YAML (line 1)"),
        ("{{- if .Values.defaultRules.create }}\n{{ x }}", "rules.yaml is no YAML (line 1)"),
        ("just words", "rules.yaml has no rule groups; give a rule file, or PrometheusRule objects"),
        ("groups: nothing", "rules.yaml has no rule groups; give a rule file, or PrometheusRule objects"),
        ("", "rules.yaml has no rule groups; give a rule file, or PrometheusRule objects"),
    ],
)
def test_what_holds_no_rules_is_one_line(opsbot: Opsbot, bare: Path, text: str, said: str) -> None:
    (bare / "rules.yaml").write_text(text)
    ended = opsbot("coverage", "--rules", "rules.yaml")
    assert (ended.code, ended.out, ended.err) == (2, "", f"opsbot: {said}\n")


def test_groups_without_alerts_are_no_mistake(opsbot: Opsbot, bare: Path) -> None:
    (bare / "rules.yaml").write_text("groups: [{name: a, rules: [{record: b, expr: c}]}, {name: d}, 7]")
    ended = opsbot("coverage", "--rules", "rules.yaml")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "0 alerts in 0 rules: 0 with a runbook, 0 without")


def asked_of(
    opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch, answer: web.Response
) -> tuple[Ended, list[str]]:
    paths: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        paths.append(request.path)
        return answer

    async def beside() -> Ended:
        app = web.Application()
        app.router.add_get("/{tail:.*}", serve)
        async with TestServer(app) as server:
            monkeypatch.setenv("PROMETHEUS_URL", str(server.make_url("")))
            return await asyncio.to_thread(opsbot, "coverage")

    return asyncio.run(beside()), paths


def test_without_files_prometheus_is_asked(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, paths = asked_of(opsbot, monkeypatch, web.json_response(as_answer()))
    assert (ended.code, ended.err) == (0, "")
    assert paths == ["/api/v1/rules"]
    assert ended.out.startswith("2 alerts in 3 rules: 1 with a runbook, 1 without\n")


def test_a_prometheus_that_refuses_ends_with_3(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, _ = asked_of(opsbot, monkeypatch, web.json_response({}, status=403))
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("opsbot: prometheus of default: not allowed")


def test_a_prometheus_that_is_not_there_ends_with_3(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", f"http://127.0.0.1:{free_port()}")
    ended = opsbot("coverage")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("opsbot: prometheus of default: not reachable")


def test_with_neither_files_nor_prometheus(opsbot: Opsbot) -> None:
    ended = opsbot("coverage")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "opsbot: no Prometheus is configured: set PROMETHEUS_URL, or give the rules with --rules FILE\n"
    )
