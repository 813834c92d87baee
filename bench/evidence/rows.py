"""What every evidence bench gives: rows to print beside the floors and published figures."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One measure. ours, wanted, floor, published: as printed ("62.4 %", ".69"), "" where there is none."""

    name: str
    ours: str
    wanted: str = ""
    floor: str = ""
    published: str = ""
    note: str = ""
