"""Typing: help that helps, and one line on stderr for whatever cannot be understood."""

import re

import pytest

from bot import __version__
from tests.commands.conftest import Opsbot

COMMANDS = (
    "serve",
    "demo",
    "diagnose",
    "explain",
    "check",
    "send",
    "replay",
    "runbooks",
    "rbac",
    "audit",
    "coverage",
)


def test_the_version(opsbot: Opsbot) -> None:
    ended = opsbot("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"opsbot {__version__}\n", "")


def test_alone_it_tells_what_there_is(opsbot: Opsbot) -> None:
    ended = opsbot()
    assert (ended.code, ended.err) == (0, "")
    assert set(COMMANDS) <= set(ended.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(opsbot: Opsbot, command: str) -> None:
    ended = opsbot(command, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: opsbot {command}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nope"], "No such command 'nope'; see opsbot --help"),
        (["demo", "--port", "x"], "Invalid value for '--port'.*; see opsbot demo --help"),
        (["demo", "--port", "70000"], "Invalid value for '--port'.*; see opsbot demo --help"),
        (["demo", "nope"], "there is no scenario 'nope'; there is: crashloop-db-auth, .*"),
        (["demo", "--language", "fr"], "--language: 'fr' is not one of en, ko"),
        (["diagnose"], "Missing argument 'name'; see opsbot diagnose --help"),
        (["diagnose", "x", "--output", "xml"], "Invalid value for '--output'.*'text'.*"),
        (["diagnose", "a/b/c/d"], "'a/b/c/d' does not name a target; write name, namespace/name, .*"),
        (["diagnose", "shop/deploymnt/x"], "'deploymnt' is not a kind known here; did you mean deployment.*"),
        (["diagnose", "x", "--label", "y"], "--label: 'y' is not name=value"),
        (["diagnose", "x", "--runbook", "y"], "there is no runbook 'y'; there is: .*triage"),
        (["diagnose", "x", "--cluster", "y"], "there is no cluster 'y' in the configuration; .*"),
        (["send", "Down", "--label", "=x"], "--label: '=x' is not name=value"),
        (["send", "Down", "--annotation", "x"], "--annotation: 'x' is not name=value"),
        (["runbooks", "show", "y"], "there is no runbook 'y'; there is: .*triage"),
        (["runbooks", "show", "traige"], r"there is no runbook 'traige'; did you mean triage\?"),
        (["runbooks", "--output", "blocks"], "Invalid value for '--output'.*'text'.*"),
        (["explain", "/nowhere/x.log"], "/nowhere/x.log cannot be read: No such file or directory"),
        (["explain", "/tmp"], "/tmp is a directory; give a file, or - for standard input"),
        (["explain", "x", "--output", "blocks"], "Invalid value for '--output'.*'text'.*"),
        (["coverage", "--rules", "/nowhere/x"], "/nowhere/x cannot be read: No such file or directory"),
        (["coverage", "--rules", "/tmp"], "/tmp cannot be read: Is a directory"),
        (["replay"], "Missing argument 'bundle'; see opsbot replay --help"),
        (["replay", "/nowhere/x.json"], "/nowhere/x.json cannot be read: No such file or directory"),
        (["replay", "x.json", "--diff", "--output", "blocks"], "--diff is printed as text or json"),
        (["runbooks", "show"], "write: opsbot runbooks, or: opsbot runbooks show NAME"),
        (["runbooks", "hide", "triage"], "write: opsbot runbooks, or: opsbot runbooks show NAME"),
        (["serve", "--config", "/nowhere/x.yaml"], "/nowhere/x.yaml: cannot be read: .*"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_mistake_is_one_line(opsbot: Opsbot, words: list[str], said: str) -> None:
    ended = opsbot(*words)
    assert (ended.code, ended.out) == (2, "")
    assert re.fullmatch(f"opsbot: {said}\n", ended.err)


def test_a_wrong_configuration_is_named_by_its_key(opsbot: Opsbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSBOT_HOST", "0.0.0.0")
    ended = opsbot("serve")
    assert ended.code == 2
    assert re.search(r"^opsbot: .*OPSBOT_WEBHOOK_TOKEN", ended.err, re.MULTILINE)
    assert "Traceback" not in ended.err
