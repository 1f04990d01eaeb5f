"""What somebody is told to do: a command that runs in any shell as it is pasted, and beside it what to expect of it. Pure.

Words write both as `command  # remark`. An interactive zsh takes a comment for more of the command
(https://zsh.sourceforge.io/Doc/Release/Options.html, INTERACTIVE_COMMENTS), so the two are parted here, and nowhere else.
"""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PROGRAMS = frozenset(
    {
        "argocd",
        "aws",
        "az",
        "curl",
        "flux",
        "gcloud",
        "git",
        "go",
        "helm",
        "kubectl",
        "promtool",
        "psql",
        "vault",
    }
)
_ENDS = frozenset(" \t\n;|&()")
# What changes nothing but what is on the screen: programs, and of others these commands.
_READERS = frozenset({"cat", "cut", "grep", "head", "jq", "promtool", "sort", "tail", "tr", "uniq", "wc"})
_LOOKS = {
    "argocd": frozenset({"diff", "get", "history", "list", "logs", "manifests", "resources"}),
    "flux": frozenset({"get", "logs", "tree"}),
    "git": frozenset({"diff", "grep", "log", "show", "status"}),
    "go": frozenset({"list", "version", "why"}),
    "helm": frozenset({"get", "history", "list", "show", "status", "template"}),
    "kubectl": frozenset({"describe", "events", "get", "logs", "top", "wait"}),
}
_OPERATORS = "();<>|&\n"


@dataclass(frozen=True, slots=True)
class Step:
    """`command` is to be pasted as it stands; without one, `remark` is a sentence on what to do."""

    command: str
    remark: str = ""


def step_of(text: str) -> Step:
    """A step to verify: a command with its remark, or a sentence."""
    return command_of(text) if is_command(text) else Step("", text)


def command_of(text: str) -> Step:
    """Every comment that a shell would leave out, behind the command or on a line of its own, is a remark."""
    commands, remarks = [], []
    kept = 0
    for start in _comments(text):
        if start < kept:
            continue
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        commands.append(text[kept:start].rstrip(" \t"))
        remarks.append(text[start:end].lstrip("#").strip())
        kept = end
    commands.append(text[kept:])
    bare = "\n".join(line for line in "".join(commands).split("\n") if line.strip()) if remarks else text
    return Step(bare.strip(), " ".join(filter(None, remarks)))


def is_command(step: str) -> bool:
    """Whether a step is something to paste, and not a sentence."""
    return step.partition(" ")[0] in _PROGRAMS


def only_looks(command: str) -> bool:
    """Whether nothing is changed by it, neither in the cluster nor in a file; a command that is not known may change things."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split, lexer.commenters, lexer.whitespace = True, "", " \t"
    try:
        words = list(lexer)
    except ValueError:
        return False
    parts: list[list[str]] = [[]]
    for word in words:
        if word and set(word) <= set(_OPERATORS):
            if ">" in word:
                return False
            parts.append([])
        else:
            parts[-1].append(word)
    return all(_reads(part) for part in parts if part)


def _reads(words: list[str]) -> bool:
    program, *rest = words
    known = _LOOKS.get(program)
    if known is None:
        return program in _READERS
    # An option that takes the next word would make that the verb: only those with their value are left out.
    verbs = [word for word in rest if not (word.startswith("--") and "=" in word)]
    # `argocd app get`: the thing first.
    return bool(known & set(verbs[1:2] if program == "argocd" else verbs[:1]))


def flat(steps: Iterable[Step]) -> tuple[str, ...]:
    """Each command, and each remark behind its own."""
    return tuple(line for step in steps for line in (step.command, step.remark) if line)


def _comments(text: str) -> Iterator[int]:
    """Where comments start: at a `#` that begins a word outside of quotes and of `${…}`.

    https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_03
    """
    quote, braces, index, commented = "", 0, 0, False
    begins = True  # a word
    while index < len(text):
        here = text[index]
        began, begins = begins, not quote and here in _ENDS
        if commented:
            commented = here != "\n"
        elif quote == "'":
            quote = "" if here == "'" else quote
        elif here == "\\":
            index += 1
        elif here == '"':
            quote = "" if quote else '"'
        elif not quote and here == "'":
            quote = "'"
        elif text.startswith("${", index):
            braces, index = braces + 1, index + 1
        elif here == "}" and braces:
            braces -= 1
        elif here == "#" and began and not quote and not braces:
            commented = True
            yield index
        index += 1
