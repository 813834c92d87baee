"""The process that parses: `python -m research.engine.extraction.worker REQUEST_FD REPLY_FD LIMITS`.

It binds itself before it reads a byte: address space, CPU time, no files written, no core dump. It has no secrets
in its environment, no standard input and no controlling terminal. Whatever it does wrong costs its own file alone.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from research.engine.domain.errors import Unreadable

from . import wire
from .parse import parse
from .result import Limits


def main(arguments: list[str]) -> int:
    """Serve requests until the other end closes. `arguments` are the two descriptors and the limits as JSON."""
    request_fd, reply_fd = int(arguments[0]), int(arguments[1])
    limits = Limits(**json.loads(arguments[2]))
    _bind(limits)
    with os.fdopen(request_fd, "rb") as requests, os.fdopen(reply_fd, "wb") as replies:
        _send(replies, wire.READY)
        for line in requests:
            request = json.loads(line)
            _allow_time(limits)
            reply = _answer(request["path"], request["name"], limits)
            signal.alarm(0)
            _send(replies, wire.pack(reply))
            if reply.last:
                break
    return 0


def _bind(limits: Limits) -> None:
    space = limits.memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Python's own handler would wait for the interpreter; a parser stuck in C must die of these two at once.
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _allow_time(limits: Limits) -> None:
    """Allow this file its CPU and wall seconds. The pool kills first; this holds when the pool's process is gone."""
    allowed = math.ceil(limits.timeout_s) + 2
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = math.ceil(usage.ru_utime + usage.ru_stime)  # the limit counts from the process's start, not the file's
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (used + allowed, hard))
    signal.alarm(allowed)


def _answer(path: str, name: str, limits: Limits) -> wire.Reply:
    try:
        # One byte over the limit tells a file that grew since it was measured.
        with Path(path).open("rb") as file:
            data = file.read(limits.max_bytes + 1)
        return wire.Reply(parse(data, name=name, limits=limits), None, last=_is_fat(limits))
    except Unreadable as error:
        return wire.Reply(None, error.detail, last=_is_fat(limits))
    except Exception as error:  # noqa: BLE001 - a parser's own bug becomes this file's one line, and is named in it
        return wire.Reply(None, _sentence(error, limits), last=True)


def _sentence(error: Exception, limits: Limits) -> str:
    # libxml2 calls it a syntax error when memory is refused.
    if isinstance(error, MemoryError) or _status_kib("VmPeak") * 10 > limits.memory_mb * 1024 * 9:
        return needed_more_memory(limits)
    if isinstance(error, RecursionError):
        return "The file is nested too deeply to be read: save it again in a simpler form."
    if isinstance(error, OSError) and error.strerror:
        return f"The file cannot be opened ({error.strerror}): check that it is there."
    return f"The parser failed on the file ({type(error).__name__}): save it again in another way, or as PDF."


def needed_more_memory(limits: Limits) -> str:
    """Return the refusal of a file that does not fit into `limits.memory_mb`."""
    return f"The file needed more than {limits.memory_mb:,} MB of memory to read: split it into smaller files."


def _status_kib(field: str) -> int:
    """Return a field of this process's status in KiB: VmPeak (largest address space), VmHWM (largest resident size).

    Not `getrusage`: its maximum begins with what the parent had when it started this process.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{field}:")), 0)


def _is_fat(limits: Limits) -> bool:
    """Tell whether this process has grown to a third of its limit: the next file should find a fresh one."""
    return _status_kib("VmHWM") * 3 > limits.memory_mb * 1024


def _send(replies: BinaryIO, data: bytes) -> None:
    replies.write(data)
    replies.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
