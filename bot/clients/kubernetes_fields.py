"""What managedFields tell: who changed an object last, who owns a field, and the names of keys. Never any value. Pure.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from datetime import UTC, datetime

from bot.clients.kubernetes_json import Json, part, rows, text, when
from bot.diagnosis.evidence import Writer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def managers(metadata: Json) -> tuple[str, ...]:
    found = (text(entry.get("manager")) for entry in rows(metadata, "managedFields"))
    return tuple(dict.fromkeys(name for name in found if name))


def last_change(metadata: Json) -> tuple[datetime | None, str]:
    """A write of the status is not a change: kubelets and controllers make one every few seconds."""
    return max(
        (
            (at, text(entry.get("manager")))
            for entry in rows(metadata, "managedFields")
            if text(entry.get("subresource")) != "status" and (at := when(entry.get("time"))) is not None
        ),
        default=(None, ""),
    )


def replica_writers(metadata: Json) -> tuple[Writer, ...]:
    """Who owns `spec.replicas`, newest first."""
    writers = (
        Writer(text(entry.get("manager")), when(entry.get("time")), text(entry.get("subresource")))
        for entry in rows(metadata, "managedFields")
        if "f:replicas" in part(entry, "fieldsV1", "f:spec")
    )
    return tuple(sorted(writers, key=lambda one: (one.at or EPOCH, one.manager), reverse=True))


def data_keys(metadata: Json) -> tuple[str, ...]:
    """The names of the keys of a ConfigMap or Secret, sorted."""
    held = (
        part(entry, "fieldsV1", field)
        for entry in rows(metadata, "managedFields")
        for field in ("f:data", "f:stringData")
    )
    return tuple(sorted({text(key[2:]) for keys in held for key in keys if key.startswith("f:")} - {""}))
