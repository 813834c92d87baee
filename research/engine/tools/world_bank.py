"""Indicators of countries by year (population, GDP, internet users …) from the World Bank's open data.

Address and shape: World Bank, "Developer Information", Indicators API version 2. The data are under CC BY 4.0, so
sentences and documents name their source.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from research.engine.domain.canonical import Frozen, digest
from research.engine.domain.usage import Usage
from research.engine.ports import FetchedDocument, HttpReply, Tool, ToolContext, ToolResult
from research.engine.reading import world_bank

NAME = "world_bank"
RENDERER = "world_bank/1"
BASE_URL = "https://api.worldbank.org/v2"
PUBLISHER = "World Bank"
# Thousandths. Official statistics, gathered from national offices and revised; some years are estimates.
RELIABILITY = 850
PER_PAGE = 1_000
# Beyond, a question is no question: 20 countries over 60 years are two pages.
MAX_PAGES = 5
MAX_BYTES = 5_000_000
_PASSAGE_CHARS = 400  # the least that a passage has, so that all lines asked for are among those wanted


def _code(name: str) -> str:
    """Return an indicator's code. Raises `ValueError`, naming what can be asked, for a name that is not known."""
    code = world_bank.code_of(name)
    if code is None:
        known = ", ".join(each.name for each in world_bank.INDICATORS)
        raise ValueError(f"“{name[:80]}” is no known indicator: give its code (“SP.POP.TOTL”) or one of {known}")
    return code


def _country(code: str) -> str:
    if code.upper() == "ALL":
        raise ValueError("all countries at once is too much: name those that matter")
    return code.upper()


Country = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{1,2}$"), AfterValidator(_country)]
IndicatorName = Annotated[str, Field(min_length=2, max_length=100), AfterValidator(_code)]


class Arguments(Frozen):
    """Which indicators of which countries, in which years."""

    countries: tuple[Country, ...] = Field(
        min_length=1,
        max_length=20,
        description='ISO codes of two or three letters ("CA", "USA"), or the World Bank\'s own of a group ("EUU" the '
        'European Union, "WLD" the world).',
    )
    indicators: tuple[IndicatorName, ...] = Field(
        min_length=1,
        max_length=5,
        description='World Bank codes ("SP.POP.TOTL") or names: '
        f"{', '.join(each.name for each in world_bank.INDICATORS)}.",
    )
    first_year: int = Field(ge=1960, le=2100, description="First year wanted; data begin in 1960.")
    last_year: int = Field(ge=1960, le=2100, description="Last year wanted; most data come a year or two late.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_year > self.last_year:
            raise ValueError("`first_year` comes after `last_year`")
        return self


class WorldBank:
    """Ask the Indicators API, one indicator a request, and bring every page whole."""

    name = NAME
    capability = "country_indicators"
    says = "Official yearly figures of countries: population, GDP, prices, internet and mobile use, work, age groups."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    # The data change a few times a year.
    ttl_s = 24 * 3600.0
    # The World Bank names no limit; this is a courtesy.
    rate: float | None = 60.0
    estimate = Usage(calls=1, searches=1)

    def __init__(self, context: ToolContext) -> None:
        self._http = context.http
        self._base_url = (context.options.get("base_url") or BASE_URL).rstrip("/")

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return the figures as documents to archive, one a page, and in the note what has no data.

        Raises `Permanent` for a code the World Bank does not know or an answer that cannot be read, and what
        `Http.get` raises.
        """
        documents: list[FetchedDocument] = []
        notes: list[str] = []
        for code in dict.fromkeys(arguments.indicators):
            found, said = await self._indicator(arguments, code)
            documents += found
            notes += said
        return ToolResult(documents=tuple(documents), note=" ".join(notes), usage=self.estimate)

    async def _indicator(self, arguments: Arguments, code: str) -> tuple[list[FetchedDocument], list[str]]:
        countries = ";".join(dict.fromkeys(arguments.countries))
        years = f"{arguments.first_year}:{arguments.last_year}"
        asked = f"{code} of {countries.replace(';', ', ')} in {arguments.first_year} to {arguments.last_year}"
        documents: list[FetchedDocument] = []
        empty = spoiled = 0
        address = f"{self._base_url}/country/{countries}/indicator/{code}?format=json&date={years}&per_page={PER_PAGE}"
        pages = number = 1
        while number <= min(pages, MAX_PAGES):
            url = f"{address}&page={number}"
            reply = await self._http.get(url, media_types=("application/json",), max_bytes=MAX_BYTES)
            page = await asyncio.to_thread(world_bank.read, reply.body, of=asked)
            found = world_bank.render(page, code=code)
            empty, spoiled, pages = empty + found.empty, spoiled + found.spoiled, page.pages
            documents += [_document(reply, url, page, found, title=f"World Bank: {asked}")] if found.lines else []
            number += 1
        notes = [f"The World Bank has no data for {asked}."] if not documents else []
        if documents and empty:
            notes.append(f"{empty} of the years and countries asked for have no data for {code}.")
        if spoiled:
            notes.append(f"{spoiled} rows of {code} cannot be read and are left out.")
        if pages > MAX_PAGES:
            notes.append(f"Only the first {MAX_PAGES} of {pages} pages of {code} are read: ask for fewer countries.")
        return documents, notes


def build(context: ToolContext) -> Tool:
    """Return the tool. options: "base_url" (the World Bank's own when not given)."""
    return WorldBank(context)


def _document(
    reply: HttpReply, url: str, page: world_bank.Page, found: world_bank.Rendering, *, title: str
) -> FetchedDocument:
    text = "\n".join(found.lines) + "\n"
    return FetchedDocument(
        kind="record",
        uri=url,
        title=title,
        publisher=PUBLISHER,
        published_date=page.updated,
        reliability=RELIABILITY,
        media_type="application/json",
        data=reply.body,
        text=text,
        renderer=f"{RENDERER}:{digest(text)[:16]}",
        fetched_at=reply.fetched_at,
        limit=min(200, len(text) // _PASSAGE_CHARS + 1),
    )
