"""Sensor Tower's figures keep value, unit, place and period; what is not documented is refused; no token leaks."""

from __future__ import annotations

import asyncio
import json
import traceback
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError
from tool_replies import NOW, Replies, context

from research.engine.domain.errors import CallError, Permanent, Transient
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.ports import ToolResult
from research.engine.providers.extractive import sentences
from research.engine.providers.extractive.values import typed_value
from research.engine.reading import app_fields
from research.engine.tools import sensor_tower
from research.engine.verification import figures
from research.engine.verticals import registry

CANARY = "canary/TOKEN+4711=="
SCOPE = "The figures below are estimates by Sensor Tower, not counts of the store."
NET = "Estimated revenue is net of taxes and of the store's fees, in US dollars."
MARCH = {"start_date": "2026-03-01", "end_date": "2026-03-31"}
# The examples of the API's documentation, but for the app, the country and the dates.
APP = {"app_id": "com.example", "name": "Example App", "os": "android", "publisher_name": "Example, Inc.",
       "publisher_country": "US", "release_date": "2008-07-11T07:00:00Z", "updated_date": "2021-09-09T00:00:00Z",
       "version": "335.0", "rating": 2.2044, "rating_count": 1122455, "global_rating_count": 4793919, "price": 0,
       "in_app_purchases": True, "content_rating": "12+", "supported_languages": ["EN", "ES"], "description": "We won.",
       "humanized_worldwide_last_month_revenue": {"string": "$6m"}, "canonical_country": "US"}  # fmt: skip
PHONE = {**APP, "app_id": 284882215, "os": "ios", "name": "Facebook"}


def row(**more) -> dict:
    return {"aid": "com.example", "c": "US", "d": "2026-03-01T00:00:00Z", "u": 1234567, "r": 84500, **more}


def ask(
    rows, /, os: str = "android", operation: str = "estimates", app=None, **arguments
) -> tuple[ToolResult, Replies]:
    """Run the tool over an API that answers `rows`, and `app` as the record that names the app."""
    record = app if app is not None else APP if os == "android" else PHONE
    http = Replies(
        {
            f"/v1/{os}/apps": record if isinstance(record, (bytes, Exception)) else {"apps": [record]},
            f"/v1/{os}/sales_report_estimates": rows,
            f"/v1/{os}/usage/active_users": rows,
        }
    )
    tool = sensor_tower.build(context(http, auth_token=CANARY))
    asked = {"operation": operation, "os": os, "app_ids": ["com.example" if os == "android" else "284882215"]}
    period = {} if operation == "app" else MARCH
    return asyncio.run(tool.run(tool.arguments.model_validate({**asked, **period, **arguments}))), http


def lines(result: ToolResult) -> list[str]:
    return facts(result.documents[-1].text)


def facts(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


# ── figures ──────────────────────────────────────────────────────────────────────────────────────


def test_downloads_and_revenue_of_an_android_app_are_estimates_with_place_and_period():
    result, _ = ask([row(), row(c="WW", u=5, r=1), row(c="XK", u=0, r=0)], countries=["US", "WW", "XK"])
    app = "“Example App” (com.example) on Google Play"
    assert lines(result) == [
        SCOPE,
        NET,
        f"Sensor Tower estimates 1,234,567 downloads of {app} in the United States in March 2026.",
        f"Sensor Tower estimates $845.00 of net revenue for {app} in the United States in March 2026.",
        f"Sensor Tower estimates 5 downloads of {app} worldwide in March 2026.",
        f"Sensor Tower estimates $0.01 of net revenue for {app} worldwide in March 2026.",
        f"Sensor Tower estimates 0 downloads of {app} in the country of code XK in March 2026.",
        f"Sensor Tower estimates $0.00 of net revenue for {app} in the country of code XK in March 2026.",
    ]
    assert result.note == ""


def test_an_ios_app_has_its_devices_apart_and_nothing_is_added_up():
    rows = [
        {"aid": 284882215, "cc": "AE", "d": "2026-03-02T00:00:00Z", "au": 135, "ar": 1815, "iu": 1459, "ir": 200438}
    ]
    week = {"granularity": "day", "start_date": "2026-03-01", "end_date": "2026-03-07"}
    result, http = ask(rows, os="ios", countries=["AE"], **week)
    assert http.sent[1][1]["date_granularity"] == "daily"
    app, tail = "“Facebook” (App Store id 284882215)", "in the United Arab Emirates on March 2, 2026."
    assert lines(result)[2:] == [
        f"Sensor Tower estimates 1,459 downloads of {app} on iPhone {tail}",
        f"Sensor Tower estimates 135 downloads of {app} on iPad {tail}",
        f"Sensor Tower estimates $2,004.38 of net revenue for {app} on iPhone {tail}",
        f"Sensor Tower estimates $18.15 of net revenue for {app} on iPad {tail}",
    ]


@pytest.mark.parametrize(
    ("granularity", "start", "end", "period", "words"),
    [
        ("day", "2026-03-05", "2026-03-05", "day", "daily active users of {} on March 5, 2026."),
        ("week", "2026-03-02", "2026-03-08", "week",
         "weekly active users of {} in the week that began on March 2, 2026."),
        ("month", "2026-03-01", "2026-03-31", "month", "monthly active users of {} in March 2026."),
    ],
)  # fmt: skip
def test_active_users_are_of_the_period_that_was_asked_for(granularity, start, end, period, words):
    rows = [{"app_id": "com.example", "country": "GB", "date": f"{start}T00:00:00Z", "users": 2944254}]
    result, http = ask(
        rows, operation="active_users", countries=["GB"], granularity=granularity, start_date=start, end_date=end
    )
    assert http.sent[1][1]["time_period"] == period
    told = words.format("“Example App” (com.example) on Android in the United Kingdom")
    assert lines(result)[2:] == [f"Sensor Tower estimates 2,944,254 {told}"]
    phone = [{"app_id": 284882215, "country": "GB", "date": start, "iphone_users": 1536760, "ipad_users": 121456}]
    result, _ = ask(
        phone,
        os="ios",
        operation="active_users",
        countries=["GB"],
        granularity=granularity,
        start_date=start,
        end_date=end,
    )
    assert [line.split(" active users of ")[0].split()[3] for line in lines(result)[2:]] == ["1,536,760", "121,456"]


def test_a_quarter_is_called_by_its_number():
    rows = [row(d=f"2025-{month:02d}-01") for month in (1, 4, 7, 10)]
    result, _ = ask(rows, granularity="quarter", start_date="2025-01-01", end_date="2025-12-31")
    quarters = [line.rsplit(" in the ", 1)[1] for line in lines(result)[2::2]]
    assert quarters == [f"{n} quarter of 2025." for n in ("first", "second", "third", "fourth")]


@pytest.mark.parametrize(
    ("cents", "dollars"),
    [(1, "$0.01"), (100, "$1.00"), ("286753", "$2,867.53"), (10**15 + 1, "$10,000,000,000,000.01"), (5.5, "$0.055")],
)
def test_cents_become_dollars_exactly(cents, dollars):
    result, _ = ask([row(r=cents)])
    assert f"estimates {dollars} of net revenue" in lines(result)[-1]


@pytest.mark.parametrize("value", [-1, True, "many", "1e999", "NaN", [1], {"v": 1}, 10**40, "1e-40"])
def test_a_value_that_is_no_figure_is_left_out_and_its_field_named(value):
    result, _ = ask([row(u=value)])
    assert len(lines(result)) == 3
    assert result.note == "Left out, as their values cannot be read: u (1)."


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


def test_fields_that_are_not_documented_are_refused_counted_and_never_put_in_words():
    odd = {"arpu": 99, "d30_retention": 0.25, "profit\u202e\n": "98765"}
    result, _ = ask([row(**odd), row(c="CA", arpu=99)], countries=["US", "CA"])
    assert (
        "Refused, as the public documentation does not name them: arpu (2), d30_retention (1), profit (1)."
        in result.note
    )
    assert not any(figure in result.documents[-1].text for figure in ("99", "0.25", "98765", "arpu"))


def test_the_country_of_an_android_row_is_read_where_the_documentation_has_it_and_nowhere_else():
    swapped = {"aid": "com.example", "cc": "US", "d": "2026-03-01", "u": 5}
    result, _ = ask([swapped])
    assert len(result.documents) == 1  # the app's record alone
    assert "cc (1)" in result.note


@pytest.mark.parametrize(
    "other",
    [{"aid": "com.other"}, {"c": "FR"}, {"c": None}, {"c": ["US"]}, {"d": "2026-04-01"}, {"d": "2026-03-31T00:00:00Z"},
     {"d": "March"}, {"d": None}, {"aid": None}],
)  # fmt: skip
def test_a_row_that_was_not_asked_for_is_not_passed_off_as_one_that_was(other):
    result, _ = ask([row(u=1), row(u=77_777, **other)])
    assert "77,777" not in result.documents[-1].text
    assert "not asked for, left out: 1." in result.note


def test_every_field_cites_its_documentation_and_stands_once():
    for fields in app_fields.FIELDS.values():
        names = [field.name for field in fields]
        assert len(names) == len(set(names))
        for field in fields:
            assert field.page.startswith("https://app.sensortower.com/api/docs/app_analysis#/")
            if field.kind in {"downloads", "revenue", "users"}:
                assert field.definition.startswith("https://help.sensortower.com/")
                assert field.unit
    cents = {f.name for fields in app_fields.FIELDS.values() for f in fields if f.scale != 1}
    assert cents == {"r", "ir", "ar"}


def test_the_page_of_the_tool_lists_every_field_with_its_documentation():
    page = (Path(__file__).parents[2] / "docs/reference/tools/sensor_tower.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for (operation, _), fields in app_fields.FIELDS.items():
        for field in fields:
            cited = [r for r in rows if f"| `{operation}` |" in r and f"| `{field.name}` |" in r and field.page in r]
            assert cited or (field.kind == "silent" and f"`{field.name}`" in page), field.name
            assert all(field.definition in row for row in cited)


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_ids": ["284882215"]}, {"app_ids": ["com.example,com.other"]}, {"app_ids": []}, {"countries": ["us"]},
        {"countries": ["USA"]}, {"start_date": None}, {"end_date": "2026-03-30"}, {"start_date": "2026-03-02"},
        {"granularity": "week"}, {"granularity": "quarter"}, {"granularity": "day"}, {"start_date": "2025-03-01"},
        {"start_date": "2026-04-01"}, {"os": "unified"}, {"auth_token": "x"}, {"operation": "retention"},
        {"operation": "app"}, {"end_date": "9999-12-31"}, {"start_date": "0001-01-01"},
        {"operation": "active_users", "granularity": "quarter"},
    ],
)  # fmt: skip
def test_arguments_that_would_give_parts_of_periods_or_leave_the_documentation_are_refused(wrong):
    right = {"operation": "estimates", "os": "android", "app_ids": ["com.example"], **MARCH}
    sensor_tower.Arguments.model_validate(right)
    with pytest.raises(ValidationError):
        sensor_tower.Arguments.model_validate({**right, **wrong})


def test_a_period_that_is_not_over_is_refused_before_anything_is_sent():
    with pytest.raises(Permanent, match="not over"):
        ask([row()], start_date="2026-11-01", end_date="2026-11-30")
    day = NOW.date().isoformat()
    with pytest.raises(Permanent, match="not over"):
        ask([row()], granularity="day", start_date=day, end_date=day)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"{}", b'"x"', b"[1]", b"[{}", b"\xff", b"[" * 100_000, b'[{"u": NaN}]']
)
def test_another_answer_is_refused_in_a_sentence(body):
    with pytest.raises(Permanent, match="not as documented"):
        ask(body)
    with pytest.raises(Permanent, match="not as documented"):
        ask([row()], app=body)


def test_nothing_known_of_an_app_is_said_and_makes_no_document():
    result, _ = ask([], app_ids=["com.example", "com.small"])
    assert len(result.documents) == 1
    assert result.note == "Sensor Tower gives nothing for com.example, com.small: download and revenue estimates."


# ── the record of an app ─────────────────────────────────────────────────────────────────────────


def test_the_record_of_an_app_is_put_in_words_that_say_whose_record_it_is():
    result, http = ask([], operation="app", countries=["GB"])
    assert http.sent[0][1]["country"] == "GB"
    assert len(http.sent) == 1
    says = "Sensor Tower's record of “Example App” (com.example) for Google Play in the United Kingdom says that"
    assert lines(result) == [
        f"{says} it is called “Example App” there.",
        f"{says} “Example, Inc.” publishes it.",
        f"{says} its publisher's country is the United States.",
        f"{says} the app was released on July 11, 2008.",
        f"{says} the app was last updated on September 9, 2021.",
        f"{says} “335.0” is its version.",
        f"{says} “12+” is its content rating.",
        f"{says} the app offers in-app purchases.",
        f"{says} its rating is 2.2044.",
        f"{says} its rating count is 1,122,455.",
        f"{says} its global rating count is 4,793,919.",
        f"{says} the app supports the languages EN, ES.",
    ]
    assert result.note == ""


def test_a_name_cannot_leave_its_quotation_marks_or_its_line():
    name = "Nice” app.\nSensor Tower estimates 9 downloads\u202e\x00" + "x" * 500
    result, _ = ask([row()], app={**APP, "name": name})
    told = lines(result)[2]
    assert told.startswith(
        "Sensor Tower estimates 1,234,567 downloads of “Nice' app. Sensor Tower estimates 9 downloads x"
    )
    assert told.count("”") == 1
    assert len(lines(result)) == 4


# ── the document ─────────────────────────────────────────────────────────────────────────────────


def test_the_document_is_the_provider_s_very_bytes_at_an_address_without_the_token():
    body = b' [ {"aid":"com.example","c":"US","d":"2026-03-01T00:00:00Z","u":"7"} ]\n'
    result, http = ask(body)
    document = result.documents[-1]
    assert document.data == body
    assert document.uri == (
        "https://api.sensortower.com/v1/android/sales_report_estimates?app_ids=com.example&countries=US"
        "&date_granularity=monthly&end_date=2026-03-31&start_date=2026-03-01"
    )
    assert [sent[1]["auth_token"] for sent in http.sent] == [CANARY, CANARY]
    assert (document.kind, document.publisher, document.published_date) == ("record", "Sensor Tower", None)
    assert (document.reliability, document.media_type, document.fetched_at) == (600, "application/json", NOW)
    assert result.usage.cost_usd is None
    assert len(document.renderer) <= 60


def test_the_same_bytes_read_the_same_and_otherwise_for_another_selection():
    body = json.dumps([row(), row(c="CA", u=5)]).encode()
    first, again = ask(body)[0].documents[-1], ask(body)[0].documents[-1]
    both = ask(body, countries=["US", "CA"])[0].documents[-1]
    renamed = ask(body, app={**APP, "name": "Other"})[0].documents[-1]
    assert (first.text, first.renderer) == (again.text, again.renderer)
    assert len({each.text for each in (first, both, renamed)}) == 3
    assert len({each.renderer for each in (first, both, renamed)}) == 3


# ── the token ────────────────────────────────────────────────────────────────────────────────────

SPELT = (CANARY, "canary%2FTOKEN%2B4711%3D%3D", "canary/TOKEN%2B4711%3D%3D")


def holds_token(text: str) -> bool:
    return any(spelling in text for spelling in SPELT) or "4711" in text


def test_the_token_is_in_nothing_that_is_kept():
    result, _ = ask([row(odd=1)])
    kept = [result.model_dump_json(), repr(result), result.note]
    for document in result.documents:
        kept += [document.model_dump_json(exclude={"data"}), document.data.decode(), repr(document)]
    assert not any(map(holds_token, kept))


@pytest.mark.parametrize("kind", [Transient, Permanent])
@pytest.mark.parametrize("spelling", SPELT)
def test_the_token_is_in_no_error_nor_in_what_an_error_came_from(kind, spelling):
    url = f"https://api.sensortower.com/v1/android/apps?app_ids=x&auth_token={spelling}"
    with pytest.raises(kind) as failed:
        ask([row()], app=kind(f"GET {url} answered 503."))
    error: CallError = failed.value
    assert error.detail == "GET https://api.sensortower.com/v1/android/apps?app_ids=x&auth_token=… answered 503."
    assert (error.__cause__, error.__context__) == (None, None)
    assert not holds_token("".join(traceback.format_exception(error)))


@pytest.mark.parametrize(("status", "says"), [(401, "contract"), (403, "MRD_SENSOR_TOWER_TOKEN"), (422, "app ids")])
def test_a_status_the_documentation_describes_says_what_to_do(status, says):
    detail = "https://api.sensortower.com/v1/android/apps answered {}: look for the page elsewhere."
    with pytest.raises(Permanent, match=rf"{says}.*\(status {status}\)"):
        ask([row()], app=Permanent(detail.format(status)))
    with pytest.raises(Permanent, match="answered 404"):
        ask([row()], app=Permanent(detail.format(404)))


def test_how_long_to_wait_is_kept_when_an_error_is_told_anew():
    with pytest.raises(Transient) as failed:
        ask([row()], app=Transient("Too many requests.", retry_after_s=9))
    assert failed.value.retry_after_s == 9


@pytest.mark.parametrize("spelling", [*SPELT, CANARY.replace("/", "\\/"), CANARY.replace("+", "\\u002B")])
def test_an_answer_that_repeats_the_token_is_not_kept(spelling):
    with pytest.raises(Permanent, match="repeats the token") as refused:
        ask(b'[{"echo": "%s"}]' % spelling.encode())
    assert not holds_token(str(refused.value))


def test_without_a_token_the_setting_is_named_and_nothing_is_sent():
    http = Replies({})
    tool = sensor_tower.build(context(http))
    asked = tool.arguments.model_validate({"operation": "app", "os": "ios", "app_ids": ["284882215"]})
    with pytest.raises(Permanent, match="MRD_SENSOR_TOWER_TOKEN"):
        asyncio.run(tool.run(asked))
    assert http.sent == []


# ── what the project makes of it ─────────────────────────────────────────────────────────────────


def everything() -> list[str]:
    """Return the texts of one answer of every kind."""
    ios = [{"aid": 284882215, "cc": "US", "d": "2026-03-01", "iu": 1459, "au": 135, "ir": 200438, "ar": 1815}]
    users = [{"app_id": "com.example", "country": "US", "date": "2026-03-01", "users": 2944254}]
    results = [ask([row()]), ask(ios, os="ios"), ask(users, operation="active_users"), ask([], operation="app")]
    return [result.documents[-1].text for result, _ in results]


def item(exact: str) -> EvidenceItem:
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(exact), exact=exact)
    source = SourceRef(id=1, kind="record", title="Sensor Tower", publisher="Sensor Tower")
    return EvidenceItem(id=1, quote=quote, source=source, task_key="t")


def test_each_line_is_one_sentence_whose_figures_are_traced_in_it():
    for text in everything():
        found = [text[s.start : s.end] for s in sentences.split(text)]
        assert found == facts(text)
        for line in found:
            value = typed_value(line, vertical=registry.get("gambling"), publisher="Sensor Tower")
            assert figures.check(line, value, [item(line)]).score == 1000


def test_cents_read_as_dollars_would_not_be_traced():
    line = lines(ask([row()])[0])[3]
    assert figures.check(line.replace("$845.00", "$84,500"), None, [item(line)]).score < 1000


@pytest.mark.parametrize(
    ("text", "amount", "currency", "unit"),
    [
        ("r", Decimal("845.00"), "USD", None),
        ("users", Decimal(2944254), None, "monthly active users"),
    ],
)
def test_the_typed_value_of_an_estimate_has_its_amount_and_unit(text, amount, currency, unit):
    lines_ = [line for each in everything() for line in facts(each)]
    line = next(li for li in lines_ if ("net revenue for" in li if text == "r" else "active users of" in li))
    value = typed_value(line, vertical=registry.get("gambling"), publisher="Sensor Tower")
    assert (value.amount, value.currency, value.unit) == (amount, currency, unit)
    assert value.entity is None


def test_the_card_describes_every_argument_for_a_model():
    tool = sensor_tower.build(context(Replies({})))
    assert (tool.name, tool.capability, tool.timeout_s, tool.ttl_s) == ("sensor_tower", "app_figures", 30, 86_400)
    schema = tool.arguments.model_json_schema()
    assert all(each.get("description") for each in schema["properties"].values())
    assert "token" not in json.dumps(schema)
