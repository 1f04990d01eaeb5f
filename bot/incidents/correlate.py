"""Incidents with one trouble: who leads, who follows, and whose message a change makes another one. Pure.

Two incidents of one cluster that fire have one trouble where a finding of each names the same root. The one that opened
first leads. Nothing is remembered but who has which trouble, so folding and unfolding are the same thing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.model import Incident, IncidentState, Related, Relative, Target


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """An incident among those with one trouble; the smallest of them leads."""

    opened_at: int
    incident_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Kin:
    """A member with the trouble that it is a member by, who leads in that, and where its message is."""

    trouble: str
    incident_id: str
    name: str
    leader: str
    channel: str = ""
    ts: str = ""


def troubles_of(incident: Incident) -> Mapping[str, str]:
    """The troubles by which an incident is related to others, each with the name of what has it.

    What is over has none. A stale one has none either: whoever still fires must not hide behind a message that nobody
    can say is true.
    """
    if incident.state is not IncidentState.FIRING:
        return {}
    found: dict[str, str] = {}
    for diagnosis in incident.diagnoses:
        for finding in diagnosis.findings:
            if finding.trouble:
                found.setdefault(finding.trouble, _name(diagnosis.target))
    return dict(sorted(found.items()))


def told_anew(before: Iterable[Member], after: Iterable[Member]) -> frozenset[str]:
    """Those whose message says something else when the members with one trouble change."""
    was, is_now = _told(before), _told(after)
    return frozenset(one for one in was.keys() | is_now.keys() if was.get(one) != is_now.get(one))


def related(ids: Collection[str], kin: Iterable[Kin]) -> Mapping[str, Related]:
    """What each of `ids` is to others. `kin` holds, oldest first, themselves, those who lead and those who follow them."""
    groups: dict[str, list[Kin]] = defaultdict(list)
    for member in kin:
        groups[f"{member.trouble} {member.leader}"].append(member)
    follows: dict[str, list[Kin]] = defaultdict(list)
    leads: dict[str, list[Kin]] = defaultdict(list)
    for members in groups.values():
        leaders = [member for member in members if member.incident_id == member.leader]
        for member in members:
            if member.incident_id == member.leader:
                leads[member.incident_id] += (one for one in members if one is not member)
            else:
                follows[member.incident_id] += leaders
    return {one: Related(_relatives(follows[one]), _relatives(leads[one])) for one in ids}


def _told(members: Iterable[Member]) -> Mapping[str, object]:
    """What each one's message says of the others; nothing where there are none."""
    ordered = sorted(members)
    if len(ordered) < 2:
        return {}
    leader, *followers = ordered
    return {leader.incident_id: tuple(followers), **{one.incident_id: leader for one in followers}}


def _relatives(kin: Sequence[Kin]) -> tuple[Relative, ...]:
    """One for each incident, however many troubles it shares."""
    shared: dict[str, list[str]] = defaultdict(list)
    for member in kin:
        shared[member.incident_id].append(member.trouble)
    first = {member.incident_id: member for member in reversed(kin)}
    return tuple(
        Relative(one, first[one].name, tuple(sorted(troubles)), first[one].channel, first[one].ts)
        for one, troubles in shared.items()
    )


def _name(target: Target) -> str:
    return "/".join(part for part in (target.namespace, target.name) if part)
