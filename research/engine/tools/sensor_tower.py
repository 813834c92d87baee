"""Sensor Tower: an app's record, estimates of its downloads and revenue, and of its active users.

Only fields that its public documentation names are read (`reading.app_fields`). The token goes out as the query
parameter the documentation asks for, and nowhere else: not into addresses that are kept, errors, notes or bytes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, NamedTuple, Self
from urllib.parse import quote, quote_plus, urlencode

from pydantic import BaseModel, Field, StringConstraints, model_validator

from research.engine.domain.canonical import Frozen, digest
from research.engine.domain.errors import CallError, Permanent, Transient
from research.engine.domain.usage import Usage
from research.engine.ports import FetchedDocument, HttpReply, Tool, ToolContext, ToolResult
from research.engine.reading import app_records, app_sentences
from research.engine.reading.app_fields import PATHS, Operation, Os
from research.engine.reading.app_records import Reading, Selection
from research.engine.reading.app_sentences import Granularity

NAME = "sensor_tower"
RENDERER = "sensor_tower/1"
TOKEN, BASE_URL = "auth_token", "base_url"
TOKEN_SETTING = "MRD_SENSOR_TOWER_TOKEN"  # noqa: S105 - the name of the setting
API = "https://api.sensortower.com"
# Estimates made from a panel and from ranks, by a method that is not public: as good as a trade source, no register.
RELIABILITY = 600
MAX_BYTES = 8_000_000
# Our own courtesy: uses a minute, of two requests each. The documentation that we read names no limit.
A_MINUTE = 60.0
# Statuses the documentation describes, and what a person can do.
_STATUS = re.compile(r"\banswered (401|403|422)\b")
_HELP = {
    "401": f"does not take the token for this: check {TOKEN_SETTING}, and that the contract covers it",
    "403": f"says that the token is not valid: put a new one into {TOKEN_SETTING}",
    "422": "does not take the query: check app ids, countries and dates",
}
# The API's own words for a granularity. Weeks of `estimates` are left out: the documentation does not say on which
# day they begin. Quarters of active users do not exist.
_WORDS: dict[Operation, dict[Granularity, str]] = {
    "app": {},
    "estimates": {"day": "daily", "month": "monthly", "quarter": "quarterly"},
    "active_users": {"day": "day", "week": "week", "month": "month"},
}
# Days one call may span. For estimates the documentation recommends a week, a year, two years; else our own choice.
_MOST_DAYS: dict[Operation, dict[Granularity, int]] = {
    "app": {},
    "estimates": {"day": 7, "month": 366, "quarter": 731},
    "active_users": {"day": 31, "week": 182, "month": 366},
}
_TITLES: dict[Operation, str] = {
    "app": "app record",
    "estimates": "download and revenue estimates",
    "active_users": "active user estimates",
}
_AN_ID: dict[Os, re.Pattern[str]] = {
    "ios": re.compile(r"\d{5,15}"),
    "android": re.compile(r"[A-Za-z]\w*(?:\.\w+)+", re.ASCII),
}

_ADDRESS = re.compile(r"https?://\S+")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")

AppId = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Arguments(Frozen):
    """What is asked of Sensor Tower. Periods are whole ones that are over."""

    operation: Operation = Field(
        description="app: the app's record (publisher, dates, ratings). estimates: downloads and net revenue. "
        "active_users: daily, weekly or monthly active users."
    )
    os: Os = Field(description="ios for the App Store, android for Google Play.")
    app_ids: tuple[AppId, ...] = Field(
        min_length=1,
        max_length=10,
        description="Ids of the store: digits on ios (284882215), the package on android (com.example.app).",
    )
    countries: tuple[Country, ...] = Field(
        default=("US",),
        min_length=1,
        max_length=10,
        description="Country codes (US, CA, GB); WW is worldwide, for estimates and active_users. app takes one.",
    )
    granularity: Granularity = Field(
        default="month",
        description="Period of each figure. estimates: day, month or quarter. active_users: day, week or month.",
    )
    start_date: dt.date | None = Field(
        default=None, description="First day of the first period, YYYY-MM-DD; not for app. Weeks begin on Monday."
    )
    end_date: dt.date | None = Field(
        default=None, description="Last day of the last period, YYYY-MM-DD; not for app. It must be over."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Check that ids are of the store, and that the dates bound whole periods."""
        wrong = [app for app in self.app_ids if not _AN_ID[self.os].fullmatch(app)]
        if wrong:
            raise ValueError(f"“{wrong[0]}” is no id of an {self.os} app")
        if self.operation == "app":
            if len(self.countries) > 1 or "WW" in self.countries or self.start_date or self.end_date:
                raise ValueError("app takes one country that is not WW, and no dates")
            return self
        if self.granularity not in _WORDS[self.operation]:
            raise ValueError(f"{self.operation} takes {', '.join(_WORDS[self.operation])}, not {self.granularity}")
        if self.start_date is None or self.end_date is None or self.start_date > self.end_date:
            raise ValueError(f"{self.operation} needs start_date and end_date, in this order")
        if self.start_date.year < 2010 or self.end_date == dt.date.max:  # noqa: PLR2004 - before either store had data
            raise ValueError("start_date is before there were estimates, or end_date is no real day")
        after = self.end_date + dt.timedelta(days=1)
        if not all(app_sentences.begins(day, self.granularity) for day in (self.start_date, after)):
            raise ValueError(f"start_date and end_date must bound whole periods of a {self.granularity}")
        most = _MOST_DAYS[self.operation][self.granularity]
        if (after - self.start_date).days > most:
            raise ValueError(f"one call may span {most} days by {self.granularity}: ask in parts")
        return self


class SensorTower:
    """Ask Sensor Tower's API with the deployment's own contract."""

    name = NAME
    capability = "app_figures"
    says = (
        "Get Sensor Tower's record of a mobile app, or its estimates of downloads, net revenue and active users, "
        "for iOS and Android by store id, country and period."
    )
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    ttl_s = 86_400.0
    rate: float | None = A_MINUTE
    # What a call costs is a matter of each contract: unpriced, which is not nothing.
    estimate = Usage(calls=1, searches=1, cost_usd=None)

    def __init__(self, *, context: ToolContext) -> None:
        self._context = context

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return the record asked for as a document, with the record that names the apps where it is of figures.

        Raises `Permanent` without a token, for a period that is not over, and for an answer that is not as
        documented; what `Http` raises, without the token.
        """
        token = self._context.options.get(TOKEN, "").strip()
        if not token:
            raise Permanent(f"Sensor Tower needs a token: set {TOKEN_SETTING}.")
        if arguments.end_date and arguments.end_date >= self._context.clock.now().date():
            raise Permanent(f"The period to {arguments.end_date} is not over: ask for one that ended before today.")
        selection = _selection(arguments)
        records = selection._replace(operation="app", countries=_record_country(selection))
        named = await self._fetch(records, {}, token)
        if selection.operation == "app":
            return _result([named], selection, self.estimate)
        return _result([named, await self._fetch(selection, named.reading.names, token)], selection, self.estimate)

    async def _fetch(self, selection: Selection, names: Mapping[str, str], token: str) -> _Answer:
        base = self._context.options.get(BASE_URL, "").strip().rstrip("/") or API
        url = base + PATHS[selection.operation].format(os=selection.os)
        params = _params(selection)
        reply = await self._get(url, params, token)
        if _repeats(reply.body, token):
            raise Permanent("Sensor Tower's answer repeats the token, so nothing of it is kept: tell its support.")
        try:
            reading = app_records.read(reply.body, selection, names)
        except ValueError as error:
            raise Permanent(f"Sensor Tower's answer is not as documented: {error}.") from error
        return _Answer(f"{url}?{urlencode(sorted(params.items()))}", reply, reading, selection, dict(names))

    async def _get(self, url: str, params: Mapping[str, str], token: str) -> HttpReply:
        """Return the answer. An error is told anew without the token, and without the one it came from."""
        try:
            return await self._context.http.get(
                url, params={**params, TOKEN: token}, media_types=("application/json",), max_bytes=MAX_BYTES
            )
        except Transient as error:
            failed: CallError = Transient(
                _redacted(error.detail, token), retry_after_s=error.retry_after_s, used=error.used
            )
        except CallError as error:
            failed = Permanent(_explained(_redacted(error.detail, token)), used=error.used)
        # Raised out here: inside, the new error would carry the old one, address and all, as its context.
        raise failed


def build(context: ToolContext) -> Tool:
    """Return the tool. Options: `auth_token`, and `base_url` where it is not the provider's own."""
    return SensorTower(context=context)


class _Answer(NamedTuple):
    uri: str
    reply: HttpReply
    reading: Reading
    selection: Selection
    names: dict[str, str]


def _selection(arguments: Arguments) -> Selection:
    return Selection(
        operation=arguments.operation,
        os=arguments.os,
        app_ids=tuple(dict.fromkeys(arguments.app_ids)),
        countries=tuple(dict.fromkeys(arguments.countries)),
        granularity=arguments.granularity,
        start_date=arguments.start_date or dt.date.min,
        end_date=arguments.end_date or dt.date.max,
    )


def _record_country(selection: Selection) -> tuple[str]:
    """Return the country whose record names the apps: the first asked for, the documented default for worldwide."""
    return (next((code for code in selection.countries if code != "WW"), "US"),)


def _params(selection: Selection) -> dict[str, str]:
    apps = ",".join(selection.app_ids)
    if selection.operation == "app":
        return {"app_ids": apps, "country": selection.countries[0]}
    period = "date_granularity" if selection.operation == "estimates" else "time_period"
    return {
        "app_ids": apps,
        "countries": ",".join(selection.countries),
        period: _WORDS[selection.operation][selection.granularity],
        "start_date": selection.start_date.isoformat(),
        "end_date": selection.end_date.isoformat(),
    }


def _result(answers: list[_Answer], selection: Selection, usage: Usage) -> ToolResult:
    asked = answers[-1]
    notes = [app_records.note(answer.reading) for answer in answers]
    silent = [app for app in selection.app_ids if app not in asked.reading.found]
    if silent:
        notes.append(f"Sensor Tower gives nothing for {', '.join(silent)}: {_TITLES[selection.operation]}.")
    documents = tuple(_document(answer) for answer in answers if answer.reading.lines)
    return ToolResult(documents=documents, note=" ".join(filter(None, notes)), usage=usage)


def _document(answer: _Answer) -> FetchedDocument:
    selection = answer.selection
    apps = ", ".join(answer.names.get(app) or answer.reading.names.get(app) or app for app in selection.app_ids)
    span = "" if selection.operation == "app" else f", {selection.start_date} to {selection.end_date}"
    title = f"Sensor Tower, {_TITLES[selection.operation]}: {apps} ({', '.join(selection.countries)}{span})"
    return FetchedDocument(
        kind="record",
        uri=answer.uri,
        title=title[:300],
        publisher="Sensor Tower",
        reliability=RELIABILITY,
        media_type="application/json",
        data=answer.reply.body,
        # A blank line between facts: each is a paragraph, so that no sentence is read on into the next.
        text="\n\n".join(answer.reading.lines) + "\n",
        # The same bytes read otherwise for another selection, or other names of the apps.
        renderer=f"{RENDERER}/{digest([selection._asdict() | _isodates(selection), answer.names])[-12:]}",
        fetched_at=answer.reply.fetched_at,
        limit=200,
    )


def _isodates(selection: Selection) -> dict[str, str]:
    return {"start_date": selection.start_date.isoformat(), "end_date": selection.end_date.isoformat()}


def _spellings(token: str) -> set[str]:
    return {token, quote(token, safe=""), quote_plus(token), quote(token)}


def _repeats(body: bytes, token: str) -> bool:
    """Tell whether the body holds the token, plainly or with the escapes that JSON knows."""
    text = body.decode("utf-8", "replace")
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")
    return any(spelling in text or spelling in plain for spelling in _spellings(token))


def _explained(detail: str) -> str:
    """Return what a person can do about a documented status, `detail` as it is for any other error."""
    status = _STATUS.search(_ADDRESS.sub("", detail))
    return f"Sensor Tower {_HELP[status[1]]} (status {status[1]})." if status else detail


def _redacted(detail: str, token: str) -> str:
    for spelling in sorted(_spellings(token), key=len, reverse=True):
        detail = detail.replace(spelling, "…")
    return detail
