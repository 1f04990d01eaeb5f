"""An engine with one small runbook about a node, for the tests of the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.diagnosis.engine import Engine, EngineOptions
from bot.diagnosis.evidence import NodeState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import NodeOf, NodesJoined
from bot.diagnosis.reads import NODE_READ
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Look, Sources, Unavailable
from bot.model import Cause, Diagnosis, Finding, Source, Target
from tests.fakes.sources import FakeSources
from tests.snapshots import NOW, node

NODE = Target("default", "", "Node", "node-1")
LOOK = NodeOf("node-1")


@dataclass(frozen=True, slots=True)
class Seen:
    node: NodeState | Unavailable


async def collect(target: Target, sources: Sources) -> Seen:
    return Seen(await sources.look(LOOK))


def runbook(name: str = "nodes", **more: Any) -> Runbook[Any]:
    def decide(seen: Seen) -> list[Finding]:
        answer = Answer(name, "down")
        if isinstance(seen.node, Unavailable):
            return [answer.not_checked(seen.node)]
        return [answer.confirmed({"node": seen.node.name})]

    values: dict[str, Any] = {
        "alerts": (),
        "causes": (Cause("down"),),
        "reads": (NODE_READ,),
        "collect": collect,
        "decide": decide,
        **more,
    }
    return Runbook(name=name, **values)


def fallback() -> Runbook[Any]:
    """One that finds nothing."""

    def decide(_seen: Seen) -> list[Finding]:
        return [Answer("triage", "down").ruled_out({})]

    return runbook("triage", decide=decide)


def fake(answers: Mapping[Look[Any], Any] | None = None, **more: Any) -> FakeSources:
    return FakeSources({LOOK: node(), NodesJoined(): (), **(answers or {})}, **more)


def engine(*runbooks: Runbook[Any], sources: FakeSources | None = None, **options: Any) -> Engine:
    answerers = {"default": {Source.KUBERNETES: sources or fake()}}
    return Engine(runbooks, answerers, clock=lambda: NOW, options=EngineOptions(**options))


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding
