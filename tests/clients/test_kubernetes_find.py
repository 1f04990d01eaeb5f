"""From the words of a person to an object of any kind that can be diagnosed, in whatever version it is served."""

from pathlib import Path

import pytest

from bot.diagnosis.looks import FindTargets
from bot.diagnosis.sources import Unavailable
from bot.model import Reason
from tests.builders import Object, cronjob, daemonset, deployment, pod, rollout, statefulset
from tests.builders_around import application, hpa, node, service
from tests.builders_custom import crd, external_secret, secret_store
from tests.clients.cluster import cluster

EVERYTHING: tuple[Object, ...] = (
    deployment("web"),
    statefulset("web"),
    daemonset("web"),
    rollout("web"),
    cronjob("web"),
    pod("web"),
    service("web"),
    hpa("web"),
    node("web"),
    application("web"),
    external_secret("web"),
    secret_store("web", "shop"),
    secret_store("web"),
    crd(),
)


@pytest.mark.parametrize(
    ("words", "name", "found"),
    [
        (("deploy", "deployment", "Deployments"), "web", "shop/Deployment/web"),
        (("sts", "StatefulSet"), "web", "shop/StatefulSet/web"),
        (("ds", "daemonsets"), "web", "shop/DaemonSet/web"),
        (("ro", "Rollout", "rollouts"), "web", "shop/Rollout/web"),
        (("cj", "CronJob"), "web", "shop/CronJob/web"),
        (("po", "pods"), "web", "shop/Pod/web"),
        (("svc", "SERVICE"), "web", "shop/Service/web"),
        (("hpa", "HorizontalPodAutoscaler"), "web", "shop/HorizontalPodAutoscaler/web"),
        (("no", "node"), "web", "Node/web"),
        (("app", "Application", "applications"), "web", "argocd/Application/web"),
        (("es", "ExternalSecret", "externalsecrets"), "web", "shop/ExternalSecret/web"),
        (("ss", "SecretStore"), "web", "shop/SecretStore/web"),
        (("css", "ClusterSecretStore"), "web", "ClusterSecretStore/web"),
        (
            ("crd", "CustomResourceDefinition"),
            "externalsecrets.external-secrets.io",
            "CustomResourceDefinition/externalsecrets.external-secrets.io",
        ),
    ],
)
async def test_every_kind_by_every_word_for_it(
    tmp_path: Path, words: tuple[str, ...], name: str, found: str
) -> None:
    async with cluster(tmp_path, *EVERYTHING) as (fake, client):
        for word in words:
            answer = await client.answer(FindTargets(name, kind=word))
            assert not isinstance(answer, Unavailable)
            assert [str(target) for target in answer] == [found]
        assert all(request.metadata_only for request in fake.requests)


async def test_an_older_version_is_found_too(tmp_path: Path) -> None:
    async with cluster(tmp_path, external_secret("db", version="v1beta1")) as (fake, client):
        fake.versions["external-secrets.io"] = ("v1beta1",)
        answer = await client.answer(FindTargets("db", "shop", "es"))
    assert not isinstance(answer, Unavailable)
    assert [str(target) for target in answer] == ["shop/ExternalSecret/db"]


async def test_a_similar_name_of_the_same_kind_is_offered(tmp_path: Path) -> None:
    async with cluster(tmp_path, external_secret("board-db"), deployment("board-dv")) as (_, client):
        answer = await client.answer(FindTargets("bord-db", kind="es"))
    assert not isinstance(answer, Unavailable)
    assert [str(target) for target in answer] == ["shop/ExternalSecret/board-db"]


async def test_applications_where_only_argocd_s_namespace_may_be_listed(tmp_path: Path) -> None:
    async with cluster(tmp_path, application("web")) as (fake, client):
        fake.deny("list", "applications", "")
        answer = await client.answer(FindTargets("web", kind="app"))
    assert not isinstance(answer, Unavailable)
    assert [str(target) for target in answer] == ["argocd/Application/web"]


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        ("Gadget", Reason.NOT_FOUND, "Gadget is not a kind known here"),
        ("es", Reason.NOT_FOUND, "is not installed, or not served as v1 or v1beta1"),
    ],
)
async def test_a_kind_that_is_not_there(tmp_path: Path, kind: str, reason: Reason, words: str) -> None:
    async with cluster(tmp_path) as (fake, client):
        fake.unserved.add("external-secrets.io")
        gap = await client.answer(FindTargets("web", kind=kind))
    assert isinstance(gap, Unavailable)
    assert gap.reason is reason
    assert words in gap.detail
