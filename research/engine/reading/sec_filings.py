"""Read the SEC's list of companies and a company's list of filings, and put them in sentences.

company_tickers.json: {"0": {cik_str, ticker, title}, …}. submissions: {cik, name, filings: {recent: {accessionNumber:
[…], form: […], filingDate: […], reportDate: […], primaryDocument: […], …}, files: […]}}, columns of equal length, the
newest filing first.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NamedTuple

from research.engine.domain.errors import Permanent

from . import records
from .names import mentions, squeezed
from .sec_facts import ACCESSION

# A file in a filing: one folder down at most ("xslF345X03/form4.xml"), never up.
DOCUMENT = re.compile(r"(?:[A-Za-z0-9_-][\w.-]*/)?[A-Za-z0-9_-][\w.-]*", re.ASCII)
_LEGAL = re.compile(
    r"[,\s]+(?:inc|incorporated|corp|corporation|co|company|llc|ltd|limited|plc|n\.?v|s\.?a|ag|se)\.?\Z"
    r"|\s*/[a-z]{2,3}/?\Z",
    re.IGNORECASE,
)


class Listed(NamedTuple):
    """A company as the SEC lists it."""

    cik: int
    ticker: str
    name: str


class Filing(NamedTuple):
    """A filing. period: last day of what it reports on, None where it has none. document: its main file."""

    accession: str
    form: str
    filed: dt.date
    period: dt.date | None
    document: str


class Filings(NamedTuple):
    """A company's newest filings, newest first. spoiled: how many were incomplete. older: whether there are more."""

    cik: int
    name: str
    filings: tuple[Filing, ...]
    spoiled: int
    older: bool


def companies(body: bytes) -> tuple[Listed, ...]:
    """Return the companies of company_tickers.json in its order. Raises `Permanent` when it lists none."""
    found = []
    for each in records.fields(records.load(body, of="the SEC's list of companies")).values():
        row = records.fields(each)
        cik, ticker, name = records.whole(row.get("cik_str")), records.words(row.get("ticker")), row.get("title")
        if cik and ticker and records.words(name):
            found.append(Listed(cik, ticker, records.words(name)))
    if not found:
        raise Permanent("The SEC's list of companies lists none: check the address it is asked at.")
    return tuple(found)


def matching(listed: tuple[Listed, ...], wanted: str) -> tuple[Listed, ...]:
    """Return the companies of that ticker or name, in the order of the list; where there are none, those named in part.

    A ticker in capitals is taken before a name. Legal forms do not count ("Snowflake" is "SNOWFLAKE INC.").
    """
    plain = " ".join(wanted.split())
    by_ticker = tuple(each for each in listed if each.ticker.casefold() == plain.casefold())
    by_name = tuple(each for each in listed if _short(each.name) == _short(plain))
    if by_ticker and (plain.isupper() or not by_name):
        return by_ticker
    return by_name or tuple(each for each in listed if mentions(each.name.casefold(), (plain.casefold(),)))


def company_sentence(company: Listed) -> str:
    return (
        f"{company.name} trades under the ticker {company.ticker} and has the Central Index Key (CIK) {company.cik} "
        f"with the SEC."
    )


def filings(body: bytes, *, cik: int) -> Filings:
    """Return the newest filings of a submissions record. Raises `Permanent` when it is none, or another company's."""
    record = records.fields(records.load(body, of=f"the filings of CIK {cik}"))
    name, lists = records.words(record.get("name")), records.fields(record.get("filings"))
    recent = records.fields(lists.get("recent"))
    columns = [records.rows(recent.get(key)) for key in _COLUMNS]
    if not name or not columns[0] or records.whole(record.get("cik")) != cik:
        raise Permanent(f"What the SEC sent as the filings of CIK {cik} is no list of that company's filings.")
    if len({len(column) for column in columns}) != 1:
        raise Permanent(
            f"The columns of the SEC's list of filings of CIK {cik} differ in length: nothing is sure in it."
        )
    read = [_filing(row) for row in zip(*columns, strict=True)]
    kept = tuple(each for each in read if each is not None)
    return Filings(cik, name, kept, len(read) - len(kept), bool(records.rows(lists.get("files"))))


_COLUMNS = ("accessionNumber", "form", "filingDate", "reportDate", "primaryDocument")


def _filing(row: tuple[Any, ...]) -> Filing | None:
    accession, form, document = (records.words(row[at]) for at in (0, 1, 4))
    filed = records.day(row[2])
    if not ACCESSION.fullmatch(accession) or not form or filed is None:
        return None
    return Filing(accession, form, filed, records.day(row[3]), document if DOCUMENT.fullmatch(document) else "")


def filing_sentence(company: str, filing: Filing, url: str) -> str:
    """Return a filing as a sentence. url: of its main document, "" where it names none."""
    of = f", for the period ended {records.long_day(filing.period)}" if filing.period else ""
    at = f", {url}" if url else ""
    return (
        f"{company} filed a report of form {filing.form} with the SEC on {records.long_day(filing.filed)}{of} "
        f"(accession {filing.accession}{at})."
    )


def _short(name: str) -> str:
    cut = name
    while (shorter := _LEGAL.sub("", cut).strip(" ,.")) and shorter != cut:
        cut = shorter
    return squeezed(cut)
