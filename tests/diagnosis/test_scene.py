"""Looking around a target: what is asked, that it is asked at once, and that it stays bounded."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.evidence import LogTail, PodList
from bot.diagnosis.looks import (
    ApplicationOf,
    EventsOf,
    LogOf,
    NodeOf,
    PodsOf,
    RevisionsOf,
    ScalersOf,
    WorkloadOf,
)
from bot.diagnosis.scene import Scene, look_around
from bot.diagnosis.sources import Look, Unavailable
from bot.model import Reason, Source, Target
from runbooks.triage import RUNBOOK
from tests.fakes.sources import FakeSources
from tests.snapshots import (
    TARGET,
    ended,
    looping,
    node,
    pod,
    revision,
    running,
    template,
    terminated,
    waiting,
    workload,
)

NOT_FOUND = Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "pods/log", "shop")
PODS = PodsOf("shop", "app=web")


def log(look: LogOf, *lines: str) -> LogTail:
    return LogTail(look.pod, look.container, look.previous, lines)


def cluster(*pods: Any, state: Any = None, answers: dict[Look[Any], Any] | None = None) -> FakeSources:
    """A cluster with one Deployment; whatever is not in the table has a plain answer."""

    def otherwise(look: Look[Any]) -> Any:
        match look:
            case LogOf():
                return log(look, "panic: boom")
            case NodeOf():
                return node(look.name)
            case WorkloadOf():
                return state or workload()
            case PodsOf():
                return PodList(pods)
            case _:
                return ()

    return FakeSources(answers, reads=RUNBOOK.reads, otherwise=otherwise)


def of(sources: FakeSources, kind: type[Look[Any]]) -> list[Any]:
    return [look for look in sources.asked if isinstance(look, kind)]


async def around(sources: FakeSources, target: Target = TARGET) -> Scene:
    return await look_around(target, sources)


async def test_a_crashing_deployment() -> None:
    revisions = (revision(2, template(), minutes=5), revision(1, template(), minutes=99))
    found: dict[Look[Any], Any] = {RevisionsOf(TARGET, "uid-web", "app=web"): revisions}
    sources = cluster(pod(looping(1)), pod(name="web-7d9-b", node="node-2"), answers=found)

    scene = await around(sources)

    assert of(sources, LogOf) == [LogOf("shop", "web-7d9-a", "app", previous=True)]
    assert [(look.kind, look.name) for look in of(sources, EventsOf)] == [
        ("Deployment", "web"),
        ("ReplicaSet", "web-rs2"),
        ("Pod", "web-7d9-a"),
        ("Pod", "web-7d9-b"),
    ]
    assert of(sources, NodeOf) == [NodeOf("node-1"), NodeOf("node-2")]
    assert of(sources, ScalersOf) == [ScalersOf("shop", "Deployment", "web")]
    assert scene.revisions == revisions


async def test_calls_do_not_grow_with_the_pods() -> None:
    def many(count: int) -> FakeSources:
        return cluster(*(pod(looping(1), name=f"web-{n}", node=f"node-{n}") for n in range(count)))

    few, crowd = many(4), many(1000)
    await around(few)
    await around(crowd)

    assert len(of(crowd, LogOf)) == 4
    assert len(of(crowd, NodeOf)) == 3
    assert len(crowd.asked) == len(few.asked)


async def test_three_look_ups_wait_for_each_other_and_no_more() -> None:
    """Each look takes one step; the whole scene takes three."""
    sources = cluster(pod(looping(1)), pod(looping(1), name="web-7d9-b"))
    steps: list[int] = []
    step = 0

    class Counting:
        async def look(self, look: Look[Any]) -> Any:
            steps.append(step)
            await gate.wait()
            return await sources.look(look)

    gate = asyncio.Event()
    task = asyncio.create_task(look_around(TARGET, Counting()))
    while not task.done():
        for _ in range(50):
            await asyncio.sleep(0)
        step += 1
        gate.set()
        gate = asyncio.Event()

    assert sorted(set(steps)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("container", "previous"),
    [
        pytest.param(looping(1), [True], id="loops: the life that ended"),
        pytest.param(terminated(1), [False], id="ended and was not started again: this life"),
        pytest.param(running(last=ended(1)), [True], id="runs again: the life before"),
        pytest.param(running(ready=False), [False], id="runs, not ready: this life"),
        pytest.param(waiting("ImagePullBackOff"), [], id="never ran: no log"),
        pytest.param(running(), [], id="well: no log"),
    ],
)
async def test_which_log(container: Any, previous: list[bool]) -> None:
    sources = cluster(pod(container))

    await around(sources)

    assert [look.previous for look in of(sources, LogOf)] == previous


async def test_a_log_that_is_gone_is_replaced_by_the_present_one() -> None:
    present = LogOf("shop", "web-7d9-a", "app")
    gone = replace(present, previous=True)
    sources = cluster(pod(running(last=ended(1))), answers={gone: NOT_FOUND})

    scene = await around(sources)

    assert scene.logs[0].log == log(present, "panic: boom")


async def test_different_troubles_are_looked_at_before_the_same_again() -> None:
    crowd = [pod(looping(1), running("proxy"), name=f"web-{n}") for n in range(9)]
    odd = pod(running(), waiting("CrashLoopBackOff", last=ended(2), name="proxy"), name="web-odd")
    sources = cluster(*crowd, odd)

    await around(sources)

    assert ("web-odd", "proxy") in [(look.pod, look.container) for look in of(sources, LogOf)]


async def test_the_application_that_tracks_it() -> None:
    state = workload(annotations={"argocd.argoproj.io/tracking-id": "argocd_shop:apps/Deployment:shop/web"})
    sources = cluster(pod(), state=state)

    await around(sources)

    assert of(sources, ApplicationOf) == [ApplicationOf("shop")]


async def test_a_pod_can_be_read_where_its_owner_cannot() -> None:
    target = Target("default", "shop", "Pod", "web-7d9-a")
    forbidden = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "deployments", "shop", group="apps")
    sources = cluster(pod(looping(1)), answers={WorkloadOf(target): forbidden})

    scene = await around(sources, target)

    assert scene.pods == PodList((pod(looping(1)),))
    assert scene.workload == forbidden
    assert of(sources, PodsOf) == [PodsOf("shop", pod="web-7d9-a")]
    assert len(scene.logs) == 1


async def test_a_workload_without_a_selector() -> None:
    bare = workload(target=replace(TARGET, kind="CronJob"))
    sources = cluster(state=replace(bare, selector=""))

    scene = await around(sources, replace(TARGET, kind="CronJob"))

    assert isinstance(scene.pods, Unavailable)
    assert scene.pods.detail == "a CronJob selects no pods"
    assert of(sources, PodsOf) == []


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        (
            Target("default", "", "Node", "node-1"),
            [EventsOf("", "Node", "node-1", warnings_only=False), NodeOf("node-1")],
        ),
        (
            Target("default", "argocd", "Application", "shop"),
            [EventsOf("argocd", "Application", "shop", warnings_only=False), ApplicationOf("shop", "argocd")],
        ),
        (
            Target("default", "shop", "PersistentVolumeClaim", "data"),
            [EventsOf("shop", "PersistentVolumeClaim", "data", warnings_only=False)],
        ),
        (Target("default", "shop", "", ""), []),
    ],
)
async def test_targets_without_a_workload(target: Target, asked: list[Any]) -> None:
    sources = cluster()

    scene = await around(sources, target)

    assert set(sources.asked) == set(asked)
    assert len(sources.asked) == len(asked)
    assert isinstance(scene.pods, Unavailable)
    assert isinstance(scene.workload, Unavailable)


async def test_one_refused_event_list_is_a_gap_and_the_others_count() -> None:
    refused = EventsOf("shop", "Pod", "web-7d9-a", warnings_only=False)
    gap = Unavailable(Source.KUBERNETES, Reason.TIMEOUT, "list", "events", "shop")
    sources = cluster(pod(looping(1)), answers={refused: gap})

    scene = await around(sources)

    assert scene.events.gap == gap
