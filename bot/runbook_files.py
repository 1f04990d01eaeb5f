"""A team's own runbook from a file: loaded under a private name, and held to the same contract as the house's own.

A file takes part if it assigns RUNBOOK at its top; every other file of the folder may only be imported by one that does.
Whatever is wrong with one is a list of sentences, and costs nobody else anything.
"""

import ast
import importlib
import os
import stat
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from bot.delivery.dictionary import ENGLISH, WordsError
from bot.delivery.wording_check import missing_words_of_runbook, unreadable_sentences
from bot.delivery.words import Words
from bot.diagnosis.boundary import Failure, attempted, guarded
from bot.diagnosis.checking import check_catalog
from bot.diagnosis.runbook import Runbook

NAME = "RUNBOOK"
_LANGUAGES = (ENGLISH, "ko")
_CHECK_SECONDS = 10.0


class BrokenRunbookError(Exception):
    """`reasons` are sentences for whoever wrote the file; `name` is the runbook's, as far as it is known."""

    def __init__(self, name: str, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.name = name
        self.reasons = reasons


def python_files(folder: Path) -> tuple[Path, ...] | None:
    """None where there is no such folder."""
    return tuple(sorted(folder.glob("*.py"))) if folder.is_dir() else None


def templates_of(file: Path) -> Path:
    return file.parent / "templates"


def opened_up(folder: Path, files: Sequence[Path]) -> Iterator[str]:
    """Who can write here can run what they like as the bot: told where that is everybody."""
    for path in (folder, *files):
        if _anybody_writes(path):
            yield f"{path} may be written by everybody on this machine, and what it says is run by opsbot"


def _anybody_writes(path: Path) -> bool:
    """A mounted ConfigMap looks as if, and is read-only.

    https://kubernetes.io/docs/concepts/storage/volumes/#configmap
    """
    try:
        return bool(path.stat().st_mode & stat.S_IWOTH) and not os.statvfs(path).f_flag & os.ST_RDONLY
    except OSError:
        return False  # that it cannot be read is told where it is read


async def load(file: Path, package: str, taken: Mapping[str, str]) -> Runbook[Any] | None:
    """The file's runbook, None where it has none; raises BrokenRunbookError. `taken` says whose each name is."""
    if not _declares(file):
        return None
    found = _imported(file, package)
    if not isinstance(found, Runbook):
        raise BrokenRunbookError(file.stem, f"{NAME} is not a Runbook but a {type(found).__name__}")
    name = found.name if isinstance(found.name, str) else file.stem
    if name in taken:
        raise BrokenRunbookError(name, f"the name {name} is taken by {taken[name]}")
    said = await guarded(check_catalog([found]), seconds=_CHECK_SECONDS, doing=f"check {file}")
    if isinstance(said, Failure):
        raise BrokenRunbookError(name, f"it cannot be checked: {said.error}")
    wrong = [sentence.removeprefix(f"{name}: ") for sentence in said]
    # Only a name that passed may become that of a file.
    wrong += [] if wrong else _wrong_words(found, templates_of(file))
    if wrong:
        raise BrokenRunbookError(name, *wrong)
    return found


def _declares(file: Path) -> bool:
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except OSError as error:
        raise BrokenRunbookError(file.stem, f"cannot be read: {error.strerror}") from None
    except SyntaxError as error:
        raise BrokenRunbookError(file.stem, f"line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise BrokenRunbookError(file.stem, f"is not Python: {error}") from None
    return any(NAME in _assigned(statement) for statement in tree.body)


def _assigned(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return {name}
    return set()


def forget(package: str) -> None:
    """Of an earlier load, so that what stands in the files now is what runs."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def open_package(package: str, folder: Path) -> None:
    """A package without a file of its own, in which the folder's files find each other (`from .shared import …`)."""
    forget(package)
    module = ModuleType(package)
    module.__path__ = [str(folder)]
    sys.modules[package] = module
    importlib.invalidate_caches()


def _imported(file: Path, package: str) -> object:
    with _leaving_no_bytecode():
        module = attempted(lambda: importlib.import_module(f"{package}.{file.stem}"))
    if isinstance(module, BaseException):
        raise BrokenRunbookError(file.stem, _why(module, file))
    return getattr(module, NAME, None)


@contextmanager
def _leaving_no_bytecode() -> Iterator[None]:
    """Nothing is written into a folder that is not ours, and an edit within the same second is seen."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _why(error: BaseException, file: Path) -> str:
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)
    ]
    where = f"line {lines[-1]}: " if lines else ""
    text = " ".join(str(error).split())
    return f"{where}{type(error).__name__}{f': {text}' if text else ''}"


def _wrong_words(runbook: Runbook[Any], templates: Path) -> list[str]:
    """English is needed; another language takes over as a whole or not at all."""
    wrong = []
    causes = [cause.id for cause in runbook.causes]
    for language in _LANGUAGES:
        words_file = templates / language / f"{runbook.name}.yaml"
        if not words_file.is_file():
            wrong += [f"its words are missing: {words_file}"] if language == ENGLISH else []
            continue
        try:
            words = Words(language, own={runbook.name: templates})
        except WordsError as error:
            wrong.append(" ".join(str(error).split()))
            continue
        wrong += missing_words_of_runbook(words, runbook.name, causes)
        wrong += unreadable_sentences(words, runbook.name)
    return wrong
