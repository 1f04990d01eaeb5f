"""Label matchers as Alertmanager writes them: `name="value"`, `!=`, `=~`, `!~`, joined by commas, optionally in braces.

Pure. A matcher that cannot be parsed raises MatcherError with one sentence that says why. Regular expressions are
anchored at both ends, and an absent label matches as the empty string, as in Alertmanager. They are RE2's, as there: what
it refuses is refused here with its own words, and none takes more than linear time, whoever wrote it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import re2

_MATCHER = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"{}=!~,]+))\s*(=~|!~|!=|=)\s*')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*')
_BARE = re.compile(r'([^\s",{}]*)\s*')
# Others must be quoted, for us and for Alertmanager.
_PLAIN_NAME = re.compile(r"[^\s\\\"'`{}=!~,]+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


_QUIET = re2.Options()
_QUIET.log_errors = False


class Pattern(Protocol):
    def fullmatch(self, text: bytes) -> object | None: ...


class MatcherError(ValueError):
    """A matcher that cannot be understood; the message is one sentence for the person who wrote it. Where it is told in that
    person's language, `key` and `facts` are worded.
    """

    def __init__(self, said: str, key: str, **facts: str) -> None:
        super().__init__(said)
        self.key = key
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Matcher:
    name: str
    operator: str
    value: str
    pattern: Pattern | None = field(default=None, compare=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        actual = labels.get(self.name, "")
        if self.pattern is not None:
            # As bytes: half a character within a label is no reason to fail.
            found = self.pattern.fullmatch(actual.encode(errors="replace")) is not None
            return found if self.operator == "=~" else not found
        return (actual == self.value) is (self.operator == "=")

    def __str__(self) -> str:
        name = self.name if _PLAIN_NAME.fullmatch(self.name) else f'"{_escape(self.name)}"'
        return f'{name}{self.operator}"{_escape(self.value)}"'


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda m: _ESCAPES.get(m.group(1), m.group(0)), text)


def _compile(operator: str, value: str, source: str) -> Pattern | None:
    if operator not in {"=~", "!~"}:
        return None
    try:
        compiled: Pattern = re2.compile(value.encode(errors="replace"), _QUIET)
    except re2.error as error:
        why = error.args[0].decode(errors="replace")
        said = f"{source!r}: {value!r} is not a regular expression: {why}"
        raise MatcherError(said, "regex", text=value, why=why) from None
    return compiled


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Parse one string of comma-separated matchers."""
    body = text.strip()
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1].strip()
    if not body:
        raise MatcherError(f'{text!r} is empty; write for example severity="critical"', "empty")
    matchers: list[Matcher] = []
    position = 0
    while position < len(body):
        head = _MATCHER.match(body, position)
        if head is None:
            said = f'{text!r} is not a matcher; write name="value" with one of =, !=, =~, !~'
            raise MatcherError(said, "unclear", text=body[position:])
        name = _unescape(head.group(1)) if head.group(1) is not None else head.group(2)
        tail = _QUOTED.match(body, head.end()) or _BARE.match(body, head.end())
        if tail is None:  # pragma: no cover - _BARE matches the empty string
            raise MatcherError(f"{text!r} has no value for {name}", "unclear", text=body[position:])
        value = _unescape(tail.group(1))
        matchers.append(Matcher(name, head.group(3), value, _compile(head.group(3), value, text)))
        position = tail.end()
        if position < len(body):
            if body[position] != ",":
                said = f"{text!r}: expected a comma at {body[position:]!r}"
                raise MatcherError(said, "comma", text=body[position:])
            position += 1
    return tuple(matchers)


def match_all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)
