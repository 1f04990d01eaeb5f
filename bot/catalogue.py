"""The runbooks in use: the house's own, and those of a team's folders as far as they pass. One answer for everybody.

Part of the composition root. A broken file of a team is named and left out; the rest run.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.delivery.words import Words
from bot.diagnosis.changes import CHANGE_READS
from bot.diagnosis.choosing import FALLBACK, ExtraMatch
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Read
from bot.observe import log
from bot.runbook_files import (
    BrokenRunbookError,
    load,
    open_package,
    opened_up,
    python_files,
    templates_of,
)
from bot.settings import RunbookMatch, RunbookSettings, SettingsError
from runbooks.catalog import CATALOG

_PACKAGE = "_opsbot_folder_"


@dataclass(frozen=True, slots=True)
class Refused:
    """`name` is that of the runbook, or the file's where nobody got so far as to know it."""

    file: Path
    name: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {'; '.join(self.reasons)}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """In the order in which they are tried. `files` says where those of a team come from.

    `notes` are what its operator should know although everything runs.
    """

    runbooks: tuple[Runbook[Any], ...] = CATALOG
    files: Mapping[str, Path] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(runbook.name for runbook in self.runbooks)

    @property
    def reads(self) -> tuple[Read, ...]:
        declared = (read for runbook in self.runbooks for read in runbook.reads)
        return tuple(dict.fromkeys((*declared, *CHANGE_READS)))

    def words(self, language: str) -> Words:
        return Words(language, own={name: templates_of(file) for name, file in self.files.items()})

    def find(self, name: str) -> Runbook[Any] | None:
        return next((runbook for runbook in self.runbooks if runbook.name == name), None)

    def unknown(self, name: str) -> str:
        """Why there is no runbook of this name, for whoever typed it."""
        refused = next((one for one in self.refused if one.name == name), None)
        if refused is not None:
            return f"the runbook {name} is refused: {refused}"
        near = difflib.get_close_matches(name, self.names, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"there is: {', '.join(self.names)}"
        return f"there is no runbook {name!r}; {hint}"

    def extra_matches(self, matches: Sequence[RunbookMatch]) -> tuple[ExtraMatch, ...]:
        """The configuration's `runbooks.match`. A refused runbook has been told of, and must not stop the others."""
        refused = {one.name for one in self.refused}
        for entry in matches:
            if entry.runbook not in {*self.names, *refused}:
                raise SettingsError(f"{entry.key}.runbook", self.unknown(entry.runbook))
        return tuple(
            ExtraMatch(entry.matchers, entry.runbook) for entry in matches if entry.runbook in self.names
        )

    def tell(self) -> None:
        for one in self.refused:
            log.error("a runbook is refused", file=str(one.file), reasons=list(one.reasons))
        for note in self.notes:
            log.warning(note)


async def catalogue_of(settings: RunbookSettings) -> Catalogue:
    if not settings.folders:
        return Catalogue()
    gathering = _Gathering(dict.fromkeys(Words().dictionary.books, "opsbot itself"))
    for number, folder in enumerate(settings.folders):
        await gathering.take(folder, f"{_PACKAGE}{number}")
    return gathering.catalogue()


@dataclass(slots=True)
class _Gathering:
    """`taken` says whose each name is: that of a runbook, and of everything else that has words."""

    taken: dict[str, str]
    own: dict[Path, Runbook[Any]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    async def take(self, folder: Path, package: str) -> None:
        files = python_files(folder)
        if files is None:
            self.refused.append(Refused(folder, folder.name, ("there is no such folder",)))
            return
        open_package(package, folder)
        self.notes += opened_up(folder, files)
        met = [await self._met(file, package) for file in files]
        if not any(met):
            self.notes.append(f"{folder} holds no runbook: it has no file *.py that assigns RUNBOOK")

    async def _met(self, file: Path, package: str) -> bool:
        """Whether it is a runbook's file, good or not."""
        try:
            runbook = await load(file, package, self.taken)
        except BrokenRunbookError as error:
            self.refused.append(Refused(file, error.name, error.reasons))
            return True
        if runbook is None:
            return False
        self.own[file] = runbook
        self.taken[runbook.name] = str(file)
        return True

    def catalogue(self) -> Catalogue:
        house = [runbook for runbook in CATALOG if runbook.name != FALLBACK]
        last = [runbook for runbook in CATALOG if runbook.name == FALLBACK]
        files = {runbook.name: file for file, runbook in self.own.items()}
        return Catalogue((*house, *self.own.values(), *last), files, tuple(self.refused), tuple(self.notes))
