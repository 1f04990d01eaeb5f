"""A replay decides the same, to the byte, without the cluster and without waiting; what is decided otherwise is told."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.words import Words
from bot.demo.bodies import body
from bot.demo.catalog import SCENARIOS
from bot.demo.simulated import CLUSTER, Stage
from bot.demo.world import Scenario
from bot.diagnosis.bundle import decode, encode
from bot.diagnosis.bundle_diff import Differs, differences
from bot.diagnosis.bundle_replay import replay
from bot.diagnosis.choosing import ExtraMatch
from bot.diagnosis.engine import Engine
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import NodeOf
from bot.diagnosis.recording import Recording
from bot.diagnosis.sources import Sources, Unavailable
from bot.incidents.targets import locate
from bot.ingest.alertmanager import parse
from bot.matchers import parse_matchers
from bot.model import (
    Alert,
    AlertStatus,
    Change,
    Diagnosis,
    Finding,
    Fix,
    Layer,
    Missing,
    Reason,
    Source,
    Target,
    Verdict,
)
from runbooks.catalog import CATALOG
from tests.diagnosis.engines import LOOK, NODE, Seen, engine, fake, runbook
from tests.snapshots import FORBIDDEN, NOW, ago, node

WORDS = {language: Words(language) for language in ("en", "ko")}


def told(diagnosis: Diagnosis, language: str = "en") -> str:
    return json.dumps(WORDS[language].to_json(diagnosis), ensure_ascii=False)


def kept(*recordings: Recording) -> tuple[Recording, ...]:
    return decode(encode(recordings))


# -- the demo's cluster


@pytest.fixture(params=SCENARIOS, ids=lambda scenario: scenario.name)
async def played(request: pytest.FixtureRequest) -> list[Recording]:
    """Every act of a scenario, as its alerts make the engine look at it."""
    scenario: Scenario = request.param
    found = []
    for act in scenario.acts(NOW):
        engine = Engine(
            CATALOG, {CLUSTER: Stage(lambda: NOW, {"one": act.world}).answerers()}, clock=lambda: NOW
        )
        for alert in parse(json.dumps(body(act.alerts)).encode()).alerts:
            target = locate(alert.labels, CLUSTER).target
            assert target is not None
            found.append(await engine.record(target, alerts=[alert], since=alert.starts_at))
    return found


def test_a_scenario_is_decided_again_to_the_same_bytes(played: list[Recording]) -> None:
    again = replay(kept(*played), CATALOG)
    assert len(again) == len(played) > 0
    for diagnosis, before in zip(again, played, strict=True):
        assert diagnosis == before.diagnosis
        for language in WORDS:
            assert told(diagnosis, language) == told(before.diagnosis, language)


# -- time


def _slow(timeout: float = 0.2) -> Any:
    async def twice(target: Target, sources: Sources) -> Seen:
        await sources.look(LOOK)
        return Seen(await sources.look(NodeOf("node-2")))

    return runbook("slow", collect=twice, timeout=timeout)


@pytest.fixture
async def late() -> Recording:
    """One node answers; another one is asked for by a runbook that gets no answer in its time."""
    answers = fake({NodeOf("node-2"): node()}, delays={LOOK: 0.1, NodeOf("node-2"): 30})
    shared = engine(_slow(), runbook("quick"), sources=answers, deadline=0.3)
    return await shared.record(NODE, names=["slow", "quick"])


def test_a_runbook_that_ran_out_of_time_does_so_again(late: Recording) -> None:
    assert [finding.verdict for finding in late.diagnosis.findings] == [
        Verdict.CONFIRMED,
        Verdict.NOT_CHECKED,
    ]
    assert late.unanswered == (NodeOf("node-2"),)
    assert replay(kept(late), [_slow(), runbook("quick")]) == (late.diagnosis,)


def test_nobody_waits_for_recorded_time(late: Recording) -> None:
    patient = replace(late, deadline=3_000.0, seconds=dict.fromkeys(late.answers, 900.0))
    began = time.monotonic()
    (again,) = replay([patient], [_slow(timeout=2_000.0), runbook("quick", timeout=1_000.0)])
    assert [finding.verdict for finding in again.findings] == [Verdict.CONFIRMED, Verdict.NOT_CHECKED]
    assert time.monotonic() - began < 1


# -- what was not asked then


@pytest.fixture
async def asked_once() -> Recording:
    return await engine(runbook()).record(NODE, names=["nodes"])


def test_a_look_that_is_not_in_the_bundle(asked_once: Recording) -> None:
    async def elsewhere(target: Target, sources: Sources) -> Seen:
        return Seen(await sources.look(NodeOf("node-9")))

    (again,) = replay(kept(asked_once), [runbook(collect=elsewhere)])
    (finding,) = again.findings
    assert finding.verdict is Verdict.NOT_CHECKED
    assert finding.missing is not None
    assert (finding.missing.reason, finding.missing.detail) == (Reason.NOT_CONFIGURED, "not in the bundle")


# -- the choice


def _alert(**labels: str) -> Alert:
    return Alert(AlertStatus.FIRING, labels, {}, ago(9), None, "", "")


@pytest.fixture
async def chosen() -> Recording:
    nodes = runbook("nodes", alerts=('alertname="NodeDown",tier=~"a|b"',))
    shared = engine(nodes, runbook("other", alerts=('zone="z"',)))
    alerts = [_alert(alertname="NodeDown", tier="a", pod=f"web-{n}", password="hunter2") for n in range(50)]
    return await shared.record(NODE, alerts=alerts)


def test_the_alerts_choose_again_by_the_labels_that_can_choose(chosen: Recording) -> None:
    assert chosen.asked.alerts == ({"alertname": "NodeDown", "tier": "a"},)
    assert chosen.asked.since == ago(9)
    nodes = runbook("nodes", alerts=('alertname="NodeDown",tier=~"a|b"',))
    other = runbook("other", alerts=('zone="z"',))
    assert replay(kept(chosen), [nodes, other]) == (chosen.diagnosis,)
    extra = [ExtraMatch(parse_matchers('alertname="NodeDown"'), "other")]
    (more,) = replay(kept(chosen), [nodes, other], extra)
    assert more.runbooks == ("nodes", "other")


# -- differences


def _diagnosis(*findings: Finding, **more: Any) -> Diagnosis:
    return Diagnosis(NODE, ("nodes",), findings, **more)


def _finding(
    verdict: Verdict = Verdict.CONFIRMED, facts: Mapping[str, Any] | None = None, **more: Any
) -> Finding:
    return Finding("nodes", "down", verdict, {"node": "n", "count": 1} if facts is None else facts, **more)


CHANGE = Change(NOW, "Node/n", "joined", {"zone": "z"})
FIX = Fix("drain", Layer.LIVE, lasting=False, facts={"node": "n"})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (_diagnosis(_finding()), _diagnosis(_finding()), []),
        (_diagnosis(_finding(weight=1)), _diagnosis(_finding(weight=2, root="x")), []),
        (
            _diagnosis(_finding()),
            _diagnosis(_finding(Verdict.RULED_OUT)),
            [("nodes/down", "confirmed", "ruled_out")],
        ),
        (_diagnosis(_finding()), _diagnosis(), [("nodes/down", "confirmed", None)]),
        (_diagnosis(), _diagnosis(_finding(Verdict.LIKELY)), [("nodes/down", None, "likely")]),
        (
            _diagnosis(_finding()),
            _diagnosis(_finding(facts={"node": "n", "count": 1.0, "new": None})),
            [("nodes/down fact count", "1", "1.0"), ("nodes/down fact new", None, "null")],
        ),
        (
            _diagnosis(_finding(fixes=(FIX,))),
            _diagnosis(_finding(fixes=(replace(FIX, lasting=True),))),
            [
                (
                    "nodes/down fix drain",
                    '{"lasting": false, "layer": "live", "node": "n"}',
                    '{"lasting": true, "layer": "live", "node": "n"}',
                )
            ],
        ),
        (
            _diagnosis(_finding(Verdict.NOT_CHECKED, {}, missing=Missing(Source.KUBERNETES, Reason.FORBIDDEN, "get", "nodes"))),
            _diagnosis(_finding(Verdict.NOT_CHECKED, {}, missing=Missing(Source.KUBERNETES, Reason.TIMEOUT, "get", "nodes"))),
            [("nodes/down missing", "forbidden get nodes", "timeout get nodes")],
        ),
        (
            _diagnosis(changes=(CHANGE,)),
            _diagnosis(),
            [("changed Node/n joined at 2026-01-01T03:12:00+00:00", '{"zone": "z"}', None)],
        ),
    ],
)  # fmt: skip
async def test_what_differs(before: Diagnosis, after: Diagnosis, said: list[tuple[Any, ...]]) -> None:
    recording = await engine(runbook()).record(NODE, names=["nodes"])
    found = differences(replace(recording, diagnosis=before), after)
    assert found == tuple(Differs(NODE, *one) for one in said)


def test_a_runbook_that_judges_otherwise_is_told(asked_once: Recording) -> None:
    def doubts(seen: Seen) -> list[Finding]:
        answer = Answer("nodes", "down")
        if isinstance(seen.node, Unavailable):
            return [answer.not_checked(FORBIDDEN)]
        return [answer.ruled_out({"node": seen.node.name})]

    (again,) = replay(kept(asked_once), [runbook(decide=doubts)])
    assert differences(asked_once, again) == (Differs(NODE, "nodes/down", "confirmed", "ruled_out"),)
