"""What a broken runbook or client costs: its own causes, and nothing else."""

import asyncio
from typing import Any

import pytest

from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import LogOf
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Finding, Reason, Target, Verdict
from tests.diagnosis.engines import LOOK, NODE, Seen, engine, fake, only, runbook
from tests.snapshots import node


async def reads_a_log(target: Target, sources: Sources) -> Seen:
    found = await sources.look(LogOf("shop", "web", "app"))
    return Seen(found if isinstance(found, Unavailable) else node())


async def hides_the_refusal(target: Target, sources: Sources) -> Seen:
    found = await asyncio.gather(sources.look(LogOf("shop", "web", "app")), return_exceptions=True)
    assert isinstance(found[0], Exception)
    return Seen(node())


async def fails(target: Target, sources: Sources) -> Seen:
    raise KeyError("secret-value")


def cannot_decide(seen: Seen) -> list[Finding]:
    raise ZeroDivisionError


def forgets(seen: Seen) -> list[Finding]:
    return []


def says_it_twice(seen: Seen) -> list[Finding]:
    return [Answer("nodes", "down").confirmed({}), Answer("nodes", "down").ruled_out({})]


def says_too_much(seen: Seen) -> list[Finding]:
    return [Answer("nodes", "down").confirmed({}), Answer("nodes", "weather").confirmed({})]


def says_no_reason(seen: Seen) -> list[Finding]:
    return [Finding("nodes", "down", Verdict.NOT_CHECKED)]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"collect": reads_a_log}, id="an undeclared look"),
        pytest.param({"collect": hides_the_refusal}, id="an undeclared look that it hides"),
        pytest.param({"collect": fails}, id="collect raises"),
        pytest.param({"decide": cannot_decide}, id="decide raises"),
        pytest.param({"decide": forgets}, id="a cause is forgotten"),
        pytest.param({"decide": says_no_reason}, id="not checked without a reason"),
    ],
)
async def test_a_broken_runbook_costs_only_its_own_causes(broken: dict[str, Any]) -> None:
    both = engine(runbook("nodes", **broken), runbook("sound"))

    diagnosis = await both.diagnose(NODE, names=["nodes", "sound"])

    sound, lost = diagnosis.findings
    assert (sound.runbook, sound.verdict) == ("sound", Verdict.CONFIRMED)
    assert (lost.runbook, lost.cause, lost.verdict) == ("nodes", "down", Verdict.NOT_CHECKED)
    assert lost.missing is not None
    assert (lost.missing.verb, lost.missing.resource) == ("run", "runbook/nodes")
    assert "secret-value" not in lost.missing.detail


@pytest.mark.parametrize("decide", [says_it_twice, says_too_much])
async def test_every_declared_cause_is_answered_exactly_once(decide: Any) -> None:
    diagnosis = await engine(runbook(decide=decide)).diagnose(NODE, names=["nodes"])

    assert [(finding.cause, finding.verdict) for finding in diagnosis.findings] == [
        ("down", Verdict.CONFIRMED)
    ]


async def test_a_client_that_raises_is_a_gap() -> None:
    sources = fake({LOOK: RuntimeError("with a token inside")})

    missing = only(await engine(runbook(), sources=sources).diagnose(NODE, names=["nodes"])).missing

    assert missing is not None
    assert missing.reason is Reason.UNREACHABLE
    assert missing.detail == "the client failed with RuntimeError; the log says more"
