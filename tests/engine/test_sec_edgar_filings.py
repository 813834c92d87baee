"""EDGAR is asked politely for companies and filings, and nothing but EDGAR."""

import asyncio
import datetime as dt
import json

import pytest
from pydantic import ValidationError
from sec_records import (
    AGENT,
    CIK,
    FACTS,
    FOLDER,
    K24,
    Q24,
    REVENUE,
    SUBMISSIONS,
    TICKERS,
    ask,
    body,
    lines,
)

from research.engine.domain.errors import Permanent, Transient
from research.engine.tools import sec_edgar
from tests.doubles.http_replies import FakeHttp, context, reply

LISTED = json.dumps(
    {
        "0": {"cik_str": CIK, "ticker": "QUIL", "title": "Quillmark Cloud, Inc."},
        "1": {"cik_str": 77, "ticker": "LARK", "title": "Larkspur Gaming Corp"},
        "2": {"cik_str": 78, "ticker": "LARKW", "title": "Larkspur Holdings Ltd"},
        "3": {"cik_str": None, "ticker": "BAD", "title": "No number"},
    }
).encode()


def submissions(**more):
    recent = {
        "accessionNumber": [Q24, K24, "0001234567-24-000001"],
        "form": ["10-Q", "10-K/A", "8-K"],
        "filingDate": ["2024-06-03", "2024-03-20", "2024-01-05"],
        "reportDate": ["2024-04-30", "2024-01-31", ""],
        "primaryDocument": ["q.htm", "k.htm", "../../etc/passwd"],
        "items": ["", "", ""],
    } | more  # fmt: skip
    return json.dumps(
        {"cik": str(CIK), "name": "Quillmark Cloud, Inc.", "filings": {"recent": recent, "files": [{}]}}
    ).encode()


def test_a_company_is_found_by_ticker_and_by_name_without_its_legal_form():
    for wanted in ("QUIL", "quil", "Quillmark Cloud", "quillmark cloud inc"):
        result = ask({TICKERS: LISTED}, operation="find_company", company=wanted)
        (line,) = lines(result)
        assert line.startswith(
            "Quillmark Cloud, Inc. trades under the ticker QUIL and has the Central Index Key (CIK) 1234567"
        )
        assert result.documents[0].data == LISTED
        assert result.documents[0].renderer.startswith("sec_edgar/1:find_company-")
        assert len(result.documents[0].renderer) <= 60
    nobody = ask({TICKERS: LISTED}, operation="find_company", company="Nobody")
    assert (nobody.documents, nobody.note) == ((), "The SEC lists no company of the ticker or name “Nobody”.")


def test_facts_may_name_the_company_by_ticker_and_an_unclear_name_is_asked_back():
    http = FakeHttp({TICKERS: LISTED, FACTS: body(gaap={"Revenues": REVENUE})})
    clear = ask(http, operation="facts", company="QUIL", concepts=("revenue",))
    assert lines(clear)
    assert clear.note == "“QUIL” is taken to be Quillmark Cloud, Inc. (CIK 1234567)."
    unclear = ask(http, operation="facts", company="Larkspur", concepts=("revenue",))
    assert not unclear.documents
    assert "(CIK 77, LARK)" in unclear.note
    assert "(CIK 78, LARKW)" in unclear.note


def test_filings_are_listed_with_day_period_and_address_and_amendments_come_with_their_form():
    result = ask({SUBMISSIONS: submissions()}, operation="filings", forms=("10-K",))
    (line,) = lines(result)
    assert line == (
        "Quillmark Cloud, Inc. filed a report of form 10-K/A with the SEC on March 20, 2024, for the period ended "
        f"January 31, 2024 (accession {K24}, {FOLDER}/000123456724000010/k.htm)."
    )
    assert result.documents[0].renderer.startswith("sec_edgar/1:filings-")
    assert [each.url for each in result.listings] == [f"{FOLDER}/000123456724000010/k.htm"]
    assert "Filings before 2024-01-05 are not looked at." in result.note
    every = ask({SUBMISSIONS: submissions()}, operation="filings")
    assert len(lines(every)) == 3
    assert len(every.listings) == 2  # the address that climbs out of its folder is none
    assert "passwd" not in every.documents[0].text


def test_a_list_of_filings_with_unequal_columns_is_refused():
    with pytest.raises(Permanent, match="differ in length"):
        ask({SUBMISSIONS: submissions(form=["10-K"])}, operation="filings")


def test_no_filing_of_a_form_is_said():
    result = ask({SUBMISSIONS: submissions()}, operation="filings", forms=("20-F",))
    assert not result.documents
    assert result.note.startswith("Quillmark Cloud, Inc. (CIK 1234567) has no filing of form 20-F among its newest.")


def test_a_filing_is_brought_as_bytes_for_the_parsers():
    page = reply(b"<html><body>Risk factors</body></html>", media_type="text/html")
    replies = {SUBMISSIONS: submissions(), f"{FOLDER}/000123456724000010/k.htm": page}
    result = ask(replies, operation="filing", accession=K24, query="risk factors", limit=5)
    (document,) = result.documents
    assert (document.kind, document.text, document.renderer) == ("web_page", None, "")
    assert (document.data, document.media_type) == (page.body, "text/html")
    assert (document.publisher, document.published_date) == ("Quillmark Cloud, Inc.", dt.date(2024, 3, 20))
    assert (document.query, document.limit) == ("risk factors", 5)


def test_an_old_filing_needs_its_files_name():
    old = "0001234567-09-000001"
    result = ask({SUBMISSIONS: submissions()}, operation="filing", accession=old)
    assert "is not among the newest filings: give the file's name as `document`" in result.note
    replies = {SUBMISSIONS: submissions(), f"{FOLDER}/000123456709000001/a.htm": reply(b"x", media_type="text/html")}
    assert ask(replies, operation="filing", accession=old, document="a.htm").documents[0].published_date is None


# ── manners ──────────────────────────────────────────────────────────────────────────────────────


def test_without_a_user_agent_nothing_is_asked_and_the_setting_is_named():
    http = FakeHttp({FACTS: body(gaap={"Revenues": REVENUE})})
    tool = sec_edgar.build(context(http, user_agent="  "))
    with pytest.raises(Permanent, match="MRD_SEC_USER_AGENT"):
        asyncio.run(tool.run(sec_edgar.Arguments(operation="facts", company="1", concepts=("revenue",))))
    assert http.asked == []


def test_every_request_says_who_asks_what_kind_is_wanted_and_how_much():
    http = FakeHttp({TICKERS: LISTED, FACTS: body(gaap={"Revenues": REVENUE})})
    ask(http, operation="facts", company="QUIL", concepts=("revenue",))
    assert {each.headers["User-Agent"] for each in http.asked} == {AGENT}
    assert {each.media_types for each in http.asked} == {("application/json",)}
    assert all(each.max_bytes for each in http.asked)
    assert sec_edgar.SecEdgar.rate * 3 / 60 < 10  # three requests a use, SEC's limit a second


@pytest.mark.parametrize("error", [Transient("busy", retry_after_s=7), Permanent("403")])
def test_what_the_client_raises_is_passed_on_as_it_is(error):
    with pytest.raises(type(error)) as caught:
        ask({FACTS: error}, operation="facts", concepts=("revenue",))
    assert caught.value is error


@pytest.mark.parametrize(
    "arguments",
    [
        {"operation": "facts"},
        {"operation": "filing"},
        {"operation": "filing", "accession": "../x"},
        {"operation": "filing", "accession": K24, "document": "../../x"},
        {"operation": "filing", "accession": K24, "document": "https://evil.example/x"},
        {"operation": "facts", "concepts": ["revenue"], "first_year": 2024, "last_year": 2020},
        {"operation": "facts", "concepts": ["revenue"], "limit": 0},
        {"operation": "delete"},
        {"operation": "filings", "url": "https://evil.example"},
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments):
    with pytest.raises(ValidationError):
        sec_edgar.Arguments(company="1", **arguments)


def test_a_model_is_told_what_every_field_means():
    schema = sec_edgar.Arguments.model_json_schema()
    assert all(field.get("description") for field in schema["properties"].values())
    assert "net income" in schema["properties"]["concepts"]["description"]
