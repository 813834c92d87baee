"""Periods in text become typed values with one name each; what is no period stays out."""

import datetime as dt

import pytest

from research.engine.reading import periods
from research.engine.reading.periods import FiscalCalendar, Kind, Period

JUNE = FiscalCalendar(6)


def names(text, **options):
    return [found.period.name for found in periods.find(text, **options)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("revenue in FY2022", ["FY2022"]),
        ("FY22 guidance", ["FY2022"]),
        ("in fiscal 2022 and 2021", ["FY2022", "FY2021"]),
        ("the fiscal year 2019", ["FY2019"]),
        ("for the fiscal year ended June 30, 2023", ["FY2023"]),
        ("Years ended December 31, 2022, 2021 and 2020", ["FY2022", "FY2021", "FY2020"]),
        ("Year Ended December 31,\n2018 2017 2016", ["FY2018", "FY2017", "FY2016"]),
        ("fifty-two weeks ended January 1, 2023", ["FY2022"]),
        ("Q2 2023", ["2023-Q2"]),
        ("Q2 of FY2023", ["2023-Q2"]),
        ("2Q23 results", ["2023-Q2"]),
        ("2023 Q2", ["2023-Q2"]),
        ("the second quarter of fiscal 2023", ["2023-Q2"]),
        ("fourth-quarter 2022", ["2022-Q4"]),
        ("the quarter ended September 30, 2023", ["2023-Q3"]),
        ("three months ended June 30, 2023 and 2022", ["2023-Q2", "2022-Q2"]),
        ("three and nine months ended September 30, 2023", ["2023-Q3", "2023-9M"]),
        ("Six Months Ended June 30, 2023 2022", ["2023-6M", "2022-6M"]),
        ("twelve months ended March 31, 2021", ["FY2021"]),
        ("the first half of 2023", ["2023-6M"]),
        ("the first nine months of 2021", ["2021-9M"]),
        ("as of December 31, 2022", ["2022-12-31"]),
        ("At Dec. 31, 2022 and 2021", ["2022-12-31", "2021-12-31"]),
        ("September 30, 2022 and December 31, 2021", ["2022-09-30", "2021-12-31"]),
        ("on 31 March 2024", ["2024-03-31"]),
        ("effective 2024-07-01", ["2024-07-01"]),
        ("between 2019 and 2021", ["FY2019", "FY2021"]),
        ("from 2019 to 2021", ["FY2019", "FY2020", "FY2021"]),
        ("2019–2021", ["FY2019", "FY2020", "FY2021"]),
        ("2022 and 2021", ["FY2022", "FY2021"]),
    ],
)
def test_a_period_is_read_under_its_one_name(text, wanted):
    assert names(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "$2022", "2,022 rooms", "2022.5", "20% of 2,000", "2022 employees", "the 2025 Notes", "2017 Equity Plan",
        "5.50% senior notes due 2027", "Section 2022", "A2022", "June 31, 2022x", "12020", "no period at all",
    ],
)  # fmt: skip
def test_names_amounts_and_maturities_are_no_periods(text):
    assert names(text) == []


def test_a_day_that_does_not_exist_is_no_date():
    assert all(found.period.kind is not Kind.DATE for found in periods.find("as of June 31, 2022"))


def test_fiscal_quarters_and_spans_count_from_the_firms_own_year():
    assert names("three months ended December 31, 2022", fiscal=JUNE) == ["2023-Q2"]
    assert names("nine months ended March 31, 2023", fiscal=JUNE) == ["2023-9M"]
    assert names("year ended June 30, 2023", fiscal=JUNE) == ["FY2023"]
    shop = FiscalCalendar(1, -1)
    assert names("fiscal year ended January 28, 2023", fiscal=shop) == ["FY2022"]
    assert names("thirteen weeks ended April 29, 2023", fiscal=shop) == ["2023-Q1"]


def test_bare_years_are_marked_and_can_be_left_out():
    text = "In 2022, fiscal 2021"
    assert [found.bare for found in periods.find(text)] == [True, False]
    assert names(text, bare_years=False) == ["FY2021"]


def test_places_are_those_of_the_words():
    text = "Sales rose in the year ended December 31, 2022, 2021 being weak."
    assert [text[f.start : f.end] for f in periods.find(text)] == ["year ended December 31, 2022", "2021"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Our fiscal year ends on June 30.", FiscalCalendar(6)),
        ("For the fiscal year ended December 2, 2022", FiscalCalendar(11)),
        ("for the fiscal year ended January 1, 2023", FiscalCalendar(12)),
        ("our fiscal year ends on the Saturday nearest the end of January. Fiscal 2022 ended on January 28, 2023.",
         FiscalCalendar(1, -1)),
        ("the fiscal year ended January 28, 2023 (“fiscal 2023”)", FiscalCalendar(1, 0)),
        ("revenue in 2022", None),
    ],
)  # fmt: skip
def test_a_document_says_when_its_year_ends(text, wanted):
    assert periods.read_calendar(text) == wanted


def test_a_balance_sheets_day_agrees_with_the_period_it_ends_and_with_no_other():
    day = Period(Kind.DATE, 2023, end=dt.date(2023, 6, 30))
    year = Period(Kind.YEAR, 2023)
    assert periods.agree(day, year, fiscal=JUNE)
    assert not periods.agree(day, year)
    assert periods.agree(day, Period(Kind.QUARTER, 2023, quarter=2))
    assert not periods.agree(year, Period(Kind.QUARTER, 2023, quarter=4))
    assert not periods.agree(year, Period(Kind.YEAR, 2022))
