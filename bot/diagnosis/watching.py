"""How far a diagnosis is, for somebody who waits for it. Standard library only and pure."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.model import Source


@dataclass(frozen=True, slots=True)
class Progress:
    """Looks that were answered, of those asked so far: both grow. `source` is who the longest open one waits for."""

    answered: int
    asked: int
    source: Source | None = None


# Called from within the diagnosis: quick, and raises nothing.
Watch = Callable[[Progress], None]


def ignored(_progress: Progress) -> None:
    """Nobody watches."""
