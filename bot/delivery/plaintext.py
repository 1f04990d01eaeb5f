"""Hygiene of text from outside: what no reader should meet is taken out, and long text is cut where it does not hurt.

Standard library only and pure. Nothing here knows a markup; escaping belongs to each layout.
"""

import re
import unicodedata

ELLIPSIS = "…"

# Control characters hide text in a terminal, bidirectional ones show it in another order than it is pasted in
# (https://trojansource.codes), tag characters are invisible.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_ANSI = re.compile("\x1b\\[[0-9;:?]*[ -/]*[@-~]")
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029\x85]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENTITY_TAIL = re.compile(r"&[a-z]{0,3}\Z")
_JOINER = "\u200d"


def clean(text: str) -> str:
    """The same text without control characters, colours of a terminal, tricks of direction and halves of characters."""
    text = _LINE_ENDS.sub("\n", _ANSI.sub("", text))
    return _SURROGATE.sub("\ufffd", _HIDDEN.sub("", text))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def units(text: str) -> int:
    """Length in UTF-16 units, the largest of the ways in which a reader's system may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int, *, mark: str = ELLIPSIS, escaped: bool = False) -> str:
    """At most `limit` units, ending in `mark` where something was left out.

    Never inside a character that several code points make up, nor, in `escaped` text, inside `&amp;` and its like.
    """
    if units(text) <= limit:
        return text
    room = limit - units(mark)
    if room <= 0:
        return mark[: max(limit, 0)]
    end = _index_of(text, room)
    while end > 0 and _joined(text, end):
        end -= 1
    kept = text[:end]
    if escaped and (torn := _ENTITY_TAIL.search(kept)) and text[end : end + 1] != "":
        kept = kept[: torn.start()]
    return kept.rstrip() + mark


def _index_of(text: str, room: int) -> int:
    """How many code points of `text` fit into `room` units."""
    if units(text[:room]) <= room:
        return room
    used = 0
    for index, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > room:
            return index
    return len(text)


def _joined(text: str, index: int) -> bool:
    """Whether the code point at `index` belongs to the one before it."""
    if index >= len(text):
        return False
    here, before = text[index], text[index - 1]
    modifier = "\U0001f3fb" <= here <= "\U0001f3ff" or "\ufe00" <= here <= "\ufe0f"
    flags = "\U0001f1e6" <= here <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff"
    return bool(unicodedata.combining(here)) or _JOINER in {here, before} or modifier or flags
