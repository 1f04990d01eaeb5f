"""How a known line is written down: an id, the subject it belongs to, and the pattern that finds it with its facts.

Patterns are linear (no repetition inside a repetition over the same characters) and start at a literal where they can:
a hostile line of a hundred kilobytes must cost milliseconds. `needles` are lower-case words of which one must be there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pattern:
    """Named groups are facts; those of one name with a digit at its end (`user1`, `user2`) are one fact."""

    id: str
    family: str
    expression: re.Pattern[str]
    needles: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    def found(self, text: str, lowered: str) -> dict[str, str] | None:
        if not any(needle in lowered for needle in self.needles):
            return None
        match = self.expression.search(text)
        if match is None:
            return None
        named = {
            name.rstrip("0123456789"): value.strip()
            for name, value in match.groupdict().items()
            if value is not None
        }
        return {**self.facts, **named}


def pattern(id_: str, family: str, needles: str, expression: str, **facts: str) -> Pattern:
    """`needles` are separated by `|`, as they stand in lower case."""
    return Pattern(id_, family, re.compile(expression, re.IGNORECASE), tuple(needles.split("|")), facts)
