"""`opsbot runbooks` and `opsbot rbac`: what is loaded, and the smallest role for it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.diagnosis.rbac import manifest
from bot.diagnosis.reads import METRICS, NODE_READ, POD_LOGS, POD_READ
from bot.diagnosis.sources import Read
from bot.model import Source
from runbooks.catalog import CATALOG
from tests.commands.conftest import Opsbot

ROOT = Path(__file__).resolve().parents[2]


def documents(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


def granted(objects: Iterable[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for one in objects
        for rule in one.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_list_names_every_runbook(opsbot: Opsbot) -> None:
    ended = opsbot("runbooks")
    assert (ended.code, ended.err) == (0, "")
    heads, *rows = ended.out.splitlines()
    assert heads.split()[:2] == ["runbook", "causes"]
    assert [row.split()[:2] for row in rows] == [[one.name, str(len(one.causes))] for one in CATALOG]


def test_the_list_as_json_and_as_markdown(opsbot: Opsbot) -> None:
    document = json.loads(opsbot("runbooks", "--output", "json").out)
    assert (document["schema"], document["refused"]) == (1, [])
    assert [one["name"] for one in document["runbooks"]] == [one.name for one in CATALOG]
    assert {one["origin"] for one in document["runbooks"]} == {"built-in"}
    lines = opsbot("runbooks", "--output", "markdown").out.splitlines()
    assert [line.count(" | ") for line in lines] == [2] * (len(CATALOG) + 2)


@pytest.mark.parametrize("runbook", CATALOG, ids=lambda runbook: runbook.name)
def test_one_as_json_holds_all_that_is_declared(opsbot: Opsbot, runbook: Any) -> None:
    document = json.loads(opsbot("runbooks", "show", runbook.name, "--output", "json").out)
    assert [cause["id"] for cause in document["causes"]] == [cause.id for cause in runbook.causes]
    assert (tuple(document["alerts"]), tuple(document["kinds"])) == (runbook.alerts, runbook.kinds)
    assert [read["why"] for read in document["reads"]] == [read.why for read in runbook.reads]
    assert all(fix["title"] and "{" not in fix["title"] for fix in document["fixes"])


def test_the_text_of_the_documentation_is_shown_where_it_is_at_hand(opsbot: Opsbot) -> None:
    page = (ROOT / "docs/triage.md").read_text().rstrip()
    assert opsbot("runbooks", "show", "triage").out.endswith(f"\n\n{page}\n")
    assert json.loads(opsbot("runbooks", "show", "triage", "--output", "json").out)["text"].rstrip() == page


def test_one_as_a_page(opsbot: Opsbot) -> None:
    page = opsbot("runbooks", "show", "triage", "--output", "markdown").out
    assert page.startswith("# ")
    assert "\n- `oom-killed`: " in page
    assert "\n- `kubernetes: get pods/log`: the last lines before a container died\n" in page


def test_alerts_of_the_configuration_are_shown_too(opsbot: Opsbot, bare: Path) -> None:
    match = '{alert: \'alertname=~"MyOOM.*",team="a"\', runbook: triage}'
    (bare / "opsbot.yaml").write_text(f"runbooks: {{match: [{match}]}}\n")
    assert '  alertname=~"MyOOM.*",team="a"\n' in opsbot("runbooks", "show", "triage").out


@pytest.mark.parametrize("runbook", CATALOG, ids=lambda runbook: runbook.name)
def test_one_is_shown_with_all_its_causes_and_reads(opsbot: Opsbot, runbook: Any) -> None:
    ended = opsbot("runbooks", "show", runbook.name)
    assert ended.code == 0
    words = ended.out.split()
    assert {cause.id for cause in runbook.causes} <= set(words)
    for read in runbook.reads:
        assert f"{', '.join(read.verbs)} {', '.join(read.resources)}" in ended.out


def test_rbac_allows_exactly_what_the_runbooks_read(opsbot: Opsbot) -> None:
    ended = opsbot("rbac")
    reads = {
        (read.group, resource, verb)
        for runbook in CATALOG
        for read in runbook.reads
        if read.source is Source.KUBERNETES
        for resource in read.resources
        for verb in read.verbs
    }
    assert ended.code == 0
    assert reads <= granted(documents(ended.out))
    assert {verb for _, _, verb in granted(documents(ended.out))} <= {"get", "list"}
    assert [one["kind"] for one in documents(ended.out)] == [
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
    ]


def test_rbac_of_namespaces_leaves_the_cluster_only_what_must_be(opsbot: Opsbot) -> None:
    everywhere = granted(documents(opsbot("rbac").out))
    objects = documents(opsbot("rbac", "--namespace", "shop", "--namespace", "pay", "--home", "ops").out)
    cluster = [one for one in objects if one["kind"] == "ClusterRole"]
    roles = [one for one in objects if one["kind"] == "Role"]
    wide = [read for runbook in CATALOG for read in runbook.reads if read.cluster_wide]
    assert {resource for _, resource, _ in granted(cluster)} == {
        name for read in wide for name in read.resources
    }
    assert [role["metadata"]["namespace"] for role in roles] == ["shop", "pay"]
    assert granted(roles) | granted(cluster) == everywhere
    assert granted(roles[:1]) == granted(roles[1:])
    subjects = [one["subjects"] for one in objects if one["kind"].endswith("Binding")]
    assert subjects == [[{"kind": "ServiceAccount", "name": "opsbot", "namespace": "ops"}]] * 3


def test_reads_of_one_resource_become_one_rule() -> None:
    again = Read(Source.KUBERNETES, "", ("pods",), ("watch",), why="another reason")
    (role,) = [
        one
        for one in documents(manifest([POD_READ, again, POD_LOGS, METRICS, POD_READ]))
        if one["kind"] == "ClusterRole"
    ]
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]


def test_without_a_cluster_wide_read_a_namespace_needs_no_cluster_role() -> None:
    kinds = [one["kind"] for one in documents(manifest([POD_READ], ["shop"]))]
    assert kinds == ["ServiceAccount", "Role", "RoleBinding"]
    kinds = [one["kind"] for one in documents(manifest([POD_READ, NODE_READ], ["shop"]))]
    assert kinds == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
