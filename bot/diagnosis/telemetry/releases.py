"""Which schema version each release of the Go SDK has as its own: that of the semconv package that sdk/resource imports. Pure.

From the changelog of https://github.com/open-telemetry/opentelemetry-go; releases after the last one are not known here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Releases:
    """The minor releases 1.`first` to 1.`last` of the SDK, which have `schema` as their own."""

    schema: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"1.{self.first}" if self.first == self.last else f"1.{self.first}–1.{self.last}"


RELEASES: tuple[Releases, ...] = (
    Releases("1.17.0", 12, 16),
    Releases("1.21.0", 17, 21),
    Releases("1.24.0", 22, 26),
    Releases("1.25.0", 27, 27),
    Releases("1.26.0", 28, 36),
    Releases("1.34.0", 37, 37),
    Releases("1.37.0", 38, 39),
    Releases("1.39.0", 40, 41),
    Releases("1.40.0", 42, 43),
    Releases("1.41.0", 44, 44),
)
_NEWEST = RELEASES[-1].schema


def releases_with(schema: str) -> Releases | None:
    return next((one for one in RELEASES if one.schema == schema), None)


def may_be_an_sdks(schema: str) -> bool:
    """False only for a version that releases have passed by: what is older or newer than the table may be one's own."""
    between = numbers(RELEASES[0].schema) < numbers(schema) < numbers(_NEWEST)
    return releases_with(schema) is not None or not between


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
