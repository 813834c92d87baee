"""`manage.py finish`: let a paused or failed run go on to its document with what there is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from research import queries
from research.engine.domain.errors import MrdError
from research.management.finding import OPERATOR, the_run
from research.services import runs


class Command(BaseCommand):
    help = "Finish a paused or failed run with what there is: it buys nothing more, every gate stands as before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run_id", metavar="RUN_ID", help="The run's id, or the first characters of it.")
        parser.add_argument("--reason", required=True, help="Why, in a few words; it stands in the document.")

    def handle(self, *_args: Any, **options: Any) -> None:
        run = the_run(options["run_id"])
        left_out = queries.unasked(run)
        try:
            run = runs.finish(run_id=run.pk, actor=OPERATOR, reason=options["reason"], now=timezone.now())
        except MrdError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"Run {run.pk} goes on with what there is; questions left out: {left_out}.")
