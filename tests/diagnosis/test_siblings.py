"""Siblings: only the ailing are looked into, at most so many, with no more look-ups for more pods, and gaps are kept."""

from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.evidence import LogTail, PodList, WorkloadList, WorkloadState
from bot.diagnosis.looks import LogOf, PodsOf, SiblingsOf
from bot.diagnosis.reads import POD_LOGS, POD_READ, WORKLOAD_READ
from bot.diagnosis.siblings import PODS_EACH, Siblings, ailing, alike, look_at_siblings, unread
from bot.diagnosis.sources import Look, Unavailable
from bot.diagnosis.view import gap_of
from bot.model import Reason
from tests.fakes.sources import FakeSources
from tests.snapshots import TARGET, looping, pod, running, workload

READS = (WORKLOAD_READ, POD_READ, POD_LOGS)


def ill(name: str, **more: Any) -> WorkloadState:
    values: dict[str, Any] = {"ready": 0, **more}
    return replace(workload(target=replace(TARGET, name=name), **values), selector=f"app={name}")


class Namespace:
    """Answers for these workloads: every pod of them crashes, and its log holds its name."""

    def __init__(self, *found: WorkloadState, more: int = 0, pods: int = 1) -> None:
        self._lists = {"Deployment": WorkloadList(found, more), "StatefulSet": WorkloadList(())}
        self._pods = pods

    def __call__(self, look: Look[Any]) -> Any:
        match look:
            case SiblingsOf(_, kind):
                return self._lists[kind]
            case PodsOf(_, selector):
                name = selector.partition("=")[2]
                return PodList(tuple(pod(looping(1), name=f"{name}-{n:05}") for n in range(self._pods)))
            case LogOf(_, name, container):
                return LogTail(name, container, previous=True, lines=("starting", f"refused {name}"))
        raise AssertionError(look)


def refusal(lines: Any) -> str | None:
    return next((line for line in lines if line.startswith("refused")), None)


@pytest.mark.parametrize(
    ("of", "is_ailing"),
    [
        (workload(), False),
        (workload(ready=1), True),
        (workload(updated=1), True),
        (workload(desired=0, ready=0, updated=0), False),
        (workload(desired=None, ready=0), False),
        (workload(ready=None, updated=None), False),
    ],
)
def test_ailing(of: WorkloadState, is_ailing: bool) -> None:
    assert ailing(of) is is_ailing


async def test_only_the_ailing_others_are_looked_into() -> None:
    sources = FakeSources(
        reads=READS, otherwise=Namespace(ill("b"), ill("a"), ill(TARGET.name), ill("well", ready=2))
    )
    found = await look_at_siblings(TARGET, sources)

    assert [(one.target.name, line) for one, line in alike(found, refusal)] == [
        ("a", "refused a-00000"),
        ("b", "refused b-00000"),
    ]
    assert (found.left_out, found.gap) == (0, None)


@pytest.mark.parametrize("pods", [1, 500])
async def test_more_pods_are_no_more_look_ups_and_more_workloads_are_counted(pods: int) -> None:
    sources = FakeSources(
        reads=READS, otherwise=Namespace(*(ill(f"w{n}") for n in range(20)), more=5, pods=pods)
    )

    found = await look_at_siblings(TARGET, sources, most=12)

    assert (len(found.looked), found.left_out) == (12, 13)
    assert len(sources.asked) == 2 + 12 + 12


async def test_a_look_that_gives_nothing_is_said_and_the_others_stand() -> None:
    answers: dict[Look[Any], Any] = {
        SiblingsOf("shop", "StatefulSet"): gap_of(SiblingsOf("shop", "StatefulSet"), Reason.TIMEOUT),
        PodsOf("shop", "app=a", limit=PODS_EACH): gap_of(
            PodsOf("shop", "app=a", limit=PODS_EACH), Reason.FORBIDDEN
        ),
    }
    sources = FakeSources(answers, reads=READS, otherwise=Namespace(ill("a"), ill("b")))
    found = await look_at_siblings(TARGET, sources)

    assert [one.target.name for one, _ in alike(found, refusal)] == ["b"]
    assert found.gap is not None
    assert found.gap.reason is Reason.TIMEOUT


async def test_what_has_not_run_or_is_well_again_has_no_log_to_read() -> None:
    answers: dict[Look[Any], Any] = {
        PodsOf("shop", "app=a", limit=PODS_EACH): PodList((pod(running(), name="a-1"),))
    }
    sources = FakeSources(answers, reads=READS, otherwise=Namespace(ill("a")))

    found = await look_at_siblings(TARGET, sources)

    assert [one.tail for one in found.looked] == [None]
    assert unread(found) is None


async def test_a_log_that_may_not_be_read_is_a_gap() -> None:
    look = LogOf("shop", "a-00000", "app", previous=True)
    refused = gap_of(look, Reason.FORBIDDEN)
    sources = FakeSources({look: refused}, reads=READS, otherwise=Namespace(ill("a")))

    found = await look_at_siblings(TARGET, sources)

    assert alike(found, refusal) == ()
    assert isinstance(unread(found), Unavailable)
    assert unread(Siblings()) is None
