"""Do containers still run with what a ConfigMap said before it changed?  Alerts: SettingsNotPickedUp."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.evidence import ObjectNote, PodList, PodState, WorkloadState
from bot.diagnosis.findings import Answer
from bot.diagnosis.looks import ConfigMapNote, PodsOf, WorkloadOf
from bot.diagnosis.reads import CONFIG_READ, POD_READ, WORKLOAD_READ
from bot.diagnosis.runbook import Runbook
from bot.diagnosis.sources import Sources, Unavailable
from bot.model import Cause, Facts, Finding, Fix, Layer, Observation, Source, Target

NAME = "stale_settings"


@dataclass(frozen=True, slots=True)
class Evidence:
    workload: WorkloadState | Unavailable
    pods: PodList | Unavailable
    notes: tuple[ObjectNote | Unavailable, ...] = ()


async def collect(target: Target, sources: Sources) -> Evidence:
    workload = await sources.look(WorkloadOf(target))
    if isinstance(workload, Unavailable):
        return Evidence(workload, workload)
    namespace = workload.target.namespace
    pods, notes = await asyncio.gather(
        sources.look(PodsOf(namespace, workload.selector)),
        asyncio.gather(*(sources.look(ConfigMapNote(namespace, name)) for name in config_maps(workload))),
    )
    return Evidence(workload, pods, tuple(notes))


def config_maps(workload: WorkloadState) -> list[str]:
    """Those that become environment variables, which a container reads once, when it starts."""
    sources = [source for spec in workload.template.containers for source in spec.env_from]
    variables = [variable.source for spec in workload.template.containers for variable in spec.env]
    whole = {source.name for source in sources if source.kind == "ConfigMap"}
    single = {source.split("/")[1] for source in variables if source.startswith("configmap/")}
    return sorted(whole | single)


def decide(evidence: Evidence) -> list[Finding]:
    answer = Answer(NAME, "settings-newer-than-container")
    workload, pods = evidence.workload, evidence.pods
    if isinstance(workload, Unavailable):
        return [answer.not_checked(workload)]
    if isinstance(pods, Unavailable):
        return [answer.not_checked(pods)]
    for note in evidence.notes:
        if isinstance(note, ObjectNote) and note.changed_at:
            late = [pod for pod in pods.pods if started_before(pod, note.changed_at)]
            if late:
                return [confirmed(answer, workload.target, note, note.changed_at, late)]
    for note in evidence.notes:
        if isinstance(note, Unavailable):  # nothing was proven, and this one might have proved it
            return [answer.not_checked(note)]
    return [answer.ruled_out({"pods": len(pods.pods), "configmaps": len(evidence.notes)})]


def started_before(pod: PodState, moment: datetime) -> bool:
    starts = [one.started_at for one in pod.containers if one.state == "running" and one.started_at]
    return any(start < moment for start in starts)


def confirmed(
    answer: Answer, target: Target, note: ObjectNote, changed_at: datetime, late: list[PodState]
) -> Finding:
    facts: Facts = {
        "configmap": note.name,
        "changed_at": changed_at.isoformat(),
        "pods": len(late),
        "kind": target.kind.lower(),
        "workload": target.name,
        "namespace": target.namespace,
    }
    command = ConfigMapNote(note.namespace, note.name).reproduce()
    seen = Observation(Source.KUBERNETES, "changed", {"configmap": note.name}, command, changed_at)
    return answer.confirmed(facts, [seen], [Fix("restart", Layer.LIVE, lasting=True)])


RUNBOOK = Runbook(
    name=NAME,
    alerts=('alertname="SettingsNotPickedUp"',),
    causes=(Cause("settings-newer-than-container"),),
    reads=(WORKLOAD_READ, POD_READ, CONFIG_READ),
    collect=collect,
    decide=decide,
    applies=lambda workload: bool(config_maps(workload)),
)
