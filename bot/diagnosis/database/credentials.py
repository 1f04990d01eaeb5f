"""Is a login refused because its user is overridden, because its password is old, or because the two do not fit? Pure.

What the log proves is that the pair was refused. An override or a later change of the Secret explains it; where both
are there, neither is more than likely.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.database.login import Override, Setting, override_of
from bot.diagnosis.database.refusal import Trouble
from bot.diagnosis.database.remedies import correct_password, drop_override, in_settings, restart
from bot.diagnosis.database.revised import go_back, user_before
from bot.diagnosis.database.shown import about, override_facts, said, seen
from bot.diagnosis.database.situation import Evidence, Refused, no_settings
from bot.diagnosis.environment import Kind, Origin, Settings
from bot.diagnosis.evidence import ObjectNote, WorkloadState
from bot.diagnosis.evidence_objects import ConfigMapState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import SecretNote
from bot.diagnosis.observations import instant
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Observation, Reason, Source, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on one explanation before it is worded; `gap` is why it is not certain or not known at all."""

    verdict: Verdict
    why: str = ""
    gap: Unavailable | None = None

    @property
    def open(self) -> bool:
        return self.verdict in {Verdict.LIKELY, Verdict.NOT_CHECKED}


@dataclass(frozen=True, slots=True)
class Freshness:
    """When the object that holds the password, or the user, last changed. `mounted`: a file that the program may read."""

    judged: Judged
    origin: Origin | None = None
    changed_at: datetime | None = None
    changed_by: str = ""
    mounted: bool = False


def user_overridden(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    judged, override = judge_override(evidence, found)
    user = found.login.user if found.login is not None else None
    facts = {**about(evidence, found), "why": judged.why, "user_value": user.value if user else None}
    if judged.verdict is Verdict.NOT_CHECKED and judged.gap is not None:
        return answer.not_checked(judged.gap)
    if override is None:
        return answer.ruled_out(facts, seen(evidence, found, user))
    facts = {**facts, **override_facts(override)}
    shown = seen(evidence, found, override.setting, found.login.password if found.login else None)
    fixes = drop_override(evidence, found, override)
    told = answer.confirmed if judged.verdict is Verdict.CONFIRMED else answer.likely
    return told(facts, shown, fixes, judged.gap)


def judge_override(evidence: Evidence, found: Refused) -> tuple[Judged, Override | None]:
    if found.login is None:
        return Judged(Verdict.NOT_CHECKED, gap=no_settings(evidence)), None
    user = found.login.user
    override = override_of(user, found.refusal.fact("user"))
    if override is None:
        return _not_overridden(found, user), None
    doubt = next(iter(override.setting.variable.doubts), None)
    if doubt is not None:
        return Judged(Verdict.LIKELY, "doubted", doubt), override
    if not _certain(found, override):
        return Judged(Verdict.LIKELY, "unproven"), override
    if judge_freshness(evidence, found).judged.verdict in {Verdict.CONFIRMED, Verdict.LIKELY}:
        return Judged(Verdict.LIKELY, "changed-too"), override
    return Judged(Verdict.CONFIRMED, "differs"), override


def _not_overridden(found: Refused, user: Setting | None) -> Judged:
    gap = found.login.gap if found.login is not None else None
    named = found.refusal.fact("user")
    if user is None:
        return Judged(Verdict.NOT_CHECKED, gap=gap) if gap else Judged(Verdict.RULED_OUT, "no-variable")
    if doubt := next(iter(user.variable.doubts), None):
        return Judged(Verdict.NOT_CHECKED, gap=doubt)
    if named and user.value is not None and user.value != named:
        return Judged(Verdict.NOT_CHECKED, gap=gap) if gap else Judged(Verdict.RULED_OUT, "other-user")
    return Judged(Verdict.RULED_OUT, "one-source")


def _certain(found: Refused, override: Override) -> bool:
    """The log names the user that won, what lost is seen to differ, and the password did not change hands with it."""
    password = found.login.password if found.login is not None else None
    paired = (
        password is not None
        and password.variable is not override.setting.variable
        and bool(password.variable.overridden)
    )
    named = found.refusal.fact("user") == override.value and override.setting.value is not None
    fits = found.refusal.trouble in {Trouble.LOGIN, Trouble.USER}
    return found.proven and fits and named and override.lost is not None and not paired


def password_stale(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    fresh = judge_freshness(evidence, found)
    if fresh.judged.verdict is Verdict.NOT_CHECKED and fresh.judged.gap is not None:
        return answer.not_checked(fresh.judged.gap)
    facts: Facts = {
        **about(evidence, found),
        "why": fresh.judged.why,
        "object": "" if fresh.origin is None else said(fresh.origin),
        "key": "" if fresh.origin is None else fresh.origin.key,
        "changed_at": instant(fresh.changed_at),
        "changed_by": fresh.changed_by,
        "mounted": fresh.mounted,
        "waits": found.place.container.state == "waiting",
    }
    changed = _changed(found, fresh)
    if fresh.judged.verdict is Verdict.RULED_OUT:
        return answer.ruled_out(facts, changed)
    _judged, override = judge_override(evidence, found)
    certain = fresh.judged.verdict is Verdict.CONFIRMED and (override is None or override.lost is None)
    told = answer.confirmed if certain else answer.likely
    return told(facts, (*changed, *seen(evidence, found)), restart(evidence, found), fresh.judged.gap)


def judge_freshness(evidence: Evidence, found: Refused) -> Freshness:
    """The environment of a container is made when it starts: what changed later is not in it."""
    if found.login is None or isinstance(evidence.settings, Unavailable):
        return Freshness(Judged(Verdict.NOT_CHECKED, gap=no_settings(evidence)))
    origin, mounted = _holder(evidence, found)
    if origin is None:
        gap = found.login.gap if found.login.password is None else None
        why = "no-variable" if found.login.password is None else "not-an-object"
        return Freshness(Judged(Verdict.NOT_CHECKED, gap=gap) if gap else Judged(Verdict.RULED_OUT, why))
    note = _note(evidence.settings, origin)
    if isinstance(note, Unavailable):
        return Freshness(Judged(Verdict.NOT_CHECKED, gap=note), origin)
    changed, started = note.changed_at, found.started_at
    if changed is None or started is None:
        return Freshness(Judged(Verdict.NOT_CHECKED, gap=_no_times(found, origin)), origin)
    if changed <= started:
        # The user may come from what could not be looked at, and that may have changed since.
        gap = _user_gap(found, origin)
        judged = Judged(Verdict.NOT_CHECKED, gap=gap) if gap else Judged(Verdict.RULED_OUT, "before")
    else:
        judged = Judged(Verdict.CONFIRMED if found.proven and not mounted else Verdict.LIKELY, "after")
    return Freshness(judged, origin, changed, note.changed_by, mounted)


def _user_gap(found: Refused, origin: Origin) -> Unavailable | None:
    login = found.login
    if login is None or (login.user is None and login.gap is None):
        return None
    if login.user is None:
        return login.gap
    if login.user.origin.name == origin.name:
        return None
    doubts = login.user.variable.doubts
    return next(iter(doubts), None) if login.user.value is None or doubts else None


def _holder(evidence: Evidence, found: Refused) -> tuple[Origin | None, bool]:
    """The object that gives the password; the user's, where what it gives now is not what was refused."""
    login, held = found.login, (Kind.SECRET, Kind.CONFIG_MAP)
    if login is None:
        return None, False
    named = found.refusal.fact("user")
    user = login.user
    if user and named and user.value not in {None, named} and user.origin.kind is Kind.CONFIG_MAP:
        return user.origin, False
    if login.password is not None:
        origin = login.password.origin
        return (origin if origin.kind in held else None), False
    workload = evidence.scene.workload
    mounts = workload.template.mounts if isinstance(workload, WorkloadState) else ()
    first = next((mount.partition("/")[2] for mount in mounts if mount.startswith("secret/")), None)
    return (None if first is None else Origin(Kind.SECRET, first)), first is not None


def _note(settings: Settings, origin: Origin) -> ObjectNote | ConfigMapState | Unavailable:
    return settings.secret(origin.name) if origin.kind is Kind.SECRET else settings.config_map(origin.name)


def _no_times(found: Refused, origin: Origin) -> Unavailable:
    what = said(origin) if found.started_at is not None else f"container {found.place.container.name}"
    detail = f"nothing tells when {what} {'changed' if found.started_at is not None else 'started'}"
    place = found.place.pod.namespace
    return Unavailable(Source.KUBERNETES, Reason.NOT_FOUND, "get", "secrets", place, detail)


def _changed(found: Refused, fresh: Freshness) -> tuple[Observation, ...]:
    if fresh.origin is None or fresh.changed_at is None:
        return ()
    facts: Facts = {
        "object": said(fresh.origin),
        "changed_at": instant(fresh.changed_at),
        "changed_by": fresh.changed_by,
        "container": found.place.container.name,
        "started_at": instant(found.started_at),
    }
    look = SecretNote(found.place.pod.namespace, fresh.origin.name)
    reproduce = look.reproduce() if fresh.origin.kind is Kind.SECRET else ""
    return (Observation(Source.KUBERNETES, "changed", facts, reproduce, fresh.changed_at),)


def password_wrong(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    overridden, override = judge_override(evidence, found)
    stale = judge_freshness(evidence, found).judged
    login = found.login
    user, password = (None, None) if login is None else (login.user, login.password)
    facts: Facts = {
        **about(evidence, found),
        "why": "overridden" if overridden.verdict is Verdict.CONFIRMED else "stale",
        "id": found.refusal.line.id,
        "password_given": found.refusal.line.id != "redis-noauth" and found.refusal.fact("password") != "NO",
        "same_source": user is not None and password is not None and user.origin.name == password.origin.name,
        "auth_source": _auth_source(found),
        "freshness": stale.why,
        "user_before": user_before(evidence, found),
        "references": (),
    }
    certain = stale.verdict is Verdict.CONFIRMED and (override is None or override.lost is None)
    if overridden.verdict is Verdict.CONFIRMED or certain:
        return answer.ruled_out(facts)
    fixes = (*go_back(evidence, found), *correct_password(evidence, found))
    if facts["auth_source"] is False and login is not None:
        fixes = (in_settings("set-auth-source", evidence, found, login.url), *fixes)
    shown = seen(evidence, found, user, password)
    if not found.proven or overridden.open or stale.open or stale.verdict is Verdict.CONFIRMED:
        return answer.likely(facts, shown, fixes, overridden.gap or stale.gap)
    return answer.confirmed(facts, shown, fixes)


def _auth_source(found: Refused) -> bool | None:
    """Whether the URI says where MongoDB keeps the user; None where no URI can be seen."""
    url = found.login.url if found.login is not None else None
    if found.refusal.engine != "mongo" or url is None or url.value is None:
        return None
    return "authsource=" in url.value.lower()
