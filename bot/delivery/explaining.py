"""Words for known lines of logs: from an id and its facts to what it is, what it means and where to look next.

A sentence that cannot be rendered becomes its id and counts in a metric. Nothing here knows where a line came from, or
lays anything out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.delivery.plaintext import cut, one_line
from bot.delivery.sandbox import TEMPLATE_FAILURES
from bot.delivery.words import Words
from bot.model import Fact
from bot.observe import WORDS_MISSED, log

BOOK = "lines"
_LINES = "lines"
_NAME = 300
_TEXT = 2000


@dataclass(frozen=True, slots=True)
class WordedLine:
    """`runbook` and `cause` say who looks deeper; empty where nobody does, or nobody who is loaded."""

    name: str
    meaning: str
    next: tuple[str, ...]
    commands: tuple[str, ...]
    runbook: str
    cause: str

    @property
    def deeper(self) -> str:
        return f"opsbot diagnose NAMESPACE/NAME --runbook {self.runbook}" if self.runbook else ""


def worded_line(words: Words, id_: str, facts: Mapping[str, str], runbooks: Collection[str]) -> WordedLine:
    """`facts` has every fact of the id, `runbooks` are those that are loaded."""

    def listed(key: str) -> tuple[str, ...]:
        sources = words.dictionary.find(BOOK, _LINES, id_, key) or ()
        said = (_render(words, f"{id_}.{key}", str(source), facts) for source in sources)
        return tuple(text for text in said if text)

    def deeper(key: str) -> str:
        return str(words.dictionary.find(BOOK, _LINES, id_, key) or "")

    name = _say(words, (_LINES, id_, "name"), facts) or id_.replace("-", " ")
    meaning = _say(words, (_LINES, id_, "meaning"), facts)
    runbook = deeper("runbook")
    known = runbook in runbooks
    return WordedLine(
        cut(one_line(name), _NAME),
        cut(one_line(meaning), _TEXT),
        listed("next"),
        listed("commands"),
        runbook if known else "",
        deeper("cause") if known else "",
    )


def label(words: Words, key: str, **facts: Fact) -> str:
    return _say(words, ("labels", key), facts) or key.replace("_", " ")


def _say(words: Words, path: tuple[str, ...], facts: Mapping[str, Fact]) -> str:
    source = words.dictionary.find(BOOK, *path)
    return "" if source is None else _render(words, ".".join(path), str(source), facts)


def _render(words: Words, at: str, source: str, facts: Mapping[str, Fact]) -> str:
    try:
        return words.render(source, facts)
    except TEMPLATE_FAILURES as error:
        WORDS_MISSED.labels(BOOK).inc()
        log.warning(
            "a sentence could not be worded",
            words=f"{words.language}/{BOOK}.yaml",
            at=at,
            error=f"{type(error).__name__}: {error}",
        )
        return ""
