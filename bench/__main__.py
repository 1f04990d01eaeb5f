"""`python -m bench [NAME]…` runs the benchmarks one after another and prints their figures."""

import importlib
import sys

NAMES = ("webhook", "startup", "first_message", "diagnosis")


def main() -> None:
    asked = sys.argv[1:] or NAMES
    unknown = [name for name in asked if name not in NAMES]
    if unknown:
        sys.exit(f"bench: no benchmark called {unknown[0]}; there are: {', '.join(NAMES)}")
    for name in asked:
        print(f"\n## {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
