"""Set pages in a process of their own: it reads a signed document on standard input and writes the file.

The libraries that set and draw pages are not thread-safe, take hundreds of megabytes for a large document and load for
half a second: none of that belongs into a web worker. A process that hangs or dies costs its own export alone.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from research.engine.domain.errors import Conflict, InvalidInput
from research.engine.domain.mrd import SignedMrd

Form = Literal["pdf", "docx"]
FORMS: tuple[Form, ...] = get_args(Form)
# What the process ends with when the error on its standard error is a sentence for people.
_REFUSED = 3
_ROOT = Path(__file__).resolve().parents[3]


class PressLimits(NamedTuple):
    """timeout_s: wall clock, cpu_s: of one processor, both in seconds. memory_mb: address space, in megabytes."""

    timeout_s: float = 120.0
    cpu_s: int = 60
    memory_mb: int = 2048


DEFAULT_LIMITS = PressLimits()


def pressed(signed: SignedMrd, *, form: Form, cache: Path | None = None, limits: PressLimits = DEFAULT_LIMITS) -> bytes:
    """Return the document as PDF or DOCX, set in a process that is killed when it takes too long.

    cache: a folder for the list of fonts, which is made anew each time without one. Raises `InvalidInput` (field
    format) when the system's text libraries are missing, `Conflict` when it takes longer or more memory than it may.
    """
    given = [form, str(limits.memory_mb), str(limits.cpu_s)]
    # Nothing inherited: no keys, no database address, no settings.
    env = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    if cache is not None:
        env["XDG_CACHE_HOME"] = str(cache)
    # A file, not a pipe: a process that is killed before it has read everything breaks no pipe.
    with tempfile.TemporaryFile(prefix="mrd-press-") as source:
        source.write(signed.model_dump_json().encode())
        source.seek(0)
        process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
            [sys.executable, "-m", f"{__package__}.press", *given],
            cwd=_ROOT,
            env=env,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    try:
        out, told = process.communicate(timeout=limits.timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Conflict(_too_long(form, limits.timeout_s)) from None
    if process.returncode == _REFUSED:
        raise InvalidInput(told.decode("utf-8", "replace").strip(), field="format")
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Conflict(_too_long(form, limits.cpu_s))
    if process.returncode != 0:
        last = told.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no word"]
        raise Conflict(f"The {form} could not be made ({last[0][:200]}); html carries the same document.")
    return out


def _too_long(form: str, seconds: float) -> str:
    return f"The {form} took longer than {seconds:g} s: try again when less is going on, or take html."


def main(form: str, memory_mb: int, cpu_s: int) -> int:
    """Read a signed document, write it as `form`; return the exit status."""
    _limit(memory_mb, cpu_s)
    signed = SignedMrd.model_validate_json(sys.stdin.buffer.read())
    try:
        content = _set(signed, form)
    except InvalidInput as error:
        sys.stderr.write(error.detail)
        return _REFUSED
    sys.stdout.buffer.write(content)
    return 0


def _set(signed: SignedMrd, form: str) -> bytes:
    if form == "pdf":
        from .pdf import to_pdf

        return to_pdf(signed)
    if form == "docx":
        from .word import to_docx

        return to_docx(signed)
    raise ValueError(f"There is no form {form}.")


def _limit(memory_mb: int, cpu_s: int) -> None:
    # The limit on the processor's time ends it also where nobody waits for it any more.
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
