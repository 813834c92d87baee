"""The World Bank's answers become one sentence a figure; null is no data, and an error with status 200 is one."""

import asyncio
import datetime as dt
import json
from decimal import Decimal

import pytest
from pydantic import ValidationError

from research.engine.domain.errors import Permanent, Transient
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.providers.extractive import sentences
from research.engine.providers.extractive.values import typed_value
from research.engine.tools import world_bank
from research.engine.verification import figures, support
from research.engine.verticals import registry
from tests.doubles.http_replies import NOW, FakeHttp, LoopbackHttp, context, reply, serving

POPULATION = ("SP.POP.TOTL", "Population, total")
INTERNET = ("IT.NET.USER.ZS", "Individuals using the Internet (% of population)")
GDP = ("NY.GDP.MKTP.CD", "GDP (current US$)")


def address(code="SP.POP.TOTL", countries="CA", years="2022:2023", page=1, base="https://api.worldbank.org/v2"):
    return f"{base}/country/{countries}/indicator/{code}?format=json&date={years}&per_page=1000&page={page}"


def row(value, date="2023", country="Canada", indicator=POPULATION, **more):
    return {
        "indicator": {"id": indicator[0], "value": indicator[1]}, "country": {"id": "CA", "value": country},
        "countryiso3code": "CAN", "date": date, "value": value, "unit": "", "obs_status": "", "decimal": 0,
    } | more  # fmt: skip


def answer(*rows, pages=1, page=1, **meta):
    head = {"page": page, "pages": pages, "per_page": "1000", "total": len(rows), "lastupdated": "2024-12-16"}
    return json.dumps([head | meta, list(rows)]).encode()


ERROR = json.dumps(
    [{"message": [{"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}]}]
).encode()


def ask(replies, **arguments):
    http = replies if isinstance(replies, FakeHttp) else FakeHttp(replies)
    given = {"countries": ("CA",), "indicators": ("population",), "first_year": 2022, "last_year": 2023, **arguments}
    return asyncio.run(world_bank.build(context(http)).run(world_bank.Arguments(**given)))


def lines(result):
    return [line for document in result.documents for line in document.text.splitlines()]


def evidence(line):
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(line), exact=line)
    source = SourceRef(id=1, kind="record", title="World Bank", publisher="World Bank")
    return [EvidenceItem(id=1, quote=quote, source=source, task_key="t")]


def test_a_figure_is_one_sentence_with_country_year_unit_and_code():
    result = ask({address(): answer(row(40097761), row(38939056, "2022"))})
    assert lines(result) == [
        "Population in Canada was 40,097,761 people in 2023 (World Bank indicator SP.POP.TOTL, “Population, total”).",
        "Population in Canada was 38,939,056 people in 2022 (World Bank indicator SP.POP.TOTL, “Population, total”).",
    ]
    assert result.note == ""


def test_the_answer_is_kept_whole_with_the_day_of_its_data():
    body = answer(row(1))
    (document,) = ask({address(): body}).documents
    assert (document.data, document.uri, document.kind, document.fetched_at) == (body, address(), "record", NOW)
    assert (document.publisher, document.published_date) == ("World Bank", dt.date(2024, 12, 16))
    assert document.renderer.startswith("world_bank/1:")
    assert len(document.renderer) <= 60


def test_null_is_no_data_and_never_zero_while_zero_is_a_figure():
    result = ask({address(): answer(row(None), row(0, "2022"))})
    assert lines(result) == [
        "Population in Canada was 0 people in 2022 (World Bank indicator SP.POP.TOTL, “Population, total”)."
    ]
    assert result.note == "1 of the years and countries asked for have no data for SP.POP.TOTL."


@pytest.mark.parametrize("body", [answer(row(None)), b'[{"page":0,"pages":0,"per_page":0,"total":0}, null]', answer()])
def test_nothing_found_says_what_was_asked(body):
    result = ask({address(): body})
    assert (result.documents, result.hits) == ((), ())
    assert result.note == "The World Bank has no data for SP.POP.TOTL of CA in 2022 to 2023."


def test_an_error_with_status_200_is_an_error_in_the_providers_words():
    with pytest.raises(Permanent, match=r"refuses SP\.POP\.TOTL of CA .* The provided parameter value is not valid\."):
        ask({address(): ERROR})


def test_every_page_is_asked_for_and_kept_as_its_own_document():
    http = FakeHttp({address(page=n): answer(row(n, str(2020 + n)), pages="3", page=n) for n in (1, 2, 3)})
    result = ask(http)
    assert [each.url for each in http.asked] == [address(page=n) for n in (1, 2, 3)]
    assert [each.uri for each in result.documents] == [address(page=n) for n in (1, 2, 3)]
    assert [line.split(" people")[0][-1] for line in lines(result)] == ["1", "2", "3"]


def test_an_endless_answer_is_cut_and_said():
    http = FakeHttp({address(page=n): answer(row(n), pages=999) for n in range(1, 20)})
    result = ask(http)
    assert len(http.asked) == world_bank.MAX_PAGES
    assert "Only the first 5 of 999 pages" in result.note


def test_countries_and_indicators_are_asked_once_each():
    codes, names = ("US", "CAN", "us"), ("internet users", "IT.NET.USER.ZS", "gdp")
    replies = {
        address(INTERNET[0], "US;CAN"): answer(row(94.3005, indicator=INTERNET)),
        address(GDP[0], "US;CAN"): answer(row(2142470914401.37, indicator=GDP)),
    }
    told = lines(ask(replies, countries=codes, indicators=names))
    assert "Canada was 94.3005 percent in 2023" in told[0]
    assert "at current prices in Canada was USD 2,142,470,914,401.37 in 2023 (World Bank indicator NY.GDP" in told[1]


@pytest.mark.parametrize(
    ("title", "value", "written"),
    [
        ("Inflows (% of GDP)", -2.5, "“Inflows (% of GDP)” in Canada was minus 2.5 percent in 2023"),
        ("Debt (current US$)", 5, "“Debt (current US$)” in Canada was USD 5 in 2023"),
        ("Depth (index)", 8, "“Depth (index)” in Canada was 8 in 2023"),
    ],
)
def test_an_indicator_not_in_the_table_takes_its_unit_from_its_own_title(title, value, written):
    code = "XX.YYY.ZZ"
    result = ask({address(code): answer(row(value, indicator=(code, title)))}, indicators=(code,))
    assert lines(result)[0].startswith(written)


@pytest.mark.parametrize(
    ("date", "words"), [("2023Q4", "in the fourth quarter of 2023"), ("2023M05", "in May 2023"), ("2023", "in 2023")]
)
def test_quarters_and_months_are_named(date, words):
    assert f"people {words} (" in lines(ask({address(): answer(row(5, date))}))[0]


@pytest.mark.parametrize(
    "spoiled",
    [
        None, 3, "x", {}, row("5"), row(True), row([1]), row(5, date=None), row(5, date="yesterday"),
        row(5, country=None), row(5, indicator=GDP), row(5) | {"indicator": None}, row(5) | {"country": "Canada"},
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_left_out_and_counted(spoiled):
    result = ask({address(): answer(row(7), spoiled)})
    assert len(lines(result)) == 1
    assert result.note == "1 rows of SP.POP.TOTL cannot be read and are left out."


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b"[]", b"[null]", b"5", b'[{"pages": 1}]', b'[{"pages": 1}, {}]', b'[{"pages": null}, []]',
     b'[{"pages": 1}, [NaN]]', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_answer_is_refused_in_a_sentence(body):
    with pytest.raises(Permanent) as caught:
        ask({address(): body})
    assert "SP.POP.TOTL of CA" in caught.value.detail


def test_a_missing_day_of_the_data_is_not_made_up():
    assert ask({address(): answer(row(5), lastupdated=None)}).documents[0].published_date is None


@pytest.mark.parametrize("error", [Transient("busy", retry_after_s=3), Permanent("gone")])
def test_what_the_client_raises_is_passed_on_as_it_is(error):
    with pytest.raises(type(error)) as caught:
        ask({address(): error})
    assert caught.value is error


def test_html_is_not_taken_for_an_answer():
    with pytest.raises(Permanent):
        ask({address(): reply(answer(row(5)), media_type="text/html")})


@pytest.mark.parametrize(
    ("indicator", "value", "amount", "unit", "currency"),
    [(INTERNET, 94.3005, "94.3005", "percent", None), (GDP, 2142470914401.37, "2142470914401.37", None, "USD")],
)
def test_a_line_is_read_back_as_the_figure_it_was_made_of(indicator, value, amount, unit, currency):
    line = lines(ask({address(indicator[0]): answer(row(value, indicator=indicator))}, indicators=(indicator[0],)))[0]
    read = typed_value(line, vertical=registry.get("gambling"), publisher="World Bank")
    assert (read.number, read.unit, read.currency) == (Decimal(amount), unit, currency)
    assert (read.period, read.geography) == ("FY2023", "Canada")
    assert figures.check(line, read, evidence(line)).score == 1000
    assert support.check(line, evidence(line)).score == 1000
    assert sentences.can_stand_alone(sentences.split(line)[0])


def test_another_figure_or_unit_is_not_traced_to_the_line():
    line = lines(ask({address(INTERNET[0]): answer(row(94.3005, indicator=INTERNET))}, indicators=("internet users",)))[
        0
    ]
    said = "In Canada, {} of the population used the internet in 2023."
    assert figures.check(said.format("94.3005 percent"), None, evidence(line)).score == 1000
    assert figures.check(said.format("about 94 percent"), None, evidence(line)).score == 1000
    assert figures.check(said.format("95 percent"), None, evidence(line)).score < 1000
    assert figures.check(said.format("94.3005 million"), None, evidence(line)).score < 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"countries": ()}, {"countries": ("all",)}, {"countries": ("CA/../x",)}, {"countries": ("Canada",)},
        {"indicators": ()}, {"indicators": ("happiness",)}, {"indicators": ("SP.POP.TOTL?x=1",)},
        {"first_year": 2024, "last_year": 2020}, {"first_year": 1900}, {"country": "CA"},
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_refused(wrong):
    given = {"countries": ("CA",), "indicators": ("population",), "first_year": 2022, "last_year": 2023} | wrong
    with pytest.raises(ValidationError):
        world_bank.Arguments(**given)


def test_a_name_that_is_not_known_is_answered_with_those_that_are():
    with pytest.raises(ValidationError, match="internet users"):
        world_bank.Arguments(countries=("CA",), indicators=("happiness",), first_year=2022, last_year=2023)


def test_a_model_is_told_what_every_field_means():
    schema = world_bank.Arguments.model_json_schema()
    assert all(field.get("description") for field in schema["properties"].values())
    assert "internet users" in schema["properties"]["indicators"]["description"]


def test_another_base_address_is_asked_over_a_real_socket():
    path = "/v2/country/CA/indicator/SP.POP.TOTL?format=json&date=2022:2023&per_page=1000&page=1"
    with serving({path: answer(row(5))}) as base:
        tool = world_bank.build(context(LoopbackHttp(), base_url=f"{base}/v2/"))
        arguments = world_bank.Arguments(countries=("CA",), indicators=("population",), first_year=2022, last_year=2023)
        result = asyncio.run(tool.run(arguments))
    assert len(lines(result)) == 1
    assert result.documents[0].uri == base + path
