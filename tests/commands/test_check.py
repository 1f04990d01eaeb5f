"""`opsbot check`: every part is tried; what is wrong comes with a remedy, and the exit code says whether all is well."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders_around import node
from tests.commands.conftest import Ended, Opsbot
from tests.fakes.kubernetes import FakeKubernetes
from tests.programs.ports import free_port

pytestmark = pytest.mark.timeout(20)  # importing the package `kubernetes` takes a second


def lines(ended: Ended, mark: str) -> list[str]:
    return [line.removeprefix(mark).strip() for line in ended.out.splitlines() if line.startswith(mark)]


@pytest.fixture
def checked(opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    def check(*denied: tuple[str, str]) -> Ended:
        async def beside() -> Ended:
            async with FakeKubernetes(node()) as fake:
                for verb, resource in denied:
                    fake.deny(verb, resource)
                monkeypatch.setenv("KUBECONFIG", fake.kubeconfig(bare))
                return await asyncio.to_thread(opsbot, "check")

        return asyncio.run(beside())

    return check


def test_with_nothing_configured_nothing_is_wrong(opsbot: Opsbot) -> None:
    ended = opsbot("check")
    assert (ended.code, ended.err, lines(ended, "FAIL")) == (0, "", [])
    assert "store: sqlite" in lines(ended, "ok")
    assert "prometheus of default: not configured" in lines(ended, "--")


def test_every_read_of_the_runbooks_is_tried(checked: Callable[..., Ended]) -> None:
    ended = checked()
    assert (ended.code, lines(ended, "FAIL")) == (0, [])
    assert {"read pods", "read pods/log", "read nodes", "read secrets"} <= set(lines(ended, "ok"))


def test_a_missing_grant_is_printed_ready_to_apply(checked: Callable[..., Ended]) -> None:
    ended = checked(("get", "pods/log"))
    assert ended.code == 1
    (wrong,) = lines(ended, "FAIL")
    assert wrong.startswith("read pods/log: refused: get pods/log (")
    assert '      resources: ["pods/log"]' in ended.out


def test_a_prometheus_that_does_not_answer(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", f"http://127.0.0.1:{free_port()}")
    ended = opsbot("check")
    assert ended.code == 1
    (wrong,) = lines(ended, "FAIL")
    assert wrong.startswith("prometheus of default: unreachable")
    assert "      correct its url or token in the configuration" in ended.out


def test_a_store_that_cannot_be_opened(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSBOT_STORE_URL", "sqlite:////nowhere/x.db")
    ended = opsbot("check")
    assert ended.code == 1
    (wrong,) = lines(ended, "FAIL")
    assert wrong.startswith("store: ")


def test_a_server_for_everyone_needs_a_token(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSBOT_HOST", "0.0.0.0")
    ended = opsbot("check")
    assert ended.code == 1
    assert lines(ended, "FAIL")[0].startswith("webhook token: ")
