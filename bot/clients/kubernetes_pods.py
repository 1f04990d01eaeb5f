"""From pods and pod templates of the API to snapshots: container states, environment, probes, mounts.

Pure, and never raises for any JSON. Values that may be secret are redacted here.
"""

import re
from collections.abc import Iterable, Iterator

from bot.clients.kubernetes_json import (
    Json,
    count,
    owner_name,
    pairs,
    part,
    rows,
    said,
    setting,
    shortened,
    text,
    texts,
    when,
)
from bot.clients.redaction import redact, redact_arguments
from bot.diagnosis.evidence import (
    Condition,
    ContainerSpec,
    ContainerState,
    EnvSource,
    EnvVar,
    PodState,
    PodTemplate,
    Probe,
    Resources,
    Termination,
)

LONGEST_VALUE = 1_000
_UPDATED_BY = re.compile(r"Pod resources updated by ([^\s:]+)")
_PROBES = (("startup", "startupProbe"), ("liveness", "livenessProbe"), ("readiness", "readinessProbe"))


def conditions(status: Json) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            text(item.get("type")),
            text(item.get("status")),
            text(item.get("reason")),
            said(item.get("message")),
            when(item.get("lastTransitionTime")),
        )
        for item in rows(status, "conditions")
    )


def pod_state(pod: Json) -> PodState:
    metadata, spec, status = part(pod, "metadata"), part(pod, "spec"), part(pod, "status")
    found = conditions(status)
    return PodState(
        namespace=text(metadata.get("namespace")),
        name=text(metadata.get("name")),
        uid=text(metadata.get("uid")),
        phase=text(status.get("phase")),
        node=text(spec.get("nodeName")),
        ready=any(item.type == "Ready" and item.status == "True" for item in found),
        created_at=when(metadata.get("creationTimestamp")),
        containers=tuple(_container_states(spec, status)),
        conditions=found,
        reason=text(status.get("reason")),
        message=said(status.get("message")),
        deleting=bool(metadata.get("deletionTimestamp")),
        owner=owner_name(metadata),
        limited_by=_limited_by(part(metadata, "annotations")),
    )


def _limited_by(annotations: Json) -> str:
    """As the admission of a VerticalPodAutoscaler and of a LimitRange write it down.

    https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/docs/components.md
    """
    updated = _UPDATED_BY.match(text(annotations.get("vpaUpdates")))
    if updated is not None:
        return f"VerticalPodAutoscaler/{updated[1]}"
    return "LimitRange" if "memory limit" in text(annotations.get("kubernetes.io/limit-ranger")) else ""


def _declared(spec: Json) -> Iterator[tuple[str, Json]]:
    """Role and container in the order in which they start."""
    for container in rows(spec, "initContainers"):
        # https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
        yield "sidecar" if container.get("restartPolicy") == "Always" else "init", container
    for container in rows(spec, "containers"):
        yield "main", container


def _container_states(spec: Json, status: Json) -> Iterator[ContainerState]:
    """Every declared container, with its status once there is one; a status without a declaration is kept too."""
    init = {text(item.get("name")): item for item in rows(status, "initContainerStatuses")}
    main = {text(item.get("name")): item for item in rows(status, "containerStatuses")}
    for role, container in _declared(spec):
        known = main if role == "main" else init
        yield _container_state(role, container, known.pop(text(container.get("name")), {}))
    for role, left in (("init", init), ("main", main)):
        for item in left.values():
            yield _container_state(role, item, item)


def _container_state(role: str, container: Json, status: Json) -> ContainerState:
    state = part(status, "state")
    now = next(
        (key for key in ("running", "waiting", "terminated") if isinstance(state.get(key), dict)), "unknown"
    )
    waiting = part(state, "waiting")
    return ContainerState(
        name=text(container.get("name")),
        image=text(container.get("image")),
        role=role,
        state=now,
        ready=status.get("ready") is True,
        restarts=count(status.get("restartCount")),
        waiting_reason=text(waiting.get("reason")),
        waiting_message=said(waiting.get("message")),
        started_at=when(part(state, "running").get("startedAt")),
        terminated=_termination(part(state, "terminated")),
        last_terminated=_termination(part(status, "lastState", "terminated")),
        resources=_resources(container, status),
    )


def _resources(container: Json, status: Json) -> Resources:
    """What the kubelet says it has given; clusters before 1.33 do not say, and there what was asked for is what it has.

    https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
    """
    found = part(status, "resources") or part(container, "resources")
    return Resources(pairs(found.get("requests")), pairs(found.get("limits")))


def _termination(ended: Json) -> Termination | None:
    if not ended:
        return None
    return Termination(
        reason=text(ended.get("reason")),
        exit_code=count(ended.get("exitCode")),
        signal=count(ended.get("signal")),
        message=said(ended.get("message")),
        started_at=when(ended.get("startedAt")),
        finished_at=when(ended.get("finishedAt")),
    )


def pod_template(spec: Json) -> PodTemplate:
    """The snapshot of a pod spec, whether of a template or of a pod."""
    return PodTemplate(
        containers=tuple(_container_spec(role, container) for role, container in _declared(spec)),
        service_account=text(spec.get("serviceAccountName")) or text(spec.get("serviceAccount")),
        mounts=tuple(dict.fromkeys(_mounts(spec))),
        node_selector=pairs(spec.get("nodeSelector")),
    )


def _container_spec(role: str, container: Json) -> ContainerSpec:
    resources = part(container, "resources")
    return ContainerSpec(
        name=text(container.get("name")),
        image=text(container.get("image")),
        role=role,
        command=_arguments(container.get("command")),
        args=_arguments(container.get("args")),
        env=tuple(_variable(item) for item in rows(container, "env")),
        env_from=tuple(_env_from(rows(container, "envFrom"))),
        requests=pairs(resources.get("requests")),
        limits=pairs(resources.get("limits")),
        probes=tuple(
            _probe(kind, part(container, key))
            for kind, key in _PROBES
            if isinstance(container.get(key), dict)
        ),
    )


def _arguments(value: object) -> tuple[str, ...]:
    return tuple(shortened(item, LONGEST_VALUE) for item in redact_arguments(texts(value)))


def _variable(item: Json) -> EnvVar:
    name = text(item.get("name"))
    return EnvVar(name, setting(name, item.get("value"), LONGEST_VALUE), *_source(part(item, "valueFrom")))


def _source(origin: Json) -> tuple[str, bool]:
    """Where the value comes from, and whether the container starts without it."""
    for key, prefix in (("secretKeyRef", "secret"), ("configMapKeyRef", "configmap")):
        if reference := part(origin, key):
            named = f"{prefix}/{text(reference.get('name'))}/{text(reference.get('key'))}"
            return named, reference.get("optional") is True
    if reference := part(origin, "fieldRef"):
        return f"field/{text(reference.get('fieldPath'))}", False
    if reference := part(origin, "resourceFieldRef"):
        return f"resource/{text(reference.get('resource'))}", False
    return "", False


def _env_from(items: Iterable[Json]) -> Iterator[EnvSource]:
    for item in items:
        for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            reference = part(item, key)
            if name := text(reference.get("name")):
                yield EnvSource(kind, name, text(item.get("prefix")), reference.get("optional") is True)


def _probe(kind: str, probe: Json) -> Probe:
    # https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe names the defaults.
    return Probe(
        kind=kind,
        initial_delay=count(probe.get("initialDelaySeconds"), 0),
        period=count(probe.get("periodSeconds"), 10),
        timeout=count(probe.get("timeoutSeconds"), 1),
        failures=count(probe.get("failureThreshold"), 3),
        what=_asked(probe),
    )


def _asked(probe: Json) -> str:
    if http := part(probe, "httpGet"):
        scheme = text(http.get("scheme")).lower() or "http"
        return redact(f"{scheme} {text(http.get('path')) or '/'} on {text(http.get('port'))}")
    if tcp := part(probe, "tcpSocket"):
        return f"tcp {text(tcp.get('port'))}"
    if grpc := part(probe, "grpc"):
        return f"grpc {text(grpc.get('port'))}"
    return shortened(" ".join(("exec", *redact_arguments(texts(part(probe, "exec").get("command"))))), 200)


def _mounts(spec: Json) -> Iterator[str]:
    for volume in rows(spec, "volumes"):
        yield from _mounted(volume)
        for source in rows(volume, "projected", "sources"):
            yield from _mounted(source)


def _mounted(volume: Json) -> Iterator[str]:
    for key, field, prefix in (
        ("configMap", "name", "configmap"),
        ("secret", "secretName", "secret"),
        ("secret", "name", "secret"),
        ("persistentVolumeClaim", "claimName", "pvc"),
    ):
        if name := text(part(volume, key).get(field)):
            yield f"{prefix}/{name}"
