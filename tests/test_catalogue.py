"""A team's folder of runbooks: what passes runs like the house's own, and each way to be broken is named and costs nobody else."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.catalogue import Catalogue, catalogue_of
from bot.diagnosis.changes import CHANGE_READS
from bot.diagnosis.engine import Engine
from bot.matchers import parse_matchers
from bot.model import Target
from bot.settings import RunbookMatch, RunbookSettings, SettingsError
from runbooks.catalog import CATALOG
from tests.snapshots import NOW

SOUND = """
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import NodeOf
from bot.diagnosis.reads import NODE_READ
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Unavailable
from bot.model import Cause


async def collect(target, sources):
    return await sources.look(NodeOf(target.name))


def decide(node):
    answer = Answer("NAME", "down")
    return [answer.not_checked(node) if isinstance(node, Unavailable) else answer.confirmed({})]


RUNBOOK = Runbook("NAME", ('alertname="Down"',), (Cause("down"),), (NODE_READ,), collect, decide)
"""
WORDS = """
title: "A node"
summary: "Says whether a node is down."
causes:
  down:
    name: "down"
    confirmed: {title: "It is down", detail: "It is."}
    ruled_out: "It is up."
"""
Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language in ("en", "ko"):
        (tmp_path / "own/templates" / language).mkdir(parents=True)
    return tmp_path / "own"


@pytest.fixture
def write(folder: Path) -> Write:
    """A sound runbook, with one piece of its source or its words in exchange for another."""

    def write(
        name: str = "team", old: str = "", new: str = "", *, words: str | None = WORDS, ko: str | None = None
    ) -> Path:
        file = folder / f"{name}.py"
        assert old in SOUND
        file.write_text((SOUND.replace(old, new, 1) if old else SOUND).replace("NAME", name))
        for language, text in (("en", words), ("ko", ko)):
            if text is not None:
                (folder / "templates" / language / f"{name}.yaml").write_text(text)
        return file

    return write


def listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def open_to_all(*paths: Path) -> None:
    for path in paths:
        path.chmod(0o777)


async def loaded(*folders: Path) -> Catalogue:
    return await catalogue_of(RunbookSettings(folders, ()))


async def test_without_folders_there_are_the_houses_own() -> None:
    catalogue = await loaded()
    assert catalogue == Catalogue(CATALOG)
    assert catalogue.reads == Engine(CATALOG, {}, clock=lambda: NOW).reads
    assert set(CHANGE_READS) <= set(catalogue.reads)


async def test_a_sound_one_stands_before_the_fallback_and_is_worded(folder: Path, write: Write) -> None:
    file = write("team")
    ko = WORDS.replace('title: "A node"', 'title: "노드"')
    other = write("another", words=WORDS, ko=ko)
    catalogue = await loaded(folder)
    house = [runbook.name for runbook in CATALOG]
    assert list(catalogue.names) == [*house[:-1], "another", "team", "triage"]
    assert catalogue.files == {"another": other, "team": file}
    assert (catalogue.refused, catalogue.notes) == ((), ())
    korean = catalogue.words("ko")
    assert (korean.runbook_title("another"), korean.runbook_title("team")) == ("노드", "A node")
    assert korean.runbook_title("triage") != catalogue.words("en").runbook_title("triage")


async def test_it_is_chosen_and_decides_like_any_other(folder: Path, write: Write) -> None:
    write("team")
    catalogue = await loaded(folder)
    engine = Engine(catalogue.runbooks, {}, clock=lambda: NOW)
    diagnosis = await engine.diagnose(Target("default", "", "Node", "n"), names=["team"])
    (finding,) = diagnosis.findings
    assert (finding.runbook, finding.cause, finding.missing is not None) == ("team", "down", True)
    assert engine.chooser.choose(None, "Node", [{"alertname": "Down"}]).matched == ("team",)


async def test_files_share_what_a_neighbour_holds_and_the_rest_is_not_run(folder: Path, write: Write) -> None:
    (folder / "shared.py").write_text('from bot.model import Cause\nDOWN = Cause("down")\n')
    (folder / "test_team.py").write_text("raise AssertionError('a test is no runbook')\n")
    (folder / "notes.txt").write_text("RUNBOOK = 1\n")
    write("team", "from bot.model import Cause", "from .shared import DOWN")
    file = folder / "team.py"
    file.write_text(file.read_text().replace('Cause("down")', "DOWN"))
    catalogue = await loaded(folder)
    assert catalogue.refused == ()
    assert "team" in catalogue.names
    assert not [name for name in sys.modules if name in {"team", "shared"}], "loaded under private names only"


async def test_what_stands_in_the_file_now_is_what_runs(
    folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    write("team")
    await loaded(folder)
    write("team", "('alertname=\"Down\"',)", "('alertname=\"Gone\"',)")  # as long, and within the same second
    catalogue = await loaded(folder)
    runbook = catalogue.find("team")
    assert runbook is not None
    assert runbook.alerts == ('alertname="Gone"',)
    assert {file.name for file in listed(folder)} == {"team.py", "templates"}


BROKEN = {
    "syntax": (("def decide(node):", "def decide(node)"), "line 14: expected ':'"),
    "import": (
        ("from bot.model import Cause", "import nowhere_to_be_found"),
        "line 7: ModuleNotFoundError: No module named 'nowhere_to_be_found'",
    ),
    "raises": (("async def", "1 / 0\n\n\nasync def"), "line 10: ZeroDivisionError: division by zero"),
    "exits": (("async def", "raise SystemExit(3)\n\n\nasync def"), "line 10: SystemExit: 3"),
    "no runbook": (("RUNBOOK = Runbook(", "RUNBOOK = dict; _ = ("), "RUNBOOK is not a Runbook but a type"),
    "contract": (("answer.confirmed({})]", "answer.confirmed({})][1:]"), "does not answer for every declared cause"),
    "another's name": (('Answer("NAME"', 'Answer("triage"'), "answers as triage"),
    "not typed": (('(Cause("down"),)', '("down",)'), "it cannot be checked: AttributeError"),
    "undeclared": (("(NODE_READ,), collect", "(), collect"), "looks with NodeOf without declaring it"),
    "clash": (('Runbook("NAME"', 'Runbook("triage"'), "the name triage is taken by opsbot itself"),
    "reserved": (('Runbook("NAME"', 'Runbook("common"'), "the name common is taken by opsbot itself"),
    "a path": (('Runbook("NAME"', 'Runbook("../x"'), "the name must be like a Python name"),
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN)
async def test_a_broken_one_is_named_with_the_reason_and_the_others_run(
    folder: Path, write: Write, way: str
) -> None:
    (old, new), why = BROKEN[way]
    broken, sound = write("broken", old, new), write("team")
    catalogue = await loaded(folder)
    (refused,) = catalogue.refused
    assert refused.file == broken
    assert why in str(refused)
    assert catalogue.files == {"team": sound}
    assert catalogue.words("en").runbook_title("team") == "A node"


@pytest.mark.parametrize(
    ("words", "ko", "why"),
    [
        (None, None, "its words are missing: .*/templates/en/broken.yaml"),
        ("title: [", None, "en/broken.yaml cannot be read: "),
        ("- a", None, "en/broken.yaml must be a mapping at its top"),
        ("title: T", None, "en/broken.yaml: summary is missing; en/broken.yaml: causes.down.name is missing"),
        (WORDS.replace("It is down", "{{ oops"), None, "en/broken.yaml: causes.down.confirmed.title: "),
        (WORDS, "title: T", "ko/broken.yaml: summary is missing"),
        (WORDS, "title: [", "ko/broken.yaml cannot be read: "),
    ],
)
async def test_words_that_are_missing_or_broken(
    folder: Path, write: Write, words: str | None, ko: str | None, why: str
) -> None:
    broken, sound = write("broken", words=words, ko=ko), write("team")
    catalogue = await loaded(folder)
    (refused,) = catalogue.refused
    assert (refused.file, refused.name) == (broken, "broken")
    assert re.search(why, str(refused))
    assert catalogue.files == {"team": sound}
    assert catalogue.words("ko").runbook_title("team") == "A node"


async def test_two_of_one_name_and_a_folder_that_is_not_there(
    folder: Path, write: Write, tmp_path: Path
) -> None:
    first = write("team")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/mine.py").write_text(first.read_text())
    catalogue = await loaded(folder, tmp_path / "gone", tmp_path / "other")
    assert [str(refused) for refused in catalogue.refused] == [
        f"{tmp_path}/gone: there is no such folder",
        f"{tmp_path}/other/mine.py: the name team is taken by {first}",
    ]
    assert catalogue.files == {"team": first}


async def test_a_file_that_leads_nowhere(folder: Path) -> None:
    (folder / "team.py").symlink_to("nowhere")
    catalogue = await loaded(folder)
    assert [refused.reasons for refused in catalogue.refused] == [
        ("cannot be read: No such file or directory",)
    ]


async def test_the_operator_is_told_who_may_write_and_what_holds_nothing(
    folder: Path, write: Write, tmp_path: Path
) -> None:
    file = write("team")
    (tmp_path / "empty").mkdir()
    open_to_all(folder, file)
    catalogue = await loaded(folder, tmp_path / "empty")
    assert [note.split(" ", 1)[0] for note in catalogue.notes] == [
        str(folder),
        str(file),
        f"{tmp_path}/empty",
    ]
    assert "may be written by everybody" in catalogue.notes[0]
    assert "holds no runbook" in catalogue.notes[2]
    assert "team" in catalogue.names


async def test_the_log_names_what_is_refused(folder: Path, write: Write) -> None:
    write("broken", words=None)
    open_to_all(folder)
    with capture_logs() as lines:
        (await loaded(folder)).tell()
    assert [(line["log_level"], line["event"]) for line in lines[:1]] == [("error", "a runbook is refused")]
    assert lines[0]["file"] == f"{folder}/broken.py"
    assert lines[1]["log_level"] == "warning"


# -- more alerts for a runbook


def _match(runbook: str) -> RunbookMatch:
    return RunbookMatch("runbooks.match[0]", parse_matchers('alertname="Mine"'), runbook)


async def test_alerts_can_be_given_to_any_of_them(folder: Path, write: Write) -> None:
    write("team")
    catalogue = await loaded(folder)
    assert [one.runbook for one in catalogue.extra_matches([_match("team"), _match("triage")])] == [
        "team",
        "triage",
    ]
    with pytest.raises(
        SettingsError,
        match=r"^runbooks\.match\[0\]\.runbook: there is no runbook 'taem'; did you mean team\?$",
    ):
        catalogue.extra_matches([_match("taem")])


async def test_a_refused_one_does_not_stop_the_start(folder: Path, write: Write) -> None:
    write("broken", words=None)
    catalogue = await loaded(folder)
    assert catalogue.extra_matches([_match("broken")]) == ()
    assert catalogue.unknown("broken").startswith(
        f"the runbook broken is refused: {folder}/broken.py: its words"
    )
