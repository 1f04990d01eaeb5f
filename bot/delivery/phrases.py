"""Sentences that many of one book's share, and the comments within its patches and commands: `phrases.NAME` in a template.

A patch is the same in every language, but for what it says to its reader. Each is rendered where it is used, and only there.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from jinja2 import Template

from bot.delivery.dictionary import Dictionary

PHRASES = "phrases"


class Language(Protocol):
    """What a phrase is found and rendered with."""

    dictionary: Dictionary

    def template(self, source: str) -> Template: ...


class Phrases:
    """Of one book, over the facts of one sentence. A name that nobody wrote is as undefined as a fact would be."""

    __slots__ = ("_book", "_facts", "_language")

    def __init__(self, language: Language, book: str, facts: Mapping[str, Any]) -> None:
        self._language = language
        self._book = book
        self._facts = facts

    def __getitem__(self, name: str) -> str:
        source = self._language.dictionary.find(self._book, PHRASES, name)
        if source is None:
            raise KeyError(name)
        return self._language.template(str(source)).render(self._facts).strip()


def with_phrases(language: Language, book: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**facts, PHRASES: Phrases(language, book, facts)}
