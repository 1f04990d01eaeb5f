"""Commands that ask for a password, in the shells that people have: what is typed arrives whole, and nothing else does."""

import os
import subprocess
from pathlib import Path

import pytest

from bot.delivery.words import Words
from tests.runbooks.db_cases import ONE_MAP, PASSWORD, found, refused, settings
from tests.runbooks.db_kinds_cases import EXPIRED
from tests.snapshots import TARGET

# Bash and zsh know `read -s`; what is a plain sh has no way not to show what is typed.
SHELLS = ("bash", "zsh")
TYPED = " pa'ss $HOME %s\\n"


def correcting() -> str:
    finding = found(refused(PASSWORD, settings=settings(ONE_MAP)), "db-password-wrong")
    return Words("en").finding(finding, TARGET).fixes[-1].commands[0]


def renewing() -> str:
    finding = found(refused(EXPIRED), "db-login-blocked")
    return Words("en").finding(finding, TARGET).fixes[0].commands[1]


def told(shell: str, command: str, typed: str, folder: Path) -> list[str]:
    """What each program that the command starts was given."""
    for name in ("kubectl", "mysql"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\ngiven=$(cat; echo .)\nprintf %s "$1: ${{given%.}}" > {folder}/told-$1\n[ "$1" != create ] || printf made\n'
        )
        program.chmod(0o755)
    env = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": "/root", "value": "inherited"}
    subprocess.run(
        [shell, "-c", command], input=typed, text=True, env=env, capture_output=True, check=False, timeout=20
    )
    return sorted(one.read_text() for one in folder.glob("told-*"))


@pytest.mark.programs
@pytest.mark.timeout(60)
@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_typed_is_written(shell: str, tmp_path: Path) -> None:
    assert told(shell, correcting(), f"{TYPED}\n", tmp_path) == [f"create: {TYPED}", "patch: made"]


@pytest.mark.programs
@pytest.mark.timeout(60)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_renewed_password_goes_into_the_statement(shell: str, tmp_path: Path) -> None:
    (said,) = told(shell, renewing(), f"{TYPED}\n", tmp_path)

    assert f"IDENTIFIED BY '{TYPED}' PASSWORD EXPIRE NEVER;" in said


@pytest.mark.programs
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("shell", "typed"),
    [*((shell, typed) for shell in SHELLS for typed in ("\n", "")), ("dash", f"{TYPED}\n")],
)
def test_nothing_is_written_where_nothing_was_typed(shell: str, typed: str, tmp_path: Path) -> None:
    assert told(shell, correcting(), typed, tmp_path) == []
    assert told(shell, renewing(), typed, tmp_path) == []
