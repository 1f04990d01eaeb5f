"""What a database or the way to it refuses for its own reasons: no such user or database, rules, rights, limits. Pure.

Each is proven by the line of the log; the settings only tell where the refused name comes from.
"""

import re

from bot.diagnosis.database.beside import beside_facts, beside_fixes, beside_of, in_the_pod
from bot.diagnosis.database.login import override_of
from bot.diagnosis.database.remedies import common, in_settings, on_server, to_look
from bot.diagnosis.database.shown import about, behind, endpoints_seen, override_facts, seen
from bot.diagnosis.database.situation import Evidence, Refused
from bot.diagnosis.database.variables import address_of
from bot.diagnosis.findings import Answer
from bot.diagnosis.lines.translated import MAY_NOT_LOG_IN, UNENCRYPTED
from bot.diagnosis.observations import container_state
from bot.model import Facts, Finding, Fix, Layer, Observation

# What a right is missing to, where the line does not say.
_KINDS = {"mongo-unauthorized": "command"}
_NO_OVERRIDE: Facts = {"winner": "", "loser": "", "lost": None}


def user_missing(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    facts: Facts = {
        **about(evidence, found),
        "may_not_log_in": MAY_NOT_LOG_IN.search(found.refusal.line.text) is not None,
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
    plain = UNENCRYPTED.search(text) is not None
    facts: Facts = {
        **about(evidence, found),
        "client": found.refusal.fact("host"),
        "encryption": found.refusal.fact("encryption"),
        "plain": plain,
    }
    engine = found.refusal.engine
    key = f"allow-host-{engine}" if engine in {"mysql", "redis"} else "allow-host"
    fixes = on_server(key, evidence, found, {})
    if plain:
        fixes = (in_settings("use-tls", evidence, found), *fixes)
    return _told(found, answer, facts, seen(evidence, found), fixes)


def permission_denied(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    refusal = found.refusal
    database = refusal.fact("database")
    facts: Facts = {
        **about(evidence, found),
        "object": refusal.fact("object") or database,
        "object_kind": refusal.fact("kind") or _KINDS.get(refusal.line.id, "database" if database else ""),
        "privilege": refusal.fact("privilege"),
    }
    user = found.login.user if found.login is not None else None
    if not refusal.engine:
        fixes = to_look("look-at-rights", evidence, found)
    else:
        more: Facts = {"client": refusal.fact("host") or "%", "auth_database": _auth_database(found)}
        fixes = on_server("grant", evidence, found, more)
    return _told(found, answer, facts, seen(evidence, found, user), fixes)


def _auth_database(found: Refused) -> str:
    """Where MongoDB keeps the user: what the URI says, else the database of the URI, else admin."""
    url = found.login.url if found.login is not None else None
    address = address_of(url.value) if url is not None and url.value is not None else None
    if address is None:
        return "admin"
    named = re.search(r"(?i)authSource=([^&;]+)", address.options)
    return named[1] if named is not None else address.database or "admin"


def login_blocked(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    """The account or the method is in the way, before or behind the password."""
    state = found.refusal.fact("state")
    client: Facts = {"client": found.refusal.fact("host") or "%"}
    facts: Facts = {**about(evidence, found), "state": state, "plugin": found.refusal.fact("plugin")}
    user = found.login.user if found.login is not None else None
    match state:
        case "expired":
            fixes = on_server("renew-password", evidence, found, client)
        case "locked":
            fixes = on_server("unlock-account", evidence, found, client)
        case "public-key":
            fixes = (
                in_settings("allow-public-key", evidence, found, found.login.url if found.login else None),
            )
        case _:
            known = common(evidence, found)
            fixes = (Fix("upgrade-driver", Layer.CODE, lasting=True, facts=known),)
    return _told(found, answer, facts, seen(evidence, found, user), fixes)


def unreachable(evidence: Evidence, found: Refused, answer: Answer) -> Finding:
    known: Facts = {**about(evidence, found), **beside_facts(found), **behind(evidence, found)}
    facts: Facts = {**known, "id": found.refusal.line.id}
    host = found.login.host if found.login is not None else None
    shown = (*seen(evidence, found, host), *endpoints_seen(evidence))
    fixes: tuple[Fix, ...] = ()
    if in_the_pod(found):
        beside = beside_of(found)
        shown = shown if beside is None else (*shown, container_state(beside))
        fixes = beside_fixes(evidence, found)
    elif facts["host"]:
        fixes = to_look("check-way", evidence, found)
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
