"""Kubernetes quantities of memory: `512Mi` to bytes and back, and a limit to propose after an OOM kill. Pure."""

import math
import re

_UNITS = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?")
_STEP = 64 * 2**20
_HEADROOM = 1.5


def memory(quantity: str) -> int | None:
    """Bytes; None for what is no quantity of memory."""
    match = _QUANTITY.fullmatch(quantity)
    return int(float(match.group(1)) * _UNITS[match.group(2) or ""]) if match else None


def raised(limit: str) -> str:
    """A limit with headroom, in whole steps; empty where the present one is not known.

    What killed the container is not known to have been all it wanted: this is the least worth trying.
    """
    today = memory(limit)
    if not today:
        return ""
    mebibytes = math.ceil(today * _HEADROOM / _STEP) * _STEP // 2**20
    return f"{mebibytes // 1024}Gi" if mebibytes % 1024 == 0 else f"{mebibytes}Mi"
