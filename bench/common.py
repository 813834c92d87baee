"""What the benches share: a Django of their own in a temporary folder, the real data, an eye on processes."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

MB = 2**20
PROJECT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("MRD_DATA_DIR") or PROJECT.parent / "shared" / "data")


def own_django() -> Path:
    """Start Django on an empty database in a temporary folder, removed at exit, and return the folder.

    The database is SQLite unless BENCH_DATABASE_URL names an empty one.
    """
    folder = Path(tempfile.mkdtemp(prefix="mrd-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="mrd_project.settings",
        MRD_VAR_DIR=str(folder),
        MRD_DATABASE_URL=os.environ.get("BENCH_DATABASE_URL", ""),
    )
    sys.path.insert(0, str(PROJECT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return folder


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` (0…1) of the values do not pass: the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


class Watch:
    """The driver processes' CPU and memory."""

    def __init__(self, pids: list[int]) -> None:
        import psutil

        self._processes = [psutil.Process(pid) for pid in pids]
        self._idle = self.most = 0
        self._cpu = 0.0

    def start(self) -> None:
        self._idle = self.most = self._memory()

    def begin(self) -> None:
        self._cpu = self._cpu_s()

    def look(self) -> None:
        self.most = max(self.most, self._memory())

    def cpu_s(self) -> float:
        return self._cpu_s() - self._cpu

    def grown_mb(self) -> float:
        return (self.most - self._idle) / MB

    def _memory(self) -> int:
        return sum(process.memory_info().rss for process in self._processes)

    def _cpu_s(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return sum(one.user + one.system for one in times)
