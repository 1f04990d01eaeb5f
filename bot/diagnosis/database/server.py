"""What a database or the way to it refuses for its own reasons: no such user or database, rules, rights, limits. Pure.

Each is proven by the line of the log; the settings only tell where the refused name comes from.
"""

from bot.diagnosis.database.login import override_of
from bot.diagnosis.database.remedies import in_settings, on_server, to_look
from bot.diagnosis.database.shown import LOCAL, about, behind, endpoints_seen, override_facts, seen
from bot.diagnosis.database.situation import Evidence, Refused
from bot.diagnosis.findings import Answer
from bot.model import Facts, Finding, Fix, Observation

_NO_OVERRIDE: Facts = {"winner": "", "loser": "", "lost": None}


def user_missing(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    facts: Facts = {
        **about(evidence, found),
        "may_not_log_in": "not permitted to log in" in found.refusal.line.text,
    }
    user = found.login.user if found.login is not None else None
    fixes = on_server("create-user", evidence, found, {})
    return _told(found, answer, facts, seen(evidence, found, user), fixes)


def database_missing(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    database = found.login.database if found.login is not None else None
    override = override_of(database, found.refusal.fact("database"))
    more = _NO_OVERRIDE if override is None else override_facts(override)
    facts: Facts = {**about(evidence, found), **more}
    fixes = on_server("create-database", evidence, found, {})
    if override is not None and override.lost is not None:
        fixes = (*fixes, in_settings("correct-database", evidence, found, database))
    return _told(found, answer, facts, seen(evidence, found, database), fixes)


def refused_by_policy(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    text = f"{found.refusal.fact('encryption')} {found.refusal.line.text}"
    plain = "no encryption" in text or "SSL off" in text
    facts: Facts = {
        **about(evidence, found),
        "client": found.refusal.fact("host"),
        "encryption": found.refusal.fact("encryption"),
        "plain": plain,
    }
    fixes = on_server("allow-host", evidence, found, {})
    if plain:
        fixes = (in_settings("use-tls", evidence, found), *fixes)
    return _told(found, answer, facts, seen(evidence, found), fixes)


def permission_denied(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    refusal = found.refusal
    facts: Facts = {
        **about(evidence, found),
        "object": refusal.fact("object") or refusal.fact("database"),
        "object_kind": refusal.fact("kind") or ("database" if refusal.fact("database") else ""),
    }
    user = found.login.user if found.login is not None else None
    fixes = on_server("grant", evidence, found, {"client": refusal.fact("host") or "%"})
    return _told(found, answer, facts, seen(evidence, found, user), fixes)


def unreachable(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    facts: Facts = {**about(evidence, found), **behind(evidence, found), "id": found.refusal.line.id}
    host = found.login.host if found.login is not None else None
    fixes: tuple[Fix, ...] = ()
    if facts["host"] and facts["host"] not in LOCAL:  # another pod's own address is another one
        fixes = to_look("check-way", evidence, found)
    shown = (*seen(evidence, found, host), *endpoints_seen(evidence))
    return _told(found, answer, facts, shown, fixes)


def too_many_connections(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    facts = about(evidence, found)
    fixes = (
        in_settings("smaller-pool", evidence, found),
        *to_look("see-connections", evidence, found),
    )
    return _told(found, answer, facts, seen(evidence, found), fixes)


def _told(
    found: Refused,
    answer: Answer,
    facts: Facts,
    shown: tuple[Observation, ...],
    fixes: tuple[Fix, ...],
) -> Finding:
    return (answer.confirmed if found.proven else answer.likely)(facts, shown, fixes)
