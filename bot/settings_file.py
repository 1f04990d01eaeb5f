"""The configuration file: from YAML to plain values, and a reader that says exactly which key is wrong and why.

Knows no key of the configuration; `bot.settings` does. Nothing here reads the environment, and no error repeats a value
that may be a secret.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

from bot.matchers import Matcher, MatcherError, parse_matchers

_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?")
_SECRET = re.compile(r"token|password|passwd|secret|api_?key|private_?key|credential", re.IGNORECASE)
_NO_VALUE = "has no value; a value that begins with # must be quoted"
_KINDS = {str: "text", int: "a whole number", dict: "a mapping", list: "a list"}


class SettingsError(Exception):
    """`key` is the key or the environment variable that is wrong, `reason` one line that says why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class _Loader(yaml.SafeLoader):
    """Safe, and refuses a key that is there twice: YAML would silently take the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for name, _ in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value in seen:
                problem = f"the key {name.value!r} is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, name.start_mark)
            seen.add(name.value if isinstance(name, yaml.ScalarNode) else "")
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> Any:
    try:
        loader = _Loader(file.read_bytes().decode())
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except OSError as error:
        raise SettingsError(str(file), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(str(file), f"is not UTF-8 at byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise SettingsError(str(file), f"{where}{error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SettingsError(str(file), f"is not YAML: {str(error).splitlines()[0]}") from None


def check_url(key: str, url: str) -> str:
    """An http(s) URL without a user in it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise SettingsError(key, "is not a URL such as http://prometheus:9090")
    if "@" in parts.netloc:
        raise SettingsError(
            key, "must not hold a user or password; give a token with token_env or token_file"
        )
    if parts.query or parts.fragment:
        raise SettingsError(key, "must end before ? and #")
    return url


def check_matchers(key: str, text: str) -> tuple[Matcher, ...]:
    try:
        return parse_matchers(text)
    except MatcherError as error:
        raise SettingsError(key, str(error)) from None


def _kind(key: str, value: Any, kind: type) -> None:
    if value is None and kind in {str, int}:
        raise SettingsError(key, _NO_VALUE)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise SettingsError(key, f"must be {_KINDS[kind]}")


def _text(key: str, value: Any) -> str:
    _kind(key, value, str)
    text: str = value.strip()
    if not text:
        raise SettingsError(key, "must not be empty")
    return text


class Section:
    """One mapping of the file, for a `with` block: at its end the keys that nobody asked for are refused.

    A mapping or list that is absent or null is empty; a single value that is null is a mistake.
    """

    def __init__(self, key: str, value: Any, moved: Mapping[str, str] | None = None) -> None:
        _kind(key, {} if value is None else value, dict)
        self.key = key
        self._values: dict[Any, Any] = value or {}
        self._asked: list[str] = []
        self._moved = moved or {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is None:
            self._refuse_unknown()

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def path(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def _take(self, name: str) -> Any:
        self._asked.append(name)
        return self._values.get(name)

    def text(self, name: str, default: str = "") -> str:
        value = self._take(name)
        return _text(self.path(name), value) if name in self else default

    def required(self, name: str, why: str) -> str:
        if name not in self:
            raise SettingsError(self.path(name), why)
        return self.text(name)

    def choice(self, name: str, *choices: str) -> str:
        value = self.text(name, choices[0])
        if value not in choices:
            raise SettingsError(self.path(name), f"must be {' or '.join(choices)}")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self._take(name)
        if name not in self:
            return default
        _kind(self.path(name), value, int)
        if not least <= value <= most:
            raise SettingsError(self.path(name), f"must be from {least} to {most}")
        return int(value)

    def duration(self, name: str, default: str, least: str, most: str) -> timedelta:
        value = self._take(name)
        key = self.path(name)
        if name not in self:
            return _duration(key, default)
        found = _duration(key, value)
        if not _duration(key, least) <= found <= _duration(key, most):
            raise SettingsError(key, f"must be from {least} to {most}")
        return found

    def url(self, name: str) -> str:
        value = self.text(name)
        return check_url(self.path(name), value) if value else ""

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(_text(key, value) for key, value in self._elements(name))

    def sections(self, name: str) -> tuple["Section", ...]:
        return tuple(Section(key, {} if value is None else value) for key, value in self._elements(name))

    def section(self, name: str) -> "Section":
        return Section(self.path(name), self._take(name))

    def names(self) -> Iterator[str]:
        """The keys of a mapping whose keys are the user's own."""
        for name in self._values:
            yield _text(self.key, name)

    def matchers(self, name: str) -> tuple[Matcher, ...]:
        """A list of strings, or one string."""
        value = self._take(name)
        if isinstance(value, str):
            return check_matchers(self.path(name), value)
        elements = self._elements(name)
        if not elements:
            raise SettingsError(
                self.path(name), "needs at least one matcher, for example 'severity=\"critical\"'"
            )
        return tuple(matcher for key, value in elements for matcher in check_matchers(key, _text(key, value)))

    def _elements(self, name: str) -> list[tuple[str, Any]]:
        value = self._take(name)
        key = self.path(name)
        _kind(key, [] if value is None else value, list)
        return [(f"{key}[{number}]", element) for number, element in enumerate(value or [])]

    def _refuse_unknown(self) -> None:
        for name in self._values:
            if name in self._asked:
                continue
            raise SettingsError(self.path(str(name)), self._why_unknown(str(name)))

    def _why_unknown(self, name: str) -> str:
        if name in self._moved:
            return self._moved[name]
        if _SECRET.search(name):
            return "a secret does not belong in this file; keep it in the environment or in a file of its own"
        near = difflib.get_close_matches(name, self._asked, 1, 0.5)
        return (
            f"is not known; did you mean {near[0]}?"
            if near
            else f"is not known; known: {', '.join(self._asked)}"
        )


def _duration(key: str, value: Any) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise SettingsError(key, f"needs a unit, for example {value:g}s or {value:g}m")
    match = _DURATION.fullmatch(_text(key, value))
    if match is None:
        raise SettingsError(key, "is not a duration such as 90s, 5m, 4h, 30d or 1h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
