"""Reads an incident that is written down as YAML: API objects as `kubectl get --output=yaml` shows them, and logs.

`"ago:3m"` (in quotes, as all times) is three minutes before `now`. A document of kind `Log` is what one container wrote.
A ReplicaSet has the template of its Deployment where it says nothing else.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.kubernetes import ContainerLog, FakeKubernetes

HERE = Path(__file__).parent
_AGO = re.compile(r"\bago:(\d+)([smhd])\b")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def cluster(
    name: str, now: datetime, change: Callable[[dict[str, Any]], None] = lambda _document: None
) -> FakeKubernetes:
    """`change` may edit each document in place before anything is made of it."""

    def moment(match: re.Match[str]) -> str:
        at = now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    fake = FakeKubernetes()
    documents = list(yaml.safe_load_all(_AGO.sub(moment, (HERE / f"{name}.yaml").read_text())))
    for document in documents:
        change(document)
    templates = {
        item["metadata"]["name"]: item["spec"]["template"]
        for item in documents
        if item["kind"] == "Deployment"
    }
    for document in documents:
        if document["kind"] == "Log":
            _log(fake, document)
            continue
        if document["kind"] == "ReplicaSet":
            owner = document["metadata"]["ownerReferences"][0]["name"]
            document["spec"].setdefault("template", templates[owner])
        fake.add(document)
    return fake


def _log(fake: FakeKubernetes, document: dict[str, Any]) -> None:
    texts = {which: document[which].encode() for which in ("current", "previous") if which in document}
    fake.log(document["namespace"], document["pod"], document["container"], ContainerLog(**texts))
