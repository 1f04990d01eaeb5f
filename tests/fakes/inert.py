"""Whether the text of a message is inert: angle brackets are ours alone, and formatting is read only where we put it.

Written apart from bot/delivery/blockkit.py, which must not be its own judge.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.fakes.slack_limits import texts

_DATE = r"<!date\^\d+\^\{date_short_pretty\} \{time\}( \(\{ago\}\))?\|[^<>|]+>"
_LINK = r"<https?://[^<>|]+\|[^<>|]+>"
_OURS = re.compile(f"{_DATE}|{_LINK}")
_LABEL = re.compile(r"\|([^<>]+)>")
_BOLD = re.compile(r"\A\*([^*\n]+)\*(?=\n|\Z)")
_MARKED = re.compile(r"[<>]|(?<!\w)[*_~`]\S|:smile:")
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def lively(text: str, blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is not inert; nothing, for a message of ours. `text` is where Slack sees formatting whoever wrote it."""
    said = [*texts({"text": text, "blocks": blocks})]
    found = [one for one in said if re.search("[<>]", _OURS.sub("", one)) or _HIDDEN.search(one)]
    found += [one for one in said if re.search(r"&(?!amp;|lt;|gt;)", one)]
    found += [text] if re.search(r"(?<!\w)[*_~`]\S|:smile:", text) else []
    return found + [element["text"] for element in _elements(blocks) if _is_lively(element)]


def _elements(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for block in blocks:
        for holder in (block.get("text"), *block.get("fields", ()), *block.get("elements", ())):
            inner = holder.get("text") if holder else None
            if inner is not None:
                yield holder if isinstance(inner, str) else inner


def _is_lively(element: Mapping[str, Any]) -> bool:
    if element["type"] == "plain_text":
        return element["emoji"] is not False
    text = element["text"]
    if text.startswith("```"):
        return not text.endswith("\n```") or "```" in text[3:-3]
    # One line in bold, dates and links are ours; what stands between must be as inert as a top-level text.
    between = _BOLD.sub(r"\1", _OURS.sub("", text))
    return any(_MARKED.search(one) for one in (between, *_LABEL.findall(text)))
