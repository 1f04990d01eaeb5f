"""What was typed after /ops, as a value. Pure: no access, no look, no words; whatever comes, something comes out.

People type on phones: smart quotes, dashes that were two hyphens, capitals and links that Slack made of names are undone.
"""

import difflib
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.delivery.plaintext import clean, cut, one_line
from bot.diagnosis.naming import Asked, UnclearNameError, asked

LONGEST = 12_000
_SAID = 80
_WORDS = 12
_NAME = 3
_INCIDENT = re.compile(r"[0-9A-Za-z-]{4,64}")
# https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
_MARKED = re.compile(r"<(?:([@#!])|(?=https?://|mailto:|tel:))([^<>|]*)(?:\|([^<>]*))?>")
_FENCED = re.compile(r"(`{1,3})(?!`)(.*)(?<!`)\1", re.DOTALL)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"})
_TOKEN = re.compile(r'"([^"]*)"|\'([^\']*)\'|(\S+)')
_DASHES = "‐‑‒–—―−"
_PUBLIC = frozenset({"--in-channel", "--public", "--here", "--channel", "in-channel", "public", "here"})
_HELP = frozenset({"", "help", "?", "-h", "--help", "usage"})


class Problem(StrEnum):
    """Why a command is answered with help. The sentences stand under `problems` in templates/*/chat.yaml."""

    NONE = "none"
    UNKNOWN = "unknown"
    NO_TARGET = "no_target"
    UNCLEAR_TARGET = "unclear_target"
    TOO_MUCH = "too_much"
    NO_TEXT = "no_text"
    NO_INCIDENT = "no_incident"
    NO_DURATION = "no_duration"


@dataclass(frozen=True, slots=True)
class Help:
    """`about` is one command, or empty for all of them. `said` is what was not understood, `near` what may be meant."""

    about: str = ""
    problem: Problem = Problem.NONE
    said: str = ""
    near: str = ""


@dataclass(frozen=True, slots=True)
class Diagnose:
    """`cluster` is empty where none was named; `public` asks for the answer in the channel."""

    wanted: Asked
    cluster: str = ""
    public: bool = False

    def __str__(self) -> str:
        wanted = self.wanted
        place = "/".join(part for part in (wanted.namespace, wanted.kind.lower(), wanted.name) if part)
        return f"diagnose {self.cluster}{':' if self.cluster else ''}{place}"


@dataclass(frozen=True, slots=True)
class Explain:
    text: str

    def __str__(self) -> str:
        return "explain"


@dataclass(frozen=True, slots=True)
class Incidents:
    def __str__(self) -> str:
        return "incidents"


@dataclass(frozen=True, slots=True)
class Silence:
    """`incident` is the beginning of an id, `span` how long or until when: both as they were typed."""

    incident: str
    span: str

    def __str__(self) -> str:
        return f"silence {self.incident} {self.span}"


@dataclass(frozen=True, slots=True)
class Runbooks:
    """All of them, or the one of that name."""

    name: str = ""

    def __str__(self) -> str:
        return f"runbooks {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Check:
    def __str__(self) -> str:
        return "check"


Command = Help | Diagnose | Explain | Incidents | Silence | Runbooks | Check


def command(text: str) -> Command:
    typed = _unfenced(plain(text[:LONGEST]).strip())
    first, *others = typed.split(maxsplit=1)[:2] or [""]
    rest = others[0] if others else ""
    name = _dashed(first).lower().strip("\"'")
    if name in _HELP:
        return _help(rest)
    parse = _COMMANDS.get(name)
    return _unknown(typed) if parse is None else parse(rest)


def plain(text: str) -> str:
    """What the person typed, before Slack made links, mentions and entities of it."""
    return html.unescape(_MARKED.sub(_unmarked, clean(text))).translate(_QUOTES).replace("\xa0", " ")


def _unmarked(mark: re.Match[str]) -> str:
    sign, inner, label = mark.groups()
    if sign is None:
        return label or inner
    if sign == "!":
        return f"@{(label or inner).lstrip('@')}"
    return sign + (label or inner)


def _unfenced(text: str) -> str:
    fenced = _FENCED.fullmatch(text)
    return fenced[2].strip() if fenced else text


def _words(text: str) -> list[str]:
    """Quoted or separated by spaces; an open quote is a character like any other."""
    found = (next(filter(None, match.groups()), "") for match in _TOKEN.finditer(text))
    bare = (_dashed(word.strip("`").strip()) for word in found)
    return [word for word in bare if word]


def _dashed(word: str) -> str:
    """Phones make one long dash of two short ones."""
    bare = word.lstrip(_DASHES)
    return f"--{bare}" if bare != word and bare[:1].isalnum() else word


def _diagnose(text: str) -> Command:
    words = _words(text)
    names = [word for index, word in enumerate(words) if not _is_choice(word, first=index == 0)]
    if not names:
        return Help("diagnose", Problem.NO_TARGET)
    if len(names) > 1:
        return Help("diagnose", Problem.TOO_MUCH, said(" ".join(names)))
    cluster, _, name = names[0].rpartition(":")
    try:
        return Diagnose(asked(_as_kubernetes(name)), cluster, public=len(names) < len(words))
    except UnclearNameError:
        return Help("diagnose", Problem.UNCLEAR_TARGET, said(names[0]))


def _is_choice(word: str, *, first: bool) -> bool:
    """A workload may be called `public` or `here`: only what stands behind a target says where to answer."""
    return word.lower() in _PUBLIC and (not first or word.startswith("--"))


def _as_kubernetes(name: str) -> str:
    """Phones begin with a capital; nothing in Kubernetes does."""
    return name.lower().removesuffix("/")


def _explain(text: str) -> Command:
    inside = _unfenced(text.strip())
    return Explain(inside) if inside else Help("explain", Problem.NO_TEXT)


def _incidents(text: str) -> Command:
    return Help("incidents", Problem.TOO_MUCH, said(text)) if text else Incidents()


def _silence(text: str) -> Command:
    words = _words(text)
    if not words or not _INCIDENT.fullmatch(words[0].lstrip("#")):
        return Help("silence", Problem.NO_INCIDENT, said(words[0]) if words else "")
    span = said(" ".join(words[1:]))
    return Silence(words[0].lstrip("#").lower(), span) if span else Help("silence", Problem.NO_DURATION)


def _runbooks(text: str) -> Command:
    words = _words(text)
    words = words[1:] if words[:1] == ["show"] and len(words) > 1 else words
    if len(words) > 1:
        return Help("runbooks", Problem.TOO_MUCH, said(text))
    return Runbooks(cut(words[0].lower(), _SAID) if words else "")


def _check(text: str) -> Command:
    return Help("check", Problem.TOO_MUCH, said(text)) if text else Check()


_COMMANDS: Mapping[str, Callable[[str], Command]] = {
    "diagnose": _diagnose,
    "explain": _explain,
    "incidents": _incidents,
    "silence": _silence,
    "runbooks": _runbooks,
    "check": _check,
}
NAMES = ("help", *_COMMANDS)


def _help(text: str) -> Help:
    words = _words(text)[:1]
    about = words[0].lower() if words else ""
    if about in _COMMANDS:
        return Help(about)
    near = next(iter(_near(about)), "")
    return Help(near, Problem.UNKNOWN, said(about), f"help {near}") if near in _COMMANDS else Help()


def _unknown(typed: str) -> Help:
    """With the nearest command, or with `diagnose` where all that was typed could be a target."""
    words = _words(typed)[:_WORDS]
    first = words[0].lower() if words else ""
    close = _near(first)
    if close:
        return Help(close[0] if close[0] in _COMMANDS else "", Problem.UNKNOWN, said(typed), close[0])
    guess = _diagnose(" ".join(words))
    near = str(guess) if isinstance(guess, Diagnose) and len(guess.wanted.name) >= _NAME else ""
    return Help("diagnose" if near else "", Problem.UNKNOWN, said(typed), near)


def _near(word: str) -> list[str]:
    begun = [name for name in NAMES if len(word) > 1 and name.startswith(word)]
    return begun or difflib.get_close_matches(word[:_SAID], NAMES, 1, 0.6)


def said(text: str) -> str:
    return cut(one_line(text), _SAID)
