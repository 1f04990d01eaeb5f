"""Secrets of every kind, told from each other by what they hold, for every place of a cluster that can carry text.

Each secret begins and ends with a mark that nothing else bears, so that half of one is found too, and so is one that
was written in base64. Each text bears a canary beside its secret: where the canary is, the text has been.
"""

import base64
import copy
import json
import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

from tests.fakes.kubernetes import ContainerLog, FakeKubernetes

Object = dict[str, Any]
HEAD, TAIL = "Zq7xWvK9m", "m9KvWx7qZ"

# kind -> how it stands in a text
KINDS: dict[str, str] = {
    "url password": "dial postgres://board:{}@db.shop:5432/x",
    "redis url": "redis://:{}@cache:6379/0",
    "mongo seeds": "mongodb://u:{}@a:27017,b:27017/x",
    "token as user": "clone https://{}@github.com/x.git",
    "query token": "GET /cb?access_token={}&state=1",
    "oauth code": "GET /cb?code={}&state=1",
    "presigned": "/b?X-Amz-Signature={}&X-Amz-Date=1",
    "bearer": "Authorization: Bearer {}",
    "digest": "Authorization: Digest username=u, nonce=abc, response={}",
    "jwt": "parse eyJhbGciOiJIUzI1NiJ9.{}.dozjgNryP4J3jVmNHl0w5N: expired",
    "aws secret": "aws_secret_access_key = {}",
    "azure account": "AccountName=a;AccountKey={}==;EndpointSuffix=core",
    "azure sas": "https://a.blob/x?sv=2022&sig={}&se=2026",
    "github": "push with ghp_{} refused",
    "gitlab": "glpat-{}",
    "slack bot": "xoxb-1234567890-{}",
    "slack webhook": "https://hooks.slack.com/services/T0/B0/{}",
    "discord webhook": "https://discord.com/api/webhooks/123456/{}",
    "stripe": "sk_live_{}",
    "sendgrid": "SG.{}.Ab3dEf6hIj9kLm2nOp5q",
    "npm": "npm_{}",
    "openai": "Incorrect API key provided: sk-{}.",
    "google": "AIza{}",
    "vault": "hvs.{}",
    "grafana": "glsa_{}",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n{}\n{}\nabcd==\n-----END RSA PRIVATE KEY-----",
    "logfmt": "user=x password={} host=db",
    "quoted": 'passwd="{} and 2" host=db',
    "json": '{{"user":"u","password":"{}","port":1}}',
    "json in json": '{{"m":"{{\\"password\\":\\"{}\\",\\"a\\":1}}"}}',
    "yaml": "loaded password: {}1",
    "jdbc": "jdbc:postgresql://db/shop?user=x&password={}&ssl=true",
    "mysql": "root:{}@tcp(db:3306)/shop",
    "cookie": "Set-Cookie: sid={}; Path=/",
    "api key": "api_key={} used",
    "flag": "exporter --db-password {} --port 1",
    "curl": "curl -u admin:{} https://x",
    "sql": "ALTER USER x WITH PASSWORD '{} x'",
    "docker": '{{"auths":{{"ghcr.io":{{"auth":"{}"}}}}}}',
}
_FIVE = 5
_LETTERS = string.ascii_letters + string.digits


@dataclass(slots=True)
class Planter:
    """Hands out secrets, each once, and remembers which kind stands where."""

    known: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def secret(self, kind: str, place: str) -> str:
        number = f"{next(self._numbers):05d}"
        self.known[number] = f"{kind} in {place}"
        filling = "".join(random.Random(number).choices(_LETTERS, k=8))
        return f"{HEAD}{number}{filling}{TAIL}"

    def texts(self, place: str) -> list[str]:
        """One for each kind."""
        return [
            f"{text.format(*[self.secret(kind, place)] * 2)} canary-{place}" for kind, text in KINDS.items()
        ]

    def portions(self, place: str) -> list[str]:
        """The same a few at a time: what reports a state has little room."""
        every = self.texts(place)
        return [" ; ".join(every[at : at + _FIVE]) for at in range(0, len(every), _FIVE)]

    def leaks(self, content: str | bytes) -> list[str]:
        """What of it is in the content, as it is or in base64, and where it was planted."""
        data = content if isinstance(content, bytes) else content.encode()
        found = [self._named(data[match.start() : match.end()]) for match in _PLAIN.finditer(data)]
        return sorted({*found, *(f"base64 {match[0]!r}" for match in _BASE64.finditer(data))})

    def _named(self, around: bytes) -> str:
        number = re.search(rb"\d{5}", around)
        return self.known.get(number[0].decode(), "?") if number else f"a part: {around!r}"


def _encoded(mark: str) -> Iterator[bytes]:
    """The middle of the mark in base64, for each of the three ways in which it may be aligned."""
    for shift in range(3):
        written = base64.b64encode(b"\0" * shift + mark.encode())
        yield written[4 if shift else 0 : -4].rstrip(b"=")


_PLAIN = re.compile(rf"(?i){HEAD}[a-z0-9]{{0,30}}|[a-z0-9]{{0,13}}{TAIL}".encode())
_BASE64 = re.compile(b"|".join(re.escape(one) for mark in (HEAD, TAIL) for one in _encoded(mark)))


# -- in objects


def plant(planter: Planter, item: Object) -> None:
    """Changes the object in place; a document of kind `Log` is one too."""
    sow = _SOWN.get(item["kind"])
    if sow is not None:
        sow(planter, item)
    if item["kind"] != "Log":
        _annotate(planter, item)
        _report(planter, item)


def _annotate(planter: Planter, item: Object) -> None:
    applied = {"data": {"password": planter.secret("applied", "annotations")}}
    item["metadata"].setdefault("annotations", {}).update(
        {
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied),
            "kubernetes.io/change-cause": planter.portions("change-cause")[0],
            "argocd.argoproj.io/note": planter.portions("hints")[1],
            "notes": "\n".join(planter.texts("annotations")),
        }
    )


def _report(planter: Planter, item: Object) -> None:
    """Conditions, whatever the object is."""
    portions = planter.portions("conditions")
    for place, condition in enumerate(item.get("status", {}).get("conditions", ())):
        _append(condition, "message", portions[place % len(portions)])


def _append(holder: Object, key: str, text: str) -> None:
    holder[key] = f"{holder[key]} {text}" if holder.get(key) else text


def _log(planter: Planter, item: Object) -> None:
    for which in {"current", "previous"} & set(item):
        lines = item[which].splitlines()
        place = f"{which}-log"
        told = [_line(planter, line, place) for line in lines]
        item[which] = "\n".join((*told[:1], *planter.texts(place), *told[1:])) + "\n"


def _line(planter: Planter, line: str, place: str) -> str:
    """The line as it was, with secrets that it quotes, so that whoever quotes it quotes them too."""
    text = planter.portions(place)[int(planter.secret("drawn", place)[len(HEAD) :][:5]) % 8]
    try:
        told = json.loads(line)
    except ValueError:
        return f"{line} {text}".replace("\n", " ")
    _append(told, "error" if "error" in told else "msg", text)
    headers = {"Authorization": f"Bearer {planter.secret('json bearer', place)}"}
    return json.dumps({**told, "password": planter.secret("json member", place), "headers": headers})


def _pod(planter: Planter, item: Object) -> None:
    _containers(planter, item["spec"])
    portions = planter.portions("states")
    for place, status in enumerate(item.get("status", {}).get("containerStatuses", ())):
        for state in (status.get("state", {}), status.get("lastState", {})):
            for name in {"waiting", "terminated"} & set(state):
                _append(state[name], "message", portions[place % len(portions)])


def _workload(planter: Planter, item: Object) -> None:
    if template := item["spec"].get("template"):
        _containers(planter, template["spec"])


def _containers(planter: Planter, spec: Object) -> None:
    texts, secret = planter.texts, planter.secret
    for container in spec["containers"]:
        flags = ["--db-password", secret("flag", "args"), f"--token={secret('flag', 'args')}"]
        container["args"] = [*container.get("args", ()), *flags, *texts("args")]
        named = [{"name": f"NOTE_{n}", "value": text} for n, text in enumerate(texts("env"))]
        telling = ("DB_PASSWORD", "API_TOKEN", "client_secret", "SMTP_PASS")
        named += [{"name": name, "value": secret("telling name", "env")} for name in telling]
        container["env"] = [*container.get("env", ()), *named]
        container["readinessProbe"] = {
            "exec": {"command": ["curl", "-u", f"admin:{secret('probe', 'probe')}", "http://localhost"]}
        }
        container["livenessProbe"] = {
            "httpGet": {"path": f"/live?token={secret('probe', 'probe')}", "port": 1}
        }


def _config_map(planter: Planter, item: Object) -> None:
    item["data"] |= {f"NOTE_{n}": text for n, text in enumerate(planter.texts("configmap"))}
    telling = ("DB_PASSWORD", "api-key", "tls.private_key", "session.secret")
    item["data"] |= {name: planter.secret("telling name", "configmap") for name in telling}
    item["data"]["application.yaml"] = "\n".join(planter.texts("configmap"))


def _secret(planter: Planter, item: Object) -> None:
    values = {f"KEY_{n}": planter.secret("data", "Secret") for n in range(_FIVE)}
    item["data"] |= {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}


def _application(planter: Planter, item: Object) -> None:
    source, status = item["spec"].get("source", {}), item.setdefault("status", {})
    portions = planter.portions("application")
    named = [
        {"name": f"config.NOTE_{n}", "value": text} for n, text in enumerate(planter.texts("parameters"))
    ]
    named.append({"name": "config.DB_PASSWORD", "value": planter.secret("telling name", "parameters")})
    helm = source.setdefault("helm", {})
    helm["parameters"] = [*helm.get("parameters", ()), *named]
    source["repoURL"] = f"https://git:{planter.secret('url password', 'application')}@git.example/x.git"
    operation = status.setdefault("operationState", {"phase": "Succeeded"})
    _append(operation, "message", portions[0])
    for result in operation.get("syncResult", {}).get("resources", ()):
        _append(result, "message", portions[1])
    for resource in status.get("resources", ()):
        _append(resource.setdefault("health", {"status": "Degraded"}), "message", portions[2])
    condition = {"type": "SyncError", "message": portions[3], "lastTransitionTime": "2026-01-01T00:00:00Z"}
    status["conditions"] = [*status.get("conditions", ()), condition]


_SOWN: dict[str, Callable[[Planter, Object], None]] = {
    "Log": _log,
    "Pod": _pod,
    "ConfigMap": _config_map,
    "Secret": _secret,
    "Application": _application,
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet"), _workload),
}


# -- in a cluster


def events(planter: Planter, about: Object) -> list[Object]:
    """Warnings about the object, with all kinds between them."""
    metadata = about["metadata"]
    named = {"kind": about["kind"], "name": metadata["name"], "uid": metadata.get("uid", "")}
    return [
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name']}.{n}", "namespace": metadata["namespace"]},
            "involvedObject": {**named, "namespace": metadata["namespace"]},
            "type": "Warning",
            "reason": "Unhealthy",
            "message": f"Readiness probe failed: {text}",
            "count": 3,
            "lastTimestamp": metadata["creationTimestamp"],
            "firstTimestamp": metadata["creationTimestamp"],
        }
        for n, text in enumerate(planter.portions("events"))
    ]


def earlier(planter: Planter, replicaset: Object) -> Object:
    """The revision before, with other secrets in its template, so that the difference between the two is told."""
    old = copy.deepcopy(replicaset)
    old["metadata"] |= {"name": f"{old['metadata']['name']}-old", "uid": f"{old['metadata']['uid']}-old"}
    old["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "1"
    old["spec"]["replicas"] = 0
    for container in old["spec"]["template"]["spec"]["containers"]:
        container.pop("args", None)
        container.pop("env", None)
    _containers(planter, old["spec"]["template"]["spec"])
    return old


def extra_log(planter: Planter, fake: FakeKubernetes, pod: Object) -> None:
    """For a pod whose incident tells of no log."""
    text = "\n".join(planter.texts("current-log")).encode()
    for container in pod["spec"]["containers"]:
        fake.log(
            pod["metadata"]["namespace"], pod["metadata"]["name"], container["name"], ContainerLog(text, text)
        )


def in_an_alert(planter: Planter) -> tuple[dict[str, str], dict[str, str]]:
    """Labels and annotations."""
    secret = planter.secret
    url = f"http://ops:{secret('url password', 'labels')}@canary-labels:9090"
    labels = {"password": secret("label", "labels"), "endpoint": url}
    told = {"api_key": secret("telling name", "alert"), "description": "\n".join(planter.texts("alert"))}
    link = f"https://grafana.example/d/x?auth_token={quote(secret('query token', 'alert'))}"
    return labels, {**told, "runbook_url": link, "summary": planter.portions("alert")[0]}
