"""What the trouble of a refusal comes from, in words that are the same for every workload that has it. Pure."""

from bot.diagnosis.database.credentials import judge_freshness
from bot.diagnosis.database.login import Override, override_of
from bot.diagnosis.database.refusal import Trouble
from bot.diagnosis.database.shown import server_of
from bot.diagnosis.database.situation import Evidence, Refused


def root_of(cause: str, evidence: Evidence, found: Refused) -> str:
    """Empty where the trouble is the workload's own."""
    place = found.place.pod.namespace
    server = server_of(found, place)
    # A host without dots is another one in every namespace.
    at = server.host if "." in server.host else f"{server.host} in {place}"
    match cause:
        case "db-user-overridden":
            override = override_of(found.login.user if found.login else None, found.refusal.fact("user"))
            return "" if override is None else _of_override(override, found)
        case "db-password-stale":
            origin = judge_freshness(evidence, found).origin
            return f"{origin.object} in {place} changed" if origin is not None else ""
        case "db-password-wrong":
            password = found.login.password if found.login is not None else None
            held = password.origin.object if password is not None else ""
            return f"password of {found.user} from {held} in {place}" if held and found.user else ""
        case "db-unreachable" | "db-too-many-connections":
            return f"{cause} {at}:{server.port}" if server.host else ""
        case "db-host-refused-by-policy":
            return f"pg_hba.conf of {at} for {found.user}" if server.host else ""
        case _:
            named = found.user if found.refusal.trouble is Trouble.USER else found.refusal.fact("database")
            return f"{cause} {named} at {at}" if server.host and named else ""


def _of_override(override: Override, found: Refused) -> str:
    """One side is mostly shared by many workloads, and the other made for each: what they share is the root."""
    winner, loser, place = override.setting.origin, override.loser, found.place.pod.namespace
    stem = found.place.pod.name.partition("-")[0]
    variable = override.setting.variable.name
    if winner.object and loser.name.startswith(stem) and not winner.name.startswith(stem):
        return f"{variable} of {winner.object} in {place} overrides"
    return f"{variable} of {loser.object} in {place} overridden" if loser.object else ""
