"""How a known line is written down: an id, the subject it belongs to, and the pattern that finds it with its facts.

Patterns are linear (no repetition inside a repetition over the same characters) and start at a literal where they can:
a hostile line of a hundred kilobytes must cost milliseconds. `needles` are lower-case words of which one must be there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pattern:
    """Named groups are facts; those of one name with a digit at its end (`user1`, `user2`) are one fact.

    `over` is how many lines its sentence may go over, where terminals and people wrap it.
    """

    id: str
    family: str
    expression: re.Pattern[str]
    needles: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    over: int = 1

    @property
    def names(self) -> frozenset[str]:
        """Of all facts that it may give."""
        return frozenset((*self.facts, *(_fact(group) for group in self.expression.groupindex)))

    def found(self, text: str) -> dict[str, str] | None:
        """`text` holds a needle."""
        match = self.expression.search(text)
        if match is None:
            return None
        named = {_fact(name): value.strip() for name, value in match.groupdict().items() if value is not None}
        return {**self.facts, **named}


def _fact(group: str) -> str:
    return group.rstrip("0123456789")


def pattern(id_: str, family: str, needles: str, expression: str, *, over: int = 1, **facts: str) -> Pattern:
    """`needles` are separated by `|`, as they stand in lower case."""
    return Pattern(id_, family, re.compile(expression, re.IGNORECASE), tuple(needles.split("|")), facts, over)
