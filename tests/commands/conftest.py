"""The command line inside this process: what a person would see, and the exit code."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
import structlog

from bot.cli import main

_OURS = ("OPSBOT_", "SLACK_", "PROMETHEUS_", "ALERTMANAGER_", "ARGOCD_", "GRAFANA_", "KUBE")


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


class Opsbot(Protocol):
    def __call__(self, *words: str) -> Ended: ...


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, and nothing configured: no file, no cluster, no token."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def opsbot(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Opsbot]:
    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["opsbot", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, said.out, said.err)

    yield run
    structlog.reset_defaults()
