"""Status objects with the wording of a real API server, which clients quote to people.

https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go
"""

from dataclasses import dataclass, field
from typing import Any

USER = "system:serviceaccount:opsbot:opsbot"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about, as the API server's own request info has it."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""
    sub: str = ""
    version: str = "v1"

    @property
    def qualified(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818 - it is an answer, not an error of the fake
    code: int
    reason: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def not_found(asked: Asked) -> Refusal:
    details = {"name": asked.name, "group": asked.group, "kind": asked.resource}
    message = f'{asked.qualified} "{asked.name}" not found'
    return Refusal(404, "NotFound", message, {key: value for key, value in details.items() if value})


def forbidden(asked: Asked) -> Refusal:
    resource = f"{asked.resource}/{asked.sub}" if asked.sub else asked.resource
    named = f' "{asked.name}"' if asked.name else ""
    where = f' in the namespace "{asked.namespace}"' if asked.namespace else " at the cluster scope"
    message = (
        f'{asked.qualified}{named} is forbidden: User "{USER}" cannot {asked.verb} resource "{resource}" '
        f'in API group "{asked.group}"{where}'
    )
    details = {"name": asked.name, "group": asked.group, "kind": asked.resource}
    return Refusal(403, "Forbidden", message, {key: value for key, value in details.items() if value})


def unauthorized() -> Refusal:
    return Refusal(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


def not_acceptable() -> Refusal:
    message = "only the following media types are accepted: application/json, application/yaml"
    return Refusal(406, "NotAcceptable", message)


def failed_with(code: int) -> Refusal:
    known = {
        429: (
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        500: ("InternalError", "Internal error occurred: etcdserver: request timed out"),
        503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    }
    reason, message = known[code]
    return Refusal(code, reason, message, {"retryAfterSeconds": 1} if code == 429 else {})
