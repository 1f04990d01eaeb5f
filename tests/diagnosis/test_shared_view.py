"""What looking costs: one request for each question, one diagnosis for each workload, and nothing for pods that are not meant."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.bodies import Draft
from bot.observe import REGISTRY
from runbooks.catalog import CATALOG
from tests.builders import NOW, container, crashing, deployment, pod, pod_spec, replicaset, running
from tests.builders_around import node
from tests.e2e.bots import inside, post
from tests.fakes.kubernetes import FakeKubernetes
from tests.fakes.slack import FakeSlack
from tests.programs.running import wait_for
from tests.seeds.loading import cluster
from tests.seeds.test_conclusions import SHOP, STORIES, Story, engine_at

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second

everyone = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.runbook)
ALL = [runbook.name for runbook in CATALOG]


def asked(fake: FakeKubernetes) -> Counter[str]:
    """Each request with all that makes it another question."""
    return Counter(
        f"{one.path}?{sorted(one.query.items())} {'metadata' * one.metadata_only}" for one in fake.requests
    )


def crowd(fake: FakeKubernetes, pods: int) -> None:
    """Pods of another workload in the same namespace, which is well, and more than are asked for to speak for all."""
    owner = deployment("crowd", namespace=SHOP, replicas=3, ready=3)
    newest = replicaset(owner, namespace=SHOP)
    fake.add(owner, newest)
    for number in range(pods):
        name = f"crowd-7d9f8c6b5d-{number:05}"
        labels = {"app": "crowd"}
        fake.add(pod(name, owner=newest, namespace=SHOP, labels=labels, statuses=[running()]))


@everyone
async def test_however_many_runbooks_ask_it_is_asked_once(story: Story, tmp_path: Path) -> None:
    fake = cluster(story.runbook, NOW)
    async with engine_at(fake, tmp_path) as engine:
        await engine.diagnose(story.target, names=ALL)
    # An autoscaler is read on the way to its workload, and as itself: two questions that happen to be one request.
    twice = {question for question, times in asked(fake).items() if times > 1}
    assert [question for question in twice if "horizontalpodautoscalers" not in question] == []
    assert max(asked(fake).values()) <= 2
    assert len(fake.requests) > 5


@everyone
async def test_who_asks_meanwhile_shares_the_answer(story: Story, tmp_path: Path) -> None:
    fake = cluster(story.runbook, NOW)
    async with engine_at(fake, tmp_path) as engine:
        alone = await engine.diagnose(story.target)
        once = asked(fake)
        fake.requests.clear()
        many = await asyncio.gather(*(engine.diagnose(story.target) for _ in range(20)))
    assert asked(fake) == once
    assert all(diagnosis.findings == alone.findings for diagnosis in many)


@everyone
async def test_other_pods_cost_nothing(story: Story, tmp_path: Path) -> None:
    costs = []
    for others in (50, 300):
        fake = cluster(story.runbook, NOW)
        crowd(fake, others)
        async with engine_at(fake, tmp_path) as engine:
            await engine.diagnose(story.target)
        costs.append((len(fake.requests), fake.received))
    assert costs[0] == costs[1]


def diagnoses() -> float:
    return REGISTRY.get_sample_value("opsbot_diagnosis_seconds_count") or 0.0


async def test_the_alerts_of_500_pods_are_one_diagnosis(tmp_path: Path) -> None:
    spec = pod_spec(container())
    owner = deployment("board", spec=spec, replicas=500)
    newest = replicaset(owner, spec=spec)
    names = [f"board-7d9f8c6b5d-{number:05}" for number in range(500)]
    pods = [
        pod(name, owner=newest, spec=spec, labels={"app": "board"}, statuses=[crashing()]) for name in names
    ]
    began = datetime.now(UTC)
    drafts = [
        Draft({"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": name}, began) for name in names
    ]
    before = diagnoses()
    fake = FakeKubernetes(owner, newest, node(), *pods)
    async with fake, FakeSlack().running() as slack:
        kubeconfig = fake.kubeconfig(tmp_path)
        async with inside(tmp_path, slack, config="delivery: {hold: 10s}\n", KUBECONFIG=kubeconfig) as bot:
            await post(bot.url, *drafts)
            await wait_for(lambda: len(slack.live()) > 1, "a message with a thread")
    assert diagnoses() - before == 1
    assert len(slack.tops()) == 1
    assert len(fake.requests) < 40
