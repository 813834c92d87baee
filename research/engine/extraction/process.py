"""One parsing process seen from outside: start it, give it a file, kill it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from research.engine.domain.errors import Unreadable

from . import wire
from .result import Extraction, Limits
from .worker import needed_more_memory

_ROOT = Path(__file__).resolve().parents[3]
_START_S = 60.0  # a machine under load starts Python slowly; this is no limit on the file
_READ_BYTES = 1 << 20
# The kernel adds up what a process has in batches, one a core: two sizes this near may be the same.
_BLUR_KIB = 8 << 10


class Died(Exception):
    """The process ended or talked nonsense before it answered."""


class ParserProcess:
    """A worker with its two pipes. Used by one thread at a time. `served` counts the files it was given."""

    def __init__(self, *, limits: Limits) -> None:
        self.limits = limits
        self.served = 0
        self._buffer = bytearray()
        request_read, self._request = os.pipe()
        self._reply, reply_write = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package's module
                [
                    sys.executable,
                    "-m",
                    f"{__package__}.worker",
                    str(request_read),
                    str(reply_write),
                    json.dumps(limits._asdict()),
                ],
                cwd=_ROOT,
                # Nothing inherited: no keys, no database address, no settings.
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(request_read, reply_write),
                start_new_session=True,
            )
        finally:
            os.close(request_read)
            os.close(reply_write)
        # After the start: what the child begins with is no more than this.
        self._inherited_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.pid = self._process.pid
        self._ready = False

    def alive(self) -> bool:
        """Tell whether the process still runs."""
        return self._process.poll() is None

    def extract(self, path: str, *, name: str) -> Extraction:
        """Return the extraction of the file.

        Raises `Unreadable`. Unless `alive()` afterwards, the process is gone and another must be started.
        """
        self.served += 1
        try:
            if not self._ready:
                self._take(len(wire.READY), time.monotonic() + _START_S)
                self._ready = True
            request = json.dumps({"path": path, "name": name}) + "\n"
            deadline = time.monotonic() + self.limits.timeout_s
            os.write(self._request, request.encode())  # a path fits into the pipe's buffer: never blocks
            reply = self._read_reply(deadline)
        except TimeoutError as error:
            self.kill()
            raise Unreadable(self._took_longer()) from error
        except (Died, OSError) as error:
            raise Unreadable(self._obituary(self.kill())) from error
        if reply.last:
            self.kill()
        if reply.extraction is None:
            raise Unreadable(str(reply.refusal))
        return reply.extraction

    def kill(self) -> tuple[int, int]:
        """Kill the process with all it started and return its wait status and its largest resident size in KiB.

        Returns (0, 0) when it was reaped before.
        """
        if self._process.returncode is not None:
            self._close_pipes()
            return 0, 0
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        status, peak_kib = 0, 0
        with contextlib.suppress(ChildProcessError):
            _, status, usage = os.wait4(self.pid, 0)
            peak_kib = usage.ru_maxrss
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._close_pipes()
        return self._process.returncode, peak_kib

    def _obituary(self, end: tuple[int, int]) -> str:
        code, peak_kib = end
        if code == -signal.SIGXCPU:
            return self._took_longer()
        # A C library that is refused memory aborts in its own way; a peak near the limit tells why. A child's peak
        # begins with its parent's: only what lies above that is its own.
        if peak_kib > max(self._inherited_kib + _BLUR_KIB, self.limits.memory_mb * 1024 * 7 // 10):
            return needed_more_memory(self.limits)
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"The parser crashed on the file ({how}): the file is damaged; save it again in another way."

    def _took_longer(self) -> str:
        return f"The file took longer than {self.limits.timeout_s:g} s to read: split it or save it in a simpler form."

    def _read_reply(self, deadline: float) -> wire.Reply:
        header_size, text_size = wire.SIZES.unpack(self._take(wire.SIZES.size, deadline))
        # UTF-8 takes at most four bytes a code point.
        if header_size > wire.MAX_HEADER_BYTES or text_size > 4 * self.limits.max_chars:
            raise Died("the reply is larger than any honest one")
        body = self._take(header_size + text_size, deadline)
        try:
            return wire.unpack(body[:header_size], body[header_size:])
        except (ValueError, KeyError, TypeError) as error:
            raise Died("the reply is no reply") from error

    def _take(self, size: int, deadline: float) -> bytes:
        """Return the next `size` bytes. Raises `TimeoutError` at `deadline` and `Died` at the end of the pipe."""
        poll = select.poll()
        poll.register(self._reply, select.POLLIN)
        while len(self._buffer) < size:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not poll.poll(left_s * 1000):
                raise TimeoutError
            chunk = os.read(self._reply, _READ_BYTES)
            if not chunk:
                raise Died("the process ended")
            self._buffer += chunk
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _close_pipes(self) -> None:
        for name in ("_request", "_reply"):
            descriptor = getattr(self, name)
            if descriptor >= 0:
                os.close(descriptor)
                setattr(self, name, -1)
