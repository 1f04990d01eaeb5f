"""How incidents with one trouble name each other: links to messages where they are known, to the console else.

Pure and worded; who is related to whom is not decided here. Of many only some are named, and the rest is counted: a
message that lists 200 others would help nobody, and would be edited 200 times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bot.delivery.channels import is_id
from bot.delivery.plaintext import ELLIPSIS, cut, one_line
from bot.delivery.words import Words
from bot.model import Diagnosis, Finding, Incident, Relative, Target, Verdict

NAMED = 5
LISTED = 20
_NAME = 120


@dataclass(frozen=True, slots=True)
class Linked:
    """Another incident; `address` is empty where nothing that we know leads to it."""

    id: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Same:
    """The incidents with the same cause: those that lead this one, and those that this one leads. `said` is one line."""

    follows: tuple[Linked, ...] = ()
    leads: tuple[Linked, ...] = ()
    said: str = ""


def same(incident: Incident, words: Words, public_url: str) -> Same:
    follows = _linked(incident.related.follows, public_url)
    leads = _linked(incident.related.leads, public_url)
    said = ". ".join(
        f"{words.label(label, count=len(some))} {named(some, words)}"
        for label, some in (("same_as", follows), ("also", leads))
        if some
    )
    return Same(follows, leads, said)


def named(some: tuple[Linked, ...], words: Words) -> str:
    first = ", ".join(one.name for one in some[:NAMED])
    rest = len(some) - NAMED
    return f"{first} {words.label('more_names', count=rest)}" if rest > 0 else first


def told_here(incident: Incident) -> tuple[tuple[Target, Finding], ...]:
    """What was found and the message must tell itself, because no message of another incident does.

    Beside a cause that another one tells, only what is certain, or what others look for here, is worth the reader's time.
    """
    found = tuple(
        (one.target, finding) for one in incident.diagnoses for finding in one.findings if finding.found
    )
    elsewhere = {trouble for one in incident.related.follows for trouble in one.troubles}
    here = {trouble for one in incident.related.leads for trouble in one.troubles}
    if not any(finding.trouble in elsewhere for _, finding in found):
        return found
    return tuple(
        (target, one)
        for target, one in found
        if one.trouble not in elsewhere and (one.verdict is Verdict.CONFIRMED or one.trouble in here)
    )


def told_before(diagnoses: Sequence[Diagnosis]) -> tuple[Target | None, ...]:
    """For each diagnosis the target of an earlier one that tells all of its troubles already, or None."""
    tellers: dict[str, Target] = {}
    told: list[Target | None] = []
    for diagnosis in diagnoses:
        troubles = [finding.trouble for finding in diagnosis.findings if finding.found]
        before = bool(troubles) and all(trouble in tellers for trouble in troubles)
        told.append(tellers[troubles[0]] if before else None)
        for trouble in filter(None, troubles):
            tellers.setdefault(trouble, diagnosis.target)
    return tuple(told)


def console_address(public_url: str, incident_id: str) -> str:
    path = quote(one_line(incident_id), safe="")
    return f"{public_url.rstrip('/')}/incidents/{path}" if public_url else ""


def _linked(relatives: Iterable[Relative], public_url: str) -> tuple[Linked, ...]:
    return tuple(
        Linked(
            one.id,
            cut(one_line(one.name), _NAME) or ELLIPSIS,
            permalink(one.channel, one.ts) or console_address(public_url, one.id),
        )
        for one in relatives
    )


def permalink(channel: str, ts: str) -> str:
    """As "Copy link" gives it, by the name under which every workspace is found: only ids and stamps are in it."""
    stamp = ts.replace(".", "")
    known = is_id(channel) and stamp.isdecimal()
    return f"https://slack.com/archives/{channel}/p{stamp}" if known else ""
