"""Put the World Bank's indicators in sentences: one figure of one country and one year a line.

Shape (World Bank, "Basic Call Structures" of the Indicators API, version 2): [meta, rows]; meta {page, pages, per_page,
total, sourceid, lastupdated}; row {indicator: {id, value}, country: {id, value}, countryiso3code, date, value, unit,
obs_status, decimal}. No data: value null, or rows null. An error comes with status 200 as
[{message: [{id, key, value}]}].
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any, NamedTuple

from research.engine.domain.errors import Permanent

from . import records

CODE = re.compile(r"[A-Z]{2}(?:\.[A-Z0-9_]{1,12}){1,7}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_QUARTER = re.compile(r"((?:19|20)\d\d)Q([1-4])")
_MONTH = re.compile(r"((?:19|20)\d\d)M(0[1-9]|1[0-2])")
_ORDINALS = ("first", "second", "third", "fourth")


class Indicator(NamedTuple):
    """A well-known indicator. name: as people ask for it. words: how a sentence begins with it.

    before, after: what is written around its figure ("USD ", " percent").
    """

    code: str
    name: str
    words: str
    before: str = ""
    after: str = ""
    verb: str = "was"


# By its code: "$" alone may be another country's, and "US$" reads as a place.
_USD = "USD "
# Codes, meanings and units as the World Bank's World Development Indicators define them.
INDICATORS = (
    Indicator("SP.POP.TOTL", "population", "Population", after=" people"),
    Indicator("SP.POP.GROW", "population growth", "Annual population growth", after=" percent"),
    Indicator("SP.POP.1564.TO", "population aged 15-64", "Population aged 15 to 64", after=" people"),
    Indicator("SP.POP.1564.TO.ZS", "share aged 15-64", "Share of the population aged 15 to 64", after=" percent"),
    Indicator("SP.POP.0014.TO.ZS", "share aged 0-14", "Share of the population aged 0 to 14", after=" percent"),
    Indicator("SP.POP.65UP.TO.ZS", "share aged 65 and over", "Population share aged 65 and over", after=" percent"),
    Indicator("SP.URB.TOTL", "urban population", "Urban population", after=" people"),
    Indicator("SP.URB.TOTL.IN.ZS", "urban share", "Urban share of the population", after=" percent"),
    Indicator("NY.GDP.MKTP.CD", "gdp", "Gross domestic product (GDP) at current prices", _USD),
    Indicator("NY.GDP.MKTP.KD.ZG", "gdp growth", "Annual GDP growth", after=" percent"),
    Indicator("NY.GDP.PCAP.CD", "gdp per capita", "GDP per capita at current prices", _USD),
    Indicator("NY.GNP.PCAP.CD", "gni per capita", "GNI per capita by the Atlas method", _USD),
    Indicator("NE.CON.PRVT.CD", "household consumption", "Household consumption at current prices", _USD),
    Indicator("FP.CPI.TOTL.ZG", "inflation", "Annual consumer price inflation", after=" percent"),
    Indicator("SL.UEM.TOTL.ZS", "unemployment", "Unemployment as a share of the labor force", after=" percent"),
    Indicator("SL.TLF.TOTL.IN", "labor force", "Labor force", after=" people"),
    Indicator("IT.NET.USER.ZS", "internet users", "Share of the population using the internet", after=" percent"),
    Indicator("IT.CEL.SETS", "mobile subscriptions", "Mobile cellular subscriptions",
              after=" subscriptions", verb="were"),
    Indicator("IT.CEL.SETS.P2", "mobile subscriptions per 100 people", "Mobile cellular subscriptions per 100 people",
              verb="were"),
    Indicator("IT.NET.BBND", "broadband subscriptions", "Fixed broadband subscriptions",
              after=" subscriptions", verb="were"),
    Indicator("IT.NET.BBND.P2", "broadband per 100 people", "Fixed broadband subscriptions per 100 people",
              verb="were"),
    Indicator("IT.NET.SECR", "secure servers", "Secure internet servers", after=" servers", verb="were"),
    Indicator("IT.NET.SECR.P6", "secure servers per million people", "Secure internet servers per million people",
              verb="were"),
    Indicator("FX.OWN.TOTL.ZS", "account ownership", "Share of people aged 15 and over with an account at a financial "
              "institution or mobile-money provider", after=" percent"),
    Indicator("ST.INT.ARVL", "tourist arrivals", "International tourist arrivals", after=" arrivals", verb="were"),
    Indicator("SE.TER.ENRR", "tertiary enrolment", "Gross enrolment in tertiary education", after=" percent"),
    Indicator("GB.XPD.RSDV.GD.ZS", "research spending", "Research and development expenditure as a share of GDP",
              after=" percent"),
    Indicator("SI.POV.GINI", "gini", "Gini index"),
)  # fmt: skip

_BY_CODE = {each.code: each for each in INDICATORS}
_BY_NAME = {each.name: each for each in INDICATORS}


class Page(NamedTuple):
    """One page of an answer. pages: how many there are, 0 for no data at all. updated: when the data last changed."""

    rows: tuple[Any, ...]
    pages: int
    updated: dt.date | None


class Rendering(NamedTuple):
    """lines: sentences in the record's order. empty: rows without a value. spoiled: rows that cannot be read."""

    lines: tuple[str, ...]
    empty: int
    spoiled: int


def code_of(name: str) -> str | None:
    """Return the code of an indicator given by its code or by a plain name ("internet users"), or None."""
    plain = " ".join(name.split())
    if CODE.fullmatch(plain.upper()) and "." in plain:
        return plain.upper()
    found = _BY_NAME.get(plain.casefold())
    return found.code if found else None


def read(body: bytes, *, of: str) -> Page:
    """Return one page of an answer. of: what was asked. Raises `Permanent` for an error or no such record."""
    record = records.rows(records.load(body, of=of))
    meta = records.fields(record[0]) if record else {}
    said = [records.fields(each) for each in records.rows(meta.get("message"))]
    if said:
        why = "; ".join(filter(None, (records.words(each.get("value")) for each in said))) or "it gives no reason"
        raise Permanent(f"The World Bank refuses {of}: {why.rstrip('.')}. Check the codes of country and indicator.")
    pages = records.whole(meta.get("pages"))
    if pages is None or len(record) < 2 or not (record[1] is None or isinstance(record[1], list)):  # noqa: PLR2004 - meta, rows
        raise Permanent(f"What the World Bank sent for {of} is no answer of its Indicators API, version 2.")
    return Page(tuple(records.rows(record[1])), pages, records.day(meta.get("lastupdated")))


def render(page: Page, *, code: str) -> Rendering:
    """Return the figures of a page as sentences. A null is no data, never 0; a row of another indicator is spoiled."""
    lines: list[str] = []
    empty = spoiled = 0
    for each in page.rows:
        row = records.fields(each)
        indicator, country = (
            records.fields(row.get("indicator")),
            records.words(records.fields(row.get("country")).get("value")),
        )
        when, own = _when(records.words(row.get("date"))), records.words(indicator.get("id"))
        if not country or not when or own.upper() != code:
            spoiled += 1
        elif row.get("value", "") is None:
            empty += 1
        elif (value := records.number(row.get("value"))) is None:
            spoiled += 1
        else:
            lines.append(_sentence(code, records.words(indicator.get("value")), country, when, value))
    return Rendering(tuple(lines), empty, spoiled)


def _sentence(code: str, title: str, country: str, when: str, value: Decimal) -> str:
    known = _BY_CODE.get(code)
    if known:
        words, before, after, verb = known.words, known.before, known.after, known.verb
        # A title with "US$" would name a second place in the sentence.
        called = f", “{title}”" if title and "US$" not in title else ""
    else:
        words, before, after, verb = f"“{title or code}”", *_unit(title), "was"
        called = ""
    return (
        f"{words} in {country} {verb} {records.signed(value, before=before, after=after)} {when} "
        f"(World Bank indicator {code}{called})."
    )


def _unit(title: str) -> tuple[str, str]:
    """Return what stands before and after a figure whose indicator names its unit in brackets ("(% of GDP)")."""
    unit = title.rpartition("(")[2] if title.endswith(")") else ""
    if "%" in unit:
        return "", " percent"
    return (_USD, "") if "US$" in unit else ("", "")


def _when(date: str) -> str:
    if _YEAR.fullmatch(date):
        return f"in {date}"
    if quarter := _QUARTER.fullmatch(date):
        return f"in the {_ORDINALS[int(quarter[2]) - 1]} quarter of {quarter[1]}"
    if month := _MONTH.fullmatch(date):
        return f"in {records.long_day(dt.date(int(month[1]), int(month[2]), 1)).split()[0]} {month[1]}"
    return ""
