"""From a webhook to what on-call people read, against a cluster: the cause on top, what proves it in the thread."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import pytest
import yaml

from bot.demo.bodies import Draft
from tests.builders import NOW, Object, ago, container, crashing, deployment, pod, pod_spec, replicaset
from tests.builders_around import event, node, secret
from tests.e2e.bots import inside, post, thread, words
from tests.fakes.kubernetes import ContainerLog, FakeKubernetes
from tests.fakes.slack import FakeSlack, Kept
from tests.programs.running import wait_for

pytestmark = [pytest.mark.programs, pytest.mark.timeout(60)]

DENIED = 'FATAL: password authentication failed for user "board_db"'
LOG = f"starting board 1.4.2\nconnecting to postgres.shop:5432\n{DENIED}\nexiting\n"
PASSWORD = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "board-db", "key": "password"}}}
POD = "board-service-7d9f8c6b5d-x2k9p"


def cluster() -> FakeKubernetes:
    """A Deployment that has crashed since its newest revision, six minutes before the alert, changed one variable."""
    before, after = (spec(user) for user in ("board", "board_db"))
    workload = deployment(spec=after, replicas=1)
    old = replicaset(workload, hash_="5c4b7d8f9", revision=1, spec=before, created=ago(days=3))
    new = replicaset(workload, hash_="7d9f8c6b5d", revision=2, spec=after, created=ago(minutes=6))
    broken = pod(POD, owner=new, spec=after, statuses=[crashing()], created=ago(minutes=6))
    fake = FakeKubernetes(
        workload, old, new, broken, node(), event(broken), secret("board-db", password="aHVudGVyMg==")
    )
    fake.log("shop", POD, "app", ContainerLog(current=b"starting board 1.4.2\n", previous=LOG.encode()))
    return fake


def spec(user: str) -> Object:
    return pod_spec(container(env=[{"name": "DB_USER", "value": user}, PASSWORD]))


@asynccontextmanager
async def told(folder: Path, fake: FakeKubernetes) -> AsyncIterator[tuple[Kept, list[Kept]]]:
    """The top message and its thread, once the diagnosis is there."""
    draft = Draft({"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": POD}, NOW)
    async with fake, FakeSlack().running() as slack:
        config = "delivery: {hold: 10s}\n"
        async with inside(folder, slack, config=config, KUBECONFIG=fake.kubeconfig(folder)) as bot:
            await post(bot.url, draft)
            await wait_for(lambda: len(slack.live()) > len(slack.tops()) > 0, "a message with a thread")
            (top,) = slack.tops()
            yield top, thread(slack, top)


async def test_a_crash_after_a_rollout_is_explained(tmp_path: Path) -> None:
    fake = cluster()
    async with told(tmp_path, fake) as (top, replies):
        shown, below = words(top), words(*replies)
    assert top.text.startswith("🔴 Firing")
    assert not top.edits, "the diagnosis was there within the hold, so the first message has it"
    assert "Confirmed: PostgreSQL refuses the password of board_db from Secret board-db" in shown
    assert "The newest revision changed the user from board to board_db." in below
    assert DENIED in below
    assert f"kubectl logs pod/{POD} --container=app --previous" in below
    assert "DB_USER of app: board → board_db" in below
    assert "6 min before the alert" in below
    assert "hunter2" not in shown + below
    assert "aHVudGVyMg" not in shown + below


def granted(below: str, namespace: str) -> set[str]:
    """The resources that the posted grant allows there, as a shell and kubectl would read it."""
    command = unescape(below).rpartition("kubectl apply")[
        2
    ]  # the one before is that of the notification, cut
    (text,) = re.findall(r"<<'EOF'\n(.*?)\nEOF", command, re.DOTALL)
    made = yaml.safe_load(text)
    assert {item["kind"] for item in made["items"]} == {"Role", "RoleBinding"}
    assert {item["metadata"]["namespace"] for item in made["items"]} == {namespace}
    return {name for item in made["items"] for rule in item.get("rules", ()) for name in rule["resources"]}


async def test_a_log_that_may_not_be_read_is_said_with_its_grant(tmp_path: Path) -> None:
    fake = cluster()
    fake.deny(resource="pods/log")
    async with told(tmp_path, fake) as (top, replies):
        shown, below = words(top), words(*replies)
    assert "Container app keeps ending with exit code 1" in shown
    assert DENIED not in shown + below
    assert "Its log could not be read" in below
    assert "Not checked: Kubernetes, get pods/log in shop: not allowed" in below
    assert "pods/log" in granted(below, "shop")
    assert "DB_USER of app: board → board_db" in below


async def test_pods_that_may_not_be_read_are_not_taken_for_healthy(tmp_path: Path) -> None:
    fake = cluster()
    fake.deny(resource="pods")
    async with told(tmp_path, fake) as (top, replies):
        shown, below = words(top), words(*replies)
    assert "Confirmed" not in shown
    assert "Could not look" in shown
    assert "Not checked" in below
    assert "pods" in granted(below, "shop")
