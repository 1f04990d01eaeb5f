"""What configures and limits workloads: settings without secrets, names of keys, endpoints, budgets, quotas."""

from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes_settings import config_map_state
from bot.clients.redaction_rules import MARK
from bot.diagnosis.evidence_objects import BudgetState, ConfigMapState, EndpointsState, QuotaState
from bot.diagnosis.looks import ConfigMapNote, SecretNote
from bot.diagnosis.looks_objects import BudgetsOf, ConfigMapOf, EndpointsOf, QuotasOf
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason
from tests.builders import Object, ago
from tests.builders_around import configmap, secret
from tests.builders_custom import budget, endpoint, endpoint_slice, quota
from tests.clients.cluster import cluster
from tests.clients.test_redaction import SECRETS


async def settings(folder: Path, item: Object) -> ConfigMapState:
    async with cluster(folder, item) as (_, client):
        found = await client.answer(ConfigMapOf("shop", "board-config"))
    assert isinstance(found, ConfigMapState)
    return found


async def test_settings_are_told_as_they_are(tmp_path: Path) -> None:
    found = await settings(tmp_path, configmap(DB_USER="board_db\n", DB_HOST="db.shop", EMPTY=""))
    assert dict(found.values) == {"DB_HOST": "db.shop", "DB_USER": "board_db\n", "EMPTY": ""}
    assert list(found.values) == sorted(found.values)
    assert found.changed_at is not None
    assert (found.changed_at.isoformat(), found.changed_by) == ("2026-01-01T02:12:00+00:00", "helm")
    assert found.marks.managers == ("helm", "kubelet")


async def test_settings_that_are_secret_by_their_name_or_content_stay(tmp_path: Path) -> None:
    item = configmap(
        DB_PASSWORD="hunter2",
        DB_PASSWORD_FILE="/run/db",
        DATABASE_URL="postgres://board:hunter2@db:5432/board",
        **{"app.yaml": "db:\n  user: board\n  password: hunter2\n", "app.env": "A=1\nAPI_KEY=hunter2\n"},
    )
    found = (await settings(tmp_path, item)).values
    assert found["DB_PASSWORD"] == MARK
    assert found["DB_PASSWORD_FILE"] == "/run/db"
    assert found["DATABASE_URL"] == "postgres://board:[redacted]@db:5432/board"
    assert "hunter2" not in str(dict(found))
    assert ("user: board" in found["app.yaml"], "A=1" in found["app.env"]) == (True, True)


@pytest.mark.parametrize(("kind", "text", "gone", "kept"), SECRETS, ids=[item[0] for item in SECRETS])
def test_no_kind_of_secret_leaves_in_a_setting(kind: str, text: str, gone: str, kept: str) -> None:
    item = configmap(plain=text, long="x" * 1_950 + "\n" + text + "\n" + "y" * 5_000)
    item["metadata"]["annotations"] = {"kubernetes.io/change-cause": text, "other": text}
    found = config_map_state(item)
    assert gone not in str(found), kind
    assert kept in found.values["plain"]
    assert len(found.values["long"]) == 2_000
    assert "other" not in found.marks.annotations


async def test_binary_data_is_not_told(tmp_path: Path) -> None:
    found = await settings(tmp_path, configmap(a="1") | {"binaryData": {"b": "aHVudGVy"}})
    assert dict(found.values) == {"a": "1"}
    assert (await settings(tmp_path, configmap() | {"data": None})).values == {}


async def test_keys_are_known_by_name_from_metadata_alone(tmp_path: Path) -> None:
    hidden = secret(password="aHVudGVy", username="Ym9hcmQ=")
    async with cluster(tmp_path, configmap(b="2", a="1"), hidden, secret("none")) as (fake, client):
        plain = await client.answer(ConfigMapNote("shop", "board-config"))
        note = await client.answer(SecretNote("shop", "board-db"))
        none = await client.answer(SecretNote("shop", "none"))
        assert all(request.metadata_only for request in fake.requests)
    keys = [one.keys for one in (plain, note, none) if not isinstance(one, Unavailable)]
    assert keys == [("a", "b"), ("password", "username"), ()]
    assert "aHVudGVy" not in str(note)


async def test_keys_of_several_writers_are_put_together(tmp_path: Path) -> None:
    entries = [
        {"manager": "external-secrets", "time": ago(hours=1), "fieldsV1": {"f:data": {".": {}, "f:b": {}}}},
        {"manager": "kubectl-edit", "time": ago(minutes=2), "fieldsV1": {"f:data": {"f:a": {}}}},
        {"manager": "argocd", "time": ago(hours=3), "fieldsV1": {"f:stringData": {"f:c": {}}, "f:type": {}}},
        {
            "manager": "odd",
            "time": ago(hours=3),
            "fieldsV1": {"f:data": None, "f:metadata": {"f:labels": {}}},
        },
    ]
    item = secret()
    item["metadata"]["managedFields"] = entries
    async with cluster(tmp_path, item) as (_, client):
        note = await client.answer(SecretNote("shop", "board-db"))
    assert not isinstance(note, Unavailable)
    assert (note.keys, note.changed_by) == (("a", "b", "c"), "kubectl-edit")


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        ((), (0, 0)),
        ((endpoint_slice("web"),), (0, 0)),
        ((endpoint_slice("web", endpoint("a", "10.0.0.1"), endpoint("b", "10.0.0.2", ready=False)),), (1, 1)),
        # Not said is ready.
        ((endpoint_slice("web", endpoint("a", "10.0.0.1", ready=None)),), (1, 0)),
        # The same pod in both families, and an address that is no pod's in two slices.
        (
            (
                endpoint_slice("web", endpoint("a", "10.0.0.1"), endpoint("", "10.9.0.1")),
                endpoint_slice("web", endpoint("a", "fd00::1"), suffix="six", family="IPv6"),
                endpoint_slice("web", endpoint("", "10.9.0.1", ready=False), suffix="more"),
            ),
            (2, 0),
        ),
        ((endpoint_slice("other", endpoint("a", "10.0.0.1")),), (0, 0)),
    ],
)  # fmt: skip
async def test_endpoints_of_a_service(
    tmp_path: Path, slices: tuple[Object, ...], expected: tuple[int, int]
) -> None:
    async with cluster(tmp_path, *slices) as (fake, client):
        found = await client.answer(EndpointsOf("shop", "web"))
        assert fake.requests[0].query["labelSelector"] == "kubernetes.io/service-name=web"
    assert found == EndpointsState("shop", "web", *expected)


async def test_budgets(tmp_path: Path) -> None:
    labels = {"matchLabels": {"b": "2", "a": "1"}}
    items = (
        budget("of-both", selector=labels, minAvailable="50%"),
        budget("of-all", selector={}, maxUnavailable=0),
        budget("of-none"),
    )
    async with cluster(tmp_path, *items) as (_, client):
        found = await client.answer(BudgetsOf("shop"))
    assert found == (
        BudgetState("shop", "of-all", "", "", "0", 2, 2, 0),
        BudgetState("shop", "of-both", "a=1,b=2", "50%", "", 2, 2, 0),
    )


async def test_quotas(tmp_path: Path) -> None:
    fresh = quota("fresh")
    fresh["status"] = {}
    async with cluster(tmp_path, quota(), fresh) as (_, client):
        found = await client.answer(QuotasOf("shop"))
    hard = {"pods": "10", "limits.memory": "8Gi"}
    assert found == (
        QuotaState("shop", "compute", hard, {"pods": "8", "limits.memory": "6Gi"}),
        QuotaState("shop", "fresh", hard, {}),
    )


@pytest.mark.parametrize(
    "look",
    [
        BudgetsOf(""),
        QuotasOf(""),
        EndpointsOf("", "web"),
        EndpointsOf("shop", "web,other"),
        EndpointsOf("shop", ""),
        ConfigMapOf("shop", "../secrets/x"),
    ],
)
async def test_a_question_that_is_wider_than_it_seems_is_not_asked(tmp_path: Path, look: Look[Any]) -> None:
    async with cluster(tmp_path, quota(), budget(selector={})) as (fake, client):
        gap = await client.answer(look)
        assert not fake.requests
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("look", "verb", "resource", "group"),
    [
        (ConfigMapOf("shop", "board-config"), "get", "configmaps", ""),
        (EndpointsOf("shop", "web"), "list", "endpointslices", "discovery.k8s.io"),
        (BudgetsOf("shop"), "list", "poddisruptionbudgets", "policy"),
        (QuotasOf("shop"), "list", "resourcequotas", ""),
    ],
)
async def test_a_refusal_names_what_to_grant(
    tmp_path: Path, look: Look[Any], verb: str, resource: str, group: str
) -> None:
    async with cluster(tmp_path, configmap()) as (fake, client):
        fake.deny(verb, resource, "shop")
        gap = await client.answer(look)
    assert isinstance(gap, Unavailable)
    assert (gap.reason, gap.verb, gap.resource, gap.group) == (Reason.FORBIDDEN, verb, resource, group)
