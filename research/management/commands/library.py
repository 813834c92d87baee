"""`manage.py library`: add files to a team's library, list, search, rebuild the index, read again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from research.adapters import index_feed
from research.adapters.db import Bridge
from research.adapters.library import TeamLibrary, open_index
from research.engine.domain.errors import MrdError
from research.engine.domain.evidence import Hit
from research.models import Source, Team
from research.services import library

_EXCERPT_CHARS = 240


class Command(BaseCommand):
    help = "Add files to a team's library, list and search it, rebuild its index, read its files again."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="Add files; folders are read recursively.")
        add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        add.add_argument("--title", help="Of the one file given.")
        add.add_argument("--publisher", help="Who says it; without one the sources are unattributed.")
        add.add_argument("--published-date", metavar="YYYY-MM-DD")
        add.add_argument("--reliability", metavar="0…1", help="How far to trust it (default 0.6).")
        add.add_argument("--workers", type=int, default=2, choices=range(1, 17), metavar="1…16")
        verbs.add_parser("list", help="List the sources.")
        search = verbs.add_parser("search", help="Search the passages.")
        search.add_argument("words")
        search.add_argument("--limit", type=int, default=10, choices=range(1, 101), metavar="1…100")
        verbs.add_parser("reparse", help="Read archived files again with the parsers as they are now.")
        for verb in verbs.choices.values():
            verb.add_argument("--team", metavar="SLUG", help="May be left out when there is one team.")
        verbs.add_parser("reindex", help="Rebuild this host's search index from the database, for all teams.")

    def handle(self, *_args: Any, **options: Any) -> None:
        # A terminal gets colour and bars; a pipe gets whole lines, never cut at 80 columns.
        console = Console(
            file=cast("IO[str]", self.stdout), width=None if _is_terminal(self.stdout) else 200, highlight=False
        )
        try:
            _VERBS[options["verb"]](console, options)
        except MrdError as error:
            raise CommandError(error.detail) from error


def _add(console: Console, options: dict[str, Any]) -> None:
    said = library.about(**{name: options[name] for name in ("title", "publisher", "published_date", "reliability")})
    team = _team(options)
    with _bars(console, "Reading") as show:
        report = library.add_files(
            team=team, paths=options["paths"], about=said, progress=show, workers=options["workers"]
        )
    for name, sentence in report.skipped:
        console.print(Text(f"skipped {name}: {sentence}"), soft_wrap=True)
    for name, sentence in report.noted:
        console.print(Text(f"note on {name}: {sentence}", style="yellow"), soft_wrap=True)
    for name, sentence in (*report.refused, *report.unreadable):
        console.print(Text(f"refused {name}: {sentence}", style="red"), soft_wrap=True)
    if not (report.added or report.known or report.refused):
        first = report.unreadable[0] if report.unreadable else None
        raise CommandError(
            f"Nothing could be read: {first.name}: {first.sentence}"
            if first
            else "There are no files in what was given."
        )
    table = Table("added", "known already", "refused", "skipped", "pages", title=f"Library of {team.name}")
    refused = len(report.refused) + len(report.unreadable)
    table.add_row(*map(str, (len(report.added), len(report.known), refused, len(report.skipped), report.pages)))
    console.print(table)
    if not (report.added or report.known):
        sys.exit(1)


def _list(console: Console, options: dict[str, Any]) -> None:
    team = _team(options)
    table = Table("id", "title", "publisher", "published", "reliability", title=f"Library of {team.name}")
    for source in Source.objects.filter(team=team).order_by("pk").iterator():
        date = source.published_date.isoformat() if source.published_date else "—"
        publisher = Text(source.publisher or "unattributed")
        table.add_row(str(source.pk), Text(source.title), publisher, date, f"{source.reliability / 1000:.2f}")
    console.print(table)


def _search(console: Console, options: dict[str, Any]) -> None:
    hits = asyncio.run(_hits(_team(options), options["words"], options["limit"]))
    if not hits:
        console.print("No passage matches: try fewer or other words.")
    for number, hit in enumerate(hits, start=1):
        console.print(Text(f"{number}. {hit.source.title}, p. {hit.page}  ({hit.score:.1f})", style="bold"))
        console.print(Text(" ".join(hit.text.split())[:_EXCERPT_CHARS]), soft_wrap=True)


async def _hits(team: Team, words: str, limit: int) -> tuple[Hit, ...]:
    bridge = Bridge(threads=1)
    try:
        found = TeamLibrary(team_id=team.pk, bridge=bridge, index=open_index())
        return await found.search(words, limit=limit)
    finally:
        await asyncio.to_thread(bridge.close)


def _reindex(console: Console, _options: dict[str, Any]) -> None:
    texts = index_feed.rebuild(open_index())
    console.print(f"The search index was rebuilt from {texts:,} texts.")


def _reparse(console: Console, options: dict[str, Any]) -> None:
    team = _team(options)
    with _bars(console, "Reading again") as show:
        result = library.reparse(team=team, progress=show)
    for name, sentence in result.refused:
        console.print(Text(f"kept as it was {name}: {sentence}", style="red"), soft_wrap=True)
    console.print(
        f"{result.renewed} read again, {result.current} current already, {len(result.refused)} kept as they were."
    )


_VERBS: dict[str, Callable[[Console, dict[str, Any]], None]] = {
    "add": _add,
    "list": _list,
    "search": _search,
    "reindex": _reindex,
    "reparse": _reparse,
}


def _team(options: dict[str, Any]) -> Team:
    """Return the team named, or the only one there is."""
    slug = options["team"]
    if slug:
        team = Team.objects.filter(slug=slug).first()
        if team is None:
            raise CommandError(f"There is no team “{slug}”: the teams are {_slugs()}.")
        return team
    teams = list(Team.objects.order_by("slug")[:2])
    if not teams:
        raise CommandError("There is no team yet: make one in the admin, or run `make demo`.")
    if len(teams) > 1:
        raise CommandError(f"There are several teams: name one with --team ({_slugs()}).")
    return teams[0]


def _slugs() -> str:
    return ", ".join(Team.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none"


@contextmanager
def _bars(console: Console, verb: str) -> Iterator[Callable[[library.Progress], None]]:
    """Give what shows progress: a bar on a terminal, a line a file elsewhere."""
    if not console.is_terminal:

        def line(step: library.Progress) -> None:
            if step.name:
                text = f"{verb} {step.done}/{step.total} files, {step.pages} pages: {step.name}"
                console.print(Text(text), soft_wrap=True)

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pages]} pages"),
    )
    with Bars(*columns, TimeElapsedColumn(), TextColumn("{task.fields[file]}", markup=False), console=console) as bars:
        task = bars.add_task(verb, total=None, pages=0, file="")

        def bar(step: library.Progress) -> None:
            bars.update(task, completed=step.done, total=step.total, pages=step.pages, file=step.name[-60:])

        yield bar


def _is_terminal(stream: Any) -> bool:
    return bool(getattr(stream, "isatty", lambda: False)())
