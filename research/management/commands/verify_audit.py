"""Check the record of runs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from research.models import Event, Run
from research.services import audit


class Command(BaseCommand):
    help = (
        "Check the chains, digests, quotes and archived bytes of one run or of all; exit 1 when anything does not hold."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("runs", nargs="*", metavar="RUN_ID", help="default: all runs")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = Run.objects.order_by("created_at")
        if options["runs"]:
            try:
                runs = runs.filter(pk__in=options["runs"])
                found = runs.count()
            except (ValueError, TypeError, ValidationError) as error:
                raise CommandError("A run is named by its UUID, as the admin and the API show it.") from error
            if found != len(set(options["runs"])):
                raise CommandError("At least one of these runs does not exist: check the ids.")
        bad = 0
        for run in runs:
            problems = list(audit.problems_of(run))
            events = Event.objects.filter(run=run).count()
            if problems:
                bad += 1
                self.stdout.write(self.style.ERROR(f"{run.pk}  {events} events  DOES NOT HOLD"))
                for problem in problems:
                    self.stdout.write(f"  {problem}")
            else:
                self.stdout.write(f"{run.pk}  {events} events  holds")
        if bad:
            raise CommandError(f"{bad} run(s) do not hold.")
