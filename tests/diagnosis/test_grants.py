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


def granted(gap: Unavailable) -> tuple[dict[str, Any], dict[str, Any]]:
    """One document, which `kubectl apply` takes: the role and its binding."""
    both = yaml.safe_load(grant_for(gap))
    assert (both["apiVersion"], both["kind"]) == ("v1", "List")
    role, binding = both["items"]
    return role, binding


@pytest.mark.parametrize(
    ("read", "kind", "name"),
    [
        (reads.POD_LOGS, "Role", "opsbot-reads"),
        (reads.ENDPOINT_READ, "Role", "opsbot-reads"),
        (reads.EXTERNAL_SECRET_READ, "Role", "opsbot-reads"),
        (reads.CRD_READ, "ClusterRole", "opsbot-reads-of-cluster"),
        (reads.CLUSTER_STORE_READ, "ClusterRole", "opsbot-reads-of-cluster"),
    ],
)
def test_a_grant_is_whole(read: Read, kind: str, name: str) -> None:
    """With it the next look into the same place is allowed as well."""
    namespace = "" if read.cluster_wide else "shop"
    role, binding = granted(refused(read, namespace))
    assert (role["kind"], role["metadata"]["name"]) == (kind, name)
    assert role["metadata"].get("namespace", "") == namespace
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    assert binding["metadata"] == role["metadata"]
    there = [one for one in OF_CLUSTER if one.cluster_wide is read.cluster_wide]
    allowed = rules([role], kind, namespace)
    assert allowed == {
        (one.group, name, verb) for one in there for name in one.resources for verb in one.verbs
    }


def test_all_grants_of_a_namespace_are_one() -> None:
    gap = refused(reads.POD_READ, "shop")
    assert (
        grant_for(gap) == grant_for(refused(reads.POD_LOGS, "shop")) == grant_for(replace(gap, verb="list"))
    )
    assert grant_for(gap) != grant_for(refused(reads.POD_READ, "pay"))


def test_what_is_looked_at_in_all_namespaces_is_granted_in_all() -> None:
    role, _ = granted(refused(reads.POD_READ))
    assert role["kind"] == "ClusterRole"
    assert ("", "pods", "list") in rules([role], "ClusterRole")


def test_a_look_of_a_team_s_own_is_granted_alone() -> None:
    gap = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "list", "widgets/state", "shop", "no", "team.io")
    role, _ = granted(gap)
    assert role["metadata"]["name"] == "opsbot-list-widgets-state"
    assert role["rules"] == [{"apiGroups": ["team.io"], "resources": ["widgets/state"], "verbs": ["list"]}]


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        (
            "system:serviceaccount:tools:ops",
            {"kind": "ServiceAccount", "name": "ops", "namespace": "tools"},
        ),
        ("bob;reboot", {"kind": "User", "name": "bob;reboot", "apiGroup": "rbac.authorization.k8s.io"}),
    ],
)
@pytest.mark.parametrize("namespace", ["shop", ""])
def test_who_was_refused_is_who_it_is_bound_to(user: str, subject: dict[str, str], namespace: str) -> None:
    refusal = f'pods is forbidden: User "{user}" cannot get resource "pods" in API group ""'
    gap = replace(refused(reads.POD_READ, namespace), detail=refusal)
    assert granted(gap)[1]["subjects"] == [subject]
    assert "write here" not in grant_for(gap)


def test_where_nobody_says_who_was_refused_the_grant_says_what_to_look_at() -> None:
    gap = refused(reads.POD_READ, "shop")
    assert granted(gap)[1]["subjects"][0]["name"] == "opsbot"
    assert "# The account is the one of deploy/kubernetes.yaml: write here as whom opsbot runs." in grant_for(
        gap
    )


def test_nothing_is_missing_among_the_reads() -> None:
    assert set(reads.READS) == set(OF_CLUSTER)


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
    role, _ = granted(refused(read, namespace))
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
