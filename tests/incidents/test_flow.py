"""What each kind of job does, over a real store, with a scripted engine and courier."""

import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from bot.delivery.results import Delivered, Later, Refused
from bot.diagnosis import bundle
from bot.diagnosis.engine import Engine
from bot.diagnosis.evidence import LogTail
from bot.diagnosis.looks import LogOf
from bot.diagnosis.recording import Asked, Recording
from bot.diagnosis.sources import Look
from bot.incidents.flow import Flow, FlowOptions
from bot.incidents.merge import MergeOptions
from bot.incidents.routing import Route, Routes
from bot.incidents.store import Store
from bot.incidents.targets import ClusterMatch
from bot.incidents.work import Again, Done, GiveUp, Job, JobKind
from bot.matchers import parse_matchers
from bot.model import (
    Alert,
    AlertGroup,
    Diagnosis,
    Finding,
    Incident,
    IncidentState,
    Missing,
    Reason,
    Source,
    Target,
    Verdict,
)
from tests.incidents.groups import at, body, firing, resolved

DEPLOYMENT = Target("prod", "shop", "Deployment", "api")


@dataclass(slots=True)
class Scripted:
    """Stands for the engine and for the courier; says what it is told to and remembers what it was asked."""

    finding: Finding = field(default_factory=lambda: Finding("triage", "crashing", Verdict.CONFIRMED))
    result: Delivered | Later | Refused = field(default_factory=lambda: Delivered(first=True))
    meanwhile: Callable[[], Awaitable[None]] | None = None
    asked: list[tuple[Target, int]] = field(default_factory=list)
    named: list[Sequence[str] | None] = field(default_factory=list)
    delivered: list[Incident] = field(default_factory=list)
    answers: dict[Look[Any], Any] = field(default_factory=dict)

    async def owner(self, target: Target) -> Target:
        return DEPLOYMENT if target.kind == "Pod" else target

    async def diagnose(
        self,
        target: Target,
        *,
        names: Sequence[str] | None = None,
        alerts: Sequence[Alert] = (),
        since: datetime,
    ) -> Diagnosis:
        self.asked.append((target, len(alerts)))
        self.named.append(names)
        if self.meanwhile:
            await self.meanwhile()
        return Diagnosis(target, ("triage",), (self.finding,), at=since)

    async def record(self, target: Target, *, alerts: Sequence[Alert], since: datetime) -> Recording:
        diagnosis = await self.diagnose(target, alerts=alerts, since=since)
        return Recording(
            Asked(since=since), diagnosis, self.answers, dict.fromkeys(self.answers, 0.1), (), 25.0
        )

    async def deliver(self, incident: Incident) -> Delivered | Later | Refused:
        self.delivered.append(incident)
        return self.result


@dataclass(slots=True)
class Bench:
    store: Store
    scripted: Scripted
    minutes: float = 0.0
    groups: list[AlertGroup] = field(default_factory=list)

    @property
    def flow(self) -> Flow:
        options = FlowOptions(
            clusters=(ClusterMatch("prod"),),
            routes=Routes((Route(parse_matchers('severity="critical"'), "#critical"),), "#alerts"),
            merge=MergeOptions(),
            stale_after=timedelta(hours=9),
        )
        return Flow(
            self.store,
            cast("Engine", self.scripted),
            self.scripted,
            parse=lambda raw: self.groups[int(raw)],
            options=options,
            clock=lambda: at(self.minutes),
            new_id=lambda: f"i{len(self.groups)}",
        )

    async def hears(self, group: AlertGroup, minutes: float) -> None:
        self.minutes = minutes
        self.groups.append(group)
        payload = zlib.compress(str(len(self.groups) - 1).encode())
        job = Job(1, JobKind.EVENT, "k", payload, 1, at(minutes))
        assert await self.flow.event(job) == Done()

    def job(self, kind: JobKind, incident: str = "i1") -> Job:
        return Job(2, kind, incident, b"", 1, at(self.minutes), incident)

    async def waiting(self) -> dict[str, int]:
        return {count.kind.value: count.count for count in await self.store.jobs_by_state()}

    async def incident(self, incident: str = "i1") -> Incident:
        found = await self.store.get(incident)
        assert found is not None
        return found

    async def channel(self) -> tuple[str, int, int]:
        """Where it is told, how often it rose, and how often it moved."""
        found = await self.incident()
        return found.channel, found.rises, found.moves


def blind(reason: Reason) -> Finding:
    missing = Missing(Source.KUBERNETES, reason)
    return Finding("triage", "crashing", Verdict.NOT_CHECKED, missing=missing)


async def test_first_news_is_kept_routed_and_put_to_work_in_one_go(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a", severity="critical")), 1)
    incident = await bench.incident()
    assert (incident.state, incident.channel) == (IncidentState.FIRING, "#critical")
    assert await bench.waiting() == {"deliver": 1, "diagnose": 1}
    assert [entry.reason for entry in await store.timeline("i1")] == ["first"]


async def test_a_duplicate_causes_no_work(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    before = (await bench.incident()).revision
    await bench.hears(body(firing("a"), external_url="http://the-other-one"), 1.1)
    after = await bench.incident()
    assert (after.revision, after.heard_at) == (before, at(1.1))
    assert await bench.waiting() == {"deliver": 1, "diagnose": 1}


async def test_an_incident_that_becomes_worse_goes_on_where_that_is_told_and_never_comes_back(
    store: Store,
) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    assert await bench.channel() == ("#alerts", 0, 0)
    worse = firing("b", 1, severity="critical")
    await bench.hears(body(firing("a"), worse), 2)
    assert await bench.channel() == ("#critical", 1, 1)
    await bench.hears(body(firing("a"), resolved("b", 1, 3, severity="critical")), 3)
    await bench.hears(body(firing("a"), firing("b", 4, severity="critical")), 4)
    assert await bench.channel() == ("#critical", 1, 1), "told once"
    rose = [entry.facts for entry in await store.timeline("i1") if entry.reason == "rose"]
    assert rose == [{"severity": "critical", "channel": "#critical"}]


async def test_one_channel_by_two_names_is_no_other_channel(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    for name in ("#alerts", "#critical"):
        await store.locate(name, "C0123")
    await bench.hears(body(firing("a"), firing("b", 1, severity="critical")), 2)
    assert await bench.channel() == ("#alerts", 1, 0)


async def test_the_pods_of_a_workload_cost_one_diagnosis(store: Store) -> None:
    bench = Bench(store, Scripted())
    pods = [f"api-7d9c5b6f4-{suffix}" for suffix in ("x2lkq", "4hx8v", "zz9pl")]
    await bench.hears(body(*(firing(pod) for pod in pods)), 1)
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Done()
    assert bench.scripted.asked == [(DEPLOYMENT, 3)]
    incident = await bench.incident()
    assert (incident.targets, incident.diagnosed_revision) == ((DEPLOYMENT,), 0)
    assert [entry.reason for entry in await store.timeline("i1")] == ["first", "diagnosed"]


async def test_news_that_came_while_it_looked_are_not_overwritten(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    bench.scripted.meanwhile = lambda: bench.hears(body(resolved("a", 0, 2)), 2)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    incident = await bench.incident()
    assert (incident.state, len(incident.diagnoses)) == (IncidentState.RESOLVED, 1)


async def test_a_silent_cluster_is_looked_at_again_without_an_end_and_without_noise(store: Store) -> None:
    bench = Bench(store, Scripted(finding=blind(Reason.UNREACHABLE)))
    await bench.hears(body(firing("a")), 1)
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Again(
        30.0, "no source answered", counts=False
    )
    revision = (await bench.incident()).revision
    bench.minutes = 60
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Again(
        300.0, "no source answered", counts=False
    )
    assert (await bench.incident()).revision == revision
    bench.scripted.finding = Finding("triage", "crashing", Verdict.CONFIRMED)
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Done()
    assert (await bench.incident()).revision == revision + 1


async def test_a_silent_cluster_is_left_alone_when_nobody_hears_of_the_incident_either(store: Store) -> None:
    bench = Bench(store, Scripted(finding=blind(Reason.UNREACHABLE)))
    await bench.hears(body(firing("a")), 1)
    bench.minutes = 600
    assert await bench.flow.sweep() == 1
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Done()
    assert len((await bench.incident()).diagnoses) == 1


async def test_what_may_not_be_seen_is_not_asked_again(store: Store) -> None:
    bench = Bench(store, Scripted(finding=blind(Reason.FORBIDDEN)))
    await bench.hears(body(firing("a")), 1)
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Done()


async def test_what_is_over_is_not_looked_at(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    await bench.hears(body(resolved("a", 0, 2)), 2)
    assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Done()
    assert bench.scripted.asked == []


async def test_a_delivery_ends_as_the_courier_says(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    job = bench.job(JobKind.DELIVER)
    assert await bench.flow.deliver(job) == Done()
    bench.scripted.result = Later(7.0, "rate limited", counts=False)
    assert await bench.flow.deliver(job) == Again(7.0, "rate limited", counts=False)
    bench.scripted.result = Refused("no channel")
    assert await bench.flow.deliver(job) == GiveUp("no channel")
    assert [one.id for one in bench.scripted.delivered] == ["i1"] * 3
    assert await bench.flow.deliver(replace(job, incident_id="gone")) == Done()


async def test_silence_makes_an_incident_stale_once(store: Store) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a")), 1)
    bench.minutes = 9 * 60 + 0.5
    assert await bench.flow.sweep() == 0
    bench.minutes = 9 * 60 + 2
    assert await bench.flow.sweep() == 1
    assert await bench.flow.sweep() == 0
    assert (await bench.incident()).state is IncidentState.STALE
    assert [entry.reason for entry in await store.timeline("i1")] == ["first", "stale"]


# -- bundles

LOG = LogOf("shop", "api-1", "app")


async def test_what_a_diagnosis_was_made_from_is_kept_with_it(store: Store) -> None:
    scripted = Scripted()
    bench = Bench(store, scripted)
    await bench.hears(body(firing("a", namespace="shop", deployment="api")), 1)
    assert await store.bundle("i1") is None
    for line in ("first", "second"):
        scripted.answers = {LOG: LogTail("api-1", "app", previous=False, lines=(line,))}
        assert await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE)) == Done()
        kept = await store.bundle("i1")
        assert kept is not None
        (recording,) = bundle.decode(kept)
        assert recording.answers == scripted.answers
        assert (recording.diagnosis,) == (await bench.incident()).diagnoses


async def test_an_incident_whose_bundle_is_too_big_is_diagnosed_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(store, Scripted())
    await bench.hears(body(firing("a", namespace="shop", deployment="api")), 1)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    assert await store.bundle("i1")
    monkeypatch.setattr(bundle, "LARGEST", 10)
    await bench.flow.diagnose(bench.job(JobKind.DIAGNOSE))
    assert await store.bundle("i1") is None, "one of another diagnosis would lie"
    assert (await bench.incident()).diagnoses
