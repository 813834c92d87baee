"""Be a driver in the foreground, without the queue: for operators who look at one process, and for the crash tests."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from research.adapters import runtime as runtimes
from research.services import driver as drivers


class Command(BaseCommand):
    help = "Carry out ready steps in this process for one slice, or until nothing comes for a while."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            seat = drivers.enlist(now=dt.datetime.now(dt.UTC))
        if seat is None:
            self.stdout.write("Every driver's seat on this host is taken by a live driver.")
            return
        runtime = runtimes.build()
        try:
            asyncio.run(drivers.run(runtime=runtime, driver=seat))
        finally:
            runtime.close()
