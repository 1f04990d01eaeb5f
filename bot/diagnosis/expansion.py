"""`$(NAME)` in the values of environment variables, expanded exactly as Kubernetes does. Pure.

https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.diagnosis.sources import Unavailable

# What the clients write in place of a secret.
UNREADABLE = "[redacted]"
# https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/validation (IsEnvVarName)
ENV_NAME = re.compile(r"(?!\.\.?$)[-._a-zA-Z][-._a-zA-Z0-9]*")
_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\((?P<name>[^)]*)\))")


@dataclass(frozen=True, slots=True)
class Piece:
    """What a reference stands for. Without a value the whole is not known; a secret stands as UNREADABLE."""

    value: str | None
    doubts: tuple[Unavailable, ...] = ()


def referred(text: str) -> tuple[str, ...]:
    """The names that `$(NAME)` in a text names, each once; nothing else looks like a reference."""
    names = (match["name"] for match in _REFERENCE.finditer(text) if match["name"])
    return tuple(dict.fromkeys(name for name in names if ENV_NAME.fullmatch(name)))


def expanded(text: str, read: Callable[[str], Piece | None]) -> tuple[str | None, tuple[Unavailable, ...]]:
    """The value, None where it is not to be known, and what leaves doubt about it.

    `$$` is a dollar sign, so `$$(NAME)` is kept from being expanded; what `read` does not know stays as it is.
    """
    pieces: list[Piece] = []

    def put(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        piece = read(match["name"])
        if piece is None:
            return match[0]
        pieces.append(piece)
        return piece.value or ""

    value = _REFERENCE.sub(put, text)
    doubts = tuple(dict.fromkeys(doubt for piece in pieces for doubt in piece.doubts))
    return (None if any(piece.value is None for piece in pieces) else value), doubts
