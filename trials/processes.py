"""A program under trial: started, killed with SIGKILL, started again on the same port, and never left behind."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

TOKEN = "trial-token"
ROOT = Path(__file__).resolve().parent.parent


def environment(store: str, slack: str, port: int, replica: str) -> dict[str, str]:
    return {
        "OPSBOT_WEBHOOK_TOKEN": TOKEN,
        "OPSBOT_STORE_URL": store,
        "OPSBOT_PORT": str(port),
        "OPSBOT_REPLICA": replica,
        "SLACK_API_URL": slack,
        "SLACK_BOT_TOKEN": "xoxb-trial",
        "SLACK_SIGNING_SECRET": "trial",
        "KUBECONFIG": "/nonexistent",
    }


class Child:
    """One process. `gone` marks a replica that is never started again."""

    def __init__(
        self, module: Sequence[str], url: str, ready: str, log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.url = url
        self.gone = False
        self._command = [sys.executable, "-m", *module]
        self._ready = ready
        self._log = log
        self._env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(log.parent),
            **(env or {}),
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, cwd=ROOT, env=self._env, stdout=out, stderr=out
            )

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def ready(self, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < end:
                try:
                    async with session.get(self.url + self._ready) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)
        log = self._log.read_text(errors="replace")[-2000:]
        sys.exit(f"trial: {' '.join(self._command)} was not ready within {seconds:.0f} s:\n{log}")

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Child"]:
        await self.start()
        try:
            await self.ready()
            yield self
        finally:
            await self.kill()
