"""The register reads a file in the shape of the SEC's and finds companies without their legal form."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from research.adapters.company_register import TickerFile
from research.engine.domain.errors import InvalidInput

ROWS = {
    "0": {"cik_str": 12, "ticker": "OAKL", "title": "OAKLINE GAMING INC"},
    "1": {"cik_str": 34, "ticker": "BRCH", "title": "Birchway Play Holdings, Inc. /DE/"},
}


@pytest.mark.parametrize("name", ["Oakline Gaming", "oakline gaming inc.", "Oakline Gaming Corporation"])
def test_a_listed_company_is_found_whatever_its_legal_form(tmp_path: Path, name: str):
    file = tmp_path / "tickers.json"
    file.write_text(json.dumps(ROWS), encoding="utf-8")
    entry = TickerFile(file).find(name)
    assert entry is not None
    assert entry.identifier == "CIK 0000000012, OAKL"


def test_a_packed_file_is_read_and_a_state_in_a_name_is_passed_over(tmp_path: Path):
    file = tmp_path / "tickers.json.gz"
    file.write_bytes(gzip.compress(json.dumps(ROWS).encode()))
    register = TickerFile(file)
    assert register.find("Birchway Play") is not None
    assert register.find("Birchway") is None
    assert register.find("Inc.") is None


@pytest.mark.parametrize("content", ["", "[1]", '{"0": {"title": "x"}}', "not json"])
def test_another_file_is_refused_with_what_to_do(tmp_path: Path, content: str):
    file = tmp_path / "tickers.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match="leave MRD_COMPANY_REGISTER empty"):
        TickerFile(file)
