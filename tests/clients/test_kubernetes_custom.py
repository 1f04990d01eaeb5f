"""CRDs and custom resources: versions, conversion, stores, External Secrets, Prometheus; and kinds that are not there."""

from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes_operators import crd_state, prometheus_state
from bot.diagnosis.evidence_objects import CrdState, CrdVersion, ExternalSecretState, SecretKey, StoreState
from bot.diagnosis.looks_objects import ClusterStoreOf, CrdOf, ExternalSecretsOf, PrometheusOf, StoreOf
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason
from tests.builders import Object
from tests.builders_custom import crd, external_secret, prometheus, secret_store
from tests.clients.cluster import cluster

HOST = "external-secrets-webhook.external-secrets.svc"


async def test_a_crd_tells_its_versions_and_who_converts(tmp_path: Path) -> None:
    async with cluster(tmp_path, crd()) as (_, client):
        found = await client.answer(CrdOf("externalsecrets.external-secrets.io"))
    assert isinstance(found, CrdState)
    assert (found.kind, found.strategy) == ("ExternalSecret", "Webhook")
    assert (found.webhook_service, found.webhook_url) == (
        "external-secrets/external-secrets-webhook",
        "",
    )
    assert [(one.name, one.served, one.storage) for one in found.versions] == [
        ("v1", True, True),
        ("v1beta1", False, False),
    ]
    assert found.stored_versions == ("v1beta1", "v1")
    assert found.marks.annotations == {"helm.sh/resource-policy": "keep"}
    assert found.marks.managers == ("helm", "kubelet")
    assert found.conditions[0].type == "Established"


def test_without_a_word_about_conversion_nothing_is_converted() -> None:
    plain = crd(service=None)
    del plain["spec"]["conversion"]
    assert crd_state(plain).strategy == "None"


def test_a_webhook_outside_of_the_cluster_is_told_without_its_password() -> None:
    item = crd()
    item["spec"]["conversion"]["webhook"] = {"clientConfig": {"url": "https://me:hunter2@hooks.example/c"}}
    state = crd_state(item)
    assert (state.webhook_service, state.webhook_url) == ("", "https://me:[redacted]@hooks.example/c")


def versions(*schemas: Any) -> tuple[CrdVersion, ...]:
    item = crd()
    item["spec"]["versions"] = [
        {"name": f"v{number}", "schema": {"openAPIV3Schema": schema}} for number, schema in enumerate(schemas)
    ]
    return crd_state(item).versions


def prop(**fields: Any) -> Object:
    return {"type": "object", "properties": {"a": {"type": "string", **fields}}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (prop(), prop(description="what a is"), True),
        (prop(), {"properties": {"a": {"type": "string"}}, "type": "object", "description": "x"}, True),
        (prop(), {"type": "object", "properties": {"a": {"type": "integer"}}}, False),
        (prop(), prop(maxLength=5), False),
        # A field that is called `description` is no description.
        (
            {"properties": {"description": {"type": "string"}}},
            {"properties": {}},
            False,
        ),
        (
            {"properties": {"properties": {"description": "x", "type": "object"}}},
            {"properties": {"properties": {"description": "y", "type": "object"}}},
            True,
        ),
        (prop(default={"description": "x"}), prop(default={"description": "y"}), False),
        (prop(enum=["a"]), prop(enum=["b"]), False),
        ({"anyOf": [{"description": "x", "type": "string"}]}, {"anyOf": [{"type": "string"}]}, True),
    ],
)
def test_schemas_are_the_same_when_they_demand_the_same(one: Object, other: Object, same: bool) -> None:
    first, second = versions(one, other)
    assert (first.schema == second.schema) is same
    assert len(first.schema) == 64


def test_no_schema_has_no_digest() -> None:
    deep: Object = {}
    for _ in range(5_000):
        deep = {"items": deep}
    assert [one.schema for one in versions(None, {}, deep)] == ["", "", ""]


async def test_an_external_secret_by_its_name(tmp_path: Path) -> None:
    async with cluster(tmp_path, external_secret()) as (_, client):
        found = await client.answer(ExternalSecretsOf("shop", "board-db"))
    assert not isinstance(found, Unavailable)
    (one,) = found
    assert (one.store_kind, one.store, one.secret, one.version) == (
        "ClusterSecretStore",
        "aws",
        "board-db-secret",
        "v1",
    )
    assert one.keys == (SecretKey("DB_PASSWORD", "prod/board", "password"),)
    assert (one.open_ended, one.refresh_interval) == (False, "1h")
    assert one.refreshed_at is not None
    assert one.conditions[0].reason == "SecretSynced"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"target": {}}, ("board-db", "ClusterSecretStore", "aws", False)),
        ({"secretStoreRef": {"name": "vault"}}, ("board-db-secret", "SecretStore", "vault", False)),
        ({"dataFrom": [{"extract": {"key": "prod"}}]}, ("board-db-secret", "ClusterSecretStore", "aws", True)),
        ({"target": {"template": {"data": {"url": "x"}}}}, ("board-db", "ClusterSecretStore", "aws", True)),
        ({"target": {"template": {"metadata": {}}}}, ("board-db", "ClusterSecretStore", "aws", False)),
        (
            {
                "secretStoreRef": None,
                "data": [{"secretKey": "k", "sourceRef": {"storeRef": {"name": "own"}}}],
            },
            ("board-db-secret", "SecretStore", "own", False),
        ),
    ],
)  # fmt: skip
async def test_what_an_external_secret_leaves_out(
    tmp_path: Path, spec: Object, expected: tuple[str, str, str, bool]
) -> None:
    async with cluster(tmp_path, external_secret(**spec)) as (_, client):
        found = await client.answer(ExternalSecretsOf("shop"))
    assert not isinstance(found, Unavailable)
    (one,) = found
    assert (one.secret, one.store_kind, one.store, one.open_ended) == expected


async def test_stores_of_a_namespace_and_of_the_cluster(tmp_path: Path) -> None:
    broken = secret_store("vault", "shop", reason="InvalidProviderConfig", provider={"vault": {}})
    async with cluster(tmp_path, broken, secret_store()) as (_, client):
        own = await client.answer(StoreOf("shop", "vault"))
        wide = await client.answer(ClusterStoreOf("aws"))
        absent = await client.answer(ClusterStoreOf("vault"))
    assert isinstance(own, StoreState)
    assert (own.kind, own.namespace, own.provider) == ("SecretStore", "shop", "vault")
    assert own.conditions[0].reason == "InvalidProviderConfig"
    assert isinstance(wide, StoreState)
    assert (wide.kind, wide.namespace, wide.provider, wide.version) == ("ClusterSecretStore", "", "aws", "v1")
    assert isinstance(absent, Unavailable)
    assert (absent.reason, absent.detail) == (
        Reason.NOT_FOUND,
        'clustersecretstores.external-secrets.io "vault" not found',
    )


@pytest.mark.parametrize(
    ("provider", "login"),
    [
        (
            {"vault": {"auth": {"kubernetes": {"mountPath": "k8s", "role": "eso", "serviceAccountRef": {"name": "x"}}}}},
            {"method": "kubernetes", "mount": "k8s", "role": "eso", "account": "shop/x"},
        ),
        (
            {"vault": {"auth": {"jwt": {"path": "oidc", "kubernetesServiceAccountToken": {"serviceAccountRef": {"name": "x"}}}}}},
            {"method": "jwt", "mount": "oidc", "account": "shop/x"},
        ),
        (
            {"aws": {"role": "arn:r", "auth": {"jwt": {"serviceAccountRef": {"name": "x", "namespace": "y"}}}}},
            {"method": "jwt", "role": "arn:r", "account": "y/x"},
        ),
        (
            {"gcpsm": {"projectID": "p", "auth": {"workloadIdentity": {"serviceAccountRef": {"name": "x"}, "clusterProjectID": "c"}}}},
            {"method": "workloadIdentity", "account": "shop/x", "project": "c"},
        ),
        (
            {"azurekv": {"authType": "WorkloadIdentity", "serviceAccountRef": {"name": "x"}}},
            {"method": "WorkloadIdentity", "account": "shop/x"},
        ),
        ({"vault": {"auth": {"tokenSecretRef": {"name": "t", "key": "k"}}}}, {"method": "tokenSecretRef"}),
        ({"aws": {"region": "r"}}, {}),
        ({"fake": []}, {}),
    ],
)  # fmt: skip
async def test_who_a_store_logs_in_as(tmp_path: Path, provider: Object, login: Object) -> None:
    async with cluster(tmp_path, secret_store("v", "shop", provider=provider)) as (_, client):
        found = await client.answer(StoreOf("shop", "v"))
    assert isinstance(found, StoreState)
    assert found.login == login


async def test_an_older_operator_is_asked_in_its_version(tmp_path: Path) -> None:
    old = external_secret(version="v1beta1"), secret_store(version="v1beta1")
    async with cluster(tmp_path, *old) as (fake, client):
        fake.versions["external-secrets.io"] = ("v1beta1",)
        found = await client.answer(ExternalSecretsOf("shop"))
        store = await client.answer(ClusterStoreOf("aws"))
        absent = await client.answer(StoreOf("shop", "nobody"))
    assert not isinstance(found, Unavailable)
    assert isinstance(found[0], ExternalSecretState)
    assert isinstance(store, StoreState)
    assert (found[0].version, store.version) == ("v1beta1", "v1beta1")
    assert isinstance(absent, Unavailable)
    assert absent.detail == 'secretstores.external-secrets.io "nobody" not found'


async def test_a_dead_conversion_webhook_is_quoted(tmp_path: Path) -> None:
    old = external_secret(version="v1beta1"), secret_store(version="v1beta1"), external_secret("new")
    looks: list[Look[Any]] = [
        ExternalSecretsOf("shop"),
        ExternalSecretsOf("shop", "board-db"),
        ClusterStoreOf("aws"),
    ]
    async with cluster(tmp_path, *old) as (fake, client):
        fake.dead_webhooks["external-secrets.io"] = HOST
        gaps = [await client.answer(look) for look in looks]
        stored_in_v1 = await client.answer(ExternalSecretsOf("shop", "new"))
    for gap, kind in zip(gaps, ("ExternalSecret", "ExternalSecret", "ClusterSecretStore"), strict=True):
        assert isinstance(gap, Unavailable)
        assert gap.reason is Reason.NOT_READY
        about = f"conversion webhook for external-secrets.io/v1beta1, Kind={kind} failed"
        assert f'{about}: Post "https://{HOST}:443/convert?timeout=30s": dial tcp: lookup' in gap.detail
        assert gap.detail.endswith("no such host")
    assert not isinstance(stored_in_v1, Unavailable)


@pytest.mark.parametrize(
    ("look", "detail"),
    [
        (
            ExternalSecretsOf("shop"),
            "ExternalSecret (externalsecrets.external-secrets.io) is not installed, or not served as v1 or v1beta1",
        ),
        (
            StoreOf("shop", "x"),
            "SecretStore (secretstores.external-secrets.io) is not installed, or not served as v1 or v1beta1",
        ),
        (
            PrometheusOf("monitoring", "k8s"),
            "Prometheus (prometheuses.monitoring.coreos.com) is not installed, or not served as v1",
        ),
    ],
)
async def test_a_kind_that_is_not_installed_is_told_from_an_object_that_is_missing(
    tmp_path: Path, look: Look[Any], detail: str
) -> None:
    async with cluster(tmp_path) as (fake, client):
        missing = await client.answer(look)
        fake.unserved |= {"external-secrets.io", "monitoring.coreos.com"}
        gap = await client.answer(look)
    assert missing == () or (isinstance(missing, Unavailable) and "not found" in missing.detail)
    assert isinstance(gap, Unavailable)
    assert (gap.reason, gap.detail) == (Reason.NOT_FOUND, detail)


@pytest.mark.parametrize(
    ("look", "verb", "resource", "namespace", "group"),
    [
        (CrdOf("x.y"), "get", "customresourcedefinitions", "", "apiextensions.k8s.io"),
        (ClusterStoreOf("aws"), "get", "clustersecretstores", "", "external-secrets.io"),
        (StoreOf("shop", "aws"), "get", "secretstores", "shop", "external-secrets.io"),
        (ExternalSecretsOf("shop"), "list", "externalsecrets", "shop", "external-secrets.io"),
        (ExternalSecretsOf("shop", "x"), "get", "externalsecrets", "shop", "external-secrets.io"),
        (PrometheusOf("monitoring", "k8s"), "get", "prometheuses", "monitoring", "monitoring.coreos.com"),
    ],
)
async def test_a_refusal_names_what_to_grant(
    tmp_path: Path, look: Look[Any], verb: str, resource: str, namespace: str, group: str
) -> None:
    async with cluster(tmp_path, crd(), secret_store(), external_secret(), prometheus()) as (fake, client):
        fake.deny(verb, resource)
        gap = await client.answer(look)
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.FORBIDDEN
    assert (gap.verb, gap.resource, gap.namespace, gap.group) == (verb, resource, namespace, group)


async def test_what_the_prometheus_operator_runs(tmp_path: Path) -> None:
    moved = prometheus(routePrefix="/prom", externalUrl="https://me:hunter2@mon.example/prom")
    async with cluster(tmp_path, moved) as (_, client):
        found = await client.answer(PrometheusOf("monitoring", "k8s"))
    assert not isinstance(found, Unavailable)
    assert (found.version, found.replicas, found.retention) == ("v3.5.0", 2, "15d")
    assert (found.limits, found.requests) == ({"memory": "512Mi"}, {"memory": "400Mi", "cpu": "100m"})
    assert (found.route_prefix, found.external_url) == ("/prom", "https://me:[redacted]@mon.example/prom")


@pytest.mark.parametrize(
    ("containers", "limits"),
    [
        ([{"name": "prometheus", "resources": {"limits": {"memory": "2Gi"}}}], {"memory": "2Gi"}),
        (
            [{"name": "prometheus", "resources": {"limits": {"cpu": "1"}}}],
            {"memory": "512Mi", "cpu": "1"},
        ),
        ([{"name": "thanos", "resources": {"limits": {"memory": "2Gi"}}}], {"memory": "512Mi"}),
        ([{"name": "prometheus"}], {"memory": "512Mi"}),
    ],
)
def test_a_patch_of_the_container_wins_over_the_resource_s_own_limits(
    containers: list[Object], limits: dict[str, str]
) -> None:
    assert prometheus_state(prometheus(containers=containers)).limits == limits
