"""One part of a delivery on its way to Slack: what is to be brought where, and where it stands. Plain values."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.delivery.channels import PaceOptions
from bot.delivery.ledger import PartRow
from bot.delivery.message import CHART, DETAIL, Message, Part
from bot.delivery.plaintext import cut
from bot.delivery.remedies import CHANNEL, CONTENT
from bot.delivery.transport import Ambiguous, Declined, Failure, Found, Mark, NotSent, Ok, RateLimited
from bot.observe import MESSAGES, log

_PLAIN = 1000

Wanted = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class OutboxOptions:
    """Seconds. `settle`: how old an unanswered intent must be before it is looked up. `patience`: how long a delivery
    waits for its turn; less for a thread, so that first messages of other incidents pass it.
    """

    settle: float = 4.0
    patience: float = 5.0
    thread_patience: float = 1.5
    look_back: float = 60.0
    pace: PaceOptions = field(default_factory=PaceOptions)


@dataclass(frozen=True, slots=True)
class Errand:
    """`channel` is as routed; `where` is where this part goes: a name or an id. `patience`: seconds it may wait.

    `digest` is of the part as it was rendered; what becomes of its picture on the way does not change it. `wanted` is asked
    when its turn has come: it may be told in another way since. `moves` is how often the incident had moved; `tells` names parts
    that need no telling when this one is posted.
    """

    mark: Mark
    message: Message
    digest: str
    channel: str
    where: str
    thread: str = ""
    patience: float = 0.0
    wanted: Wanted | None = None
    moves: int = 0
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a part stands in Slack."""

    channel: str
    ts: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the errands of one delivery have in common; `channel` is as routed."""

    owner: str
    channel: str
    wanted: Wanted | None = None
    moves: int = 0

    def first(self, parts: Sequence[Part], options: OutboxOptions) -> Errand:
        tells = tuple(part.name for part in parts if part.once)
        errand = self._errand(parts[0], options.patience)
        return replace(errand, wanted=self.wanted, tells=tells)

    def reply(self, part: Part, top: Standing, options: OutboxOptions) -> Errand:
        """What rings must not wait longer than a first message does."""
        patience = options.patience if part.once else options.thread_patience
        return replace(self._errand(part, patience), where=top.channel, thread=top.ts)

    def _errand(self, part: Part, patience: float) -> Errand:
        mark, message, channel = Mark(self.owner, part.name), part.message, self.channel
        return Errand(mark, message, message.digest, channel, channel, patience=patience, moves=self.moves)


def stands(row: PartRow | None, errand: Errand) -> bool:
    """Slack shows it already as it should be."""
    return row is not None and bool(row.ts) and row.digest == errand.digest


def surplus(rows: Mapping[str, PartRow], parts: Sequence[Part], superseded: Message | None) -> Iterator[Part]:
    """What an earlier, longer thread has left behind, and what it is to say now."""
    wanted = {part.name for part in parts}
    for name, row in rows.items():
        if superseded and row.ts and name not in wanted and name.startswith((DETAIL, CHART)):
            yield Part(name, superseded)


def plainly(errand: Errand, action: str, error: str) -> Message:
    """What is sent where Slack does not take the blocks: never nothing."""
    MESSAGES.labels(action, "plain").inc()
    log.error("Slack refuses the blocks, sending plain text", part=errand.mark.part, error=error)
    text = cut(errand.message.text, _PLAIN, escaped=True)
    return replace(errand.message, text=text, blocks=(), picture=None, image=b"")


def bad_content(answer: Ok | Failure) -> bool:
    return isinstance(answer, Declined) and answer.error in CONTENT


def result(answer: Found | Failure) -> str:
    """An answer as a label of the metric: few values, whatever Slack invents."""
    match answer:
        case Found(stamps):
            return "found" if stamps else "not_found"
        case Declined(error):
            return error if error in CHANNEL else "declined"
        case RateLimited():
            return "rate_limited"
        case Ambiguous():
            return "ambiguous"
        case NotSent():
            return "not_sent"
