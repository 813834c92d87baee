"""What the benches see of other processes: their processor time and memory."""

from __future__ import annotations

MB = 2**20


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
