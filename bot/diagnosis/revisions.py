"""What differs between two pod templates, as facts of `Change`. Pure.

Values come redacted from the client; a value that was redacted on both sides cannot be seen to differ, and isn't.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.diagnosis.evidence import ContainerSpec, EnvVar, PodTemplate, Probe
from bot.model import Facts


@dataclass(frozen=True, slots=True)
class Difference:
    """`key` names the sentence in templates/*/changes.yaml."""

    key: str
    facts: Facts


def differences(before: PodTemplate, after: PodTemplate) -> tuple[Difference, ...]:
    """Everything that changed, what most often breaks things first: image, command, env, resources, probes, mounts."""
    old = {spec.name: spec for spec in before.containers}
    new = {spec.name: spec for spec in after.containers}
    found: list[Difference] = []
    for name, spec in new.items():
        if name in old:
            found.extend(_container(old[name], spec))
        else:
            found.append(Difference("container-added", {"container": name, "image": spec.image}))
    found.extend(
        Difference("container-removed", {"container": name, "image": spec.image})
        for name, spec in old.items()
        if name not in new
    )
    found.extend(_pod(before, after))
    return tuple(found)


def _container(before: ContainerSpec, after: ContainerSpec) -> Iterator[Difference]:
    name = after.name
    if before.image != after.image:
        yield Difference("image", {"container": name, "before": before.image, "after": after.image})
    for what in ("command", "args"):
        old, new = " ".join(getattr(before, what)), " ".join(getattr(after, what))
        if old != new:
            yield Difference(
                "command", {"container": name, "what": what, "before": _short(old), "after": _short(new)}
            )
    yield from _env(before, after)
    for what in ("requests", "limits"):
        yield from _resources(name, what, getattr(before, what), getattr(after, what))
    yield from _probes(name, before.probes, after.probes)


def _env(before: ContainerSpec, after: ContainerSpec) -> Iterator[Difference]:
    old, new = _effective(before.env), _effective(after.env)
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was != now:
            facts = {"container": after.name, "name": name, "before": _said(was), "after": _said(now)}
            yield Difference("env", facts)
    if before.env_from != after.env_from:
        facts = {
            "container": after.name,
            "before": ", ".join(map(str, before.env_from)),
            "after": ", ".join(map(str, after.env_from)),
        }
        yield Difference("env-from", facts)


def _effective(env: Iterable[EnvVar]) -> dict[str, EnvVar]:
    """Of duplicates in `env` the last one wins, as in the kubelet."""
    return {entry.name: entry for entry in env}


def _said(entry: EnvVar | None) -> str:
    if entry is None:
        return ""
    return entry.source or _short(entry.value)


def _resources(
    container: str, what: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, ""), after.get(name, "")
        if was != now:
            facts = {"container": container, "what": f"{what}.{name}", "before": was, "after": now}
            yield Difference("resources", facts)


def _probes(container: str, before: Iterable[Probe], after: Iterable[Probe]) -> Iterator[Difference]:
    old, new = {probe.kind: probe for probe in before}, {probe.kind: probe for probe in after}
    for kind in sorted(old.keys() | new.keys()):
        was, now = old.get(kind), new.get(kind)
        if was != now:
            facts = {"container": container, "kind": kind, "before": _probe(was), "after": _probe(now)}
            yield Difference("probe", facts)


def _probe(probe: Probe | None) -> str:
    """Written with the API's field names, which need no translation."""
    if probe is None:
        return ""
    numbers = (
        f"initialDelaySeconds={probe.initial_delay} periodSeconds={probe.period} "
        f"timeoutSeconds={probe.timeout} failureThreshold={probe.failures}"
    )
    return f"{_short(probe.what)} {numbers}"


def _pod(before: PodTemplate, after: PodTemplate) -> Iterator[Difference]:
    if before.service_account != after.service_account:
        yield Difference(
            "service-account", {"before": before.service_account, "after": after.service_account}
        )
    for mount in sorted(set(after.mounts) - set(before.mounts)):
        yield Difference("mount-added", {"mount": mount})
    for mount in sorted(set(before.mounts) - set(after.mounts)):
        yield Difference("mount-removed", {"mount": mount})
    if dict(before.node_selector) != dict(after.node_selector):
        yield Difference(
            "node-selector",
            {"before": _labels(before.node_selector), "after": _labels(after.node_selector)},
        )


def _labels(selector: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(selector.items()))


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
