"""From an ArgoCD Application of the API to its snapshot: what it deploys, what is not in order, what the last sync said.

Pure, and never raises for any JSON. Helm parameters may hold secrets and are redacted here.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.clients.kubernetes_json import Json, count, part, rows, said, setting, text, texts, when
from bot.diagnosis.evidence import Condition
from bot.diagnosis.evidence_objects import ApplicationState, AppResource, Deployed

_FAILED_HOOKS = frozenset({"Failed", "Error"})


def application_state(application: Json) -> ApplicationState:
    metadata, spec, status = (part(application, key) for key in ("metadata", "spec", "status"))
    operation = part(status, "operationState")
    source = _source(spec)
    helm = part(source, "helm")
    automated = _automated(spec)
    return ApplicationState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        project=text(spec.get("project")),
        sync=text(part(status, "sync").get("status")),
        health=text(part(status, "health").get("status")),
        revision=_revision(part(status, "sync")),
        phase=text(operation.get("phase")),
        message=said(operation.get("message")),
        started_at=when(operation.get("startedAt")),
        finished_at=when(operation.get("finishedAt")),
        history=tuple(_history(status)),
        conditions=tuple(_conditions(status)),
        out_of_sync=tuple(_out_of_sync(status)),
        repo=said(source.get("repoURL"), 300),
        path=text(source.get("path")) or text(source.get("chart")),
        automated=automated is not None,
        resources=tuple(_not_in_order(status)),
        sync_results=tuple(_failed_syncs(operation)),
        helm=_is_helm(source, status),
        value_files=tuple(said(name, 300) for name in texts(helm.get("valueFiles"))),
        parameters=dict(_parameters(helm)),
        self_heal=automated is not None and automated.get("selfHeal") is True,
    )


def _source(spec: Json) -> Json:
    """The one that deploys something; of several, others may only hold values (`ref`)."""
    sources = [*rows(spec, "sources"), *([part(spec, "source")] if part(spec, "source") else [])]
    deploying = (
        source for source in sources if source.get("helm") or source.get("chart") or source.get("path")
    )
    return next(deploying, next(iter(sources), {}))


def _automated(spec: Json) -> Json | None:
    """The policy of automatic syncs; None where there is none, or where it is switched off."""
    policy = part(spec, "syncPolicy").get("automated")
    return policy if isinstance(policy, dict) and policy.get("enabled") is not False else None


def _is_helm(source: Json, status: Json) -> bool:
    seen = {text(status.get("sourceType")), *texts(status.get("sourceTypes"))}
    return bool(source.get("chart") or part(source, "helm")) or "Helm" in seen


def _parameters(helm: Json) -> Iterator[tuple[str, str]]:
    for parameter in rows(helm, "parameters"):
        if name := text(parameter.get("name")):
            yield name, setting(name, parameter.get("value"))


def _revision(item: Json) -> str:
    """One revision, or those of an application with several sources."""
    return text(item.get("revision")) or ", ".join(texts(item.get("revisions")))


def _history(status: Json) -> Iterator[Deployed]:
    """Newest first; ArgoCD keeps the oldest first."""
    for item in reversed(rows(status, "history")):
        yield Deployed(when(item.get("deployedAt")), _revision(item), count(item.get("id")))


def _conditions(status: Json) -> Iterator[Condition]:
    """An ArgoCD condition has no status: it is there or it is not."""
    for item in rows(status, "conditions"):
        message = said(item.get("message"))
        yield Condition(text(item.get("type")), "True", "", message, when(item.get("lastTransitionTime")))


def _out_of_sync(status: Json) -> Iterator[str]:
    for item in rows(status, "resources"):
        if text(item.get("status")) == "OutOfSync":
            yield f"{text(item.get('kind'))}/{text(item.get('name'))}"


def _not_in_order(status: Json) -> Iterator[AppResource]:
    """Hooks have no sync status, and where health is kept elsewhere there is none: absent is not wrong."""
    for item in rows(status, "resources"):
        synced, health = text(item.get("status")), text(part(item, "health").get("status"))
        wrong = synced if synced not in {"", "Synced"} else health if health not in {"", "Healthy"} else ""
        if wrong:
            yield _resource(item, wrong, said(part(item, "health").get("message")))


def _failed_syncs(operation: Json) -> Iterator[AppResource]:
    for item in rows(operation, "syncResult", "resources"):
        outcome, hook = text(item.get("status")), text(item.get("hookPhase"))
        if outcome == "SyncFailed" or hook in _FAILED_HOOKS:
            said_of = _resource(item, outcome if outcome == "SyncFailed" else hook, said(item.get("message")))
            yield replace(said_of, version=text(item.get("version")))


def _resource(item: Json, status: str, message: str) -> AppResource:
    group, kind, namespace, name = (text(item.get(key)) for key in ("group", "kind", "namespace", "name"))
    return AppResource(group, kind, namespace, name, status, message)
