"""Companies, figures and filings as they are filed with the US Securities and Exchange Commission (EDGAR).

Addresses and shapes: SEC, "EDGAR Application Programming Interfaces" and "Accessing EDGAR Data". Figures are read from
the company's XBRL facts; each becomes a sentence with its period, form, filing day, accession number and tag.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, Field, model_validator

from research.engine.domain.canonical import Frozen, Line, digest
from research.engine.domain.errors import Permanent
from research.engine.domain.usage import Usage
from research.engine.ports import FetchedDocument, HttpReply, Listing, Tool, ToolContext, ToolResult
from research.engine.reading import sec_concepts, sec_facts, sec_filings
from research.engine.reading.sec_filings import DOCUMENT, Filings, Listed
from research.engine.reading.sec_periods import Choice

NAME = "sec_edgar"
RENDERER = "sec_edgar/1"
BASE_URL = "https://www.sec.gov"
DATA_URL = "https://data.sec.gov"
SEC = "U.S. Securities and Exchange Commission"
# Thousandths. Figures and filings are the company's own, made under penalty of law and checked by auditors; of the list
# of tickers the SEC says that it does not guarantee accuracy or scope.
FILED_RELIABILITY = 900
LISTED_RELIABILITY = 800
# The facts of the largest filers have some 30 MB, their reports up to 60 MB.
MAX_BYTES = 60_000_000
_CANDIDATES = 10
_PASSAGE_CHARS = 400  # the least that a passage has, so that all lines asked for are among those wanted
_REPORTS = ("10-K", "10-Q", "20-F", "40-F", "10-KT", "10-K405")
_FILING_TYPES = ("text/*", "application/pdf", "application/xhtml+xml", "application/xml")

Form = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9 /-]{0,19}$")]
ConceptName = Annotated[Line, Field(min_length=1, max_length=150)]


class Arguments(Frozen):
    """What is asked of EDGAR. Fields that do not belong to the operation are left as they are."""

    operation: Literal["find_company", "facts", "filings", "filing"] = Field(
        description="find_company: companies of a ticker or name, with their CIK. facts: figures that a company "
        "reported. filings: its newest filings with dates and addresses. filing: the text of one filing."
    )
    company: Line = Field(
        min_length=1, max_length=150, description='CIK ("1640147"), ticker ("SNOW") or name ("Snowflake Inc.").'
    )
    concepts: tuple[ConceptName, ...] = Field(
        default=(),
        max_length=10,
        description=f"For facts: plain names ({', '.join(sec_concepts.CONCEPTS)}), which find the usual tags, or one "
        'tag and no other as "us-gaap:Goodwill".',
    )
    periods: tuple[Choice, ...] = Field(
        default=("year",),
        min_length=1,
        max_length=3,
        description="For facts: whole fiscal years, single quarters, or six and nine months from the year's start.",
    )
    first_year: int | None = Field(default=None, ge=1990, le=2100, description="For facts: first fiscal year wanted.")
    last_year: int | None = Field(default=None, ge=1990, le=2100, description="For facts: last fiscal year wanted.")
    forms: tuple[Form, ...] = Field(
        default=(),
        max_length=10,
        description='Forms wanted ("10-K"), amendments with them. None given: all filings; for facts, annual and '
        "quarterly reports.",
    )
    accession: str = Field(
        default="", pattern=r"^(?:\d{10}-\d{2}-\d{6})?$", description="For filing: its accession number."
    )
    document: str = Field(
        default="",
        max_length=200,
        description="For filing: a file of it by name, where it is not its main document or not among the newest.",
    )
    query: str = Field(default="", max_length=400, description="For filing: what to look for in its text.")
    limit: int = Field(default=40, ge=1, le=200, description="Most figures, filings, companies or passages wanted.")

    @model_validator(mode="after")
    def _fits_operation(self) -> Self:
        if self.operation == "facts" and not self.concepts:
            raise ValueError('operation facts needs `concepts`, as in ["revenue", "net income"]')
        if self.operation == "filing" and not self.accession:
            raise ValueError("operation filing needs `accession`, which operation filings lists")
        if self.first_year and self.last_year and self.first_year > self.last_year:
            raise ValueError("`first_year` comes after `last_year`")
        if self.document and not DOCUMENT.fullmatch(self.document):
            raise ValueError("`document` is a file's name as the filing lists it, no path and no address")
        return self


class Meant(NamedTuple):
    """The company a name stands for. cik None: no one company, `note` says why."""

    cik: int | None
    note: str


class SecEdgar:
    """Ask EDGAR, and bring its records whole with the lines asked for."""

    name = NAME
    capability = "company_facts"
    says = "Figures that US-listed companies reported to the SEC, their filings, and companies by ticker or name."
    arguments: type[BaseModel] = Arguments
    timeout_s = 30.0
    # Filings of the day appear within minutes; what is read here is about reports, which come a few times a year.
    ttl_s = 6 * 3600.0
    # SEC fair access: at most 10 requests a second. A use makes three at most.
    rate: float | None = 60.0
    estimate = Usage(calls=1, searches=1)

    def __init__(self, context: ToolContext) -> None:
        self._http = context.http
        self._base_url = (context.options.get("base_url") or BASE_URL).rstrip("/")
        self._data_url = (context.options.get("data_url") or DATA_URL).rstrip("/")
        self._user_agent = " ".join((context.options.get("user_agent") or "").split())

    async def run(self, arguments: Arguments) -> ToolResult:
        """Return what was asked as documents to archive, or a note saying that there is nothing.

        Raises `Permanent` without a User-Agent and for a record that cannot be read, and what `Http.get` raises.
        """
        if not self._user_agent:
            raise Permanent(
                "The SEC refuses programs that do not say who they are: set MRD_SEC_USER_AGENT to a name with an "
                "e-mail address, as in 'Example Research research@example.com'."
            )
        if arguments.operation == "find_company":
            return await self._find(arguments)
        meant = await self._meant(arguments.company)
        if meant.cik is None:
            return self._nothing(meant.note)
        ask = {"facts": self._facts, "filings": self._filings, "filing": self._filing}[arguments.operation]
        result = await ask(arguments, meant.cik)
        return result.model_copy(update={"note": f"{meant.note} {result.note}".strip()})

    async def _get(self, url: str, *, media_types: tuple[str, ...] = ("application/json",)) -> HttpReply:
        headers = {"User-Agent": self._user_agent}
        return await self._http.get(url, headers=headers, media_types=media_types, max_bytes=MAX_BYTES)

    async def _listed(self, company: str) -> tuple[HttpReply, tuple[Listed, ...], str]:
        url = f"{self._base_url}/files/company_tickers.json"
        reply = await self._get(url)
        found = await asyncio.to_thread(lambda: sec_filings.matching(sec_filings.companies(reply.body), company))
        return reply, found, url

    async def _meant(self, company: str) -> Meant:
        """Return the one company meant (a name in part is taken where it fits one alone), or why there is none."""
        digits = company.strip().upper().removeprefix("CIK").strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= len("0001640147"):
            return Meant(int(digits), "")
        _, found, _ = await self._listed(company)
        by_cik = {each.cik: each for each in reversed(found)}
        if len(by_cik) == 1:
            return Meant(found[0].cik, f"“{company}” is taken to be {found[0].name} (CIK {found[0].cik}).")
        if not found:
            return Meant(None, f"The SEC lists no company of the ticker or name “{company}”.")
        named = "; ".join(f"{each.name} (CIK {each.cik}, {each.ticker})" for each in found[:_CANDIDATES])
        return Meant(None, f"“{company}” may be several companies: name one by its CIK. {named}.")

    async def _find(self, arguments: Arguments) -> ToolResult:
        reply, found, url = await self._listed(arguments.company)
        lines = [sec_filings.company_sentence(each) for each in found[: arguments.limit]]
        if not lines:
            return self._nothing(f"The SEC lists no company of the ticker or name “{arguments.company}”.")
        document = self._record(reply, lines, "find_company", url=url, title="SEC company tickers")
        return ToolResult(
            documents=(document,), note=_left_out(len(found), len(lines), "companies"), usage=self.estimate
        )

    async def _facts(self, arguments: Arguments, cik: int) -> ToolResult:
        url = f"{self._data_url}/api/xbrl/companyfacts/CIK{cik:010d}.json"
        reply = await self._get(url)
        forms = arguments.forms or _REPORTS
        asked = sec_facts.Asked(
            arguments.concepts,
            arguments.periods,
            arguments.first_year,
            arguments.last_year,
            frozenset(form.removesuffix("/A") for form in forms),
            arguments.limit,
        )

        def work() -> tuple[str, sec_facts.Rendering]:
            company = sec_facts.read(reply.body, cik=cik)
            return company.name, sec_facts.render(company, asked)

        # Megabytes of JSON are work for the processor: other runs' steps go on meanwhile.
        name, found = await asyncio.to_thread(work)
        note = " ".join(found.notes)
        if not found.lines:
            return self._nothing(note or f"{name} reports nothing of what was asked.")
        document = self._record(reply, found.lines, "facts", url=url, title=f"{name}: company facts filed with the SEC")
        document = document.model_copy(
            update={"publisher": name, "published_date": found.newest, "reliability": FILED_RELIABILITY}
        )
        return ToolResult(documents=(document,), note=note, usage=self.estimate)

    async def _submissions(self, cik: int) -> tuple[HttpReply, Filings, str]:
        url = f"{self._data_url}/submissions/CIK{cik:010d}.json"
        reply = await self._get(url)
        return reply, await asyncio.to_thread(lambda: sec_filings.filings(reply.body, cik=cik)), url

    async def _filings(self, arguments: Arguments, cik: int) -> ToolResult:
        reply, found, url = await self._submissions(cik)
        forms = frozenset(form.removesuffix("/A") for form in arguments.forms)
        wanted = [each for each in found.filings if not forms or each.form.removesuffix("/A") in forms]
        kept = wanted[: arguments.limit]
        older = f"Filings before {found.filings[-1].filed} are not looked at." if found.older and found.filings else ""
        if not kept:
            said = f" of form {' or '.join(arguments.forms)}" if forms else ""
            return self._nothing(f"{found.name} (CIK {cik}) has no filing{said} among its newest. {older}".strip())
        places = [self._address(cik, each.accession, each.document) for each in kept]
        lines = [sec_filings.filing_sentence(found.name, each, at) for each, at in zip(kept, places, strict=True)]
        document = self._record(reply, lines, "filings", url=url, title=f"{found.name}: filings with the SEC")
        listings = tuple(
            Listing(url=at, title=f"{found.name}, form {each.form}", excerpt=line, published_date=each.filed)
            for each, at, line in zip(kept, places, lines, strict=True)
            if at
        )
        notes = [_left_out(len(wanted), len(kept), "filings"), older]
        notes += [f"{found.spoiled} filings are left out as incomplete."] if found.spoiled else []
        document = document.model_copy(update={"published_date": kept[0].filed, "reliability": FILED_RELIABILITY})
        note = " ".join(filter(None, notes))
        return ToolResult(documents=(document,), listings=listings, note=note, usage=self.estimate)

    async def _filing(self, arguments: Arguments, cik: int) -> ToolResult:
        _, found, _ = await self._submissions(cik)
        listed = next((each for each in found.filings if each.accession == arguments.accession), None)
        name = arguments.document or (listed.document if listed else "")
        if not name:
            why = "names no main document" if listed else "is not among the newest filings"
            return self._nothing(
                f"Filing {arguments.accession} of {found.name} (CIK {cik}) {why}: give the file's name as `document`."
            )
        url = self._address(cik, arguments.accession, name)
        reply = await self._get(url, media_types=_FILING_TYPES)
        if not reply.body.strip():
            raise Permanent(f"The SEC sent an empty file for {url}: check the filing's accession number and file name.")
        document = FetchedDocument(
            kind="web_page",
            uri=url,
            title=f"{found.name}: {f'form {listed.form}' if listed else 'filing'} {arguments.accession}, {name}",
            publisher=found.name,
            published_date=listed.filed if listed else None,
            reliability=FILED_RELIABILITY,
            media_type=reply.media_type,
            data=reply.body,
            fetched_at=reply.fetched_at,
            query=arguments.query,
            limit=arguments.limit,
        )
        return ToolResult(documents=(document,), usage=self.estimate)

    def _address(self, cik: int, accession: str, document: str) -> str:
        """Return where a file of a filing is kept, "" for no file."""
        folder = f"{self._base_url}/Archives/edgar/data/{cik}/{accession.replace('-', '')}"
        return f"{folder}/{document}" if document else ""

    def _record(
        self, reply: HttpReply, lines: Sequence[str], operation: str, *, url: str, title: str
    ) -> FetchedDocument:
        """Return the whole record with the lines asked for.

        One record has many renderings: the renderer's name holds a digest of the lines, so that each selection is
        kept as a text of its own, and the same one once.
        """
        text = "\n".join(lines) + "\n"
        return FetchedDocument(
            kind="record",
            uri=url,
            title=title,
            publisher=SEC,
            reliability=LISTED_RELIABILITY,
            media_type="application/json",
            data=reply.body,
            text=text,
            renderer=f"{RENDERER}:{operation}-{digest(text)[:16]}",
            fetched_at=reply.fetched_at,
            limit=min(200, len(text) // _PASSAGE_CHARS + 1),
        )

    def _nothing(self, note: str) -> ToolResult:
        return ToolResult(note=note, usage=self.estimate)


def build(context: ToolContext) -> Tool:
    """Return the tool. options: "user_agent" (needed), "base_url" and "data_url" (the SEC's own when not given)."""
    return SecEdgar(context)


def _left_out(there: int, shown: int, what: str) -> str:
    return f"{there - shown} more {what} are left out: raise the limit to see them." if there > shown else ""
