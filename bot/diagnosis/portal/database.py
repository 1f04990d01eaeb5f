"""Does the database have the tables and the names that the workload expects of it? Pure; only its log tells."""

import re

from bot.diagnosis.evidence import LogTail
from bot.diagnosis.findings import Answer
from bot.diagnosis.portal.backdrop import Backdrop, Setting, quoted
from bot.diagnosis.portal.remedies import set_variable
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer

_MIGRATES = ("DB_AUTO_MIGRATE", "AUTO_MIGRATE", "DATABASE_AUTO_MIGRATE", "RUN_MIGRATIONS", "DB_MIGRATE")
# GORM names a unique constraint uni_<table>_<column>, PostgreSQL <table>_<column>_key:
# https://gorm.io/docs/constraints.html, https://www.postgresql.org/docs/current/sql-createtable.html
_GORM = re.compile(r"(?:uni|idx|uix)_(?P<rest>\w+)")
_DEFAULT = re.compile(r"\b\w+_key\b")


def not_migrated(seen: Backdrop, answer: Answer) -> Finding:
    line = seen.said("postgres-undefined-table")
    if line is None:
        return _nothing(seen, answer)
    log, known = line
    switch = seen.first(*_MIGRATES)
    facts: Facts = {
        "relation": known.facts.get("relation", ""),
        "line": known.text,
        "switch": switch.name if switch else _MIGRATES[0],
        "switch_value": switch.value if switch else None,
        "switch_source": switch.source if switch else "",
        "pod": log.look.pod,
        "container": log.look.container,
    }
    setting = switch or Setting(_MIGRATES[0], None, "")
    fixes = set_variable(seen, setting, "true") if (setting.value or "").lower() != "true" else ()
    return answer.confirmed(facts, quoted(line), fixes or _look_why(seen, facts))


def constraint_name(seen: Backdrop, answer: Answer) -> Finding:
    line = seen.said("postgres-constraint-missing")
    if line is None:
        return _nothing(seen, answer)
    log, known = line
    wanted, relation = known.facts.get("constraint", ""), known.facts.get("relation", "")
    match = _GORM.fullmatch(wanted)
    there, seen_in_log = _there(log.tail, relation, match["rest"] if match else "")
    facts: Facts = {
        "wanted": wanted,
        "relation": relation,
        "there": there,
        "seen_in_log": seen_in_log,
        "line": known.text,
        "pod": log.look.pod,
        "container": log.look.container,
        "namespace": seen.target.namespace,
    }
    if match is None or not there:
        return answer.likely(
            facts, quoted(line), (Fix("find-constraint", Layer.LIVE, lasting=True, facts=facts),)
        )
    return answer.confirmed(
        facts, quoted(line), (Fix("rename-index", Layer.LIVE, lasting=True, facts=facts),)
    )


def _there(tail: LogTail | Unavailable, relation: str, rest: str) -> tuple[str, bool]:
    """The name in the database: as the log says it, else as PostgreSQL makes it."""
    default = f"{rest}_key" if rest and rest.startswith(relation) else ""
    lines = tail.lines if isinstance(tail, LogTail) else ()
    said = {
        name for line in lines for name in _DEFAULT.findall(line) if relation and name.startswith(relation)
    }
    if default in said or not said:
        return default, default in said
    return (min(said), True) if len(said) == 1 else (default, False)


def _look_why(seen: Backdrop, facts: Facts) -> tuple[Fix, ...]:
    more: Facts = {**facts, "namespace": seen.target.namespace}
    return (Fix("see-migration", Layer.LIVE, lasting=True, facts=more),)


def _nothing(seen: Backdrop, answer: Answer) -> Finding:
    if isinstance(seen.workload, Unavailable):
        return answer.not_checked(seen.workload)
    if gap := seen.log_gap:
        return answer.not_checked(gap)
    return answer.ruled_out({"lines_read": seen.lines_read, "logs": len(seen.logs)})
