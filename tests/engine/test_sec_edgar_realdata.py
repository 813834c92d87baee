"""Real records of EDGAR, served over loopback, say in sentences what the companies' own statements say."""

import asyncio
import datetime as dt
import gzip
import os
import pathlib
import re

import pytest
from sec_records import (
    AGENT,
    body,
    evidence,
    facts,
    lines,
    row,
)

from research.engine.providers.extractive import sentences
from research.engine.providers.extractive.values import typed_value
from research.engine.tools import sec_edgar
from research.engine.verification import figures
from research.engine.verticals import registry
from tests.doubles.http_replies import LoopbackHttp, context, serving

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("MRD_DATA_DIR", ROOT.parent / "shared" / "data")) / "company_facts" / "sec"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data (or MRD_DATA_DIR) with company_facts"),
]


def real(name):
    return gzip.decompress((DATA / name).read_bytes())


def over_sockets(files, **arguments):
    with serving(files, needs=AGENT) as base:
        tool = sec_edgar.build(context(LoopbackHttp(), user_agent=AGENT, base_url=base, data_url=f"{base}/"))
        return asyncio.run(tool.run(sec_edgar.Arguments(**arguments)))


def own_figures(name):
    """Yield the cells of a company's own statement: fact, value, unit, start, end."""
    return (line.split(",") for line in real(name).decode().splitlines())


TAG = "RevenueFromContractWithCustomerExcludingAssessedTax"
SNOW = "/api/xbrl/companyfacts/CIK0001640147.json"


def test_real_revenue_of_snowflake_is_that_of_its_own_statements():
    files = {"/files/company_tickers.json": real("company_tickers.json.gz"), SNOW: real("snow_facts.json.gz")}
    result = over_sockets(files, operation="facts", company="SNOW", concepts=("revenue",))
    told = lines(result)
    assert result.documents[0].data == files[SNOW]
    assert told[0].startswith("Revenue of SNOWFLAKE INC. was $3,626,396,000 in fiscal year 2025, the year ended Jan")
    own = next(cells for cells in own_figures("snowflake_gaap.csv.gz") if cells[0] == TAG)
    assert f"${int(own[1]):,} in fiscal year 2023" in told[2]


def test_every_figure_of_real_lines_is_in_the_bytes_and_passes_the_houses_checks():
    record = real("snow_facts.json.gz")
    result = over_sockets(
        {SNOW: record},
        operation="facts",
        company="1640147",
        concepts=("revenue", "net income", "total assets", "EPS", "shares outstanding", "R&D"),
        periods=("year", "quarter", "year_to_date"),
        limit=200,
    )
    told = lines(result)
    assert len(told) > 100
    written = set(re.findall(rb'"val": (-?[\d.]+)', record))
    for line in told:
        for figure in re.findall(r"(?:was|were|the) (minus )?\$?([\d,]+(?:\.\d+)?)", line):
            plain = figure[1].replace(",", "").encode()
            assert plain in written or b"-" + plain in written, line
        value = typed_value(line, vertical=registry.get("saas"), publisher="SNOWFLAKE INC.")
        assert figures.check(line, value, evidence(line, "SNOWFLAKE INC.")).score == 1000
    found = sentences.split(result.documents[0].text)
    assert [each.text for each in found] == told


def test_a_real_foreign_filer_is_read_by_its_ifrs_tags():
    result = over_sockets(
        {"/api/xbrl/companyfacts/CIK0001997711.json": real("lpa_facts.json.gz")},
        operation="facts", company="CIK0001997711", concepts=("revenue", "AverageForeignExchangeRate"), first_year=2024,
    )  # fmt: skip
    told = lines(result)
    assert told[0].startswith("Revenue of Logistic Properties of the Americas was $43,862,372 in fiscal year 2024, ")
    assert any("was COP 4,071 in fiscal year 2024" in line for line in told)


def test_real_filings_are_listed_and_fetched():
    files = {
        "/submissions/CIK0001318605.json": real("company_submission.json.gz"),
        "/Archives/edgar/data/1318605/000095017022000796/tsla-20211231.htm": b"<html>Annual report</html>",
    }
    result = over_sockets(files, operation="filings", company="1318605", forms=("10-K",))
    assert "Tesla, Inc. filed a report of form 10-K with the SEC on February 7, 2022" in result.documents[0].text
    got = over_sockets(files, operation="filing", company="1318605", accession="0000950170-22-000796")
    assert got.documents[0].media_type == "text/html"
    assert got.documents[0].published_date == dt.date(2022, 2, 7)


def test_apples_own_filing_says_the_same_as_the_words_for_its_tag():
    own = next(cells for cells in own_figures("apple_gaap.csv.gz") if cells[0] == TAG and cells[3] == "2021-09-26")
    fact = row(int(own[1]), own[4], own[3], fy=2022)
    assert (
        "was $394,328,000,000 in fiscal year 2022, the year ended September 24, 2022"
        in lines(facts(body(gaap={TAG: [fact]})))[0]
    )
