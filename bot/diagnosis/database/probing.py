"""A pod that lives for one query, with the settings of the container that was refused: does the login work now? Pure.

The password goes from its Secret into the pod's environment; nobody types it and no command holds it. Nothing is
proposed where a setting cannot be taken over by name.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from bot.diagnosis.database.login import LOCAL, Setting
from bot.diagnosis.database.situation import Refused
from bot.diagnosis.environment import Kind
from bot.diagnosis.evidence import ContainerSpec, EnvSource, EnvVar
from bot.diagnosis.expansion import UNREADABLE
from bot.model import Facts

_IMAGES = {
    "postgres": "postgres:17-alpine",
    "mysql": "mysql:8.4",
    "mongo": "mongo:8.0",
    "redis": "redis:7.4-alpine",
}
_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = "db-login-check"


def probe(found: Refused, without: str = "") -> Facts:
    """`probe_spec` is JSON for `kubectl run --overrides`, empty where no such pod can be made.

    `without` is an entry of `env` that will not be there any more.
    """
    script, used = _script(found)
    spec = found.spec
    names = {setting.variable.name for setting in used}
    fine = script and spec is not None and all(_SHELL_NAME.fullmatch(name) for name in names)
    environment = _environment(spec, names, without) if fine and spec is not None else None
    if environment is None:
        return {"probe_spec": "", "probe_image": "", "probe_name": _NAME}
    image = _IMAGES[found.refusal.engine]
    container: dict[str, Any] = {
        "name": _NAME,
        "image": image,
        "command": ["sh", "-c", script],
        **environment,
    }
    made = json.dumps({"apiVersion": "v1", "spec": {"containers": [container]}}, separators=(",", ":"))
    return {"probe_spec": made, "probe_image": image, "probe_name": _NAME}


def _script(found: Refused) -> tuple[str, list[Setting]]:
    login, engine = found.login, found.refusal.engine
    if login is None or engine not in _IMAGES:
        return "", []
    if login.host is not None and login.host.value in LOCAL:  # what answers in that pod does not in this one
        return "", []
    if login.host is not None and not login.host.in_url and login.password is not None:
        return _by_parts(found)
    url = login.url
    if url is None or not _plain_url(url, engine):
        return "", []
    name = f'"${url.variable.name}"'
    scripts = {
        "postgres": f'psql {name if _as_it_is(url) else _without_driver(url)} -c "SELECT 1"',
        "mongo": f'mongosh {name} --eval "db.runCommand({{ping: 1}})"',
        "redis": f"redis-cli -u {name} ping",
    }
    return scripts.get(engine, ""), [url]


def _plain_url(url: Setting, engine: str) -> bool:
    return url.value is None or re.match(rf"{engine}\w*(?:\+\w+)?://", url.value) is not None


def _as_it_is(url: Setting) -> bool:
    return url.value is not None and "+" not in url.value.partition("://")[0]


def _without_driver(url: Setting) -> str:
    """SQLAlchemy names its driver in the scheme, as in postgresql+psycopg://, which nothing else takes."""
    return f'"$(printf %s "${url.variable.name}" | sed "s#^\\([a-z]*\\)+[a-z0-9_]*://#\\1://#")"'


def _by_parts(found: Refused) -> tuple[str, list[Setting]]:
    login, engine = found.login, found.refusal.engine
    if login is None or login.host is None or login.password is None or login.password.in_url:
        return "", []
    if login.host.variable.value != login.host.value:  # it holds the port as well
        return "", []
    user = login.user if login.user is not None and not login.user.in_url else None
    if user is None and engine != "redis":
        return "", []
    flags = {
        "postgres": ("-h", "-p", "-U", "-d"),
        "mysql": ("-h", "-P", "-u", "-D"),
        "mongo": ("--host", "--port", "-u", "--authenticationDatabase"),
        "redis": ("-h", "-p", "--user", "-n"),
    }[engine]
    parts = [login.host, login.port, user, None if engine == "mongo" else login.database]
    given = [(flag, part) for flag, part in zip(flags, parts, strict=True) if part and not part.in_url]
    words = " ".join(f'{flag} "${part.variable.name}"' for flag, part in given)
    secret = f'"${login.password.variable.name}"'
    script = {
        "postgres": f'PGPASSWORD={secret} psql {words} -c "SELECT 1"',
        "mysql": f'MYSQL_PWD={secret} mysql {words} -e "SELECT 1"',
        "mongo": f'mongosh {words} -p {secret} --eval "db.runCommand({{ping: 1}})"',
        "redis": f"REDISCLI_AUTH={secret} redis-cli {words} ping",
    }[engine]
    return script, [login.password, *(part for _, part in given)]


def _environment(spec: ContainerSpec, names: Iterable[str], without: str) -> dict[str, Any] | None:
    """What of `envFrom` and `env` the script needs; None where that holds something that must not be shown."""
    wanted = set(names)
    entries = [entry for entry in spec.env if entry.name in wanted and entry.name != without]
    if any("$(" in entry.value for entry in entries):
        entries = [entry for entry in spec.env if entry.name != without]
    if any(UNREADABLE in entry.value for entry in entries if entry.name in wanted):
        return None
    env = [made for entry in entries if UNREADABLE not in entry.value and (made := _entry(entry)) is not None]
    return {"envFrom": [_all_of(source) for source in spec.env_from], "env": env}


def _entry(entry: EnvVar) -> dict[str, Any] | None:
    kind, _, rest = entry.source.partition("/")
    name, _, key = rest.partition("/")
    if not kind:
        return {"name": entry.name, "value": entry.value}
    if kind in {"secret", "configmap"}:
        reference = {"name": name, "key": key, **({"optional": True} if entry.optional else {})}
        field = "secretKeyRef" if kind == "secret" else "configMapKeyRef"
        return {"name": entry.name, "valueFrom": {field: reference}}
    if kind == Kind.FIELD:
        return {"name": entry.name, "valueFrom": {"fieldRef": {"fieldPath": rest}}}
    return None


def _all_of(source: EnvSource) -> dict[str, Any]:
    field = "secretRef" if source.kind == Kind.SECRET else "configMapRef"
    made: dict[str, Any] = {field: {"name": source.name, **({"optional": True} if source.optional else {})}}
    return {"prefix": source.prefix, **made} if source.prefix else made
