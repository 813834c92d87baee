"""`make demo ENGINE=replay`: the demo on the Claude engine, with a double of the Messages API on this machine.

No key and no network: the double plans, searches, quotes and writes by rule (`tests.doubles.analyst`), over the sample
library and a web of pages made up for it. It shows what the Claude engine does, not how well Claude does it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.doubles.analyst import Analyst
from tests.doubles.messages_server import MessagesServer

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Serve, run the demo with the arguments given, and return how it ended."""
    with MessagesServer(Analyst()) as server:
        env = os.environ | {"MRD_ANTHROPIC_BASE_URL": server.url, "MRD_ANTHROPIC_API_KEY": "no-key-is-needed-here"}
        command = [sys.executable, str(ROOT / "manage.py"), "demo", "--engine", "anthropic", *sys.argv[1:]]
        process = subprocess.Popen(command, env=env, cwd=ROOT)
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal sent it to the demo as well, which ends what it started.
            return process.wait()


if __name__ == "__main__":
    sys.exit(main())
