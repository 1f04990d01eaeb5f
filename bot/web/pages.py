"""From what is shown to HTML: the Jinja environment of the pages, their words, and nothing of HTTP.

Everything is escaped, hidden and direction-changing characters are taken out, and an address becomes a link only when a
click on it is harmless.
"""

from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import FileSystemLoader
from markupsafe import Markup

from bot.delivery.dictionary import COMMON, TEMPLATES
from bot.delivery.plaintext import clean
from bot.delivery.sandbox import TEMPLATE_FAILURES, sandbox
from bot.delivery.view import STATE_MARKS, name_of
from bot.delivery.worded import stamp
from bot.delivery.words import Words
from bot.model import Fact, IncidentState
from bot.observe import WORDS_MISSED, log
from bot.web.origin import safe_link

WEB = TEMPLATES / "web"
_BOOK = "web"
_KEPT = 8


class Pages:
    """The pages in one language. `version` is that of the assets."""

    def __init__(self, words: Words, version: str, folder: Path = WEB) -> None:
        self.words = words
        self._drawn: deque[tuple[str, dict[str, Any], str]] = deque(maxlen=_KEPT)
        self._environment = sandbox(
            finalize=self._inert,
            duration=words.duration,
            ago=words.ago,
            loader=FileSystemLoader(folder),
            autoescape=True,
        )
        self._environment.filters.update(iso=stamp, place=name_of, segment=_segment)
        self._environment.globals.update(
            language=words.language,
            label=words.label,
            marks=STATE_MARKS,
            safe_link=safe_link,
            states=IncidentState,
            t=self.say,
            units="|".join((words.dictionary.find(COMMON, "units") or {}).values()),
            version=version,
            word=words.common,
        )

    def html(self, name: str, **context: Any) -> str:
        """Drawn once for the same content: every reader asks again and again, and a page of 200 alerts takes 50 ms."""
        for known, content, html in self._drawn:
            if known == name and content == context:
                return html
        html = self._environment.get_template(f"{name}.html.j2").render(context)
        self._drawn.append((name, context, html))
        return html

    def say(self, key: str, **facts: Fact) -> str:
        """A word of web.yaml; one that is missing or broken becomes its key, and never costs the page."""
        source = self.words.dictionary.find(_BOOK, *key.split("."))
        try:
            if source is not None:
                return self.words.render(str(source), facts)
            why = "missing"
        except TEMPLATE_FAILURES as error:
            why = f"{type(error).__name__}: {error}"
        WORDS_MISSED.labels(_BOOK).inc()
        log.warning("a word of the console is not usable", key=key, language=self.words.language, reason=why)
        return key.rpartition(".")[2].replace("_", " ")

    def _inert(self, value: Any) -> Any:
        if isinstance(value, Markup):
            return value
        return clean(value) if isinstance(value, str) else self.words.finalize(value)


def _segment(text: str) -> str:
    return quote(clean(text), safe="")
