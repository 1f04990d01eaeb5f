"""Reads a mapping of environment variables that is handed in: plain values, URLs, and secrets from variables or files.

Errors name the variable and never its value. An empty variable counts as absent, as in most shells and manifests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.secret import Secret, split_tokens
from bot.settings_file import SettingsError, check_url
from bot.settings_types import TokenSettings


def read_secret(key: str, file: Path) -> Secret:
    return _sendable(key, _content(key, file))


def _content(key: str, file: Path) -> str:
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(key, f"the file cannot be read: {type(error).__name__}") from None
    if not text:
        raise SettingsError(key, "the file is empty")
    return text


def _sendable(key: str, text: str) -> Secret:
    """A secret travels in a header, where a space or line break would end it."""
    if not all("!" <= character <= "~" for character in text):
        raise SettingsError(key, "holds a space, a line break or a character that is not ASCII")
    return Secret(text)


@dataclass(frozen=True, slots=True)
class Environment:
    values: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def url(self, name: str) -> str:
        value = self.text(name)
        return check_url(name, value) if value else ""

    def text_or_file(self, name: str) -> str:
        """From the variable, or from the file that the variable with _FILE at its end names."""
        file = "" if self.text(name) else self.text(f"{name}_FILE")
        return _content(f"{name}_FILE", Path(file)) if file else self.text(name)

    def secret(self, name: str) -> Secret | None:
        value = self.text_or_file(name)
        return _sendable(name, value) if value else None

    def tokens(self, name: str) -> TokenSettings:
        file = self.text(f"{name}_FILE")
        return TokenSettings(split_tokens(self.text(name)), Path(file) if file else None)

    def port(self, name: str) -> int | None:
        """Kubernetes tells every pod tcp://… in this variable when a Service is called like us: that is no port."""
        value = self.text(name)
        if not value or value.startswith("tcp://"):
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 5 and int(value) <= 65535):
            raise SettingsError(name, "must be a port from 0 to 65535")
        return int(value)
