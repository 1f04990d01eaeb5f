"""Quantities as the API server reads them, and bytes as a person writes them."""

import pytest

from bot.diagnosis.quantities import as_memory, cores, memory, raised

_EXABYTES = 2**63 - 1


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("512Mi", 2**29), ("1Gi", 2**30), ("1.5Gi", 3 * 2**29), ("128974848", 128974848), ("1G", 10**9),
        ("0", 0), ("64Ki", 2**16), ("2Ti", 2**41), ("1Pi", 2**50), ("1Ei", 2**60),
        ("3k", 3000), ("7M", 7 * 10**6), ("1T", 10**12), ("2P", 2 * 10**15), ("1E", 10**18),
        ("1e3", 1000), ("1E3", 1000), ("12e6", 12 * 10**6), ("1.5e9", 1_500_000_000), ("5e+2", 500), ("2500e-2", 25),
        (".5Gi", 2**29), ("1.", 1), ("+1Ki", 1024),
        # Less than a byte is rounded up, as the API server does: the classic slip of the pen for 512Mi.
        ("512m", 1), ("1500m", 2), ("100u", 1),
        ("16Ei", _EXABYTES), ("1e999", _EXABYTES),
    ],
)  # fmt: skip
def test_memory(quantity: str, number: int) -> None:
    assert memory(quantity) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Mi",
        "1 Gi",
        " 1Gi",
        "1gi",
        "1K",
        "1KB",
        "1MiB",
        "1e",
        "1e1.5",
        "1e3Mi",
        "-1Gi",
        "٣Gi",
        "1.2.3",
        ".",
    ],
)
def test_what_is_no_quantity_of_memory(text: str) -> None:
    assert memory(text) is None


def test_a_number_of_any_length_is_read_in_no_time() -> None:
    assert memory("9" * 100_000) is None


@pytest.mark.parametrize(
    ("quantity", "number"),
    [("1", 1.0), ("250m", 0.25), ("0.1", 0.1), ("1500m", 1.5), ("2k", 2000.0), ("1u", 0.001), ("1e-1", 0.1)],
)
def test_cores(quantity: str, number: float) -> None:
    assert cores(quantity) == number


@pytest.mark.parametrize("text", ["", "two", "-1", "100 m"])
def test_what_is_no_quantity_of_cpu(text: str) -> None:
    assert cores(text) is None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"), (1, "1Ki"), (1024, "1Ki"), (2**20, "1Mi"), (2**20 + 1, "2Mi"), (2**29, "512Mi"), (2**30, "1Gi"),
        (3 * 2**29, "1536Mi"), (10**9, "954Mi"), (2**41, "2Ti"), (2**60, "1Ei"),
    ],
)  # fmt: skip
def test_bytes_as_a_person_writes_them(size: int, text: str) -> None:
    assert as_memory(size) == text


@pytest.mark.parametrize("size", [1, 1000, 123_456, 10**9, 7 * 10**10 + 1, 2**40 - 1])
def test_what_is_written_is_never_less(size: int) -> None:
    assert (memory(as_memory(size)) or 0) >= size


@pytest.mark.parametrize(
    ("limit", "proposed"),
    [
        ("512Mi", "768Mi"), ("1Gi", "1536Mi"), ("2Gi", "3Gi"), ("10Mi", "64Mi"), ("1G", "1472Mi"), ("1e9", "1472Mi"),
        ("", ""), ("x", ""), ("0", ""),
    ],
)  # fmt: skip
def test_a_raised_limit(limit: str, proposed: str) -> None:
    assert raised(limit) == proposed
