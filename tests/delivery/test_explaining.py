"""Known lines are worded in every language, whatever a log leaves unsaid; their commands are commands; who looks deeper exists."""

import shlex
import subprocess

import pytest

from bot.delivery.explaining import BOOK, label, worded_line
from bot.delivery.words import Words
from bot.diagnosis.lines.explained import UNTOLD
from bot.diagnosis.lines.known import FACTS, known_lines
from bot.observe import REGISTRY
from runbooks.catalog import CATALOG
from tests.diagnosis.lines.test_known import SAMPLES
from tests.diagnosis.lines.test_wordings import DRIVERS

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


def test_every_line_that_is_told_has_words_and_nothing_else_has(words: Words) -> None:
    assert sorted(words.dictionary.own(BOOK, "lines")) == IDS


@pytest.mark.parametrize("sample", [line for line, *_ in (*SAMPLES, *DRIVERS)])
def test_real_lines_are_worded(words: Words, sample: str) -> None:
    before = missed()
    for line in known_lines([sample]):
        if line.id not in UNTOLD:
            assert worded_line(
                words, line.id, {**dict.fromkeys(FACTS[line.id], ""), **line.facts}, NAMES
            ).meaning
    assert missed() == before


@pytest.mark.parametrize("id_", IDS)
def test_a_fact_alone_is_enough(words: Words, id_: str) -> None:
    before = missed()
    for name in FACTS[id_]:
        alone = {**dict.fromkeys(FACTS[id_], ""), name: "x"}
        assert worded_line(words, id_, alone, NAMES).name
        assert worded_line(words, id_, {**dict.fromkeys(FACTS[id_], "x"), name: ""}, NAMES).name
    assert missed() == before


@pytest.mark.parametrize(
    ("id_", "denied"),
    [
        ("connection-refused", "not authentication"),
        ("dial-timeout", "not authentication"),
        ("no-route", "not authentication"),
        ("no-such-host", "neither authentication"),
        ("postgres-too-many-connections", "User and password are not the problem"),
        ("mysql-too-many-connections", "User and password are not the problem"),
        ("exit-137", "SIGKILL and nothing more"),
        ("postgres-hba", "password was not even looked at"),
        ("s3-bad-credentials", "not a missing right"),
        ("image-pull", "never started"),
    ],
)
def test_what_people_confuse_is_told_apart(id_: str, denied: str) -> None:
    assert denied in worded_line(Words("en"), id_, dict.fromkeys(FACTS[id_], ""), NAMES).meaning


def test_labels(words: Words) -> None:
    facts: dict[str, int | str] = {"count": 2, "lines": 3, "first": 1, "last": 9, "size": "5Mi"}
    before = missed()
    keys = words.dictionary.own(BOOK, "labels")

    assert set(keys) == set(Words("en").dictionary.own(BOOK, "labels"))
    assert all(label(words, key, **facts) for key in keys)
    assert missed() == before
