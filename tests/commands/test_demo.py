"""`opsbot demo`: the whole bot with nothing around it, and nothing left behind."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.demo.catalog import SCENARIOS
from tests.commands.conftest import Opsbot
from tests.programs.ports import free_port


def test_the_scenarios_are_listed(opsbot: Opsbot) -> None:
    ended = opsbot("demo", "--list")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines()] == [one.name for one in SCENARIOS]
    assert len(SCENARIOS) >= 4


@pytest.mark.timeout(20)
def test_once_prints_a_diagnosis_of_every_scenario(opsbot: Opsbot) -> None:
    ended = opsbot("demo", "--once")
    assert (ended.code, ended.err) == (0, "")
    found = [line for line in ended.out.splitlines() if line.startswith("Findings: ")]
    assert len(found) == len(SCENARIOS)
    assert ended.out.count("\nConfirmed: ") >= len(SCENARIOS)


@pytest.mark.timeout(20)
def test_what_a_scenario_promises_is_what_is_found(opsbot: Opsbot) -> None:
    """The summary of slow-start names two numbers, and both are computed by the diagnosis."""
    summary = next(one.summary for one in SCENARIOS if one.name == "slow-start")
    numbers = re.findall(r"\d+(?= s\b)", summary)
    assert len(numbers) == 2
    out = opsbot("demo", "slow-start", "--once").out
    finding = out.partition("\n  - ")[0]
    for number in numbers:
        assert re.search(rf"\b{number}(\.\d)? s\b", finding), number


@pytest.mark.timeout(20)
def test_once_in_korean(opsbot: Opsbot) -> None:
    ended = opsbot("demo", "oom-killed", "--once", "--language", "ko")
    assert ended.code == 0
    assert ended.out.startswith("진단 결과: monitoring/StatefulSet/prometheus-k8s")


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the machine's own but the way to Python; temporary files go where they can be counted."""
    root = Path(__file__).resolve().parents[2]
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "TMPDIR": str(folder), "HOME": str(folder)}


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def incidents(url: str) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/incidents") as answer:
        found: Any = await answer.json()
    listed: list[dict[str, Any]] = found["incidents"] if isinstance(found, dict) else found
    return listed


@pytest.mark.programs
@pytest.mark.timeout(60)
async def test_it_shows_its_console_and_ends_cleanly(tmp_path: Path) -> None:
    port = free_port()
    words = ("-m", "bot", "demo", "oom-killed", "--port", str(port))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=PIPE, stderr=PIPE, cwd=tmp_path, env=environment(tmp_path)
    )
    assert process.stdout is not None
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(40):
            while url not in (line := (await process.stdout.readline()).decode()):
                assert line, "it ended before it told its address"
            while not (found := await incidents(url)):  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 20)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert len(found) == 1
    assert "prometheus" in json.dumps(found)
    assert (process.returncode, err.decode()) == (0, "")
    assert out.decode().endswith("The demo is over; nothing was left behind.\n")
    assert left_behind(tmp_path) == []


@pytest.mark.programs
@pytest.mark.timeout(60)
async def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", str(port)),
        stdout=PIPE,
        stderr=PIPE,
        cwd=tmp_path,
        env=environment(tmp_path),
    )
    out, err = await process.communicate()
    taken.close()
    assert (process.returncode, out) == (2, b"")
    assert err.decode().startswith(f"opsbot: port {port} of 127.0.0.1 is in use by another program; ")
    assert "--port" in err.decode()
    assert err.count(b"\n") == 1


@pytest.mark.programs
@pytest.mark.timeout(60)
async def test_a_reader_that_has_seen_enough_costs_no_traceback(tmp_path: Path) -> None:
    shell = f"{sys.executable} -m bot rbac | (exec 0<&-; sleep 2); exit 0"
    process = await asyncio.create_subprocess_shell(
        shell, stderr=PIPE, cwd=tmp_path, env=environment(tmp_path)
    )
    _, err = await process.communicate()
    assert err == b""
