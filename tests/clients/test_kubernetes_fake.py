"""The fake cluster is as strict as a real one: selectors, pages, metadata by Accept header, words of refusal."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.builders import pod
from tests.builders_around import secret
from tests.builders_custom import external_secret
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.kubernetes.managed import fields, with_fields
from tests.fakes.kubernetes.selecting import matches_fields, matches_labels
from tests.fakes.kubernetes.statuses import Refusal

LIST = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def fetch(http: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, dict[str, Any]]:
    async with http.get(url, headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("app=board", True),
        ("app==board,tier!=db", True),
        ("app in (chat, board)", True),
        ("app notin (chat,board)", False),
        ("missing notin (x)", True),
        ("missing!=x", True),
        ("app,!missing", True),
        ("!app", False),
        ("missing", False),
        ("app=board,missing=x", False),
    ],
)
def test_label_selectors(selector: str, holds: bool) -> None:
    assert matches_labels(selector, {"app": "board", "tier": "web"}) is holds


@pytest.mark.parametrize("selector", ["app in board", "=x", "app=a b", "app=%"])
def test_label_selectors_that_a_real_server_refuses(selector: str) -> None:
    with pytest.raises(Refusal) as refused:
        matches_labels(selector, {"app": "board"})
    assert refused.value.code == 400


def test_field_selectors() -> None:
    item = pod("p")
    assert matches_fields("pods", "metadata.name=p,spec.nodeName=node-1,status.phase!=Failed", item)
    assert not matches_fields("pods", "metadata.namespace=other", item)
    with pytest.raises(Refusal):
        matches_fields("pods", "spec.hostNetwork=true", item)


async def test_pages_and_the_count_of_what_remains(http: aiohttp.ClientSession) -> None:
    async with FakeKubernetes(*(pod(f"p-{number}") for number in range(5))) as fake:
        base = f"{fake.url}/api/v1/namespaces/shop/pods?limit=2"
        _, first = await fetch(http, base)
        _, last = await fetch(http, f"{base}&continue=4")
        _, selected = await fetch(http, f"{base}&labelSelector=app=board-service")
    assert (len(first["items"]), first["metadata"]["remainingItemCount"]) == (2, 3)
    assert (len(last["items"]), "continue" in last["metadata"]) == (1, False)
    assert "remainingItemCount" not in selected["metadata"]
    assert selected["metadata"]["continue"]


async def test_metadata_only_and_its_two_headers(http: aiohttp.ClientSession) -> None:
    async with FakeKubernetes(pod("p")) as fake:
        url = f"{fake.url}/api/v1/namespaces/shop/pods"
        _, listed = await fetch(http, url, **LIST)
        wrong, _ = await fetch(http, f"{url}/p", **LIST)
    assert listed["kind"] == "PartialObjectMetadataList"
    assert set(listed["items"][0]) == {"kind", "apiVersion", "metadata"}
    assert wrong == 406


async def test_the_content_of_a_secret_fails_the_test_that_asks(http: aiohttp.ClientSession) -> None:
    fake = FakeKubernetes(secret())
    await fake.listen()
    status, _ = await fetch(http, f"{fake.url}/api/v1/namespaces/shop/secrets/board-db")
    assert status == 406
    with pytest.raises(AssertionError, match="Secrets were asked for with their content"):
        await fake.__aexit__(None, None, None)


async def test_refusals_are_worded_as_by_a_real_server(http: aiohttp.ClientSession) -> None:
    async with FakeKubernetes(pod("x")) as fake:
        fake.deny("list", "pods", "shop")
        fake.deny("get", "deployments", "shop")
        status, listed = await fetch(http, f"{fake.url}/api/v1/namespaces/shop/pods")
        _, one = await fetch(http, f"{fake.url}/apis/apps/v1/namespaces/shop/deployments/x")
        allowed, _ = await fetch(http, f"{fake.url}/api/v1/namespaces/shop/pods/x")
        missing, gone = await fetch(http, f"{fake.url}/apis/apps/v1/namespaces/other/deployments/x")
    user = 'User "system:serviceaccount:opsbot:opsbot"'
    assert (status, allowed, missing) == (403, 200, 404)
    assert listed["message"] == (
        f'pods is forbidden: {user} cannot list resource "pods" in API group "" in the namespace "shop"'
    )
    assert one["message"] == (
        f'deployments.apps "x" is forbidden: {user} cannot get resource "deployments" '
        'in API group "apps" in the namespace "shop"'
    )
    assert gone["message"] == 'deployments.apps "x" not found'
    assert gone["details"] == {"name": "x", "group": "apps", "kind": "deployments"}


async def test_requests_are_recorded_with_their_size(http: aiohttp.ClientSession) -> None:
    async with FakeKubernetes(pod("p")) as fake:
        async with http.get(f"{fake.url}/api/v1/namespaces/shop/pods?limit=1") as response:
            size = len(await response.read())
        (request,) = fake.requests
        assert (request.path, request.query, request.status) == (
            "/api/v1/namespaces/shop/pods",
            {"limit": "1"},
            200,
        )
        assert request.size == fake.received == size
        assert fake.asked()["GET /api/v1/namespaces/shop/pods"] == 1


def test_owned_fields_are_names_without_values() -> None:
    assert fields({"a": {"b": 1, "c": []}, "l": [{"name": "x", "image": "i"}], "m": [1]}) == {
        "f:a": {"f:b": {}, "f:c": {}},
        "f:l": {'k:{"name":"x"}': {".": {}, "f:name": {}, "f:image": {}}},
        "f:m": {},
    }
    owned = with_fields(secret(password="aHVudGVy"))["metadata"]["managedFields"]
    assert owned[0]["fieldsV1"]["f:data"] == {"f:password": {}}
    assert owned[1]["fieldsV1"] == {}
    assert "aHVudGVy" not in str(owned)


async def test_custom_resources_in_the_versions_that_are_served(http: aiohttp.ClientSession) -> None:
    async with FakeKubernetes(external_secret("old", version="v1beta1"), external_secret("new")) as fake:
        base = f"{fake.url}/apis/external-secrets.io"
        _, listed = await fetch(http, f"{base}/v1/namespaces/shop/externalsecrets")
        fake.versions["external-secrets.io"] = ("v1",)
        async with http.get(f"{base}/v1beta1/namespaces/shop/externalsecrets") as unserved:
            answer = unserved.status, await unserved.text()
        fake.dead_webhooks["external-secrets.io"] = "hook.eso.svc"
        status, failed = await fetch(http, f"{base}/v1/namespaces/shop/externalsecrets")
        alive, _ = await fetch(http, f"{base}/v1/namespaces/shop/externalsecrets/new")
    assert listed["apiVersion"] == "external-secrets.io/v1"
    assert {item["apiVersion"] for item in listed["items"]} == {"external-secrets.io/v1"}
    assert answer == (404, "404 page not found\n")
    assert (status, alive, failed["reason"]) == (500, 200, "")
    assert failed["message"].startswith(
        "conversion webhook for external-secrets.io/v1beta1, Kind=ExternalSecret failed: Post "
    )
