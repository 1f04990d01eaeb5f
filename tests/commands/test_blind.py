"""`opsbot diagnose` that may see nothing, or reaches nobody, ends with 3, whatever kind of thing was asked about."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import deployment
from tests.builders_around import application, hpa
from tests.builders_custom import external_secret, secret_store
from tests.commands.conftest import Ended, Opsbot
from tests.fakes.kubernetes import FakeKubernetes

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second

TYPED = (
    "shop/hpa/board",
    "application/board",
    "shop/es/board",
    "shop/ss/board",
    "css/board",
    "shop/service/board",
)


@pytest.fixture
def asked(opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    def ask(*words: str, denied: tuple[str, str] | None = ("*", "*")) -> Ended:
        async def beside() -> Ended:
            async with FakeKubernetes(
                deployment("board"),
                hpa("board"),
                application("board"),
                external_secret("board"),
                secret_store("board", "shop"),
                secret_store("board"),
            ) as fake:
                if denied:
                    fake.deny(*denied)
                monkeypatch.setenv("KUBECONFIG", fake.kubeconfig(bare))
                return await asyncio.to_thread(opsbot, "diagnose", *words)

        return asyncio.run(beside())

    return ask


@pytest.mark.parametrize("name", TYPED)
def test_who_may_see_nothing_is_told_what_is_missing(asked: Callable[..., Ended], name: str) -> None:
    ended = asked(name, "--output", "json")
    findings = json.loads(ended.out)["findings"]
    assert ended.code == 3
    assert {finding["verdict"] for finding in findings} == {"not_checked"}
    assert any(finding["missing"]["reason"] == "forbidden" for finding in findings)


@pytest.mark.parametrize("name", ["board", "shop/board", "shop/deployment/board"])
def test_a_workload_cannot_even_be_found(asked: Callable[..., Ended], name: str) -> None:
    ended = asked(name)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("opsbot: cluster default: not allowed: ")


def test_who_may_see_something_has_looked(asked: Callable[..., Ended]) -> None:
    assert asked("shop/hpa/board", denied=("list", "poddisruptionbudgets")).code in {0, 1}
