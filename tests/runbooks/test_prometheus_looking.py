"""What prometheus_oomkilled looks at: each thing once, nothing that was not declared, nothing in vain."""

import asyncio
from dataclasses import replace
from typing import Any

from bot.diagnosis.evidence import LogTail, PodList, WorkloadState
from bot.diagnosis.evidence_objects import WalReplayState
from bot.diagnosis.looks import ApplicationOf, EventsOf, LogHead, LogOf, NodeOf, PodsOf, WorkloadOf
from bot.diagnosis.looks_metrics import InstantQuery, RangeQuery, WalReplayOf
from bot.diagnosis.looks_objects import PrometheusOf
from bot.diagnosis.prometheus_memory.exam import Sight
from bot.diagnosis.prometheus_memory.queries import SERIES
from bot.diagnosis.sources import Look
from bot.diagnosis.view import Lens, View, gap_of
from bot.model import Reason, Source, Target, Verdict
from runbooks.prometheus_oomkilled import RUNBOOK, decide
from tests.fakes.sources import FakeSources
from tests.runbooks.prometheus_sights import (
    APPLICATION,
    AT,
    IMAGE,
    OPERATED,
    POD,
    REPLAYING,
    RESOURCE,
    TRACKED,
    UNFINISHED,
    died,
    of_pod,
    owned,
    series,
)
from tests.snapshots import ended, node, running, workload

NODE_EVENTS = EventsOf("", "Node", "node-1", warnings_only=False)
PREVIOUS = LogOf("metrics", POD, "srv", previous=True)
MARKED = replace(RESOURCE, marks=replace(RESOURCE.marks, annotations=TRACKED))


def unavailable(look: Look[Any]) -> Any:
    return gap_of(look, Reason.UNREACHABLE)


def cluster(of: WorkloadState = OPERATED, pod: Any = None) -> FakeSources:
    answers: dict[Look[Any], Any] = {
        WorkloadOf(AT): of,
        PodsOf(AT.namespace, of.selector): PodList((pod or of_pod(died()),)),
        PREVIOUS: LogTail(POD, "srv", previous=True, lines=REPLAYING),
        LogHead("metrics", POD, "srv", previous=True): LogTail(
            POD, "srv", previous=True, lines=(UNFINISHED,)
        ),
        PrometheusOf("metrics", "k8s"): MARKED,
        ApplicationOf("observability"): APPLICATION,
        NodeOf("node-1"): node(),
        NODE_EVENTS: (),
        SERIES: series(*[20_000.0] * 60),
        WalReplayOf(): WalReplayState(0, 97, 41),
    }
    return FakeSources(answers, reads=RUNBOOK.reads, otherwise=unavailable)


class SlowLogs(FakeSources):
    """The log comes only after the series were asked for."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._asked_for_series = asyncio.Event()

    async def answer(self, look: Look[Any]) -> Any:
        if look == PREVIOUS:
            await self._asked_for_series.wait()
        if look == SERIES:
            self._asked_for_series.set()
        return await super().answer(look)


async def look(sources: FakeSources, at: Target = AT) -> Sight:
    """Through a view, as the engine does it: the same question is asked once."""
    view = View(dict.fromkeys(Source, sources), look_timeout=1.0)
    try:
        sight: Sight = await RUNBOOK.collect(at, Lens(view, RUNBOOK.reads))
    finally:
        await view.close()
    return sight


async def test_everything_is_looked_at_once() -> None:
    sources = cluster()
    sight = await look(sources)

    assert len(sources.asked) == len(set(sources.asked))
    assert (sight.resource, sight.application) == (MARKED, APPLICATION)
    assert [head.lines for head in sight.heads if isinstance(head, LogTail)] == [(UNFINISHED,)]
    assert sight.metrics is not None
    assert sight.metrics.replay == WalReplayState(0, 97, 41)
    assert {NODE_EVENTS, PREVIOUS} <= set(sources.asked)
    (wal,) = [finding for finding in decide(sight) if finding.cause == "wal-replay-oom"]
    assert (wal.verdict, wal.fixes[0].key) == (Verdict.CONFIRMED, "memory-in-values")


async def test_metrics_do_not_wait_for_logs() -> None:
    async with asyncio.timeout(1.5):
        sight = await look(SlowLogs(cluster().answers, otherwise=unavailable))

    assert sight.scene.logs[0].log == LogTail(POD, "srv", previous=True, lines=REPLAYING)


async def test_the_life_after_a_death_is_looked_at_too() -> None:
    again = running("srv", image=IMAGE, last=ended(137, "OOMKilled"))
    sources = cluster(owned(), of_pod(again))
    await look(sources)

    heads = {asked.previous for asked in sources.asked if isinstance(asked, LogHead)}
    assert heads == {True, False}
    assert not [asked for asked in sources.asked if isinstance(asked, PrometheusOf)]


async def test_a_healthy_one_has_no_head_to_look_at() -> None:
    sources = cluster(owned(), of_pod(running("srv", image=IMAGE)))
    await look(sources)

    assert not [asked for asked in sources.asked if isinstance(asked, LogHead)]


async def test_nothing_is_asked_about_another_program() -> None:
    sources = cluster(replace(workload(), target=AT))
    sight = await look(sources)

    beyond = (InstantQuery, RangeQuery, WalReplayOf, LogHead, PrometheusOf)
    assert not [asked for asked in sources.asked if isinstance(asked, beyond)]
    assert {finding.verdict for finding in decide(sight)} == {Verdict.RULED_OUT}


async def test_a_pod_whose_owner_may_not_be_read_is_known_by_its_image() -> None:
    at = replace(AT, kind="Pod", name=POD)
    sources = cluster()
    sources.answers[WorkloadOf(at)] = gap_of(WorkloadOf(at), Reason.FORBIDDEN)
    sources.answers[PodsOf("metrics", pod=POD)] = PodList((of_pod(died()),))
    verdicts = {finding.cause: finding for finding in decide(await look(sources, at))}

    assert verdicts["wal-replay-oom"].verdict is Verdict.CONFIRMED
    assert verdicts["limit-too-low"].verdict is Verdict.NOT_CHECKED
    assert [fix.key for fix in verdicts["wal-replay-oom"].fixes] == ["delete-log"]


async def test_what_runs_no_pods_is_not_asked_about() -> None:
    at = Target("default", "", "Node", "node-1")
    sources = cluster()
    sight = await look(sources, at)

    assert sight.metrics is None
    assert {finding.verdict for finding in decide(sight)} == {Verdict.NOT_CHECKED}
