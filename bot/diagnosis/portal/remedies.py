"""Where a variable of a workload is to be set so that it lasts, and how it is tried at once. Pure."""

from bot.diagnosis.evidence import WorkloadState
from bot.diagnosis.evidence_objects import ApplicationState
from bot.diagnosis.ownership import ownership
from bot.diagnosis.portal.backdrop import Backdrop, Setting
from bot.model import Facts, Fix, Layer


def set_variable(seen: Backdrop, setting: Setting, value: str) -> tuple[Fix, ...]:
    """At its source for what somebody manages, then live. Without a value the reader is told which to find."""
    if not isinstance(seen.workload, WorkloadState):
        return ()
    owner = ownership(seen.workload)
    facts: Facts = {
        **place(seen, setting.name),
        "owner": owner.by,
        "layer": owner.layer.value,
        "variable": setting.name,
        "value": value,
    }
    key = "set-variable" if value else "find-address"
    live = Fix(f"{key}-live" if value else key, Layer.LIVE, lasting=owner.lasting_live, facts=facts)
    if owner.lasting_live or not value:
        return (live,)
    return (Fix(key, owner.layer, lasting=True, facts=facts), live)


def place(seen: Backdrop, variable: str) -> Facts:
    """Names that commands need, and the Helm parameter that makes the variable where one is known to."""
    workload = seen.workload
    assert isinstance(workload, WorkloadState)  # noqa: S101 - told by every caller before
    application = seen.application if isinstance(seen.application, ApplicationState) else None
    named = [key for key in (application.parameters if application else {}) if key.endswith(variable)]
    return {
        "namespace": workload.target.namespace,
        "kind": workload.target.kind.lower(),
        "name": workload.target.name,
        "container": seen.container,
        "application": application.name if application else "",
        "application_namespace": application.namespace if application else "",
        "helm": bool(application and application.helm),
        "parameter": named[0] if named else f"config.{variable}",
    }
