"""The queue's cluster, with what the engines need loaded before it forks: a worker then has it at once.

Loading the vendor's library takes seconds, and every recycled worker would pay for it again.
"""

from __future__ import annotations

from typing import Any

from django_q.management.commands.qcluster import Command as QueueCommand

from research.adapters import engines


class Command(QueueCommand):  # type: ignore[misc]
    help = "Run the queue's cluster (started by `worker`)."

    def handle(self, *args: Any, **options: Any) -> None:
        engines.warm_up()
        super().handle(*args, **options)
