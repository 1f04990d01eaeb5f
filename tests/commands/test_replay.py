"""`opsbot diagnose --record` and `opsbot replay`: the same bytes without the cluster, another outcome told, exit codes."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import container, crashing, deployment, pod, pod_spec, replicaset
from tests.builders_around import node
from tests.commands.conftest import Ended, Opsbot
from tests.fakes.kubernetes import FakeKubernetes

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second


@pytest.fixture
def recorded(opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """A diagnosis of a workload that crashes; afterwards its cluster is gone."""

    def record(*words: str) -> Ended:
        async def beside() -> Ended:
            spec = pod_spec(container())
            owner = deployment("web", spec=spec)
            newest = replicaset(owner, spec=spec)
            crashes = pod(
                "web-7d9f8c6b5d-x2k9p", owner=newest, labels={"app": "web"}, statuses=[crashing(exit_code=3)]
            )
            async with FakeKubernetes(owner, newest, crashes, node()) as fake:
                monkeypatch.setenv("KUBECONFIG", fake.kubeconfig(bare))
                return await asyncio.to_thread(opsbot, "diagnose", "web", *words)

        ended = asyncio.run(beside())
        monkeypatch.delenv("KUBECONFIG")
        return ended

    return record


@pytest.mark.parametrize("output", ["text", "json", "markdown", "blocks"])
def test_the_same_bytes_without_the_cluster(
    recorded: Callable[..., Ended], opsbot: Opsbot, output: str
) -> None:
    first = recorded("--record", "web.json", "--output", output)
    assert first.code == 1
    again = opsbot("replay", "web.json", "--output", output)
    assert (again.code, again.err) == (0, "")
    assert again.out == first.out


def test_the_same_outcome_ends_with_0(recorded: Callable[..., Ended], opsbot: Opsbot) -> None:
    recorded("--record", "web.json")
    ended = opsbot("replay", "web.json", "--diff")
    assert (ended.code, ended.out) == (0, "the outcome is as recorded (1 diagnosis)\n")
    document = json.loads(opsbot("replay", "web.json", "--diff", "--output", "json").out)
    assert document == {"schema": 1, "changed": False, "differences": []}


def test_another_outcome_ends_with_1_and_is_told(
    recorded: Callable[..., Ended], opsbot: Opsbot, bare: Path
) -> None:
    recorded("--record", "web.json")
    document = json.loads((bare / "web.json").read_text())
    (crash,) = [one for one in document["cases"][0]["diagnosis"]["findings"] if one["cause"] == "crashing"]
    crash["verdict"] = "likely"
    crash["facts"]["exit_code"] = 4
    (bare / "web.json").write_text(json.dumps(document))
    ended = opsbot("replay", "web.json", "--diff")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines() == [
        "shop/Deployment/web",
        "  triage/crashing: likely → confirmed",
        "  triage/crashing fact exit_code: 4 → 3",
    ]
    ended = opsbot("replay", "web.json", "--diff", "--output", "json")
    assert ended.code == 1
    assert json.loads(ended.out)["differences"][0] == {
        "target": "shop/Deployment/web",
        "what": "triage/crashing",
        "before": "likely",
        "after": "confirmed",
    }


def test_several_diagnoses_are_one_list(recorded: Callable[..., Ended], opsbot: Opsbot, bare: Path) -> None:
    first = json.loads(recorded("--record", "web.json", "--output", "json").out)
    document = json.loads((bare / "web.json").read_text())
    document["cases"] *= 2
    (bare / "both.json").write_text(json.dumps(document))
    assert json.loads(opsbot("replay", "both.json", "--output", "json").out) == [first, first]
    assert opsbot("replay", "both.json").out.count("Findings: shop/Deployment/web") == 2
    messages = json.loads(opsbot("replay", "both.json", "--output", "blocks").out)
    assert [message[0]["type"] for message in messages] == ["header", "header"]
    assert opsbot("replay", "both.json", "--diff").out == "the outcome is as recorded (2 diagnoses)\n"


def test_it_is_told_in_the_language_of_the_configuration(
    recorded: Callable[..., Ended], opsbot: Opsbot, bare: Path
) -> None:
    recorded("--record", "web.json")
    english = opsbot("replay", "web.json").out
    (bare / "opsbot.yaml").write_text("delivery: {language: ko}\n")
    assert opsbot("replay", "web.json").out != english


def test_a_runbook_that_is_not_here_is_named(
    recorded: Callable[..., Ended], opsbot: Opsbot, bare: Path
) -> None:
    recorded("--record", "web.json", "--runbook", "triage")
    (bare / "web.json").write_text((bare / "web.json").read_text().replace('"triage"', '"teams_own"'))
    ended = opsbot("replay", "web.json", "--diff")
    assert ended.code == 1
    assert "teams_own/crashing: gone, was confirmed" in ended.out
    assert '"runbooks": ["teams_own"]' in ended.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "x.json is not JSON"),
        ('{"schema": 1}', "x.json is not a bundle of opsbot"),
        (
            '{"schema": 7, "opsbot": "2.0", "cases": []}',
            "x.json was written by a newer opsbot (2.0); use that version or a later one",
        ),
        (
            '{"schema": 1, "opsbot": "0.1.0", "cases": 1}',
            "x.json is damaged: cases: Input should be a valid ",
        ),
    ],
)
def test_a_file_that_is_no_bundle_ends_with_2(opsbot: Opsbot, bare: Path, content: str, said: str) -> None:
    (bare / "x.json").write_text(content)
    ended = opsbot("replay", "x.json")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"opsbot: {said}")


def test_a_record_that_cannot_be_written_ends_with_2(recorded: Callable[..., Ended]) -> None:
    ended = recorded("--record", "/nowhere/web.json")
    assert ended.code == 2
    assert ended.err == "opsbot: --record: /nowhere/web.json cannot be written: No such file or directory\n"
