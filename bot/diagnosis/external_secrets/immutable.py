"""Changes that the API server lets nobody make to an object that is there: which object, which field. Pure.

No sync brings such a change about, except one that deletes the object first.
"""

import json
import re
from dataclasses import dataclass

# https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/apps/validation/validation.go (ValidateStatefulSetUpdate), and
# apimachinery's pkg/api/validation (FieldImmutableErrorMsg); roleRef of bindings, and class and claims of volumes.
_IMMUTABLE = re.compile(
    r"field is immutable|is immutable after creation|updates to statefulset spec for fields other than"
    r"|cannot change roleRef|may not change once set"
)
_OBJECT = re.compile(r'\b([A-Z]\w+)(?:\.([\w.-]+))? \\?"([\w.:-]+)\\?" is invalid: (?:([\w.\[\]-]+): )?')


@dataclass(frozen=True, slots=True)
class Immutable:
    """Empty where it is not said. `namespace` is empty where only the text names the object."""

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    field: str = ""

    @property
    def object(self) -> str:
        return f"{self.kind} {self.name}" if self.name else ""

    @property
    def operation(self) -> str:
        """A sync that replaces this object and touches no other; empty where it is not known which.

        https://argo-cd.readthedocs.io/en/stable/user-guide/selective_sync/
        """
        if not self.name:
            return ""
        wanted = {"group": self.group, "kind": self.kind, "namespace": self.namespace, "name": self.name}
        only = {key: value for key, value in wanted.items() if value}
        sync = {"resources": [only], "syncStrategy": {"apply": {"force": True}}}
        return json.dumps({"operation": {"sync": sync}}, separators=(",", ":"))


def immutable(text: str) -> Immutable | None:
    if not _IMMUTABLE.search(text):
        return None
    match = _OBJECT.search(text)
    return Immutable(match[2] or "", match[1], "", match[3], match[4] or "") if match else Immutable()
