"""A text that must not be shown: it masks itself in every log line, traceback and error. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """`reveal` is for the one line that sends or compares it."""

    _text: str

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(***)" if self._text else "Secret()"

    __str__ = __repr__


def split_tokens(text: str) -> tuple[Secret, ...]:
    """Tokens separated by commas or white space, so that two are accepted while they are rotated."""
    return tuple(Secret(token) for token in dict.fromkeys(text.replace(",", " ").split()))
