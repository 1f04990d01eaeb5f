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


def test_without_a_cluster_nothing_can_be_diagnosed(opsbot: Opsbot, bare: Path) -> None:
    ended = opsbot("check")
    assert (ended.code, ended.err) == (1, "")
    (wrong,) = lines(ended, "FAIL")
    assert wrong == (
        f"kubernetes of default: nothing can be diagnosed: there is no kubeconfig at {bare}/.kube/config, and this is not a pod"
    )
    assert ended.out.count("set KUBECONFIG") == 1
    assert "not_configured" not in ended.out


def test_a_cluster_that_does_not_answer(opsbot: Opsbot, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone() -> str:
        async with FakeKubernetes() as fake:
            return fake.kubeconfig(bare)

    monkeypatch.setenv("KUBECONFIG", asyncio.run(gone()))
    ended = opsbot("check")
    assert ended.code == 1
    (wrong,) = lines(ended, "FAIL")
    assert wrong.startswith("kubernetes of default: nothing can be diagnosed: not reachable: ")


def test_what_is_not_set_up_is_no_fault_and_counts_apart(checked: Callable[..., Ended]) -> None:
    ended = checked()
    assert (ended.code, ended.err) == (0, "")
    assert "store: sqlite" in lines(ended, "ok")
    assert "prometheus of default: not set up" in lines(ended, "--")
    good, off = len(lines(ended, "ok")), len(lines(ended, "--"))
    assert ended.out.splitlines()[-1] == f"{good} good, {off} not set up"


def test_every_read_of_the_runbooks_is_tried(checked: Callable[..., Ended]) -> None:
    ended = checked()
    assert (ended.code, lines(ended, "FAIL")) == (0, [])
    assert {"read pods", "read pods/log", "read nodes", "read secrets"} <= set(lines(ended, "ok"))


def test_a_missing_grant_is_printed_ready_to_apply(checked: Callable[..., Ended]) -> None:
    ended = checked(("get", "pods/log"))
    assert ended.code == 1
    (wrong,) = lines(ended, "FAIL")
    assert wrong.startswith("read pods/log: refused: get pods/log (")
    assert "pods/log, secrets" in ended.out


def test_a_prometheus_that_does_not_answer(
    checked: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", f"http://127.0.0.1:{free_port()}")
    ended = checked()
    assert ended.code == 1
    (wrong,) = lines(ended, "FAIL")
    assert wrong.startswith("prometheus of default: not reachable")
    assert ended.out.splitlines()[-1].startswith("1 to mend, ")
    assert "      correct its url or token in the configuration" in ended.out


def test_a_store_that_cannot_be_opened(
    checked: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPSBOT_STORE_URL", "sqlite:////nowhere/x.db")
    ended = checked()
    assert ended.code == 1
    (wrong,) = lines(ended, "FAIL")
    assert wrong.startswith("store: ")


def test_a_server_for_everyone_needs_a_token(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSBOT_HOST", "0.0.0.0")
    ended = opsbot("check")
    assert ended.code == 1
    assert lines(ended, "FAIL")[0].startswith("webhook token: ")
