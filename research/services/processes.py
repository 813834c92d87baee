"""Processes that must not outlive the one that started them."""

from __future__ import annotations

import ctypes
import signal
import sys

# prctl(2): PR_SET_PDEATHSIG, the signal this process gets when its parent ends.
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel tell this process to end (SIGTERM) when its parent is gone, also by kill -9. Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
