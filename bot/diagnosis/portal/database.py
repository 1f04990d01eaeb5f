"""Does the database have the tables and the names that the workload expects of it? Pure; only its log tells."""

import re

from bot.diagnosis.evidence import LogTail, WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.portal.backdrop import Backdrop, Log, Setting, quoted
from bot.diagnosis.portal.migrating import GO, Tool, tool_of
from bot.diagnosis.portal.remedies import set_variable
from bot.diagnosis.sources import Unavailable
from bot.model import Facts, Finding, Fix, Layer

_MIGRATES = ("DB_AUTO_MIGRATE", "AUTO_MIGRATE", "DATABASE_AUTO_MIGRATE", "RUN_MIGRATIONS", "DB_MIGRATE")
# GORM names a unique constraint uni_<table>_<column>, PostgreSQL <table>_<column>_key:
# https://gorm.io/docs/constraints.html, https://www.postgresql.org/docs/current/sql-createtable.html
_GORM = re.compile(r"(?:uni|idx|uix)_(?P<rest>\w+)")
_DEFAULT = re.compile(r"\b\w+_key\b")


def not_migrated(seen: Backdrop, answer: Answer) -> Finding:
    line = seen.said("postgres-undefined-table", "table-missing")
    if line is None:
        return _nothing(seen, answer)
    log, known = line
    switch, tool = seen.first(*_MIGRATES), _tool(seen, log)
    facts: Facts = {
        "tool": tool.name if isinstance(tool, Tool) else "",
        "relation": known.facts.get("relation") or known.facts.get("table", ""),
        "line": known.text,
        "switch": switch.name if switch else _MIGRATES[0] if tool == GO else "",
        "switch_value": switch.value if switch else None,
        "switch_source": switch.source if switch else "",
        "pod": log.look.pod,
        "container": log.look.container,
    }
    return answer.confirmed(facts, quoted(line), _migrate(seen, switch, tool, facts))


def _tool(seen: Backdrop, log: Log) -> Tool | str | None:
    """By all that is known of the container whose log misses the table."""
    specs = seen.workload.template.containers if isinstance(seen.workload, WorkloadState) else ()
    spec = next((one for one in specs if one.name == log.look.container), None)
    lines = log.tail.lines if isinstance(log.tail, LogTail) else ()
    given = spec is not None and spec.name == seen.container
    return tool_of(lines, spec, [one.name for one in seen.settings] if given else [])


def _migrate(
    seen: Backdrop, switch: Setting | None, tool: Tool | str | None, facts: Facts
) -> tuple[Fix, ...]:
    """By the variable that the program has for it, or that one written in Go usually has; else with its own tool."""
    known: Facts = {**facts, "namespace": seen.target.namespace}
    if switch is not None or tool == GO:
        setting = switch or Setting(_MIGRATES[0], None, "")
        on = (setting.value or "").lower() == "true"
        if not on and (fixes := set_variable(seen, setting, "true")):
            return fixes
    if isinstance(tool, Tool):
        told: Facts = {**known, "shows": tool.shows, "runs": tool.runs}
        return (Fix("run-migration", Layer.LIVE, lasting=True, facts=told),)
    if switch is not None or tool == GO:
        return (Fix("see-migration", Layer.LIVE, lasting=True, facts=known),)
    return (Fix("find-migration", Layer.LIVE, lasting=True, facts=known),)


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


def _nothing(seen: Backdrop, answer: Answer) -> Finding:
    if isinstance(seen.workload, Unavailable):
        return answer.not_checked(seen.workload)
    if gap := seen.log_gap:
        return answer.not_checked(gap)
    return answer.ruled_out({"lines_read": seen.lines_read, "logs": len(seen.logs)})
