"""Is something missing that an ExternalSecret promises: at the provider, or in the Secret although it says Ready? Pure.

Keys are compared by name only. Nobody here knows, or may know, what a Secret holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.diagnosis.external_secrets import shown
from bot.diagnosis.external_secrets.illness import Ill, ills, unexplained
from bot.diagnosis.external_secrets.messages import Failure, entry, remote
from bot.diagnosis.external_secrets.provider import ruled_out
from bot.diagnosis.external_secrets.situation import Situation, Synced, ready_of
from bot.diagnosis.findings import Answer
from bot.diagnosis.ownership import owner_of
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer, Observation, Reason, Row, Source

# A creationPolicy: it only asks the provider, or hands the values to a generator, on purpose.
_MAKES_NONE = "None"
# Reasons of a condition that is nevertheless True.
_READY_WITHOUT = {"SecretDeleted": "deleted", "SecretMissing": "no-target"}


@dataclass(frozen=True, slots=True)
class _Lack:
    """What an ExternalSecret that is ready lacks. `how`: keys, no-secret, deleted or no-target."""

    of: Synced
    how: str
    keys: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    certain: bool = True


def secret_key_missing(of: Situation, answer: Answer) -> Finding:
    if not of.concerned:
        return answer.ruled_out(ruled_out(of, "not-concerned"))
    found = ills(of)
    missing = [one for one in found if one.kind is Failure.MISSING]
    if missing:
        return _at_provider(answer, missing)
    lacks: list[_Lack] = []
    unknown: list[Unavailable] = []
    for one in of.secrets:
        lack = _lack(one) if one.ready and one.state.policy != _MAKES_NONE else None
        if isinstance(lack, _Lack):
            lacks.append(lack)
        elif lack is not None:
            unknown.append(lack)
    if lacks:
        return _in_secret(answer, sorted(lacks, key=lambda one: not one.certain), unknown)
    gap = next(iter((*unexplained(found), *of.gaps, *unknown)), None)
    if gap is not None:
        return answer.not_checked(gap)
    return answer.ruled_out(ruled_out(of, "none"), [shown.secret(one) for one in of.secrets])


def _lack(one: Synced) -> _Lack | Unavailable | None:
    condition = ready_of(one.state.conditions)
    how = _READY_WITHOUT.get(condition.reason, "") if condition is not None else ""
    if how:
        return _Lack(one, how, tuple(key.key for key in one.state.keys))
    note = one.note
    if note is None:
        return None
    if isinstance(note, Unavailable):
        absent = note.reason is Reason.NOT_FOUND
        how = "no-target" if one.state.policy == "Merge" else "no-secret"
        return _Lack(one, how, tuple(key.key for key in one.state.keys)) if absent else note
    wanted = [key.key for key in one.state.keys]
    lacking = tuple(key for key in wanted if key not in note.keys)
    if not note.keys:
        return _unknown(one, f"nothing tells which keys Secret {one.state.secret} has")
    if lacking and one.state.open_ended and len(lacking) == len(wanted):
        return _unknown(one, f"a template or dataFrom names the keys of Secret {one.state.secret}")
    return _Lack(one, "keys", lacking, note.keys, not one.state.open_ended) if lacking else None


def _unknown(one: Synced, detail: str) -> Unavailable:
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "secrets", one.state.namespace, detail)


def _at_provider(answer: Answer, missing: Sequence[Ill]) -> Finding:
    first = missing[0]
    remote_key, remote_property, key = _where(first)
    facts: Facts = {
        **_about(first.of),
        "how": "provider",
        "affected": tuple(one.name for one in missing),
        "keys": (key,) if key else (),
        "remote": remote_key,
        "property": remote_property,
        "rows": (),
        "text": first.text,
        "store": first.store,
    }
    evidence = [seen for one in missing[:3] for seen in one.evidence]
    fixes = (Fix("add-remote", Layer.CODE, lasting=True), _correct(first.of))
    found = answer.confirmed(facts, evidence, fixes)
    return replace(found, root=f"missing {first.store} {remote_key}".rstrip())


def _where(ill: Ill) -> tuple[str, str, str]:
    """What is missing there, and the key that it should have become: as the message says it, else as the spec does."""
    remote_key, remote_property = remote(ill.text)
    keys, index = ill.of.state.keys, entry(ill.text)
    if index is not None and index < len(keys):
        asked = keys[index]
        return remote_key or asked.remote, remote_property or asked.property, asked.key
    asked_for = [one for one in keys if remote_property and one.property == remote_property]
    return remote_key, remote_property, asked_for[0].key if asked_for else ""


def _in_secret(answer: Answer, lacks: Sequence[_Lack], unknown: Sequence[Unavailable]) -> Finding:
    first = lacks[0]
    facts: Facts = {
        **_about(first.of),
        "how": first.how,
        "affected": tuple(f"{one.of.state.namespace}/{one.of.state.name}" for one in lacks),
        "keys": first.keys,
        "remote": "",
        "property": "",
        "rows": tuple(_rows(first)),
        "text": _message(first.of),
        "store": f"{first.of.state.store_kind} {first.of.state.store}",
    }
    evidence: list[Observation] = []
    for one in lacks[:3]:
        evidence.append(shown.secret(one.of))
        if one.there:
            evidence.append(shown.keys(one.of, one.there))
    found = answer.confirmed if first.certain else answer.likely
    fixes = (Fix("refresh-secret", Layer.LIVE, lasting=True), _correct(first.of))
    return found(facts, evidence, fixes, unknown[0] if unknown else None)


def _rows(lack: _Lack) -> Iterator[Row]:
    for key in lack.of.state.keys:
        if key.key in lack.keys:
            yield {"key": key.key, "remote": key.remote, "property": key.property}


def _message(one: Synced) -> str:
    condition = ready_of(one.state.conditions)
    return condition.message if condition is not None else ""


def _about(one: Synced) -> dict[str, str]:
    state = one.state
    return {
        "object": f"ExternalSecret {state.namespace}/{state.name}",
        "namespace": state.namespace,
        "name": state.name,
        "secret": state.secret,
    }


def _correct(one: Synced) -> Fix:
    """The entry in the ExternalSecret itself, for a name that is only misspelt."""
    owner = owner_of(one.state.marks).source
    return Fix("correct-reference", owner.layer, lasting=True, facts={"owner": owner.by})
