"""Slack's Block Kit without I/O: escaping, the few pieces of markup that are ours, and every limit of a message.

Text becomes markup only as `Mrkdwn`, which nothing but the functions of this file makes. All of the rest is escaped.
Limits: https://docs.slack.dev/reference/block-kit/blocks and, for the sum, https://github.com/slackapi/bolt-js/issues/2509
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from bot.delivery.elements import usable, within_element, within_input
from bot.delivery.plaintext import ELLIPSIS, clean, cut, units

Block = dict[str, Any]

BLOCKS = 50
SECTION = 3000
FIELD = 2000
FIELDS = 10
HEADER = 150
STRONG = 400
ELEMENTS = 10
BUTTONS = 25
# Slack counts its own containers too, nobody knows how: the JSON of the blocks is what we count, with some air.
IMAGE_TEXT = 2000
# Of modals: https://docs.slack.dev/reference/views/modal-views
MODAL_TITLE = 24
MODAL_BLOCKS = 100
# "greater than 250kb" is refused (https://docs.slack.dev/reference/methods/views.open): with air for what is not blocks.
MODAL_BYTES = 200_000
TOTAL = 12_000
# `chat.update` refuses more than 4 000 characters where `chat.postMessage` takes 40 000.
TEXT = 3000
_FENCE = "```"
_RUN_OF_TICKS = re.compile("`{3,}")
_MARK = re.compile(r"[*_~`](?=\S)|(?<=\S)[*_~`]")
_ANY_MARK = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])")
_LOOKALIKE = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
_EMOJI = re.compile(r":(?=[\w+'-]*[^\W\d_][\w+'-]*:)")
_URL_SAFE = "/:?#[]@!$&'()*+,;=%~-._"


class Mrkdwn(str):
    """Text that is Slack's markup already, made of our own marks and escaped values."""

    __slots__ = ()


def escape(text: str) -> str:
    """Exactly the three characters that Slack asks for, after hygiene: https://docs.slack.dev/messaging/formatting-message-text"""
    if isinstance(text, Mrkdwn):
        return text
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inert(text: str) -> str:
    """For the top-level `text`, the one place where Slack may see formatting: marks become look-alikes."""
    text = _EMOJI.sub("∶", text)
    return _MARK.sub(lambda m: m.group() if _inside_word(m) else _LOOKALIKE[m.group()], text)


def _inside_word(mark: re.Match[str]) -> bool:
    """`snake_case` is no markup, and reads better as it is."""
    before, after = mark.string[mark.start() - 1 : mark.start()], mark.string[mark.end() : mark.end() + 1]
    return mark.group() == "_" and before.isalnum() and after.isalnum()


def code(text: str) -> Mrkdwn:
    """A fence in which nothing is markup. Runs of backticks that would close it become look-alikes."""
    inside = _RUN_OF_TICKS.sub(lambda m: "ˋ" * len(m.group()), clean(text).strip("\n"))
    return Mrkdwn(f"{_FENCE}\n{escape(inside)}\n{_FENCE}")


def fits_code(text: str) -> bool:
    """Whether a command fits whole: a command that was cut is dangerous to paste."""
    return units(code(text)) <= SECTION


def link(url: str, label: str) -> Mrkdwn:
    """A link, or only its label where the address is not plain http(s)."""
    words = escape(label).replace("|", "∣").replace("\n", " ")
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and url.isprintable()
    except ValueError:
        good = False
    if not good or len(url) > SECTION // 2:
        return Mrkdwn(words)
    address = quote(url, safe=_URL_SAFE).replace("|", "%7C").replace("&", "&amp;")
    return Mrkdwn(f"<{address}|{words}>")


def date(at: datetime) -> Mrkdwn:
    """The reader's own time zone: https://docs.slack.dev/messaging/formatting-message-text#date-formatting"""
    fallback = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Mrkdwn(f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>")


def since(at: datetime) -> Mrkdwn:
    """The same with how long ago that was, which Slack counts when somebody looks. Not for what is to come."""
    fallback = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Mrkdwn(f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}} ({{ago}})|{fallback}>")


def mrkdwn(*pieces: str) -> Mrkdwn:
    """Pieces side by side: markup stays, and everything else stays text."""
    return Mrkdwn("".join(quiet(piece) for piece in pieces))


def quiet(text: str) -> Mrkdwn:
    """Text of anybody beside markup of ours: what Slack would take for a mark is a look-alike."""
    if isinstance(text, Mrkdwn):
        return text
    # What will stand beside it, and where it will be cut, is not known here: even a mark between spaces is none.
    text = _EMOJI.sub("∶", escape(text))
    return Mrkdwn(_ANY_MARK.sub(lambda m: _LOOKALIKE[m.group()], text))


def strong(text: str) -> Mrkdwn:
    """One line in bold, short enough that nothing tears it from its closing mark."""
    line = quiet(" ".join(text.split()))
    return Mrkdwn(f"*{cut(line, STRONG, escaped=True)}*" if line else "")


def weight(blocks: Sequence[Block]) -> int:
    return units(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def fit(blocks: Iterable[Block], *, more: str) -> list[Block]:
    """Blocks within all limits of one message. `more` says, with `{count}`, how many lines were left out."""
    pages = paginate(blocks, most=1, more=more)
    return pages[0] if pages else []


def paginate(blocks: Iterable[Block], *, most: int, more: str) -> list[list[Block]]:
    """Blocks over at most `most` messages; what does not fit into those is counted at the end of the last."""
    room = TOTAL - weight([_note(more, 10**6)])
    pages: list[list[Block]] = []
    used = left_out = 0
    for block in (bounded for given in blocks if (bounded := _shrunk(given, room))):
        cost = weight([block])
        if left_out or (len(pages) == most and not _has_room(pages[-1], used + cost, room)):
            left_out += plain([block]).count("\n") + 1
        elif pages and _has_room(pages[-1], used + cost, room):
            pages[-1].append(block)
            used += cost
        else:
            pages.append([block])
            used = cost
    if left_out:
        pages[-1].append(_note(more, left_out))
    return pages


def fit_modal(blocks: Iterable[Block], *, more: str) -> list[Block]:
    """Blocks within the limits of one modal, which holds far more than a message."""
    kept: list[Block] = []
    used = left_out = 0
    for block in (bounded for given in blocks if (bounded := _in_modal(given))):
        cost = len(json.dumps(block, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if left_out or used + cost > MODAL_BYTES or len(kept) == MODAL_BLOCKS - 1:
            left_out += max(plain([block]).count("\n") + 1, 1)
        else:
            kept.append(block)
            used += cost
    return [*kept, _note(more, left_out)] if left_out else kept


def _has_room(page: Sequence[Block], cost: int, room: int) -> bool:
    return cost <= room and len(page) < BLOCKS - 1


def _shrunk(block: Block, room: int) -> Block | None:
    """One block that fits into an empty message; quotes and line ends cost double, so cutting may take a few rounds."""
    share = 1
    while (bounded := _bounded(block, share)) is not None and weight([bounded]) > room:
        share *= 2
    return bounded


def _note(more: str, count: int) -> Block:
    return {"type": "context", "elements": [_plain_text(more.format(count=count))]}


def prose(text: str) -> Block:
    return {"type": "section", "text": _plain_text(cut(text, SECTION // 2))}


def image(file: str, title: str, text: str) -> Block:
    """A picture that was uploaded. https://docs.slack.dev/reference/block-kit/blocks/image-block"""
    return {
        "type": "image",
        "slack_file": {"id": file},
        "title": _plain_text(cut(title, IMAGE_TEXT)),
        "alt_text": cut(text, IMAGE_TEXT),
    }


def _plain_text(text: str) -> Block:
    return {"type": "plain_text", "emoji": False, "text": escape(text)}


def _bounded(block: Block, share: int) -> Block | None:
    """One block within its own limits (or a share of them), or None where nothing of it is left: Slack refuses an empty text."""
    match block.get("type"):
        case "header":
            return _with_text(block, HEADER // share)
        case "section" if "fields" in block:
            fields = [field for field in (_text(f, FIELD // share) for f in block["fields"]) if field]
            return {**block, "fields": fields[:FIELDS]} if fields else None
        case "section":
            return _with_text(block, SECTION // share)
        case "context":
            elements = [
                element for element in (_text(e, FIELD // share) for e in block["elements"]) if element
            ]
            return {**block, "elements": elements[:ELEMENTS]} if elements else None
        case "actions":
            buttons = [within_element(element) for element in block["elements"] if usable(element)]
            return {**block, "elements": buttons[: BUTTONS // share]} if buttons[: BUTTONS // share] else None
        case _:
            return block if share == 1 else None


def _in_modal(block: Block) -> Block | None:
    return within_input(block) if block.get("type") == "input" else _bounded(block, 1)


def _with_text(block: Block, limit: int) -> Block | None:
    text = _text(block["text"], limit)
    return {**block, "text": text} if text else None


def _text(element: Block, limit: int) -> Block | None:
    text = element["text"].strip()
    if units(text) > limit:
        text = _cut_markup(text, limit) if element["type"] == "mrkdwn" else cut(text, limit, escaped=True)
    return {**element, "text": text} if text else None


def _cut_markup(text: str, limit: int) -> str:
    """Whole lines where there are any, so that no date or link is torn; a fence that was open is closed again."""
    ending = f"\n{ELLIPSIS}\n{_FENCE}"
    kept = cut(text, limit - units(ending), mark="", escaped=True)
    if kept.count("<") > kept.count(">"):
        kept = kept[: kept.rindex("<")]
    return kept + (ending if kept.count(_FENCE) % 2 else ELLIPSIS)


def plain(blocks: Iterable[Block]) -> str:
    """The words of blocks, escaped as they are, without their marks: the fall-back, and what a notification shows."""
    lines: list[str] = []
    for block in blocks:
        holders = [block["text"]] if "text" in block else block.get("fields") or block.get("elements") or []
        # The text of a button is an object of its own; it says nothing without the button.
        lines += [_unmarked(holder["text"]) for holder in holders if isinstance(holder.get("text"), str)]
    return "\n".join(lines)


def _unmarked(text: str) -> str:
    lines = (line for line in text.split("\n") if line != _FENCE)
    words = re.sub(r"<[^<>|]*\|([^<>]*)>", r"\1", "\n".join(lines))
    return re.sub(r"(?m)^\*([^*\n]+)\*$", r"\1", words)
