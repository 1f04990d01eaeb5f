"""Start to ready on an empty store and on a used one, then memory and CPU while nothing happens."""

import subprocess
import sys
import time

from bench.processes import opsbot

IDLE_SECONDS = 10


def interpreter_seconds() -> float:
    """The floor: a Python that starts and ends, in the same run."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.monotonic() - started


def main() -> None:
    floor = min(interpreter_seconds() for _ in range(5))
    starts = []
    for _ in range(3):
        with opsbot() as server:
            starts.append(server.ready_seconds)
    print(
        f"start to ready, empty store: {min(starts):.2f} s best of 3 ({min(starts) / floor:.0f} × a bare interpreter)"
    )
    with opsbot() as server:
        time.sleep(2)
        before = server.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        used = server.cpu_seconds() - before
        print(f"idle: {server.memory_mb():.0f} MB resident, {100 * used / IDLE_SECONDS:.1f} % of one core")


if __name__ == "__main__":
    main()
