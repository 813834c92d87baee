"""Put a company's tagged figures, as the SEC's company facts give them, in sentences: one figure a line.

Shape of the record (SEC, "EDGAR Application Programming Interfaces"): {cik, entityName, facts: {taxonomy: {tag: {label,
units: {unit: [{start?, end, val, accn, fy, fp, form, filed, frame?}]}}}}}. `start` is missing for an instant.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from research.engine.domain.errors import Permanent

from . import records, sec_concepts, sec_periods
from .periods import Period
from .sec_concepts import Concept
from .sec_periods import Choice, YearEnds

ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")
_FORM = re.compile(r"[A-Z0-9][A-Z0-9 /-]{0,19}")
_UNIT = re.compile(r"[A-Za-z][\w-]{0,39}(?:/[A-Za-z][\w-]{0,39})?")
_CODE = re.compile(r"[A-Z]{3}")
_SIGNS = {"USD": "$", "JPY": "¥"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NEAR = 5  # tags a note proposes where a name is not found


class Company(NamedTuple):
    """A company's facts as received. facts: taxonomy → tag → what the record says of it."""

    cik: int
    name: str
    facts: Mapping[str, Any]


class Fact(NamedTuple):
    """A tagged figure. start: None for an instant. accession, form, filed: the report that it stands in."""

    tag: str
    unit: str
    start: dt.date | None
    end: dt.date
    value: Decimal
    accession: str
    form: str
    filed: dt.date


class Chosen(NamedTuple):
    """A figure to be shown. before: the last earlier report's figure for the same dates where it was another one."""

    fact: Fact
    period: Period
    words: Concept
    before: Fact | None


class Asked(NamedTuple):
    """What is wanted. first_year, last_year: fiscal years, None for no bound. forms: amendments come with each."""

    concepts: tuple[str, ...]
    periods: tuple[Choice, ...]
    first_year: int | None
    last_year: int | None
    forms: frozenset[str]
    limit: int


class Rendering(NamedTuple):
    """lines: sentences, newest first within each concept. newest: the last day on which one of them was filed."""

    lines: tuple[str, ...]
    notes: tuple[str, ...]
    newest: dt.date | None


def read(body: bytes, *, cik: int) -> Company:
    """Return the facts of `body`. Raises `Permanent` when it is no such record, or that of another company."""
    record = records.fields(records.load(body, of=f"the company facts of CIK {cik}"))
    name, facts = records.words(record.get("entityName")), records.fields(record.get("facts"))
    if not name or not facts:
        raise Permanent(f"The SEC's record of CIK {cik} holds no company name or no facts: check the number.")
    if records.whole(record.get("cik")) != cik:
        raise Permanent(f"The SEC answered for another company than CIK {cik}: check the address it is asked at.")
    return Company(cik, name, facts)


def render(company: Company, asked: Asked) -> Rendering:
    """Return the figures asked for as sentences, and notes on what is not there, left out or told otherwise."""
    years = _years(company)
    lines: list[str] = []
    notes: list[str] = []
    newest: list[dt.date] = []
    share = -(-asked.limit // len(asked.concepts))
    for name in asked.concepts:
        concept = _concept(company, name)
        chosen, spoiled, others = _chosen(company, concept, asked, years) if concept else ([], 0, 0)
        kept = chosen[:share]
        lines += [_sentence(company, each, years) for each in kept]
        newest += [each.fact.filed for each in kept]
        notes += _notes(company, name, concept, left=len(chosen) - len(kept), spoiled=spoiled, others=others)
        if concept and not chosen:
            notes.append(f"{company.name} reports nothing as “{name}” for these periods and forms.")
    return Rendering(tuple(dict.fromkeys(lines)), tuple(dict.fromkeys(notes)), max(newest, default=None))


def _concept(company: Company, name: str) -> Concept | None:
    """Return the concept of a plain name or tag, found among the company's own tags where it is none of the usual."""
    known = sec_concepts.named(name)
    if known is not None:
        return known
    taxonomy, _, tag = name.strip().rpartition(":")
    key = tag.casefold()
    for each, label in _tags(company):
        own_taxonomy, _, own = each.partition(":")
        if taxonomy and taxonomy.casefold() != own_taxonomy.casefold():
            continue
        if key in (own.casefold(), label.casefold()):
            return Concept(f"“{label}”", (each,))
    return None


def _tags(company: Company) -> Iterator[tuple[str, str]]:
    """Yield every tag with its label, split out of the tag where the record gives none."""
    for taxonomy, tags in company.facts.items():
        for tag, about in records.fields(tags).items():
            label = records.words(records.fields(about).get("label")) or _CAMEL.sub(" ", tag)
            yield f"{taxonomy}:{tag}", label


def _years(company: Company) -> YearEnds:
    reports = []
    for tag, _ in _tags(company):
        for _, row in _rows(company, tag):
            form = records.words(row.get("form")).removesuffix("/A")
            start, end = records.day(row.get("start")), records.day(row.get("end"))
            if form in sec_periods.ANNUAL_FORMS and start and end and sec_periods.is_year(start, end):
                accession, year = records.words(row.get("accn")), records.whole(row.get("fy"))
                reports.append(sec_periods.Report(accession, end, year))
    return sec_periods.year_ends(reports)


def _rows(company: Company, tag: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    taxonomy, _, name = tag.partition(":")
    about = records.fields(records.fields(company.facts.get(taxonomy)).get(name))
    for unit, rows in records.fields(about.get("units")).items():
        for row in records.rows(rows):
            yield unit, records.fields(row)


def _fact(tag: str, unit: str, row: Mapping[str, Any]) -> Fact | None:
    """Return a row's figure, or None where a field that a sentence needs is missing or not what it should be."""
    start, end, filed = (records.day(row.get(name)) for name in ("start", "end", "filed"))
    value = records.number(row.get("val"))
    accession, form = records.words(row.get("accn")), records.words(row.get("form"))
    whole = value is not None and end is not None and filed is not None and (row.get("start") is None or start)
    if not whole or value is None or end is None or filed is None or (start and start > end):
        return None
    if not (ACCESSION.fullmatch(accession) and _FORM.fullmatch(form) and _UNIT.fullmatch(unit)):
        return None
    return Fact(tag, unit, start, end, value, accession, form, filed)


def _chosen(company: Company, concept: Concept, asked: Asked, years: YearEnds) -> tuple[list[Chosen], int, int]:
    """Return one figure for each period, newest first; the count of spoiled rows; that of periods told otherwise.

    Told otherwise: by another tag of the same concept.
    """
    spoiled = 0
    facts: list[Fact] = []
    for tags in (concept.tags, concept.instead):
        for tag in tags if not facts else ():
            for unit, row in _rows(company, tag):
                if records.words(row.get("form")).removesuffix("/A") in asked.forms:
                    fact = _fact(tag, unit, row)
                    spoiled += fact is None
                    facts += [fact] if fact else []
    order = {tag: -place for place, tag in enumerate((*concept.tags, *concept.instead))}
    found: list[Chosen] = []
    others = 0
    for same in _by_dates(facts):
        # The report filed last holds; of tags in one report the usual one.
        latest = max(same, key=lambda fact: (fact.filed, order[fact.tag], fact.accession))
        twin = [fact for fact in same if fact.accession == latest.accession and fact.tag == latest.tag]
        if len({fact.value for fact in twin}) > 1:  # a report that contradicts itself proves neither
            spoiled += len(twin)
            continue
        period = sec_periods.period_of(latest.start, latest.end, years)
        if period is None or not _is_wanted(latest, period, asked, years):
            continue
        others += any(fact.value != latest.value for fact in same if fact.tag != latest.tag)
        found.append(Chosen(latest, period, concept, _before(latest, same)))
    found.sort(key=lambda each: (each.fact.end, each.fact.start or each.fact.end, each.fact.unit), reverse=True)
    return found, spoiled, others


def _by_dates(facts: Sequence[Fact]) -> list[list[Fact]]:
    groups: dict[tuple[str, dt.date | None, dt.date], list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.unit, fact.start, fact.end].append(fact)
    return list(groups.values())


def _is_wanted(fact: Fact, period: Period, asked: Asked, years: YearEnds) -> bool:
    first, last = asked.first_year or period.year, asked.last_year or period.year
    return first <= period.year <= last and sec_periods.choice_of(period, form=fact.form, years=years) in asked.periods


def _before(latest: Fact, same: Sequence[Fact]) -> Fact | None:
    earlier = [f for f in same if f.tag == latest.tag and f.filed < latest.filed and f.value != latest.value]
    return max(earlier, key=lambda fact: (fact.filed, fact.accession), default=None)


def _sentence(company: Company, chosen: Chosen, years: YearEnds) -> str:
    fact, concept, before = chosen.fact, chosen.words, chosen.before
    # "Net loss of … was $5", not "net income was minus $5": as people write it. Both figures must then be losses.
    is_loss = bool(concept.loss) and fact.value < 0 and (before is None or before.value < 0)
    words, verb = (concept.loss, "was") if is_loss else (concept.words, "were" if concept.many else "was")
    sign = -1 if is_loss else 1
    replaced = ""
    if before is not None:
        was = _amount(before.unit, sign * before.value)
        replaced = f", which replaces the {was} given in its {before.form} filed on {records.long_day(before.filed)}"
    return (
        f"{words} of {company.name} {verb} {_amount(fact.unit, sign * fact.value)} "
        f"{sec_periods.in_words(fact.start, chosen.period, years)}, according to its {fact.form} filed on "
        f"{records.long_day(fact.filed)} under accession number {fact.accession} (concept {fact.tag}){replaced}."
    )


def _amount(unit: str, value: Decimal) -> str:
    """Return a figure with its unit: "$3,626,396,000", "minus $3.86 per share", "5 shares", "0.21 as a ratio"."""
    if unit == "pure":
        return records.signed(value, after=" as a ratio")
    above, _, below = unit.replace("_", " ").partition("/")
    per = f" per {below.removesuffix('s') if below == 'shares' else below}" if below else ""
    if _CODE.fullmatch(above):
        return records.signed(value, before=_SIGNS.get(above, f"{above} "), after=per)
    return records.signed(value, after=f" {above}{per}")


def _notes(
    company: Company, name: str, concept: Concept | None, *, left: int, spoiled: int, others: int
) -> Iterator[str]:
    if concept is None:
        parts = [part.casefold() for part in name.split()]
        near = [tag for tag, label in _tags(company) if all(part in f"{tag} {label}".casefold() for part in parts)]
        propose = f" Near it: {', '.join(near[:_NEAR])}." if near else ""
        yield f"{company.name} reports nothing as “{name}”.{propose}"
    if left:
        yield f"{left} older figures of “{name}” are left out: ask for them by years, or raise the limit."
    if spoiled:
        yield f"{spoiled} figures of “{name}” are left out as incomplete or contradicting themselves."
    if others:
        yield f"For {others} periods of “{name}” another tag gives another figure: ask for it as “us-gaap:…”."
