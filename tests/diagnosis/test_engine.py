"""The engine: one view, one deadline, and a diagnosis that always comes out."""

import asyncio
from dataclasses import replace

from bot.diagnosis.looks import NodeOf, NodesJoined
from bot.diagnosis.looks_metrics import InstantQuery
from bot.diagnosis.sources import Read, Sources, Unavailable
from bot.model import Diagnosis, Finding, Reason, Source, Target, Verdict
from tests.diagnosis.engines import LOOK, NODE, Seen, engine, fake, only, runbook
from tests.snapshots import NOW, node


async def test_a_diagnosis() -> None:
    diagnosis = await engine(runbook()).diagnose(NODE, names=["nodes"])

    assert diagnosis == Diagnosis(
        target=NODE,
        runbooks=("nodes",),
        findings=(Finding("nodes", "down", Verdict.CONFIRMED, {"node": "node-1"}),),
        at=NOW,
        took_ms=diagnosis.took_ms,
    )


async def test_two_runbooks_that_ask_the_same_cause_one_request() -> None:
    sources = fake()

    diagnosis = await engine(runbook("a"), runbook("b"), sources=sources).diagnose(NODE, names=["a", "b"])

    assert [finding.verdict for finding in diagnosis.findings] == [Verdict.CONFIRMED] * 2
    assert sources.asked.count(LOOK) == 1


async def test_a_failed_look_is_not_tried_again() -> None:
    gap = Unavailable(Source.KUBERNETES, Reason.FORBIDDEN, "get", "nodes")
    sources = fake({LOOK: gap})

    async def twice(target: Target, sources: Sources) -> Seen:
        await sources.look(LOOK)
        return Seen(await sources.look(LOOK))

    diagnosis = await engine(runbook(collect=twice), sources=sources).diagnose(NODE, names=["nodes"])

    assert sources.asked.count(LOOK) == 1
    missing = only(diagnosis).missing
    assert missing is not None
    assert missing.reason is Reason.FORBIDDEN
    assert "ClusterRole" in missing.grant


async def test_a_look_has_its_own_time_out() -> None:
    sources = fake(delays={LOOK: 5})

    diagnosis = await engine(runbook(), sources=sources, look_timeout=0.02).diagnose(NODE, names=["nodes"])

    missing = only(diagnosis).missing
    assert missing is not None
    assert (missing.reason, missing.verb, missing.resource) == (Reason.TIMEOUT, "get", "nodes")
    assert missing.detail == "no answer within 0.02 s"


async def test_a_runbook_has_its_own_time_out_and_the_others_go_on() -> None:
    slow = NodeOf("slow")
    sources = fake({slow: node("slow")}, delays={slow: 5})

    async def waits(target: Target, sources: Sources) -> Seen:
        return Seen(await sources.look(slow))

    both = engine(runbook("slow", collect=waits, timeout=0.02), runbook("quick"), sources=sources)
    diagnosis = await both.diagnose(NODE, names=["slow", "quick"])

    quick, late = diagnosis.findings
    assert (quick.runbook, quick.verdict) == ("quick", Verdict.CONFIRMED)
    assert (late.runbook, late.verdict) == ("slow", Verdict.NOT_CHECKED)
    assert late.missing is not None
    assert (late.missing.reason, late.missing.resource) == (Reason.TIMEOUT, "nodes")
    assert late.missing.detail == "slow ran out of time waiting for it"


async def test_a_time_out_of_one_does_not_take_the_answer_from_another() -> None:
    sources = fake(delays={LOOK: 0.06})

    both = engine(runbook("hasty", timeout=0.01), runbook("patient"), sources=sources)
    diagnosis = await both.diagnose(NODE, names=["hasty", "patient"])

    verdicts = {finding.runbook: finding.verdict for finding in diagnosis.findings}
    assert verdicts == {"patient": Verdict.CONFIRMED, "hasty": Verdict.NOT_CHECKED}
    assert sources.asked.count(LOOK) == 1


async def test_the_deadline_holds_for_everything_and_leaves_nothing_running() -> None:
    sources = fake(delays={LOOK: 30, NodesJoined(): 30})
    before = asyncio.all_tasks()

    async with asyncio.timeout(1):
        diagnosis = await engine(runbook(), sources=sources, deadline=0.05).diagnose(NODE, names=["nodes"])

    assert only(diagnosis).verdict is Verdict.NOT_CHECKED
    assert [gap.reason for gap in diagnosis.gaps] == [Reason.TIMEOUT]
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_source_without_an_answerer_is_not_configured() -> None:
    async def asks(target: Target, sources: Sources) -> Seen:
        found = await sources.look(InstantQuery("up"))
        assert isinstance(found, Unavailable)
        return Seen(found)

    metrics = runbook(collect=asks, reads=(Read(Source.PROMETHEUS),))
    diagnosis = await engine(metrics).diagnose(NODE, names=["nodes"])

    missing = only(diagnosis).missing
    assert missing is not None
    assert (missing.source, missing.reason) == (Source.PROMETHEUS, Reason.NOT_CONFIGURED)


async def test_an_unknown_cluster_is_not_configured() -> None:
    diagnosis = await engine(runbook()).diagnose(replace(NODE, cluster="other"), names=["nodes"])

    missing = only(diagnosis).missing
    assert missing is not None
    assert missing.reason is Reason.NOT_CONFIGURED
