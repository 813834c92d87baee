"""`manage.py export`: a run's newest document as a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from research.engine.domain.errors import MrdError
from research.management.finding import OPERATOR, the_run
from research.services import exports

_SLASHES = tuple(filter(None, (os.sep, os.altsep)))


class Command(BaseCommand):
    help = "Write a run's newest document (signed, else a draft) as json, md, html, pdf or docx."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run_id", metavar="RUN_ID", help="The run's id, or the first characters of it.")
        parser.add_argument("--format", default="md", help=f"One of {', '.join(exports.MEDIA_TYPES)} (default md).")
        parser.add_argument(
            "--output", metavar="PATH", help="A file, or a folder that exists (default: standard output)."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        run = the_run(options["run_id"])
        path = _path(options["output"])
        if path is None and options["format"] in set(exports.MEDIA_TYPES) - set(exports.TEXT_FORMATS):
            raise CommandError(f"A {options['format']} is no text: say with --output where to write it.")
        try:
            made = exports.export(run=run, format=options["format"], actor=OPERATOR, now=timezone.now())
        except MrdError as error:
            raise CommandError(error.detail) from error
        if path is None:
            self.stdout.write(made.content.decode("utf-8"), ending="")
            return
        target = path / made.file_name if path.is_dir() else path
        try:
            target.write_bytes(made.content)
        except OSError as error:
            raise CommandError(f"'{target}' cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{target} ({len(made.content):,} bytes)")


def _path(said: str | None) -> Path | None:
    """Return where to write, None for standard output. Raises `CommandError` where its folder does not exist."""
    if said is None:
        return None
    path = Path(said)
    # `Path` forgets the last slash, by which people say that they mean a folder.
    if said.endswith(_SLASHES) and not path.is_dir():
        raise CommandError(f"The folder '{said}' does not exist: make it, or name a file.")
    if not (path if path.is_dir() else path.absolute().parent).is_dir():
        raise CommandError(f"The folder of '{path}' does not exist: make it, or name another file.")
    return path
