"""A register of companies from a file in the shape of the SEC's `company_tickers.json`."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

from research.engine.domain.errors import InvalidInput
from research.engine.ports import CompanyEntry

_FORM = re.compile(
    r"\b(?:inc|incorporated|corp|corporation|co|company|llc|ltd|limited|plc|gmbh|ag|se|sa|nv|bv|lp|holdings?|group|"
    r"international|the|new|de)\b"
)
_STATE = re.compile(r"/[a-z]{2,3}/?")


class TickerFile:
    """Companies by name, read once. The file is never shipped: it is named in the settings."""

    def __init__(self, path: Path) -> None:
        """Read `path` (JSON, packed with gzip or not). Raises `InvalidInput` when it is not such a file."""
        try:
            rows = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
            listed = [self._entry(row) for row in (rows.values() if isinstance(rows, dict) else rows)]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(
                f"The company register {path} cannot be read ({error}): name a file in the shape of the SEC's "
                "company_tickers.json, or leave MRD_COMPANY_REGISTER empty.",
                field="company_register",
            ) from error
        self._by_name: dict[str, CompanyEntry] = {}
        for entry in listed:
            for key in (_plain(entry.name), _core(entry.name)):
                self._by_name.setdefault(key, entry)

    def find(self, name: str) -> CompanyEntry | None:
        """Return the first company listed under `name`, its legal form and the like aside; None when none is."""
        return self._by_name.get(_plain(name)) or (self._by_name.get(_core(name)) if _core(name) else None)

    @staticmethod
    def _entry(row: dict[str, Any]) -> CompanyEntry:
        return CompanyEntry(name=str(row["title"]), identifier=f"CIK {int(row['cik_str']):010d}, {row['ticker']}")


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[^\w&/ ]", "", name.casefold()).split())


def _core(name: str) -> str:
    """Return a name without legal form, state and the words that companies put around it."""
    return " ".join(_FORM.sub(" ", re.sub(r"[^\w& ]", "", _STATE.sub(" ", _plain(name)))).split())
