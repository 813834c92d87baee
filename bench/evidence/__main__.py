"""Run every part of the evidence bench that is there and print one table: `python -m bench.evidence [part …]`.

A part is a module of this package with a function `run` that gives rows. One whose data is missing is said to be
skipped; that is no failure.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.common import DATA
from bench.evidence.rows import Row

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # parts that are run as programs too import their neighbours plainly


def parts() -> list[str]:
    """Return the names of the modules of this package that define `run`, in alphabetical order; none is imported."""
    return sorted(path.stem for path in HERE.glob("[a-z]*.py") if "\ndef run(" in path.read_text(encoding="utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="which parts; all when none is named")
    wanted = parser.parse_args().parts
    known = parts()
    if unknown := [name for name in wanted if name not in known]:
        parser.error(f"there is no part called {', '.join(unknown)}: choose of {', '.join(known)}")
    table = Table(title=f"evidence, on the development halves in {DATA.name}")
    for column in Row._fields:
        table.add_column(column)
    skipped = []
    for name in wanted or known:
        began = time.perf_counter()
        rows = importlib.import_module(f"bench.evidence.{name}").run()
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        if not rows:
            skipped.append(name)
        for row in rows:
            table.add_row(*map(escape, row))
    Console(width=max(160, Console().width)).print(table)
    for name in skipped:
        print(f"{name}: skipped, its data is not at {DATA}; set MRD_DATA_DIR to measure it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
