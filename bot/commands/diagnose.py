"""`opsbot diagnose`: from what a person typed to one target, and from its diagnosis to text in the wanted form."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.app import engine_of, now
from bot.catalogue import Catalogue, catalogue_of
from bot.commands.checks import FIND_CLUSTER, gap
from bot.delivery.render import Layouts
from bot.diagnosis.bundle import BundleError, encode
from bot.diagnosis.engine import Engine
from bot.diagnosis.naming import Asked, asked
from bot.diagnosis.recording import Recording
from bot.diagnosis.resolving import Nowhere, resolve
from bot.diagnosis.sources import Unavailable
from bot.model import Alert, AlertStatus, Diagnosis, Reason, Target, Verdict
from bot.settings import Settings


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    BLOCKS = "blocks"


class Ended(StrEnum):
    """How a diagnosis by hand ended; the exit code follows from it."""

    NOTHING = "nothing"
    FOUND = "found"
    BLIND = "blind"


class NoTargetError(Exception):
    """There is no such target, or there are several; the message says where was looked and what is near."""


class CannotRecordError(Exception):
    """The evidence could not be written to where it should be; the message says why."""


class CannotLookError(Exception):
    """The cluster could not be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """`record` is a file to keep the evidence in."""

    name: str
    cluster: str = ""
    runbook: str = ""
    alert: str = ""
    labels: Mapping[str, str] | None = None
    record: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    ended: Ended


async def diagnose(settings: Settings, question: Question, output: Output) -> Answer:
    catalogue = await catalogue_of(settings.runbooks)
    catalogue.tell()
    names = _runbooks(catalogue, question.runbook)
    cluster = _cluster(settings, question.cluster)
    layouts = Layouts(catalogue.words(settings.delivery.language), public_url=settings.server.public_url)
    async with engine_of(settings, catalogue) as engine:
        target = await _target(engine, cluster, asked(question.name))
        recording = await engine.record(target, names=names, alerts=_alerts(question))
    if question.record:
        await asyncio.to_thread(_keep, question.record, recording)
    return Answer(shown(layouts, recording.diagnosis, output), ended(recording.diagnosis))


def _keep(file: str, recording: Recording) -> None:
    try:
        Path(file).write_bytes(encode([recording]))
    except OSError as error:
        raise CannotRecordError(f"--record: {file} cannot be written: {error.strerror}") from None
    except BundleError as error:
        raise CannotRecordError(f"--record: what was seen {error}") from None


def ended(diagnosis: Diagnosis) -> Ended:
    """Blind where nothing at all was seen and not only because there is nothing to see."""
    verdicts = {finding.verdict for finding in diagnosis.findings}
    if verdicts & {Verdict.CONFIRMED, Verdict.LIKELY}:
        return Ended.FOUND
    reasons = {finding.missing.reason for finding in diagnosis.findings if finding.missing is not None}
    blind = verdicts <= {Verdict.NOT_CHECKED} and reasons != {Reason.NOT_FOUND}
    return Ended.BLIND if blind else Ended.NOTHING


def _runbooks(catalogue: Catalogue, name: str) -> tuple[str, ...] | None:
    if not name:
        return None
    if catalogue.find(name) is None:
        raise NoTargetError(catalogue.unknown(name))
    return (name,)


def _cluster(settings: Settings, name: str) -> str:
    known = [cluster.name for cluster in settings.clusters]
    if name and name not in known:
        raise NoTargetError(
            f"there is no cluster {name!r} in the configuration; there is: {', '.join(known)}"
        )
    return name or known[0]


async def _target(engine: Engine, cluster: str, wanted: Asked) -> Target:
    match await resolve(engine, cluster, wanted):
        case Unavailable() as missing:
            advice = f"; {FIND_CLUSTER}" if missing.reason is Reason.NOT_CONFIGURED else ""
            raise CannotLookError(f"cluster {cluster}: {gap(missing)}{advice}")
        case Nowhere(near, detail):
            raise NoTargetError(_nowhere(wanted, cluster, near) + (f" ({detail})" if detail else ""))
        case (target,):
            return target
        case several:
            choices = "".join(f"\n  opsbot diagnose {target}" for target in several)
            raise NoTargetError(f"{wanted.name!r} is {len(several)} things; say which:{choices}")


def _nowhere(wanted: Asked, cluster: str, near: tuple[Target, ...]) -> str:
    what = wanted.kind or "workload or pod"
    where = f"namespace {wanted.namespace}" if wanted.namespace else "any namespace"
    hint = f"; near: {', '.join(str(target) for target in near)}" if near else ""
    return f"no {what} is called {wanted.name!r} in {where} of cluster {cluster}{hint}"


def _alerts(question: Question) -> tuple[Alert, ...]:
    labels = dict(question.labels or {})
    if question.alert:
        labels["alertname"] = question.alert
    if not labels:
        return ()
    return (Alert(AlertStatus.FIRING, labels, {}, now(), None, "", ""),)


def shown(layouts: Layouts, diagnosis: Diagnosis, output: Output) -> str:
    match output:
        case Output.TEXT:
            return layouts.text(diagnosis).rstrip()
        case Output.MARKDOWN:
            return layouts.markdown(diagnosis).rstrip()
        case Output.JSON:
            return json.dumps(layouts.to_json(diagnosis), ensure_ascii=False, indent=2)
        case Output.BLOCKS:
            return json.dumps(layouts.blocks(diagnosis), ensure_ascii=False, indent=2)
