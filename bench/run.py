"""How long a run over the real filings takes from plan approval to the claims gate, and where the time goes.

    python bench/run.py [--vertical gambling] [--files 'MGM*' 'MICROSOFT*'] [--folder DIR] [--claims FILE] [--profile]

The filings go into the library first (not timed as the run; DIR keeps them for another go). One driver in this
process does the research. The rows of the table are processor seconds of this process, measured in the thread that does
the work; what they leave of the wall time is waiting and the loop. Wanted: 60 s on two cores over all 12 filings.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import cProfile
import datetime as dt
import os
import pstats
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("MRD_DATA_DIR") or PROJECT.parent / "shared" / "data")
WANTED_S = 60.0
PROMPTS = {
    "gambling": "An online casino and sports betting app for Nevada, New Jersey and Macau by MGM Resorts with BetMGM",
    "saas": "A document and collaboration SaaS like Microsoft 365 and Adobe Acrobat for companies in the United States",
}
PUBLISHERS = {"MGMRESORTS": "MGM Resorts", "MICROSOFT": "Microsoft", "ADOBE": "Adobe"}


class Stopwatch:
    """Processor seconds by what they were spent on; each second counts for the innermost part that is measured."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._stack = threading.local()
        self._lock = threading.Lock()

    def around(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any, **more: Any) -> Any:
            inner: list[float] = getattr(self._stack, "inner", [])
            self._stack.inner = [*inner, 0.0]
            began = time.thread_time()
            try:
                return work(*args, **more)
            finally:
                took = time.thread_time() - began
                mine = self._stack.inner[-1]
                self._stack.inner = inner
                if inner:
                    inner[-1] += took
                with self._lock:
                    self.seconds[name] += took - mine
                    self.calls[name] += 1

        return measured


def own_django(folder: Path) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="mrd_project.settings",
        MRD_VAR_DIR=str(folder),
        MRD_DATABASE_URL=os.environ.get("BENCH_DATABASE_URL", ""),
        MRD_ENGINES='{"extractive": "research.engine.providers.extractive.build"}',
        MRD_LEASE_S="60",
    )
    sys.path.insert(0, str(PROJECT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def library_of(people: Any, paths: list[Path]) -> float:
    from research.services import library

    began = time.perf_counter()
    for path in paths:
        publisher = next((name for start, name in PUBLISHERS.items() if path.name.startswith(start)), None)
        said = library.about(title=None, publisher=publisher, published_date=None, reliability=None)
        report = library.add_files(team=people.team, paths=[path], about=said, added_by=people.requester)
        if report.refused or report.unreadable:
            raise SystemExit(f"{path.name} was not taken: {report.refused or report.unreadable}")
    return time.perf_counter() - began


def measured_parts(watch: Stopwatch) -> None:
    """Put the stopwatch around what a run does."""
    from research.adapters import db, library, search_index
    from research.engine.providers.extractive import cell_search, extract, find, sentences
    from research.engine.verification import assess

    for owner, name, part in (
        (library.TeamLibrary, "_ranked", "search and rank"),
        (search_index.SearchIndex, "survey", "search: which documents"),
        (find._Search, "take", "read passages"),  # noqa: SLF001 - what takes the time has no public name
        (cell_search.CellSearch, "note", "read tables"),
        (cell_search.CellSearch, "read", "read tables"),
        (cell_search.CellSearch, "findings", "read tables"),
        (find, "_conclude", "choose sentences"),
        (sentences, "split", "split sentences"),
        (extract, "extract", "extract claims"),
        (assess, "verify", "verify claims"),
        (db, "hop", "database"),
    ):
        setattr(owner, name, watch.around(part, getattr(owner, name)))


def drive() -> None:
    """Be the driver until nothing is left to do."""
    from django.db import transaction

    from research.adapters import runtime as runtimes
    from research.services import driver as drivers

    with transaction.atomic():
        seat = drivers.enlist(now=dt.datetime.now(dt.UTC))
    if seat is None:
        raise SystemExit("no driver's seat is free")
    runtime = runtimes.build()
    try:
        asyncio.run(drivers.run(runtime=runtime, driver=seat, linger_s=0.5))
    finally:
        runtime.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vertical", choices=sorted(PROMPTS), default="gambling")
    parser.add_argument("--files", nargs="+", default=["*"], help="patterns of the filings' names")
    parser.add_argument("--folder", type=Path, help="keep database and library here, and use them when they are there")
    parser.add_argument("--claims", type=Path, help="write the claims proposed to this file")
    parser.add_argument("--profile", action="store_true", help="print the functions that take longest in the loop")
    options = parser.parse_args()
    filings = DATA / "financebench" / "pdfs"
    paths = sorted({path for pattern in options.files for path in filings.glob(f"{pattern}.pdf")})
    if not paths:
        print(f"skipped: there are no PDFs in {filings}; set MRD_DATA_DIR to the data folder.")
        return 0
    folder = options.folder or Path(tempfile.mkdtemp(prefix="mrd-bench-"))
    if options.folder is None:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    own_django(folder)
    return measure(options, paths)


def measure(options: argparse.Namespace, paths: list[Path]) -> int:
    from research.models import Claim, Plan, Run, Source, Team
    from research.services import runs
    from tests.doubles import world

    people = world.people("bench")
    known = Team.objects.filter(pk__in=Source.objects.values("team_id")).first()
    if known is None:
        print(f"library: {len(paths)} filings in {library_of(people, paths):.1f} s")
    else:
        for person in people[1:]:
            known.members.add(person)
        people = people._replace(team=known)
    run = runs.create(
        team=people.team,
        requester=people.requester,
        prompt=PROMPTS[options.vertical],
        vertical=options.vertical,
        engine="extractive",
        now=dt.datetime.now(dt.UTC),
    )
    drive()
    plan = Plan.objects.get(run=run, voided_at__isnull=True)
    watch = Stopwatch()
    measured_parts(watch)
    profile = cProfile.Profile() if options.profile else None
    began, cpu = time.perf_counter(), time.process_time()
    world.decide_all(Run.objects.get(pk=run.pk), people)
    if profile:
        profile.enable()
    drive()
    if profile:
        profile.disable()
    wall, cpu = time.perf_counter() - began - 0.5, time.process_time() - cpu
    run = Run.objects.get(pk=run.pk)
    claims = Claim.objects.filter(run=run).count()
    print(f"{options.vertical}: {run.state}, {claims} claims of {len(plan.body['tasks'])} tasks")
    print(f"plan approval to claims gate: {wall:.1f} s wall (wanted ≤ {WANTED_S:g}), {cpu:.1f} s processor")
    for name, seconds in sorted(watch.seconds.items(), key=lambda each: -each[1]):
        print(f"  {name:26} {seconds:7.2f} s {100 * seconds / cpu:5.1f} %  {watch.calls[name]:6} calls")
    print(f"  {'the rest (loop, models)':26} {cpu - sum(watch.seconds.values()):7.2f} s")
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    if options.claims:
        options.claims.write_text(claims_of(run))
    return 0 if wall <= WANTED_S else 1


def claims_of(run: Any) -> str:
    """Return every claim with section, question, status, confidence, source and page, as Markdown."""
    from research.models import Claim, Plan

    plan = Plan.objects.get(run=run, voided_at__isnull=True)
    asked = {task["key"]: task["question"] for task in plan.body["tasks"]}
    lines = []
    for claim in Claim.objects.filter(run=run).select_related("current", "assessment").order_by("section", "pk"):
        links = claim.current.evidence_links.select_related("evidence__extracted_text__snapshot__source")
        where = {f"{e.extracted_text.snapshot.source.title} p. {e.page}": None for e in (one.evidence for one in links)}
        reasons = "; ".join(claim.assessment.to_people) if claim.assessment else ""
        lines.append(
            f"- **{claim.section}** {asked.get(claim.task_key, claim.task_key)} · {claim.status} · "
            f"{claim.assessment.confidence if claim.assessment else None} {reasons}\n"
            f"  > {claim.current.text}\n  {'; '.join(where)} {claim.current.value}\n"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
