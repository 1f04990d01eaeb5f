"""Did the newest revision of a workload bring the user that is refused, and may it be taken back? Pure."""

from dataclasses import replace

from bot.diagnosis.cases import Case, cases
from bot.diagnosis.database.login import login_of
from bot.diagnosis.database.remedies import common
from bot.diagnosis.database.situation import Evidence, Refused
from bot.diagnosis.environment import effective
from bot.diagnosis.rollback import Brought, brought_by_rollout, roll_back
from bot.diagnosis.sources import Unavailable
from bot.model import Fix


def user_before(evidence: Evidence, found: Refused) -> str:
    """The user that the revision before gave, where that is another one; else empty."""
    brought = _brought(evidence, found)
    if brought is None or found.login is None or isinstance(evidence.settings, Unavailable):
        return ""
    specs = (spec for spec in brought.before.template.containers if spec.name == found.place.container.name)
    for spec in specs:
        before = login_of(effective(spec, evidence.settings), found.refusal.engine).user
        value = before.value if before is not None else None
        return value if value and value != found.user else ""
    return ""


def go_back(evidence: Evidence, found: Refused) -> tuple[Fix, ...]:
    """Only where the revision brought another user: what else it brought is taken back as well."""
    if not user_before(evidence, found):
        return ()
    fixes = roll_back(evidence.scene, _cases(evidence, found))
    return tuple(replace(fix, facts={**common(evidence, found), **fix.facts}) for fix in fixes)


def _brought(evidence: Evidence, found: Refused) -> Brought | None:
    return brought_by_rollout(evidence.scene, _cases(evidence, found))


def _cases(evidence: Evidence, found: Refused) -> tuple[Case, ...]:
    name = found.place.container.name
    return tuple(case for case in cases(evidence.scene) if case.place.container.name == name)
