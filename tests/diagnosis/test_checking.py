"""The check that every runbook passes: the house's own, and one for each way to break the contract."""

from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.checking import check_catalog
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import NodeOf, PodsOf
from bot.diagnosis.reads import NODE_READ, POD_READ
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Read, Sources, Unavailable
from bot.model import Cause, Finding, Source, Target
from runbooks.catalog import CATALOG


async def collect(target: Target, sources: Sources) -> Any:
    return await sources.look(NodeOf("n"))


def decide(seen: Any) -> list[Finding]:
    answer = Answer("team", "down")
    return [answer.not_checked(seen) if isinstance(seen, Unavailable) else answer.confirmed({})]


SOUND: Runbook[Any] = Runbook(
    name="team",
    alerts=('alertname="Down"',),
    causes=(Cause("down"),),
    reads=(NODE_READ,),
    collect=collect,
    decide=decide,
)


async def looks_undeclared(target: Target, sources: Sources) -> Any:
    await sources.look(PodsOf("shop", "app=web"))
    return await sources.look(NodeOf("n"))


async def fails(target: Target, sources: Sources) -> Any:
    raise AttributeError


def hopes(_seen: Any) -> list[Finding]:
    return [Answer("team", "down").ruled_out({})]


def sees_ghosts(_seen: Any) -> list[Finding]:
    return [Answer("team", "down").likely({})]


def forgets(_seen: Any) -> list[Finding]:
    return []


def copies(seen: Any) -> list[Finding]:
    return [Answer("another", "down").not_checked(seen)]


async def test_the_catalogue_keeps_the_contract() -> None:
    assert await check_catalog(CATALOG) == []


async def test_a_sound_runbook() -> None:
    assert await check_catalog([SOUND]) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"alerts": ("alertname",)}, "team: matcher 'alertname' is not a matcher"),
        ({"alerts": ('alertname=~"("',)}, "is not a regular expression"),
        ({"causes": ()}, "team: declares no cause"),
        ({"causes": (Cause("down"), Cause("down"))}, "team: declares the cause down twice"),
        (
            {"causes": (Cause("down", explains=("crashing", "sadness")),)},
            "team: the cause down explains sadness, which is no cause of triage",
        ),
        ({"name": "../x"}, "the name must be like a Python name"),
        ({"timeout": 0}, "time-out must be above 0"),
        ({"timeout": 600}, "at most 60 s, not 600"),
        ({"reads": (NODE_READ, Read(Source.KUBERNETES, "", ("pods",), ("delete",)))}, "may not delete"),
        ({"reads": (NODE_READ, Read(Source.KUBERNETES))}, "names no resource"),
        ({"reads": (NODE_READ, Read(Source.KUBERNETES, "", ("*",)))}, "may not ask for everything"),
        ({"collect": looks_undeclared}, "team: looks with PodsOf without declaring it"),
        ({"collect": fails}, "team: fails with AttributeError when nothing can be looked at"),
        ({"decide": hopes}, "team: says ruled_out for down when nothing can be looked at"),
        ({"decide": sees_ghosts}, "team: says likely for down when nothing can be looked at"),
        ({"decide": copies}, "team: answers as another"),
        ({"decide": forgets}, "team: does not answer for every declared cause exactly once"),
    ],
)
async def test_each_breach_is_named(change: dict[str, Any], wrong: str) -> None:
    said = await check_catalog([replace(SOUND, **change)])

    assert any(wrong in sentence for sentence in said), said


async def test_two_of_one_name() -> None:
    assert await check_catalog([SOUND, SOUND]) == ["team: another runbook has this name"]


async def test_a_wider_read_covers_a_narrow_look() -> None:
    wide = Read(Source.KUBERNETES, "", ("nodes", "pods"), ("get", "list"), why="more than is needed")

    assert await check_catalog([replace(SOUND, reads=(wide,), collect=looks_undeclared)]) == []
    assert await check_catalog([replace(SOUND, reads=(POD_READ,))]) != []
