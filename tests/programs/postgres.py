"""A real PostgreSQL for tests: its own data folder, a free loopback port, never as root. Stops with the process.

Durability of the server itself is not what is tested here, so it does not wait for the disk.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

_INSTALL = "PostgreSQL is not installed; run: apt-get install -y postgresql"
_START_SECONDS = 30.0
_ROLE = "opsbot"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


@dataclass(slots=True)
class Postgres:
    port: int
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{_ROLE}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template1") -> str:
        self._run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    @contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """The URL of a database that nobody has used."""
        database = f"test_{next(self._numbers)}"
        yield self.create(database, template)
        self._run(f'DROP DATABASE "{database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="opsbot-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            _ROLE,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
        ]
        subprocess.run(_unprivileged(initdb), check=True, stdout=subprocess.DEVNULL)
        with _serving(programs, folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(programs: Path, folder: Path) -> Iterator[Postgres]:
    port = _free_port()
    settings = _SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = Postgres(
            port,
            subprocess.Popen(
                _unprivileged([programs / "postgres", "-D", folder / "data", *options]),
                stdout=log,
                stderr=subprocess.STDOUT,
            ),
        )
    try:
        _wait_until_it_answers(server, folder / "log")
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.process.send_signal(3)
            server.process.wait(timeout=10)


def _wait_until_it_answers(server: Postgres, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(psycopg.OperationalError), psycopg.connect(server.url()):
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _programs() -> Path:
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    if not versions:
        raise RuntimeError(_INSTALL)
    return versions[0].parent


def _unprivileged(command: list[str | Path]) -> list[str | Path]:
    """PostgreSQL refuses to run as root. SIGQUIT when the tests die, however they die: it ends at once."""
    as_postgres: list[str | Path] = []
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        as_postgres = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return ["setpriv", "--pdeathsig=QUIT", *as_postgres, *command]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
