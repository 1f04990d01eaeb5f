"""What is to be done first about a cause: at once, and so that it lasts. Worded and pure.

At most two arrows, each with commands only where they are short enough for the channel; all of it stands in the thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.delivery.plaintext import ELLIPSIS, cut, units
from bot.delivery.steps import only_looks
from bot.delivery.worded import WordedFinding, WordedFix
from bot.delivery.words import Words

# Longer ones would push what follows off a phone's screen.
_COMMANDS = 480
_LINES = 6
_SENTENCE = 220


@dataclass(frozen=True, slots=True)
class Todo:
    """`said` stands behind an arrow. `looks`: its commands show something, and change nothing; `rest` of them stand in the
    thread only. `title` is the bare fix.
    """

    said: str
    title: str
    commands: tuple[str, ...] = ()
    looks: bool = False
    rest: int = 0

    @property
    def line(self) -> str:
        return f"→ {words_of(self.said, _SENTENCE)}"


def todos(found: WordedFinding, words: Words) -> tuple[Todo, ...]:
    """What helps now, then what lasts; one of them where the other is missing or is the same."""
    if not found.fixes:
        return ()
    first = found.fixes[0]
    if first.lasting and _changes(first):
        return (_todo(first, first.title),)
    now = next((fix for fix in found.fixes if not fix.lasting and _changes(fix)), None)
    lasting = next((fix for fix in found.fixes if fix.lasting), None)
    if now is None or lasting is None:
        return (_todo(first, first.title),)
    said = words.label("do_now", by=now.put_back_by, title=now.title)
    return _todo(now, said), Todo(words.label("do_lasting", title=lasting.title), lasting.title)


def _changes(fix: WordedFix) -> bool:
    return not all(map(only_looks, fix.commands))


def _todo(fix: WordedFix, said: str) -> Todo:
    shown = _short(fix.commands)
    looks = bool(shown) and only_looks(shown[0])
    # What is found decides how it goes on: the rest is read in the thread.
    shown = shown[:1] if looks else shown
    return Todo(said, fix.title, shown, looks, len(fix.commands) - len(shown) if shown else 0)


def _short(commands: Sequence[str]) -> tuple[str, ...]:
    """Half of what must be pasted together is worse than none; half of a long list is a beginning."""
    shown: list[str] = []
    for command in commands:
        together = "\n".join((*shown, command))
        if units(together) > _COMMANDS or together.count("\n") >= _LINES:
            break
        shown.append(command)
    return tuple(shown)


def words_of(text: str, limit: int) -> str:
    """Cut between words: half an address or half a name would be another one."""
    if units(text) <= limit:
        return text
    kept, _, torn = cut(text, limit - len(ELLIPSIS) - 1, mark="").rpartition(" ")
    return f"{kept or torn} {ELLIPSIS}"
