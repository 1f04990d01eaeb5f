"""Real HTTP programs for tests: started on loopback, awaited until ready, killed at the end however it comes.

What a program wrote is part of the failure when it does not start or dies, and `wait_for` names what it waited for.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM

import aiohttp

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class ProgramError(RuntimeError):
    """A program that is missing, did not start or died; the message holds the remedy or its log."""


@dataclass(slots=True)
class Program:
    """A running program with its HTTP address and what it has written so far."""

    url: str
    process: asyncio.subprocess.Process
    log: Path
    http: aiohttp.ClientSession

    @property
    def written(self) -> str:
        return self.log.read_text(errors="replace")

    async def kill(self) -> None:
        await self._end(SIGKILL)

    async def stop(self) -> None:
        """Politely; what a program says at its end is in its log."""
        await self._end(SIGTERM)

    async def _end(self, signal: int) -> None:
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ProgramError(f"{name} is not installed; run: apt-get install -y {package}")
    return found


@asynccontextmanager
async def folder(name: str) -> AsyncIterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=f"opsbot-{name}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@asynccontextmanager
async def running(command: Sequence[str], *, url: str, log: Path) -> AsyncIterator[Program]:
    """Start, wait for `/-/ready`, kill at the end. The kernel kills it should the tests themselves be killed."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            program("setpriv", "util-linux"), "--pdeathsig=KILL", *command, stdout=out, stderr=out
        )
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        started = Program(url, process, log, http)
        try:
            await _ready(started)
            yield started
        finally:
            await started.kill()


async def _ready(started: Program) -> None:
    try:
        async with asyncio.timeout(_START_SECONDS):
            while started.process.returncode is None:
                with suppress(aiohttp.ClientConnectionError):
                    async with started.http.get(f"{started.url}/-/ready") as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise ProgramError(
            f"{started.url} is not ready after {_START_SECONDS} s:\n{started.written}"
        ) from None
    raise ProgramError(f"{started.url} ended with {started.process.returncode}:\n{started.written}")


async def wait_for(
    predicate: Callable[[], bool], what: str, *, seconds: float = 20.0, programs: Sequence[Program] = ()
) -> None:
    """Poll until it holds; the failure says what did not come true and what the programs wrote."""
    try:
        async with asyncio.timeout(seconds):
            while not predicate():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        logs = "".join(f"\n--- {each.url}\n{each.written[-4000:]}" for each in programs)
        raise AssertionError(f"after {seconds} s still not: {what}{logs}") from None
