"""Takes secrets out of text before it leaves the clients, and leaves what an on-call engineer needs to read.

Pure and linear: every pattern starts at a literal or at the edge of a word, and no repetition can be split in two ways,
so a hostile line of megabytes costs milliseconds. A rule whose needle does not occur is not even tried.
What is ambiguous in prose (`invalid token: expired`, `using password: YES`) is kept; what is assigned is not.
"""

import re
import string
from collections.abc import Iterable

from bot.clients.redaction_rules import KEYWORD, MARK, RULES

_ASSIGNED = re.compile(
    rf"(?P<word>{KEYWORD})(?P<tail>[\w.-]{{0,24}})(?P<close>[\"'\\]{{0,8}})(?P<gap>[ \t]{{0,4}})"
    r"(?P<sign>=>?|:)(?P<space>[ \t]{0,4})"
    r"(?P<value>\\{1,7}\"[^\"\n]*\"?|\"(?:[^\"\\\n]|\\.)*\"?|'[^'\n]*'?|[^\s,;&\"'{\[)}<>][^\s,;&\"')}]*)"
)
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_IN_KEY = string.ascii_letters + string.digits + "+/=\\"
_FLAG = re.compile(r"(?<![\w-])(--?[A-Za-z][\w.-]{0,40}[ \t]+)([^\s-]\S*)")
# Labels that name an object of Kubernetes which is, or makes, a Secret.
_NAMES_AN_OBJECT = re.compile(
    r"(?i)(?:(?:cluster_?)?external|exported|kubernetes|kube|k8s|tls|(?:image_?)?pull)?_?secret"
)
_OBJECT_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_SECRET_NAME = re.compile(rf"{KEYWORD}|(?i:(?:^|[_.-])(?:pass|auth)$)")

# Names that speak about a secret without being one: where it is kept, how long it lives, how many there are.
_ABOUT = re.compile(
    r"(?i)(?:name|ref|refs|file|files|path|dir|count|type|length|len|size|ttl|expiry|expires?|expiration|seconds|limit"
    r"|endpoint|uri|version|policy|store|namespace|class|provider|mount|audience|issuer|header|algorithm|enabled|url"
    r"|required|valid|status|reviews?|generation|rotation|budget|per_second|resourceversion)$"
)
_PLAIN = frozenset((
    "yes", "no", "true", "false", "null", "nil", "none", "empty", "required", "invalid", "incorrect", "expired",
    "missing", "denied", "unset", "set", "unknown", "failed", "error", "mismatch", "not", "undefined", "wrong",
    "is", "must", "too",
))  # fmt: skip
_NOT_A_PASS = ("com", "by", "over", "under", "sur", "tres")
_PLACEHOLDER = re.compile(r"\$\{[^}\s]*\}?|\$\([\w.-]*\)?|\$[A-Z_][A-Z0-9_]*|%\w|\*+|<[\w -]*>?|\.\.\.")


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret: `DB_PASSWORD` does, `DB_PASSWORD_FILE` does not."""
    found = tuple(_SECRET_NAME.finditer(name))
    return bool(found) and not _harmless(found[-1][0], name[found[-1].end() :])


def _harmless(word: str, tail: str) -> bool:
    if tail.lower().lstrip("_-.") == "id":  # an access key's id is public; a `secret_id` is a credential
        return word.lower().startswith("access")
    return bool(tail) and _ABOUT.search(tail) is not None


def _key_before(text: str, start: int) -> tuple[str, str]:
    """The part of the name before the word that was found, and the character before the whole name."""
    at = start
    floor = max(0, start - 48)
    while at > floor and (text[at - 1].isalnum() or text[at - 1] in "_.-"):
        at -= 1
    return text[at:start], text[at - 1] if at else "\n"


def _bare(value: str) -> str:
    return value.strip("\"'\\")


def _kept(match: re.Match[str]) -> bool:
    """Whether what looks like an assignment is rather a sentence, a reference or an image name."""
    bare = _bare(match["value"])
    tail = match["tail"]
    if not bare or bare.lower().rstrip(".:!") in _PLAIN or _PLACEHOLDER.fullmatch(bare):
        return True
    if _harmless(match["word"], tail) or (tail.lower().endswith("s") and bare.isdigit()):
        return True
    word = match["word"].lower()
    if word == "pwd" and bare.startswith("/"):  # the working directory
        return True
    if word == "pass" and _key_before(match.string, match.start())[0].lower().endswith(_NOT_A_PASS):
        return True
    if word == "auth" and (tail or len(bare) < 8 or not (match["close"] or match["sign"] != ":")):
        return True
    return match["sign"] == ":" and not match["close"] and _prose(match, bare)


def _prose(match: re.Match[str], bare: str) -> bool:
    """For `key: value` without quotes round the key: is this YAML or a header, or the way errors are chained?"""
    text = match.string
    before, edge = _key_before(text, match.start())
    if before.lower().startswith("x-"):
        return False
    if not match["space"]:  # Go prints structs as {Password:x}; `external-secrets:v0.9` is an image
        return "-" in before or "." in before or edge in "/:" or match["tail"].startswith(("s", "-", "."))
    name_at = match.start() - len(before)
    margin = text[max(0, name_at - 64) : name_at].rpartition("\n")
    at_line_start = (bool(margin[1]) or name_at <= 64) and not margin[2].strip(" \t-")
    following = text[match.end() : match.end() + 2].lstrip("\"'")[:2]
    ends = not following or following[0] in "\n\r,;})]&"
    if len(bare) >= 6 and any(c.isdigit() for c in bare):
        return False
    strict = at_line_start or match["word"].lower().startswith("p")
    return not (ends and strict)


def _masked(value: str) -> str:
    if value[0] == "\\" and '"' in value:  # a string in a string, or deeper
        opening = value[: value.index('"') + 1]
        closed = value.endswith('"') and len(value) > len(opening)
        return opening + MARK + (opening if closed else "")
    if value[0] in "\"'":
        return value[0] + MARK + (value[0] if len(value) > 1 and value.endswith(value[0]) else "")
    return MARK


def _assignments(text: str) -> str:
    parts: list[str] = []
    done = at = 0
    while match := _ASSIGNED.search(text, at):
        if _kept(match):
            at = match.start("value")  # what stands there may itself be an assignment
            continue
        parts += (text[done : match.start("value")], _masked(match["value"]))
        done = at = match.end()
    if not parts:
        return text
    parts.append(text[done:])
    return "".join(parts)


def _flags(match: re.Match[str]) -> str:
    return match[1] + MARK if is_secret_name(match[1].strip().lstrip("-")) else match[0]


def _without_key_ends(text: str) -> str:
    """A key whose first lines were cut off, as by the end of a log: what stands before its last line goes too."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if (end := _KEY_END.search(line)) is None:
            continue
        head = line[: end.start()].rstrip(_IN_KEY)
        lines[number] = head + MARK + line[end.end() :]
        if not head.strip():
            _cover_key(lines, number - 1)
    return "\n".join(lines)


def _cover_key(lines: list[str], last: int) -> None:
    """From the last line of a key upwards; each may have something before it, as the lines of a log do."""
    for above in range(last, -1, -1):
        line = lines[above].rstrip()
        head = line.rstrip(_IN_KEY)
        # Only the last line of a key is short.
        if len(line) - len(head) < (1 if above == last else 16):
            return
        lines[above] = head + MARK


def redact(text: str) -> str:
    """The same text with every secret that is recognised replaced by `[redacted]`."""
    if not text:
        return text
    lowered = text.lower()
    for rule in RULES:
        if not rule.needles or any(needle in lowered for needle in rule.needles):
            text = rule.pattern.sub(rule.replace, text)
    if "PRIVATE KEY" in text:  # the rules leave none of a whole one
        text = _without_key_ends(text)
    if "-" in text:
        text = _FLAG.sub(_flags, text)
    return _assignments(text)


def redact_member(name: str, value: str) -> str:
    """The value of a label or an annotation, whose name may tell that it is secret; `name` is empty for text alone."""
    if not value or not is_secret_name(name):
        return redact(value)
    kept = _NAMES_AN_OBJECT.fullmatch(name) and _OBJECT_NAME.fullmatch(value)
    return redact(value) if kept else MARK


def redact_arguments(arguments: Iterable[str]) -> tuple[str, ...]:
    """Command-line arguments, where `--password` and its value may be two neighbours."""
    result: list[str] = []
    before = ""
    for argument in arguments:
        result.append(_argument(argument, before))
        before = argument if argument.startswith("-") and "=" not in argument else ""
    return tuple(result)


def _argument(argument: str, flag: str) -> str:
    """An argument, and the flag before it, if it was one that stands alone."""
    if argument.startswith("-"):
        return redact(argument)
    if flag and is_secret_name(flag.lstrip("-")):
        return MARK
    name, colon, _ = argument.partition(":")
    if flag in {"-u", "--user"} and colon:  # as curl takes it; https://curl.se/docs/manpage.html#-u
        return f"{name}:{MARK}"
    return redact(argument)
