"""Kubernetes quantities of memory and CPU: `512Mi`, `1.5G`, `1e3`, `250m` to numbers, and bytes back to `1536Mi`. Pure.

As the API server reads them: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
What is no quantity is None, never zero.
"""

import math
import re
from fractions import Fraction

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30}))"
    r"(?:(?P<binary>[KMGTPE]i)|[eE](?P<exponent>[+-]?\d{1,3})|(?P<decimal>[numkMGTPE]?))",
    re.ASCII,
)
_MOST = 2**63 - 1
_MEBIBYTE = 2**20
_STEP = 64 * _MEBIBYTE
_HEADROOM = 1.5


def exact(quantity: str) -> Fraction | None:
    """The number that a quantity stands for; larger ones than the API server keeps are cut to its largest."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        return None
    number = Fraction(match["number"].rstrip("."))
    if match["binary"]:
        scale = Fraction(2) ** _BINARY[match["binary"]]
    else:
        scale = Fraction(10) ** int(match["exponent"] or _DECIMAL[match["decimal"] or ""])
    scaled = number * scale
    return max(min(scaled, Fraction(_MOST)), Fraction(-_MOST))


def memory(quantity: str) -> int | None:
    """Whole bytes, rounded up; None for what is no quantity of memory. `512m` is one byte: half a byte, rounded up."""
    number = exact(quantity)
    return None if number is None or number < 0 else math.ceil(number)


def cores(quantity: str) -> float | None:
    """CPU cores, in whole thousandths as Kubernetes rounds them up: `250m` is 0.25."""
    number = exact(quantity)
    return None if number is None or number < 0 else math.ceil(number * 1000) / 1000


def as_memory(size: int) -> str:
    """Bytes as a person would write them: the largest binary unit without a remainder, odd bytes rounded up to whole Mi.

    Less than a mebibyte is rounded up to whole Ki.
    """
    least = "Mi" if size >= _MEBIBYTE else "Ki"
    rounded = -(-size // 2 ** _BINARY[least]) * 2 ** _BINARY[least]
    if rounded <= 0:
        return "0"
    unit, power = max((one for one in _BINARY.items() if rounded % 2 ** one[1] == 0), key=lambda one: one[1])
    return f"{rounded // 2**power}{unit}"


def raised(limit: str) -> str:
    """A limit with headroom, in whole steps; empty where the present one is not known.

    What killed the container is not known to have been all it wanted: this is the least worth trying.
    """
    today = memory(limit)
    return as_memory(math.ceil(today * _HEADROOM / _STEP) * _STEP) if today else ""
