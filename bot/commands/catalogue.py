"""`opsbot runbooks` and `opsbot rbac`: what is loaded, and what it may read."""

from collections.abc import Sequence
from typing import Any

from bot.delivery.words import Words
from bot.diagnosis.changes import CHANGE_READS
from bot.diagnosis.rbac import manifest
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Read
from runbooks.catalog import CATALOG


def listing(language: str) -> str:
    words = Words(language)
    width = max(len(runbook.name) for runbook in CATALOG)
    return "\n".join(f"{runbook.name:{width}}  {words.runbook_summary(runbook.name)}" for runbook in CATALOG)


def find(name: str) -> Runbook[Any] | None:
    return next((runbook for runbook in CATALOG if runbook.name == name), None)


def shown(runbook: Runbook[Any], language: str) -> str:
    words = Words(language)
    lines = [
        f"{runbook.name}: {words.runbook_title(runbook.name)}",
        words.runbook_summary(runbook.name),
        "",
        "Alerts",
    ]
    lines += [f"  {alert}" for alert in runbook.alerts] or ["  any that no other runbook names"]
    lines += ["", "Causes"]
    width = max(len(cause.id) for cause in runbook.causes)
    lines += [f"  {cause.id:{width}}  {words.cause_name(runbook.name, cause.id)}" for cause in runbook.causes]
    lines += ["", "Reads"]
    lines += [f"  {_read(read)}" for read in runbook.reads]
    return "\n".join(lines)


def _read(read: Read) -> str:
    what = f"{', '.join(read.verbs)} {', '.join(read.resources)}" if read.resources else "queries"
    return f"{read.source.value}: {what} ({read.why})"


def rbac(namespaces: Sequence[str], home: str) -> str:
    reads = (read for runbook in CATALOG for read in runbook.reads)
    return manifest((*reads, *CHANGE_READS), namespaces, home=home)
