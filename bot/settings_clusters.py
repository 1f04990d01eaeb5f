"""The clusters: from the file, or one made from the environment. Two that could be mistaken for each other are refused.

A cluster that would silently be looked up in another one's API server would give wrong diagnoses.
"""

import re
from pathlib import Path

from bot.secret import Secret
from bot.settings_environment import Environment, read_secret
from bot.settings_file import Section, SettingsError
from bot.settings_types import ClusterSettings, Endpoint, KubernetesSettings

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URLS = {
    "prometheus": "PROMETHEUS_URL",
    "alertmanager": "ALERTMANAGER_URL",
    "argocd": "ARGOCD_SERVER_URL",
    "grafana": "GRAFANA_URL",
}
_TOKENS = {"argocd": "ARGOCD_TOKEN", "grafana": "GRAFANA_TOKEN"}

Endpoints = dict[str, Endpoint | None]


def read_clusters(
    root: Section, environment: Environment, folder: Path
) -> tuple[tuple[ClusterSettings, ...], tuple[str, ...]]:
    """The clusters, and notes about variables that have no effect."""
    sections = root.sections("clusters")
    from_environment = _from_environment(environment)
    if not sections:
        kubernetes = _kubernetes(Section("kubernetes", {}), environment, folder)
        return (ClusterSettings(DEFAULT, {}, kubernetes, **from_environment),), ()
    clusters = tuple(_cluster(section, environment, folder, from_environment) for section in sections)
    _refuse_confusable(sections, clusters)
    if any(cluster.name == DEFAULT for cluster in clusters):
        return clusters, ()
    set_ = [_URLS[name] for name, endpoint in from_environment.items() if endpoint]
    return clusters, tuple(f"{name} has no effect: no entry of clusters is called {DEFAULT}" for name in set_)


def _from_environment(environment: Environment) -> Endpoints:
    found: Endpoints = {}
    for name, variable in _URLS.items():
        url = environment.url(variable)
        token = environment.secret(_TOKENS[name]) if url and name in _TOKENS else None
        found[name] = Endpoint(url, token) if url else None
    return found


def _cluster(
    section: Section, environment: Environment, folder: Path, from_environment: Endpoints
) -> ClusterSettings:
    with section:
        name = section.required("name", "is needed: it names the cluster in messages and commands")
        if not _NAME.fullmatch(name):
            raise SettingsError(
                section.path("name"), "may hold letters, digits, dots, dashes and underscores"
            )
        with section.section("match") as match:
            labels = {label: match.text(label) for label in match.names()}
        kubernetes = _kubernetes(section.section("kubernetes"), environment, folder)
        endpoints = {kind: _endpoint(section.section(kind), environment, folder) for kind in _URLS}
        if name == DEFAULT:
            endpoints = {kind: found or from_environment[kind] for kind, found in endpoints.items()}
        return ClusterSettings(name, labels, kubernetes, **endpoints)


def _kubernetes(section: Section, environment: Environment, folder: Path) -> KubernetesSettings:
    with section:
        context = section.text("context")
        named = section.text("kubeconfig")
        # $KUBECONFIG may name several files, as for kubectl.
        kubeconfig = str(folder / Path(named).expanduser()) if named else environment.text("KUBECONFIG")
    if context or kubeconfig:
        return KubernetesSettings(context, kubeconfig)
    host = environment.text("KUBERNETES_SERVICE_HOST")
    return KubernetesSettings(api_host=host, api_port=environment.text("KUBERNETES_SERVICE_PORT") or "443")


def _endpoint(section: Section, environment: Environment, folder: Path) -> Endpoint | None:
    with section:
        variable, file = section.text("token_env"), section.text("token_file")
        url = section.url("url")
        if variable and file:
            raise SettingsError(section.path("token_file"), "give either token_env or token_file")
        if (variable or file) and not url:
            raise SettingsError(section.path("url"), "is needed with a token")
    if not url:
        return None
    key = section.path("token_env")
    return Endpoint(url, _token(key, variable, environment) if variable else _of_file(section, file, folder))


def _token(key: str, variable: str, environment: Environment) -> Secret:
    if not _VARIABLE.fullmatch(variable):
        raise SettingsError(key, "must be the name of an environment variable, not the token itself")
    token = environment.secret(variable)
    if token is None:
        raise SettingsError(key, "names an environment variable that is not set")
    return token


def _of_file(section: Section, file: str, folder: Path) -> Secret | None:
    return read_secret(section.path("token_file"), folder / file) if file else None


def _refuse_confusable(sections: tuple[Section, ...], clusters: tuple[ClusterSettings, ...]) -> None:
    for place, (section, cluster) in enumerate(zip(sections, clusters, strict=True)):
        for other in clusters[:place]:
            if cluster.name == other.name:
                raise SettingsError(section.path("name"), f"another cluster is called {cluster.name} too")
            if cluster.match == other.match:
                raise SettingsError(section.path("match"), f"must differ from that of cluster {other.name}")
            if cluster.kubernetes == other.kubernetes:
                raise SettingsError(
                    section.path("kubernetes"),
                    f"must differ from that of cluster {other.name}; give a context",
                )
