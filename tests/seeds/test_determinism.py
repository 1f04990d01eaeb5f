"""The same input gives the same bytes in every process: nothing that is shown follows the order of a set or a dictionary.

Run as a program it diagnoses every incident and prints a digest of each form; the test runs it with three hash seeds.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.commands.diagnose import Output, shown
from bot.delivery.render import Layouts
from bot.delivery.words import Words
from bot.model import Alert, AlertStatus, Diagnosis
from tests.builders import NOW
from tests.fakes.checked_layouts import CheckedLayouts
from tests.seeds.loading import cluster
from tests.seeds.test_conclusions import SHOP, STORIES, engine_at

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ("0", "1", "2")


def digests(layouts: Layouts, diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    timeless = replace(diagnosis, took_ms=0)
    for output in Output:
        told = shown(layouts, timeless, output)
        yield str(output), hashlib.sha256(told.encode()).hexdigest()


async def everything() -> dict[str, str]:
    found: dict[str, str] = {}
    layouts = CheckedLayouts(Words("en"))
    for story in STORIES:
        labels = {"namespace": SHOP, "severity": "critical", **story.alert}
        alert = Alert(AlertStatus.FIRING, labels, {}, NOW, None, "", "1")
        with TemporaryDirectory() as folder:
            async with engine_at(cluster(story.runbook, NOW), Path(folder)) as engine:
                by_hand = await engine.diagnose(story.target)
                by_alert = await engine.diagnose(story.target, alerts=[alert])
        for way, diagnosis in (("by hand", by_hand), ("by alert", by_alert)):
            told = digests(layouts, diagnosis)
            found |= {f"{story.runbook} {way} {output}": digest for output, digest in told}
    return found


@pytest.mark.timeout(60)  # three interpreters, each of which imports the package `kubernetes`
def test_the_same_bytes_whatever_the_hash_seed() -> None:
    command = [sys.executable, "-m", "tests.seeds.test_determinism"]
    running = [
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE
        )
        for seed in SEEDS
    ]
    told = [json.loads(process.communicate()[0]) for process in running]
    assert [process.returncode for process in running] == [0] * len(SEEDS)
    assert len(told[0]) == len(STORIES) * 2 * len(Output)
    assert told[0] == told[1] == told[2]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(everything())))  # noqa: T201 - it is what the test reads
