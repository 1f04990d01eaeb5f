"""A Go package that two modules bring: which ones, which of them was carved out of the other, and who imports it. Pure.

https://go.dev/ref/mod#resolve-pkg-mod
"""

import re
from collections.abc import Sequence

_LONGEST = 1000
# Go writes the folder behind it: `path version (folder)`.
_MODULE = re.compile(r"^[\s#]*(?P<path>[\w.~/-]{3,200}) (?P<version>v\d\S{1,100})(?:\s+\(.*)?\s*$")
# Either the file in the module cache, or the chain that `go mod tidy` prints: `package imports`.
_CACHED = re.compile(r"/pkg/mod/(?P<path>[^\s@]{3,200})@(?P<version>v[^\s/]{1,100})/")
_IMPORTS = re.compile(r"^[\s#]*(?:go: )?(?P<path>[\w.~/-]{3,200}) (?:imports|tested by)\s*$")
_BELOW, _ABOVE = 5, 2

NAMES = frozenset({"module1", "module2", "whole", "whole_version", "part", "part_version", "importer"})


def modules(lines: Sequence[str], index: int) -> dict[str, str]:
    """`whole` is the module whose path the other's, `part`, begins with; neither is there where none does."""
    following = (_MODULE.match(line[:_LONGEST]) for line in lines[index + 1 : index + 1 + _BELOW])
    named = [(match["path"], match["version"]) for match in following if match][:2]
    facts = {f"module{number}": f"{path} {version}" for number, (path, version) in enumerate(named, 1)}
    if importer := _importer(lines, index):
        facts["importer"] = importer
    if len(named) < 2:
        return facts
    (whole, whole_version), (part, part_version) = sorted(named)
    if part.startswith(f"{whole}/"):
        facts |= {"whole": whole, "whole_version": whole_version, "part": part, "part_version": part_version}
    return facts


def _importer(lines: Sequence[str], index: int) -> str:
    """The file that imports it stands before the sentence, on the same line or on the one above."""
    here = lines[index][:_LONGEST].partition("ambiguous import")[0]
    for text in (here, *(line[:_LONGEST] for line in reversed(lines[max(index - _ABOVE, 0) : index]))):
        if match := _CACHED.search(text):
            return f"{match['path']}@{match['version']}"
        if match := _IMPORTS.match(text):
            return match["path"]
    return ""
