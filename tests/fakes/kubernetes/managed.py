"""managedFields as the API server keeps them: each manager with the fields it wrote, names only, never a value.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

import json
from typing import Any

Object = dict[str, Any]
_NOT_OWNED = frozenset({"apiVersion", "kind", "metadata", "status"})


def with_fields(item: Object) -> Object:
    """The object whose managers own what it holds, unless an entry says itself what it owns."""
    entries = item["metadata"].get("managedFields")
    if not entries:
        return item
    return {
        **item,
        "metadata": {**item["metadata"], "managedFields": [_entry(entry, item) for entry in entries]},
    }


def _entry(entry: Object, item: Object) -> Object:
    if entry.get("subresource") == "status":
        owned: Object = {"status": item["status"]} if "status" in item else {}
    else:
        owned = {key: value for key, value in item.items() if key not in _NOT_OWNED}
    version = {"apiVersion": item["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": fields(owned)}
    return {**version, **entry}


def fields(value: Any) -> Object:
    """`{"a": {"b": 1}}` is owned as `{"f:a": {"f:b": {}}}`; lists of named things by their names, others as a whole."""
    if isinstance(value, dict):
        return {f"f:{key}": fields(below) for key, below in value.items()}
    if isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
        return {
            f"k:{json.dumps({'name': one['name']}, separators=(',', ':'))}": {".": {}, **fields(one)}
            for one in value
        }
    return {}
