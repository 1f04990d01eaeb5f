"""How a known line is written down: an id, the subject it belongs to, and the pattern that finds it with its facts.

Patterns are linear (no repetition inside a repetition over the same characters) and start at a literal where they can:
a hostile line of a hundred kilobytes must cost milliseconds. `needles` are lower-case words of which one must be there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

_ANCHORS = 4
_NEAR = 330


@dataclass(frozen=True, slots=True)
class Pattern:
    """Named groups are facts; those of one name with a digit at its end (`user1`, `user2`) are one fact.

    `over` is how many lines its sentence may go over, where terminals and people wrap it. With an `anchor` the expression
    is searched only in what stands just before the anchor: that keeps "a name, somewhere, then a code" linear.
    """

    id: str
    family: str
    expression: re.Pattern[str]
    needles: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    over: int = 1
    anchor: re.Pattern[str] | None = None

    @property
    def names(self) -> frozenset[str]:
        """Of all facts that it may give."""
        return frozenset((*self.facts, *(_fact(group) for group in self.expression.groupindex)))

    def found(self, text: str) -> dict[str, str] | None:
        """`text` holds a needle."""
        match = self.expression.search(text) if self.anchor is None else self._before(self.anchor, text)
        if match is None:
            return None
        named = {_fact(name): value.strip() for name, value in match.groupdict().items() if value is not None}
        return {**self.facts, **named}

    def _before(self, anchor: re.Pattern[str], text: str) -> re.Match[str] | None:
        for at in islice(anchor.finditer(text), _ANCHORS):
            match = self.expression.search(text, max(at.start() - _NEAR, 0), at.start())
            if match is not None:
                return match
        return None


def _fact(group: str) -> str:
    return group.rstrip("0123456789")


def pattern(
    id_: str, family: str, needles: str, expression: str, *, over: int = 1, anchor: str = "", **facts: str
) -> Pattern:
    """`needles` are separated by `|`, as they stand in lower case."""
    return Pattern(
        id_,
        family,
        re.compile(expression, re.IGNORECASE),
        tuple(needles.split("|")),
        facts,
        over,
        re.compile(anchor, re.IGNORECASE) if anchor else None,
    )
