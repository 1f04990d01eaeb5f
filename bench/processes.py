"""Starting what is measured: a server as a process of its own, on a free loopback port, stopped however the run ends."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

TOKEN = "bench-token"
ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Running:
    pid: int
    url: str
    ready_seconds: float

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(row for row in status.splitlines() if row.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"bench: the server ended with code {process.returncode} before it was ready")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.01)
    sys.exit(f"bench: {url} was not ready within {seconds:.0f} s")


@contextmanager
def running(arguments: Sequence[str], ready: str, environment: Mapping[str, str]) -> Iterator[Running]:
    """Start `python -m …` with OPSBOT_PORT set to a free port; `ready` is the path that answers 200 once it serves."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        env = {"PATH": os.environ["PATH"], "HOME": folder, "PYTHONPATH": str(ROOT), "OPSBOT_PORT": str(port)}
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env=env | dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url + ready, process)
            yield Running(process.pid, url, time.monotonic() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def opsbot(extra: Mapping[str, str] | None = None) -> AbstractContextManager[Running]:
    """The product on its defaults: SQLite in an empty folder, no Slack, no cluster."""
    environment = {"OPSBOT_WEBHOOK_TOKEN": TOKEN, "KUBECONFIG": "/nonexistent", **(extra or {})}
    return running(["bot", "serve"], "/readyz", environment)
