"""The fields of Sensor Tower's API that are understood, each with the page of its public documentation.

A field that is not here is refused: it is never put in words, and its name is told. Source of every name, meaning and
unit: the OpenAPI description behind `APP_ANALYSIS` ("App Intelligence API", version 1.0) and the provider's help pages.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

Os = Literal["ios", "android"]
Operation = Literal["app", "estimates", "active_users"]
# key: says of what app, place or time a row is. downloads, revenue, users: an estimate. fact: put in words.
# silent: documented, but no fact for research (pictures, internal numbers), or without a unit or period
# in the documentation (`price` has no currency, "last month" no month).
Kind = Literal["key", "downloads", "revenue", "users", "fact", "silent"]

APP_ANALYSIS = "https://app.sensortower.com/api/docs/app_analysis"
APPS_PAGE = f"{APP_ANALYSIS}#/OVERVIEW%3A%20App%20Overview/apps"
ESTIMATES_PAGE = f"{APP_ANALYSIS}#/PERFORMANCE%3A%20Downloads%20%26%20Revenue/sales_report_estimates"
USERS_PAGE = f"{APP_ANALYSIS}#/PERFORMANCE%3A%20Active%20Users/usage_active_users"
# What a download, revenue and an active user are.
DOWNLOAD_HELP = "https://help.sensortower.com/hc/en-us/articles/7332959129883-Download"
REVENUE_HELP = "https://help.sensortower.com/hc/en-us/articles/7321666649371-Revenue"
USERS_HELP = "https://help.sensortower.com/hc/en-us/articles/8165003918363-Examining-Active-Users"


class Field(NamedTuple):
    """A documented field. unit: of the figure after `scale`, "" where it is none. device: "iPhone", "iPad" or "".

    page: where the API's documentation names it. definition: where its measure is defined, "" when nowhere else.
    """

    name: str
    kind: Kind
    meaning: str
    page: str
    unit: str = ""
    scale: Decimal = Decimal(1)
    device: str = ""
    definition: str = ""


def _keys(page: str, app: str, country: str, date: str) -> tuple[Field, ...]:
    return (
        Field(app, "key", "the app's id in its store", page),
        Field(country, "key", "country code, WW for worldwide", page),
        Field(date, "key", "metric observation date", page),
    )


def _downloads(name: str, device: str = "") -> Field:
    return Field(
        name, "downloads", f"downloads {device}".strip(), ESTIMATES_PAGE, "downloads",
        device=device, definition=DOWNLOAD_HELP,
    )  # fmt: skip


def _revenue(name: str, device: str = "") -> Field:
    # "All revenues are returned in cents" (ESTIMATES_PAGE); net, converted to US dollars (REVENUE_HELP).
    return Field(
        name, "revenue", f"net revenue {device}".strip(), ESTIMATES_PAGE, "USD",
        scale=Decimal("0.01"), device=device, definition=REVENUE_HELP,
    )  # fmt: skip


def _users(name: str, device: str = "") -> Field:
    return Field(
        name, "users", f"active users {device}".strip(), USERS_PAGE, "active users",
        device=device, definition=USERS_HELP,
    )  # fmt: skip


_FACTS = {
    "name": "the app's name",
    "publisher_name": "the app's publisher",
    "publisher_country": "country of the publisher",
    "release_date": "day of the app's release",
    "updated_date": "day of its last update",
    "version": "its current version",
    "content_rating": "the store's age rating",
    "in_app_purchases": "whether it sells within the app",
    "rating": "its rating in the country asked for",
    "rating_count": "how many ratings that is of",
    "global_rating_count": "how many ratings there are in all countries",
    "supported_languages": "codes of its languages",
}
_SILENT = """
humanized_name icon_url os url categories valid_countries app_view_url publisher_id publisher_profile_url price
rating_count_for_current_version rating_for_current_version apple_watch_enabled imessage_enabled imessage_icon
humanized_worldwide_last_month_downloads humanized_worldwide_last_month_revenue bundle_id support_url website_url
privacy_policy_url eula_url publisher_email publisher_address feature_graphic short_description advisories
unified_app_id canonical_country screenshot_urls tablet_screenshot_urls description subtitle promo_text permissions
country_release_date
"""
_APP = (
    Field("app_id", "key", "the app's id in its store", APPS_PAGE),
    *(Field(name, "fact", meaning, APPS_PAGE) for name, meaning in _FACTS.items()),
    *(Field(name, "silent", "documented, not put in words", APPS_PAGE) for name in _SILENT.split()),
)

# Android rows name the country "c", iOS rows "cc": the documentation's own difference.
FIELDS: dict[tuple[Operation, Os], tuple[Field, ...]] = {
    ("app", "ios"): _APP,
    ("app", "android"): _APP,
    ("estimates", "ios"): (
        *_keys(ESTIMATES_PAGE, "aid", "cc", "d"),
        _downloads("iu", "iPhone"),
        _downloads("au", "iPad"),
        _revenue("ir", "iPhone"),
        _revenue("ar", "iPad"),
    ),
    ("estimates", "android"): (*_keys(ESTIMATES_PAGE, "aid", "c", "d"), _downloads("u"), _revenue("r")),
    ("active_users", "ios"): (
        *_keys(USERS_PAGE, "app_id", "country", "date"),
        _users("iphone_users", "iPhone"),
        _users("ipad_users", "iPad"),
    ),
    ("active_users", "android"): (*_keys(USERS_PAGE, "app_id", "country", "date"), _users("users")),
}
# Path and the one key of an object round the rows, "" where the answer is the array itself.
PATHS: dict[Operation, str] = {
    "app": "/v1/{os}/apps",
    "estimates": "/v1/{os}/sales_report_estimates",
    "active_users": "/v1/{os}/usage/active_users",
}
ENVELOPES: dict[Operation, str] = {"app": "apps", "estimates": "", "active_users": ""}
