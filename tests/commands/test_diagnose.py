"""`opsbot diagnose` against a faithful API server: the right target, the promised exit codes, one JSON document."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import container, crashing, deployment, pod, pod_spec, replicaset, running, statefulset
from tests.builders_around import application, hpa, node
from tests.builders_custom import external_secret, secret_store
from tests.commands.conftest import Ended, Opsbot
from tests.fakes.kubernetes import FakeKubernetes

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second


def shop(fake: FakeKubernetes) -> None:
    """board-service crashes, and another workload bears the same name elsewhere; web is well."""
    for name, status in (("board-service", crashing()), ("web", running())):
        spec = pod_spec(container())
        owner = deployment(name, ready=int(name == "web"), spec=spec)
        newest = replicaset(owner, spec=spec)
        fake.add(owner, newest, pod(f"{name}-7d9f8c6b5d-x2k9p", owner=newest, statuses=[status]))
    fake.add(node(), statefulset("twin"), statefulset("twin", namespace="other"))


@pytest.fixture
def asked(opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    def ask(*words: str, prepare: Callable[[FakeKubernetes], None] = shop) -> Ended:
        async def beside() -> Ended:
            async with FakeKubernetes() as fake:
                prepare(fake)
                monkeypatch.setenv("KUBECONFIG", fake.kubeconfig(bare))
                return await asyncio.to_thread(opsbot, "diagnose", *words)

        return asyncio.run(beside())

    return ask


@pytest.mark.parametrize(
    "name", ["board-service", "shop/board-service", "deploy/board-service", "shop/deployment/board-service"]
)
def test_a_broken_workload_ends_with_1(asked: Callable[..., Ended], name: str) -> None:
    ended = asked(name)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("Findings: shop/Deployment/board-service")
    assert "Confirmed: Container app keeps ending" in ended.out


def test_a_healthy_workload_ends_with_0(asked: Callable[..., Ended]) -> None:
    ended = asked("web")
    assert ended.code == 0
    assert "Confirmed" not in ended.out


def test_json_is_one_document_in_the_shape_of_the_contract(asked: Callable[..., Ended]) -> None:
    ended = asked("board-service", "--output", "json")
    found = json.loads(ended.out)
    assert (found["schema"], found["runbooks"]) == (1, ["crashloop_db_auth", "triage"])
    assert found["target"] == {
        "cluster": "default",
        "namespace": "shop",
        "kind": "Deployment",
        "name": "board-service",
    }
    first = found["findings"][0]
    assert (first["cause"], first["verdict"]) == ("crashing", "confirmed")
    assert len({finding["cause"] for finding in found["findings"]}) == len(found["findings"])


def test_markdown(asked: Callable[..., Ended]) -> None:
    ended = asked("board-service", "--output", "markdown")
    assert ended.out.startswith("# Findings: shop/Deployment/board-service")


def test_blocks_are_the_messages_of_slack(asked: Callable[..., Ended]) -> None:
    messages = json.loads(asked("board-service", "--output", "blocks").out)
    assert messages[0][0]["type"] == "header"
    assert all(len(blocks) <= 50 for blocks in messages)


def test_no_such_workload_names_the_nearest(asked: Callable[..., Ended]) -> None:
    ended = asked("bord-service")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("opsbot: no workload or pod is called 'bord-service' in any namespace")
    assert "shop/Deployment/board-service" in ended.err


def test_several_of_one_name_are_listed_ready_to_be_typed(asked: Callable[..., Ended]) -> None:
    ended = asked("twin")
    assert ended.code == 2
    choices = [line.split()[-1] for line in ended.err.splitlines() if "opsbot diagnose" in line]
    assert choices == ["other/StatefulSet/twin", "shop/StatefulSet/twin"]
    assert asked(choices[0]).out.startswith("Findings: other/StatefulSet/twin")


def test_a_cluster_that_does_not_answer_ends_with_3(
    opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone() -> str:
        async with FakeKubernetes() as fake:
            return fake.kubeconfig(bare)

    monkeypatch.setenv("KUBECONFIG", asyncio.run(gone()))
    ended = opsbot("diagnose", "shop/board-service")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("opsbot: cluster default: not reachable: ")


def test_without_a_kubeconfig_it_says_how_to_give_one(opsbot: Opsbot) -> None:
    ended = opsbot("diagnose", "shop/board-service")
    assert ended.code == 3
    assert ended.err.startswith("opsbot: cluster default: there is no kubeconfig at ")
    assert ended.err.count("set KUBECONFIG") == 1


def objects(fake: FakeKubernetes) -> None:
    """One thing of each kind that is no workload, with the workload that the scaler scales."""
    shop(fake)
    fake.add(
        hpa("board-hpa"), application("board"), external_secret("board-db"), secret_store("vault", "shop")
    )
    fake.add(secret_store("aws"))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("application/board", "argocd/Application/board"),
        ("app/board", "argocd/Application/board"),
        ("hpa/board-hpa", "shop/HorizontalPodAutoscaler/board-hpa"),
        ("shop/es/board-db", "shop/ExternalSecret/board-db"),
        ("es/board-db", "shop/ExternalSecret/board-db"),
        ("ss/vault", "shop/SecretStore/vault"),
        ("clustersecretstore/aws", "ClusterSecretStore/aws"),
        ("node/node-1", "Node/node-1"),
    ],
)
def test_what_is_no_workload_is_found_by_its_name(
    asked: Callable[..., Ended], name: str, target: str
) -> None:
    ended = asked(name, prepare=objects)
    assert ended.err == ""
    assert ended.out.startswith(f"Findings: {target}")


def test_a_mistyped_name_of_any_kind_is_answered_with_the_nearest(asked: Callable[..., Ended]) -> None:
    ended = asked("es/bord-db", prepare=objects)
    assert ended.code == 2
    assert "no ExternalSecret is called 'bord-db' in any namespace" in ended.err
    assert "near: shop/ExternalSecret/board-db" in ended.err


def test_a_kind_that_is_not_installed_is_said(asked: Callable[..., Ended]) -> None:
    def bare_cluster(fake: FakeKubernetes) -> None:
        fake.unserved.add("external-secrets.io")

    ended = asked("shop/es/board-db", prepare=bare_cluster)
    assert ended.code == 2
    assert "is not installed, or not served as v1 or v1beta1" in ended.err


@pytest.mark.parametrize("trouble", ["refused", "conversion"])
def test_what_cannot_be_seen_is_diagnosed_as_it_was_typed(asked: Callable[..., Ended], trouble: str) -> None:
    def unseen(fake: FakeKubernetes) -> None:
        fake.add(external_secret("board-db", version="v1beta1"))
        if trouble == "refused":
            fake.deny("list", "externalsecrets")
        else:
            fake.dead_webhooks["external-secrets.io"] = "hook.eso.svc"

    assert asked("shop/es/board-db", prepare=unseen).out.startswith("Findings: shop/ExternalSecret/board-db")
    ended = asked("es/board-db", prepare=unseen)  # its namespace is not known
    assert (ended.code, ended.out) == (3, "")
