"""Ingestion in pages/s beside bare text extraction by the same parser on the same PDFs: `python bench/ingest.py`.

The library does all it does for `library add` with one parsing process: hashing, archiving with fsync, the sandbox,
passages, rows, feed. The yardstick opens the same bytes with pypdfium2 and asks each page for its text, nothing else.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import common
from rich.console import Console
from rich.table import Table

WANTED_RATIO = 0.5


class Taken(NamedTuple):
    pages: int
    wall_s: float
    cpu_s: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=common.DATA / "financebench" / "pdfs")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    pdfs = sorted(options.folder.glob("*.pdf"))
    if not pdfs:
        print(f"skipped: there are no PDFs in {options.folder}; name a folder, or set MRD_DATA_DIR.")
        return 0
    common.own_django()
    bare(pdfs)  # the parser's library and the files are warm for both
    rounds = [
        (measure(lambda: bare(pdfs)), measure(lambda n=n: library(options.folder, n))) for n in range(options.rounds)
    ]
    table = Table(title=f"{len(pdfs)} PDFs, {rounds[0][0].pages} pages, medians of {options.rounds} rounds")
    for column in ("", "pages/s (wall)", "wall s", "CPU s, all processes"):
        table.add_column(column, justify="right" if column else "left")
    speeds = []
    for name, side in (("bare pypdfium2", 0), ("library add, one parser", 1)):
        wall = statistics.median(r[side].wall_s for r in rounds)
        cpu = statistics.median(r[side].cpu_s for r in rounds)
        speeds.append(rounds[0][side].pages / wall)
        table.add_row(name, f"{speeds[-1]:,.0f}", f"{wall:.2f}", f"{cpu:.2f}")
    ratio = speeds[1] / speeds[0]
    table.add_row("ratio", f"{ratio:.2f} (wanted ≥ {WANTED_RATIO})", "", "")
    Console().print(table)
    return 0 if ratio >= WANTED_RATIO else 1


def measure(work: Callable[[], int]) -> Taken:
    cpu, wall = cpu_s(), time.perf_counter()
    pages = work()
    return Taken(pages, time.perf_counter() - wall, cpu_s() - cpu)


def cpu_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def bare(pdfs: list[Path]) -> int:
    import pypdfium2

    pages = 0
    for path in pdfs:
        document = pypdfium2.PdfDocument(path.read_bytes())
        for page in document:
            text_page = page.get_textpage()
            assert text_page.get_text_range() is not None
            text_page.close()
            page.close()
            pages += 1
        document.close()
    return pages


def library(folder: Path, number: int) -> int:
    """Add the folder to a team of its own, so that every round is the first."""
    from research.models import Team
    from research.services import library as service

    team = Team.objects.create(name=f"Bench {number}", slug=f"bench-{number}")
    report = service.add_files(team=team, paths=[folder], workers=1)
    assert not report.refused, report.refused
    return report.pages


if __name__ == "__main__":
    sys.exit(main())
