"""Who may use the bot in Slack, and which namespaces a channel sees. Pure: who belongs to a group is handed in.

A refusal says whom to ask. It is the same for what a channel may not see and for what is not there, and names no namespace but
those that the channel sees anyway.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bot.chat.ports import EVERYWHERE, Refusal

# The place in `access.channels` of direct messages with the bot.
DIRECT = "direct"

# Tells nothing of anybody's namespaces, and is how people learn whom to ask.
_OPEN = frozenset({"help"})
# Tells of all namespaces at once.
_WHOLE = frozenset({"check"})

# The members of each group; None where that is not known.
Members = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """`users` and `groups` empty: everybody who is in an allowed channel. `channels` empty: every channel sees everything.

    `ask` is whom to ask, as people write it; empty for whoever runs the bot.
    """

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ask: str = ""

    def may(self, user: str, members: Members, channel: str, action: str, namespace: str) -> Refusal | None:
        """`namespace` is empty where none is meant, and `EVERYWHERE` for what is in none or in all."""
        if action in _OPEN:
            return None
        return self._who(user, members) or self._where(channel, action, namespace)

    def sees(self, channel: str) -> tuple[str, ...] | None:
        """The globs of a channel; None where it is not an allowed one."""
        if not self.channels:
            return (EVERYWHERE,)
        return self.channels.get(DIRECT if channel.startswith("D") else channel)

    def _who(self, user: str, members: Members) -> Refusal | None:
        if not (self.users or self.groups) or user in self.users:
            return None
        known = [members.get(group) for group in sorted(self.groups)]
        if any(group is not None and user in group for group in known):
            return None
        return self._refusal("members" if None in known else "user")

    def _where(self, channel: str, action: str, namespace: str) -> Refusal | None:
        globs = self.sees(channel)
        if globs is None:
            return self._refusal("direct" if channel.startswith("D") else "channel")
        if action in _WHOLE and EVERYWHERE not in globs:
            return self._refusal("whole", namespaces=", ".join(globs))
        if namespace and not any(fnmatchcase(namespace, glob) for glob in globs if _fits(namespace, glob)):
            return self._refusal("namespace", namespaces=", ".join(globs))
        return None

    def _refusal(self, key: str, **facts: str) -> Refusal:
        return Refusal(key, {"ask": self.ask, **facts})


def _fits(namespace: str, glob: str) -> bool:
    """Only `*` itself sees what is in no namespace or in all of them; `?` does not."""
    return namespace != EVERYWHERE or glob == EVERYWHERE


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules with the members of groups as they are known now: `bot.chat.ports.Access`."""

    rules: Rules
    members: Callable[[], Members]

    def may(self, user: str, channel: str, action: str, namespace: str, /) -> Refusal | None:
        return self.rules.may(user, self.members(), channel, action, namespace)
