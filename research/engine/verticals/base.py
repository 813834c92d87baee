"""Words every vertical may use: places and how they are written, and short ways to declare a template."""

from __future__ import annotations

from typing import Literal

from research.engine.domain.plans import Layer
from research.engine.domain.vertical import SectionSpec, TaskTemplate

# Two-letter forms that are also English words or other abbreviations (IN, OR, ME, PA …) are left out on purpose:
# a place is better missed than invented.
US_STATES: dict[str, tuple[str, ...]] = {
    "Alabama": ("Alabama",),
    "Arizona": ("Arizona", "AZ"),
    "California": ("California",),
    "Colorado": ("Colorado",),
    "Connecticut": ("Connecticut", "CT"),
    "Delaware": ("Delaware",),
    "Florida": ("Florida", "FL"),
    "Georgia": ("Georgia",),
    "Illinois": ("Illinois", "IL"),
    "Indiana": ("Indiana",),
    "Iowa": ("Iowa",),
    "Kansas": ("Kansas", "KS"),
    "Kentucky": ("Kentucky", "KY"),
    "Louisiana": ("Louisiana",),
    "Maryland": ("Maryland",),
    "Massachusetts": ("Massachusetts",),
    "Michigan": ("Michigan",),
    "Minnesota": ("Minnesota",),
    "Mississippi": ("Mississippi",),
    "Missouri": ("Missouri",),
    "Nevada": ("Nevada", "NV"),
    "New Hampshire": ("New Hampshire", "NH"),
    "New Jersey": ("New Jersey", "NJ", "N.J."),
    "New Mexico": ("New Mexico", "NM"),
    "New York": ("New York", "NY", "N.Y."),
    "North Carolina": ("North Carolina", "NC"),
    "Ohio": ("Ohio",),
    "Oregon": ("Oregon",),
    "Pennsylvania": ("Pennsylvania",),
    "Rhode Island": ("Rhode Island",),
    "Tennessee": ("Tennessee", "TN"),
    "Texas": ("Texas", "TX"),
    "Virginia": ("Virginia",),
    "Washington": ("Washington State", "Washington"),
    "West Virginia": ("West Virginia", "WV"),
    "Wyoming": ("Wyoming", "WY"),
}

CANADA: dict[str, tuple[str, ...]] = {
    "Alberta": ("Alberta",),
    "British Columbia": ("British Columbia", "B.C."),
    "Ontario": ("Ontario",),
    "Quebec": ("Quebec", "Québec"),
}

COUNTRIES: dict[str, tuple[str, ...]] = {
    "Australia": ("Australia",),
    "Brazil": ("Brazil",),
    "Canada": ("Canada",),
    "China": ("China",),
    "France": ("France",),
    "Germany": ("Germany",),
    "India": ("India",),
    "Ireland": ("Ireland",),
    "Italy": ("Italy",),
    "Japan": ("Japan",),
    "Macau": ("Macau", "Macao"),
    "Malta": ("Malta",),
    "Netherlands": ("Netherlands",),
    "Singapore": ("Singapore",),
    "Spain": ("Spain",),
    "Sweden": ("Sweden",),
    "United Kingdom": ("United Kingdom", "Great Britain", "UK", "U.K."),
}

UNITED_STATES: dict[str, tuple[str, ...]] = {"United States": ("United States", "USA", "U.S.A.", "U.S.", "US")}
EUROPEAN_UNION: dict[str, tuple[str, ...]] = {"European Union": ("European Union", "EU", "E.U.")}


def section(key: str, title: str, purpose: str, *, regulatory: bool = False, competitor: bool = False) -> SectionSpec:
    """Declare a section in one line."""
    return SectionSpec(key=key, title=title, purpose=purpose, regulatory=regulatory, competitor=competitor)


def task(
    key: str,
    section_key: str,
    question: str,
    *queries: str,
    critical: bool = False,
    depends_on: tuple[str, ...] = (),
    layer: Layer = "research",
    per: Literal["jurisdiction", "competitor"] | None = None,
) -> TaskTemplate:
    """Declare a task of the template; `queries` go from narrow to wide."""
    return TaskTemplate(
        key=key,
        question=question,
        section=section_key,
        queries=queries,
        critical=critical,
        depends_on=depends_on,
        layer=layer,
        per=per,
    )
