"""What is refused names the rule that would allow it, and that rule is one that `opsbot rbac` prints."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from bot.diagnosis import reads
from bot.diagnosis.grants import grant_for, missing
from bot.diagnosis.rbac import manifest
from bot.diagnosis.sources import Read, Unavailable
from bot.model import Reason, Source

ALL = tuple(value for value in vars(reads).values() if isinstance(value, Read))
OF_CLUSTER = tuple(read for read in ALL if read.source is Source.KUBERNETES)
Rule = tuple[str, str, str]


def refused(read: Read, namespace: str = "", reason: Reason = Reason.FORBIDDEN) -> Unavailable:
    verb, resource = read.verbs[0], read.resources[0]
    return Unavailable(read.source, reason, verb, resource, namespace, "no", read.group)


def rules(documents: list[dict[str, Any]], kind: str, namespace: str = "") -> set[Rule]:
    return {
        (group, resource, verb)
        for one in documents
        if one["kind"] == kind and one["metadata"].get("namespace", "") == namespace
        for rule in one["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def printed(*wanted: Read, namespaces: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(manifest(wanted, namespaces)))


@pytest.mark.parametrize(
    ("read", "kind", "name"),
    [
        (reads.POD_LOGS, "Role", "opsbot-get-pods-log"),
        (reads.ENDPOINT_READ, "Role", "opsbot-list-endpointslices"),
        (reads.EXTERNAL_SECRET_READ, "Role", "opsbot-get-externalsecrets"),
        (reads.CRD_READ, "ClusterRole", "opsbot-get-customresourcedefinitions"),
        (reads.CLUSTER_STORE_READ, "ClusterRole", "opsbot-get-clustersecretstores"),
    ],
)
def test_a_grant_allows_what_was_refused_and_no_more(read: Read, kind: str, name: str) -> None:
    namespace = "" if read.cluster_wide else "shop"
    role = yaml.safe_load(grant_for(refused(read, namespace)))
    assert (role["kind"], role["metadata"]["name"]) == (kind, name)
    assert role["metadata"].get("namespace", "") == namespace
    assert role["rules"] == [
        {"apiGroups": [read.group], "resources": [read.resources[0]], "verbs": [read.verbs[0]]}
    ]


@pytest.mark.parametrize(
    ("user", "namespace", "command"),
    [
        (
            "system:serviceaccount:tools:ops",
            "shop",
            "kubectl create rolebinding opsbot-get-pods --role=opsbot-get-pods --serviceaccount=tools:ops --namespace=shop",
        ),
        (
            "system:serviceaccount:tools:ops",
            "",
            "kubectl create clusterrolebinding opsbot-get-pods --clusterrole=opsbot-get-pods --serviceaccount=tools:ops",
        ),
        (
            "bob;reboot",
            "shop",
            "kubectl create rolebinding opsbot-get-pods --role=opsbot-get-pods '--user=bob;reboot' --namespace=shop",
        ),
    ],
)
def test_who_was_refused_is_who_it_is_bound_to(user: str, namespace: str, command: str) -> None:
    refusal = f'pods is forbidden: User "{user}" cannot get resource "pods" in API group ""'
    gap = replace(refused(reads.POD_READ, namespace), detail=refusal)
    *role, bound = grant_for(gap).splitlines()
    assert bound == f"# {command}"
    assert yaml.safe_load(grant_for(gap)) == yaml.safe_load("\n".join(role))


def test_two_verbs_on_one_resource_are_two_roles() -> None:
    gap = refused(reads.POD_READ, "shop")
    names = [yaml.safe_load(grant_for(one))["metadata"]["name"] for one in (gap, replace(gap, verb="list"))]
    assert names == ["opsbot-get-pods", "opsbot-list-pods"]


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.FORBIDDEN])
def test_nothing_but_a_refusal_is_granted_away(reason: Reason) -> None:
    assert grant_for(refused(reads.CRD_READ, reason=reason)) == ""


def test_a_refusal_by_prometheus_is_no_matter_of_rbac() -> None:
    gap = Unavailable(Source.PROMETHEUS, Reason.FORBIDDEN, "query", detail="HTTP 401")
    assert grant_for(gap) == ""
    assert missing(gap).detail == "HTTP 401"


@pytest.mark.parametrize("read", OF_CLUSTER, ids=lambda read: f"{read.group}/{read.resources[0]}")
def test_every_grant_is_part_of_what_is_printed(read: Read) -> None:
    namespace = "" if read.cluster_wide else "shop"
    role = yaml.safe_load(grant_for(refused(read, namespace)))
    documents = printed(*ALL, namespaces=("shop",))
    assert rules([role], role["kind"], namespace) <= rules(documents, role["kind"], namespace)


def test_of_namespaces_only_what_must_be_is_cluster_wide() -> None:
    documents = printed(*ALL, namespaces=("shop", "pay"))
    wide = rules(documents, "ClusterRole")
    assert {(group, resource) for group, resource, _ in wide} == {
        ("", "nodes"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("external-secrets.io", "clustersecretstores"),
    }
    inside = rules(documents, "Role", "shop")
    assert inside == rules(documents, "Role", "pay")
    assert wide.isdisjoint(inside)
    assert wide | inside == rules(printed(*ALL), "ClusterRole")


def test_resources_of_one_name_in_several_groups_stay_apart() -> None:
    events = Read(Source.KUBERNETES, "events.k8s.io", ("events",), ("list",))
    documents = printed(reads.EVENT_READ, events, reads.POD_LOGS, reads.POD_READ)
    found = [rule for one in documents if one["kind"] == "ClusterRole" for rule in one["rules"]]
    assert found == [
        {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["list"]},
    ]


def test_reads_of_one_resource_are_put_together_in_any_order() -> None:
    apart = (
        Read(Source.KUBERNETES, "", ("configmaps",), ("list",)),
        reads.CONFIG_READ,
        reads.SECRET_META,
        reads.METRICS,
    )
    once = manifest(apart)
    assert all(manifest(apart[at:] + apart[:at]) == once for at in range(len(apart)))
    assert rules(list(yaml.safe_load_all(once)), "ClusterRole") == {
        ("", "configmaps", "get"),
        ("", "configmaps", "list"),
        ("", "secrets", "get"),
    }


def test_nothing_here_can_write() -> None:
    assert {verb for read in ALL for verb in read.verbs} == {"get", "list"}
    assert {verb for _, _, verb in rules(printed(*ALL), "ClusterRole")} == {"get", "list"}
