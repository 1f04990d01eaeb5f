"""Known lines are worded in every language, whatever a log leaves unsaid; their commands are commands; who looks deeper exists."""

import shlex
import subprocess

import pytest

from bot.delivery.explaining import BOOK, label, worded_line
from bot.delivery.words import Words
from bot.diagnosis.lines.explained import UNTOLD
from bot.diagnosis.lines.known import FACTS
from bot.observe import REGISTRY
from runbooks.catalog import CATALOG

IDS = sorted(set(FACTS) - UNTOLD)
NAMES = [runbook.name for runbook in CATALOG]
HOSTILE = "x'; $(reboot) `id` \"&& rm -rf ~"
# What a line of this id cannot leave unsaid.
ALWAYS = {
    "config-field-unknown": {"field": "retries"},
    "conversion-webhook-failed": {"version": "v1beta1", "kind": "SecretStore"},
    "slow-start": {"program": "App", "seconds": "90.1"},
}
SAID = {"nothing": "", "a name": "orders", "what a shell would run": HOSTILE}


def missed() -> float:
    return REGISTRY.get_sample_value("opsbot_words_missed_total", {"words": BOOK}) or 0


@pytest.fixture(params=["en", "ko"])
def words(request: pytest.FixtureRequest) -> Words:
    return Words(request.param)


@pytest.mark.parametrize("value", SAID.values(), ids=SAID)
@pytest.mark.parametrize("id_", IDS)
def test_each_is_worded_whatever_the_log_says(words: Words, id_: str, value: str) -> None:
    before = missed()

    facts = dict.fromkeys(FACTS[id_], value) | ({} if value else ALWAYS.get(id_, {}))
    said = worded_line(words, id_, facts, NAMES)

    assert missed() == before
    assert said.name != id_.replace("-", " ")
    assert said.meaning
    assert said.next
    own = words.dictionary.own(BOOK, "lines", id_)
    assert {"name", "meaning", "next"} <= set(own)
    for text in (said.name, said.meaning, *said.next):
        assert not {"  ", " ,", " .", "()", '""', "''"} & {text[at : at + 2] for at in range(len(text))}


@pytest.mark.parametrize("value", SAID.values(), ids=SAID)
def test_what_is_to_be_pasted_is_a_command(value: str) -> None:
    words = Words("en")
    refused = []
    for id_ in IDS:
        for command in worded_line(words, id_, dict.fromkeys(FACTS[id_], value), NAMES).commands:
            read = subprocess.run(
                ["/bin/bash", "-n"], input=command, text=True, capture_output=True, check=False
            )
            if read.returncode or not shlex.split(command, comments=True):
                refused.append(f"{id_}: {command}: {read.stderr}")
    assert refused == []


@pytest.mark.parametrize("id_", IDS)
def test_facts_reach_a_shell_as_one_word_only(id_: str) -> None:
    commands = worded_line(Words("en"), id_, dict.fromkeys(FACTS[id_], HOSTILE), NAMES).commands

    assert all("reboot" not in _bare(command) for command in commands)


def _bare(command: str) -> str:
    """What stands outside of single quotes."""
    return "".join(command.replace("'\"'\"'", "").split("'")[::2])


@pytest.mark.parametrize("id_", IDS)
def test_who_looks_deeper_exists(id_: str) -> None:
    said = worded_line(Words("en"), id_, dict.fromkeys(FACTS[id_], ""), NAMES)
    wanted = Words("en").dictionary.find(BOOK, "lines", id_, "runbook")

    assert said.runbook == (wanted or "")
    causes = {cause.id for runbook in CATALOG if runbook.name == said.runbook for cause in runbook.causes}
    assert not said.cause or said.cause in causes


def test_nobody_looks_deeper_who_is_not_loaded() -> None:
    said = worded_line(Words("en"), "postgres-password", {"user": "app"}, ["triage"])

    assert (said.runbook, said.cause, said.deeper) == ("", "", "")


def test_what_is_not_worded_is_called_by_its_id() -> None:
    assert worded_line(Words("en"), "no-such-id", {}, NAMES).name == "no such id"
    assert label(Words("en"), "no_such_label") == "no such label"
