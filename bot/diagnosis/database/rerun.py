"""How a workload starts anew: by a rollout, by its pod, or, where a Job has given up, by a new Job. Pure.

A Job that reached its limit starts no more pods, whatever is deleted, and its template cannot be changed: it is made
again by what made it. https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
"""

from dataclasses import replace

from bot.diagnosis.database.probing import probe
from bot.diagnosis.database.situation import Evidence, Refused
from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.ownership import application_of, ownership
from bot.model import Facts, Finding, Fix, Layer

# A pod of its own must be made again; one of a Job that still tries is made by its controller.
_RESTARTS = {
    "Deployment": "rollout",
    "StatefulSet": "rollout",
    "DaemonSet": "rollout",
    "Rollout": "argo",
    "Pod": "replace",
}
_AGAIN = frozenset({"cronjob", "argocd-hook", "helm-hook", "recreate"})
_LAYERS = {"argocd-hook": Layer.GITOPS, "helm-hook": Layer.HELM}
# https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks
_ARGO_HOOK, _HELM_HOOK = "argocd.argoproj.io/hook", "helm.sh/hook"
# Fixes whose commands start it anew already, or that want nothing to be started.
_COMPLETE = frozenset(
    {"correct-password", "correct-password-at-source", "drop-override", "run-again", "watch", "look-whose"}
)
# What changes the template, so that making the same Job again would change nothing.
_IN_TEMPLATE = frozenset(
    {
        "allow-public-key",
        "define-setting-at-source",
        "drop-override-at-source",
        "expand-setting-at-source",
        "give-password",
        "order-settings-at-source",
        "set-auth-source",
        "smaller-pool",
        "use-tls",
    }
)
_LONGEST_NAME = 57


def restart_facts(evidence: Evidence, found: Refused, how: str = "") -> Facts:
    """`rerun` is the name of a Job to make from a CronJob, `logs_of` whose log tells how it went on."""
    workload = evidence.scene.workload
    if not isinstance(workload, WorkloadState):
        return {"restart": "delete", "rerun": "", "release": "", "logs_of": f"pod/{found.place.pod.name}"}
    name, kind = workload.target.name, workload.target.kind
    how = how or _how(workload, found)
    rerun = f"{name[:_LONGEST_NAME].rstrip('-.')}-rerun" if how == "cronjob" else ""
    run = f"job/{rerun}" if rerun else _run_of(found)
    return {
        "restart": how,
        "rerun": rerun,
        "release": _release(workload, how),
        "logs_of": run if kind == "CronJob" else f"{kind.lower()}/{name}",
    }


def gave_up(evidence: Evidence, found: Refused) -> bool:
    """Whether nothing will try again by itself."""
    workload = evidence.scene.workload
    return isinstance(workload, WorkloadState) and _how(workload, found) in _AGAIN


def and_run_again(evidence: Evidence, found: Refused, finding: Finding) -> Finding:
    """With a last step where nothing will try again by itself, or not with what was mended."""
    workload = evidence.scene.workload
    keys = {fix.key for fix in finding.fixes}
    if not finding.found or not isinstance(workload, WorkloadState) or keys & _COMPLETE:
        return finding
    how, in_template = _how(workload, found), bool(keys & _IN_TEMPLATE)
    if how == "delete" and workload.target.kind == "Job" and in_template:
        how = "recreate"
    if how not in _AGAIN:
        return finding
    facts: Facts = {
        **restart_facts(evidence, found, how),
        **probe(found),
        "in_template": in_template,
        "only": not keys,
    }
    fix = Fix("run-again", _LAYERS.get(how, Layer.LIVE), lasting=True, facts=facts)
    return replace(finding, fixes=(*finding.fixes, fix))


def _how(workload: WorkloadState, found: Refused) -> str:
    kind = workload.target.kind
    if kind == "CronJob":
        return "cronjob" if found.place.pod.phase == "Failed" else "delete"
    if kind != "Job" or not _given_up(workload):
        return _RESTARTS.get(kind, "delete")
    hooked = _ARGO_HOOK in workload.annotations or _HELM_HOOK in workload.annotations
    if hooked and _application(workload):
        return "argocd-hook"
    return "helm-hook" if _HELM_HOOK in workload.annotations else "recreate"


def _given_up(job: WorkloadState) -> bool:
    return any(one.type in {"Failed", "FailureTarget"} and one.status == "True" for one in job.conditions)


def _release(workload: WorkloadState, how: str) -> str:
    """The application or the release whose hook it is. Helm marks a hook with the chart's own labels only."""
    if how == "argocd-hook":
        return _application(workload)
    return ownership(workload).release or workload.labels.get("app.kubernetes.io/instance", "")


def _application(workload: WorkloadState) -> str:
    return application_of(workload.labels, workload.annotations, workload.managers)


def _run_of(found: Refused) -> str:
    kind, _, name = found.place.pod.owner.partition("/")
    return f"job/{name}" if kind == "Job" else f"pod/{found.place.pod.name}"
