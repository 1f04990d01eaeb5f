"""Markdown without I/O: text from outside comes out as the same text, and code in a fence that it cannot close. Pure."""

import re

from bot.delivery.plaintext import clean

# Everywhere, in front of an address or an emoji's name, and at the start of a line.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~&@]|:(?=//|[a-z]\w*:)|^\s*(?:[#+-]|\d+(?=[.)]))", re.MULTILINE)
_TICKS = re.compile("`+")


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escape(text: str) -> str:
    """Backslashes before all that could be markup; a host of Markdown turns `@name` and addresses into links too."""
    return text if isinstance(text, Markdown) else _SPECIAL.sub(_inert, clean(text))


def _inert(found: re.Match[str]) -> str:
    special = found.group()
    indent = special[: len(special) - len(special.lstrip())]
    bare = special.lstrip()
    return f"{indent}&#{ord(bare[0])};{bare[1:]}" if bare[0].isdigit() else f"{indent}\\{bare}"


def fence(text: str, language: str = "") -> Markdown:
    inside = clean(text).strip("\n")
    longest = max((len(run) for run in _TICKS.findall(inside)), default=0)
    ticks = "`" * max(3, longest + 1)
    return Markdown(f"{ticks}{language}\n{inside}\n{ticks}")
