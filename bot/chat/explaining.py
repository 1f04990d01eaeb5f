"""`/ops explain`: the known failures in lines that somebody pasted, as `opsbot explain` names them. Asks no cluster."""

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot.chat.speech import Lines, Speech
from bot.delivery.explaining import label, worded_line
from bot.delivery.message import Message
from bot.delivery.plaintext import cut, one_line
from bot.diagnosis.lines.explained import Explained, explain

_TOLD = 5
_QUOTED = 300
_COMMANDS = 3
# As templates/*/lines.yaml write what a line of a log cannot tell; a variable of the shell is none.
_PLACEHOLDERS = re.compile(
    r"(?<![$\w{-])(?:ACCOUNT|ADMIN|DB_HOST|DB_NAME|DB_USER|HOST|MODULE|NAME|NAMESPACE|POD|PORT|SERVICE)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Explaining:
    """`readable` cleans and redacts a text before anything else sees it."""

    readable: Callable[[str], Sequence[str]]
    runbooks: Collection[str]

    async def message(self, text: str, speech: Speech) -> Message:
        lines = await asyncio.to_thread(self.readable, text)
        found = await asyncio.to_thread(explain, lines)
        words, count = speech.layouts.words, len(lines)
        if not found.known:
            said = [label(words, "nothing", lines=count)]
            if found.unknown:
                said += [label(words, "unknown"), f"> {_quoted(found.unknown.text)}"]
            else:
                said.append(label(words, "no_error"))
            return speech.lines(Lines(said=tuple(said)))
        told = found.known[:_TOLD]
        rest = len(found.known) - len(told) + found.more
        head = label(words, "known", count=len(told) + rest, lines=count)
        said = [head, *(self._paragraph(one, speech) for one in told)]
        said += [label(words, "more", count=rest)] if rest else []
        commands = self._commands(told[0], speech)
        return speech.lines(Lines(said=tuple(said), commands=commands, note=_to_fill_in(commands, speech)))

    def _paragraph(self, failure: Explained, speech: Speech) -> str:
        words = speech.layouts.words
        said = worded_line(words, failure.id, failure.facts, self.runbooks)
        seen = label(
            words,
            "once" if failure.count == 1 else "often",
            first=failure.first,
            last=failure.last,
            count=failure.count,
        )
        steps = tuple(f"• {step}" for step in said.next)
        paragraph = (f"{said.name} ({seen})", f"> {_quoted(failure.text)}", said.meaning, *steps)
        return "\n".join(line for line in paragraph if line)

    def _commands(self, failure: Explained, speech: Speech) -> tuple[str, ...]:
        """Of the first alone: what matters most stands there."""
        said = worded_line(speech.layouts.words, failure.id, failure.facts, self.runbooks)
        return said.commands[:_COMMANDS]


def _to_fill_in(commands: Sequence[str], speech: Speech) -> str:
    """A log does not say where it comes from: who pastes must not take NAMESPACE for a name."""
    names = dict.fromkeys(name for command in commands for name in _PLACEHOLDERS.findall(command))
    return speech.say("explain_fill_in", names=", ".join(names)) if names else ""


def _quoted(text: str) -> str:
    return cut(one_line(text), _QUOTED)
