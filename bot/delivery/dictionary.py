"""The sentences as data: `<folder>/<language>/*.yaml`, any language laid over English. It reads files once and words nothing.

A runbook's file is named after it; `common.yaml` and `changes.yaml` hold what all of them share, `chat.yaml` what people
who ask are told.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

# Beside the package: the checkout's folder, and the one that a wheel puts next to `bot`.
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ENGLISH = "en"
COMMON = "common"
CHANGES = "changes"
CHAT = "chat"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class WordsError(Exception):
    """A file of words that cannot be used; the message names it and says why in one sentence."""


class Dictionary:
    """Later folders win over earlier ones. `own` says in which folder the words of a team's own runbook are.

    Of such a folder nothing else is read: what may be broken there belongs to a runbook that was refused.
    """

    def __init__(
        self,
        language: str,
        folders: Sequence[Path] = (TEMPLATES,),
        own: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        self.language = language
        self._own = _load(folders, language)
        if not self._own:
            raise WordsError(f"there are no words for the language {language!r} in {folders[0]}")
        self._own |= _single(own, language)
        if language == ENGLISH:
            self._books = self._own
        else:
            self._books = _overlay(_load(folders, ENGLISH) | _single(own, ENGLISH), self._own)

    @property
    def books(self) -> tuple[str, ...]:
        return tuple(self._books)

    def find(self, book: str, *path: str) -> Any:
        """What stands there, English where the language has nothing, None where nobody has."""
        return _dig(self._books.get(book), path)

    def own(self, book: str, *path: str) -> Any:
        """What the language's own file says there."""
        return _dig(self._own.get(book), path)


def _load(folders: Sequence[Path], language: str) -> dict[str, Any]:
    books: dict[str, Any] = {}
    for folder in folders:
        for file in sorted((folder / language).glob("*.yaml")):
            books = _overlay(books, {file.stem: _read(file)})
    return books


def _single(own: Mapping[str, Path], language: str) -> dict[str, Any]:
    files = {name: folder / language / f"{name}.yaml" for name, folder in own.items()}
    return {name: _read(file) for name, file in files.items() if file.is_file()}


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - both are safe loaders
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WordsError(f"{file} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise WordsError(f"{file} must be a mapping at its top")
    return content


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _overlay(merged[key], value) if both else value
    return merged


def _dig(content: Any, path: Sequence[str]) -> Any:
    for step in path:
        if not isinstance(content, Mapping):
            return None
        content = content.get(step)
    return content
