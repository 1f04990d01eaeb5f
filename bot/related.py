"""What an incident is to others, as a part of the vocabulary. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relative:
    """Another incident that shares `troubles` with one, and where its message is: nowhere yet where `ts` is empty."""

    id: str
    name: str
    troubles: tuple[str, ...]
    channel: str = ""
    ts: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """`follows` are the incidents that lead in a trouble which is this one's too, `leads` those that follow this one."""

    follows: tuple[Relative, ...] = ()
    leads: tuple[Relative, ...] = ()


NO_RELATIVES = Related()
