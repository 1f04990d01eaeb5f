"""Does a login hold `$(NAME)` as it stands?  Kubernetes puts in only what is defined above in the list of `env`. Pure.

What is defined below or nowhere stays literal, without a warning, and so does all that a ConfigMap holds.
https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

import json
from dataclasses import dataclass, replace

from bot.diagnosis.database.login import Login
from bot.diagnosis.database.refusal import Trouble
from bot.diagnosis.database.remedies import common, workload_owner
from bot.diagnosis.database.shown import about, said, seen
from bot.diagnosis.database.situation import Evidence, Refused, no_settings
from bot.diagnosis.environment import Kind, Variable
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.expansion import UNREADABLE
from bot.diagnosis.findings import Answer, fixes_where_they_last
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Verdict

TROUBLES = frozenset({Trouble.LOGIN, Trouble.USER, Trouble.DATABASE, Trouble.POLICY, Trouble.NETWORK})


@dataclass(frozen=True, slots=True)
class Unresolved:
    """`certain`: the log shows the reference itself, or the login cannot have worked with it. `later` are the names that are
    defined, but further down.
    """

    variable: Variable
    certain: bool
    later: tuple[str, ...]

    @property
    def fix(self) -> str:
        if self.variable.origin.kind is Kind.CONFIG_MAP:
            return "expand-setting"
        return "order-settings" if self.later else "define-setting"


def unresolved_of(found: Refused) -> Unresolved | None:
    if found.login is None or found.environment is None or found.refusal.trouble not in TROUBLES:
        return None
    candidates = [one for one in _variables(found.login) if one.literal and not one.doubts]
    shown = next((one for one in candidates if _shown(one, found)), None)
    variable = shown or (next(iter(candidates), None) if found.refusal.trouble is Trouble.LOGIN else None)
    if variable is None:
        return None
    defined = {one.name for one in found.environment}
    later = tuple(name for name in variable.literal if name in defined)
    certain = shown is not None or _is_the_password(found.login, variable, found.refusal.fact("user"))
    return Unresolved(variable, certain and found.proven, later)


def setting_unresolved(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    if found.login is None:
        return answer.not_checked(no_settings(evidence))
    held = unresolved_of(found)
    if held is None:
        gap = _gap(found.login)
        return answer.not_checked(gap) if gap is not None else answer.ruled_out(_none(evidence, found))
    variable = held.variable
    facts: Facts = {
        **about(evidence, found),
        **unresolved_facts(held),
        "source": said(variable.origin),
        "later": held.later,
        "nowhere": tuple(name for name in variable.literal if name not in held.later),
        "from_map": variable.origin.kind is Kind.CONFIG_MAP,
    }
    told = answer.confirmed if held.certain else answer.likely
    user, password = found.login.user, found.login.password
    return told(facts, seen(evidence, found, found.login.url, user, password), _fixes(evidence, found, held))


def unresolved_facts(held: Unresolved) -> Facts:
    return {
        "variable": held.variable.name,
        "references": tuple(f"$({name})" for name in held.variable.literal),
    }


def _none(evidence: Evidence, found: Refused) -> Facts:
    return {**about(evidence, found), "why": "no-reference"}


def _variables(login: Login) -> tuple[Variable, ...]:
    settings = (login.user, login.password, login.url, login.host, login.database)
    return tuple({one.variable.name: one.variable for one in settings if one is not None}.values())


def _gap(login: Login) -> Unavailable | None:
    return next((doubt for one in _variables(login) for doubt in one.doubts), login.gap)


def _shown(variable: Variable, found: Refused) -> bool:
    return any(f"$({name})" in found.refusal.line.text for name in variable.literal)


def _is_the_password(login: Login, variable: Variable, named: str) -> bool:
    """What no log shows: the URL that the refused user was taken from lacks nothing else."""
    user, password = login.user, login.password
    if password is None or password.variable.name != variable.name:
        return False
    return not named or (user is not None and user.value == named)


def _fixes(evidence: Evidence, found: Refused, held: Unresolved) -> tuple[Fix, ...]:
    variable = held.variable
    value = variable.value if variable.value is not None and UNREADABLE not in variable.value else ""
    facts: Facts = {
        **common(evidence, found),
        # A pod with the settings as they are would be refused alike.
        "probe_spec": "",
        "names": held.later or variable.literal,
        "value": value,
        "json_patch": _moved(evidence, found, held),
    }
    owner = workload_owner(evidence)
    if facts["json_patch"]:
        return fixes_where_they_last(held.fix, owner, facts)
    known: Facts = {**facts, "owner": owner.by, "layer": owner.layer.value}
    return (Fix(f"{held.fix}-at-source", owner.layer, lasting=True, facts=known),)


def _moved(evidence: Evidence, found: Refused, held: Unresolved) -> str:
    """A JSON patch that puts the variable at the end of its list; empty where that would not mend it, or cannot be."""
    workload = evidence.scene.workload
    if not isinstance(workload, WorkloadState) or common(evidence, found)["restart"] != "rollout":
        return ""
    if held.fix != "order-settings" or held.later != held.variable.literal:
        return ""
    field = "containers" if found.place.container.role == "main" else "initContainers"
    alike = [
        spec for spec in workload.template.containers if (spec.role == "main") == (field == "containers")
    ]
    at = next((n for n, spec in enumerate(alike) if spec.name == found.place.container.name), None)
    if at is None:
        return ""
    names = [entry.name for entry in alike[at].env]
    if held.variable.name not in names:
        return ""
    entries = f"/spec/template/spec/{field}/{at}/env"
    entry = f"{entries}/{len(names) - 1 - names[::-1].index(held.variable.name)}"
    steps = [
        {"op": "test", "path": f"{entry}/name", "value": held.variable.name},
        {"op": "move", "from": entry, "path": f"{entries}/-"},
    ]
    return json.dumps(steps, separators=(",", ":"))


def yielding(finding: Finding, held: Unresolved) -> Finding:
    """Another explanation is no more than likely where a reference may be the reason."""
    if finding.verdict is not Verdict.CONFIRMED:
        return finding
    return replace(finding, verdict=Verdict.LIKELY, facts={**finding.facts, **unresolved_facts(held)})
