"""What may be done about a refusal and where it lasts: facts for the words, never their text. Pure.

Nothing here holds a password: commands read one from the keyboard or let the pod take it from its Secret.
"""

import json

from bot.diagnosis.database.login import Override, Setting
from bot.diagnosis.database.probing import probe
from bot.diagnosis.database.rerun import gave_up, restart_facts
from bot.diagnosis.database.situation import Evidence, Refused
from bot.diagnosis.environment import Kind, Origin
from bot.diagnosis.evidence import Marks, ObjectNote, WorkloadState
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.ownership import Ownership, owner_of, ownership
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Fix, Layer


def drop_override(evidence: Evidence, found: Refused, override: Override) -> tuple[Fix, ...]:
    """Take the winner away, so that what it overrides is used: in the chart where one makes it, else at its source."""
    origin = override.setting.origin
    direct = origin.direct or origin.kind is Kind.ENV
    owner = workload_owner(evidence) if direct else _object_owner(evidence, origin)
    shared = common(evidence, found, without=override.setting.variable.name if direct else "")
    facts: Facts = {
        **shared,
        "owner": owner.by,
        "layer": owner.layer.value,
        "direct": direct,
        "winner_kind": origin.kind.value,
        "winner_name": origin.name,
        "json_patch": json.dumps([{"op": "remove", "path": f"/data/{origin.key}"}], separators=(",", ":")),
    }
    live = Fix("drop-override", Layer.LIVE, lasting=owner.lasting_live, facts=facts)
    if direct and shared["restart"] != "rollout":  # the template of a pod or a job cannot be changed
        return (Fix("drop-override-at-source", owner.layer, lasting=True, facts=facts),)
    if owner.lasting_live:
        return (live,)
    where = "in-chart" if owner.helm and not direct and origin.kind is Kind.CONFIG_MAP else "at-source"
    return (Fix(f"drop-override-{where}", owner.layer, lasting=True, facts=facts), live)


def restart(evidence: Evidence, found: Refused) -> tuple[Fix, ...]:
    """Empty for a Job that has given up: it is run again."""
    if gave_up(evidence, found):
        return ()
    return (Fix("restart", Layer.LIVE, lasting=True, facts=common(evidence, found)),)


def correct_password(evidence: Evidence, found: Refused) -> tuple[Fix, ...]:
    """Where the password is kept; a Secret that something else writes is corrected there."""
    password = found.login.password if found.login is not None else None
    origin = None if password is None else password.origin
    facts: Facts = common(evidence, found)
    if origin is None or origin.kind is not Kind.SECRET:
        return (in_settings("give-password", evidence, found, password),)
    owner = _object_owner(evidence, origin)
    facts = {
        **facts,
        "secret": origin.name,
        "secret_key": origin.key,
        "owner": owner.by,
        "layer": owner.layer.value,
    }
    live = Fix("correct-password", Layer.LIVE, lasting=owner.lasting_live, facts=facts)
    if owner.lasting_live:
        return (live,)
    return (Fix("correct-password-at-source", owner.layer, lasting=True, facts=facts), live)


def on_server(key: str, evidence: Evidence, found: Refused, more: Facts) -> tuple[Fix, ...]:
    """A change of the database itself, which nothing puts back."""
    return (Fix(key, Layer.LIVE, lasting=True, facts={**common(evidence, found), **more}),)


def to_look(key: str, evidence: Evidence, found: Refused) -> tuple[Fix, ...]:
    """What tells more and changes nothing."""
    return (Fix(key, Layer.LIVE, lasting=False, facts=common(evidence, found)),)


def in_settings(key: str, evidence: Evidence, found: Refused, setting: Setting | None = None) -> Fix:
    """A change of what the workload is given, where that lasts: in what gives it now, else in the workload."""
    kept = setting is not None and not setting.origin.direct and setting.origin.kind is not Kind.ENV
    owner = _object_owner(evidence, setting.origin) if setting and kept else workload_owner(evidence)
    facts = {**common(evidence, found), "owner": owner.by, "layer": owner.layer.value}
    return Fix(key, owner.layer, lasting=True, facts=facts)


def common(evidence: Evidence, found: Refused, without: str = "") -> Facts:
    """What commands and their verification need, beside the facts of the finding."""
    return {**restart_facts(evidence, found), **probe(found, without)}


def workload_owner(evidence: Evidence) -> Ownership:
    workload = evidence.scene.workload
    return ownership(workload) if isinstance(workload, WorkloadState) else Ownership(Layer.LIVE)


def _object_owner(evidence: Evidence, origin: Origin) -> Ownership:
    """Who will put a ConfigMap or Secret back."""
    settings = evidence.settings
    if isinstance(settings, Unavailable):
        return Ownership(Layer.LIVE)
    if origin.kind is Kind.SECRET:
        return owner_of(_secret_marks(settings.secret(origin.name)))
    return owner_of(_map_marks(settings.config_map(origin.name)))


def _map_marks(found: ConfigMapState | Unavailable) -> Marks:
    return Marks() if isinstance(found, Unavailable) else found.marks


def _secret_marks(found: ObjectNote | Unavailable) -> Marks:
    """External Secrets writes under its own name, with that of the ExternalSecret since 0.10: where it only merges into a
    Secret, nothing else tells. Before, the ExternalSecret mostly had the name of the Secret.
    """
    if isinstance(found, Unavailable):
        return Marks()
    if found.owner:
        return Marks(owner=found.owner)
    if "external-secrets" in found.changed_by or "externalsecret" in found.changed_by:
        return Marks(owner=f"ExternalSecret/{found.changed_by.partition('/')[2] or found.name}")
    return Marks(found.labels, found.annotations, (found.changed_by,))
