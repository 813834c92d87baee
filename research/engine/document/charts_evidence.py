"""Charts of the evidence: who published it and when, how each section's claims were accepted, how sure they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from research.engine.domain.claims import PASSING_CONFIDENCE
from research.engine.domain.mrd import Mrd

from . import svg
from . import text as words

_PUBLISHERS_SHOWN = 12
_YEARS_SHOWN = 12
_BINS = 10
_LEFT, _RIGHT = 220, 700


def evidence_charts(mrd: Mrd) -> tuple[svg.Chart, ...]:
    """Return the charts that say something: none of one source, none of claims where there are none."""
    found = []
    if len(words.sources(mrd)) > 1:
        found.append(_published(mrd))
    if mrd.claims:
        found.append(_accepted(mrd))
    if sum(claim.confidence is not None for claim in mrd.claims) > 1:
        found.append(_confidence(mrd))
    return tuple(found)


def _published(mrd: Mrd) -> svg.Chart:
    counts: Counter[tuple[str, int | None]] = Counter()
    for source, _ in words.sources(mrd):
        year = source.published_date.year if source.published_date else None
        counts[(source.publisher or source.domain or "publisher not known", year)] += 1
    totals = Counter[str]()
    for (publisher, _), number in counts.items():
        totals[publisher] += number
    shown = [name for name, _ in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))][:_PUBLISHERS_SHOWN]
    years = sorted({year for publisher, year in counts if year is not None and publisher in shown})[-_YEARS_SHOWN:]
    undated = any(year is None for publisher, year in counts if publisher in shown)
    columns: list[int | None] = [*years, *([None] if undated else [])]
    step = (_RIGHT - _LEFT) / max(len(columns), 1)
    shapes = [
        svg.text(_LEFT + step * (place + 0.5), 14, str(year or "undated"), size=11, css="soft", anchor="middle")
        for place, year in enumerate(columns)
    ]
    for row, publisher in enumerate(shown):
        y = 40 + row * 30
        shapes += [
            svg.text(_LEFT - 14, y + 4, svg.wrapped(publisher, width=32, lines=1)[0], size=12, anchor="end"),
            svg.line(_LEFT, y, _RIGHT, y),
        ]
        for place, year in enumerate(columns):
            number = counts[(publisher, year)]
            if number:
                x = _LEFT + step * (place + 0.5)
                shapes += [svg.dot(x, y, 11), svg.text(x, y + 4, str(number), size=11, css="paper", anchor="middle")]
    more = len(totals) - len(shown)
    left_out = f"; {more} more publishers are in the list of sources" if more else ""
    said = ", ".join(f"{name} {totals[name]}" for name in shown)
    return svg.chart(
        key="chart-sources",
        title="Cited sources by publisher and year",
        description=f"{said}{left_out}",
        width=svg.WIDTH,
        height=34 + 30 * len(shown),
        shapes=shapes,
    )


def _accepted(mrd: Mrd) -> svg.Chart:
    titles = {section.key: section.title for section in mrd.sections}
    rule = Counter(claim.section for claim in mrd.claims if claim.decided == "by rule")
    person = Counter(claim.section for claim in mrd.claims if claim.decided == "by person")
    keys = [key for key in titles if rule[key] + person[key]]
    keys += sorted({claim.section for claim in mrd.claims} - set(keys))
    most = max(rule[key] + person[key] for key in keys)
    scale = (_RIGHT - 60 - _LEFT) / most
    shapes = list(_accepted_legend())
    for row, key in enumerate(keys):
        y = 26 + row * 28
        by_rule, by_person = rule[key] * scale, person[key] * scale
        name = svg.wrapped(titles.get(key, key.replace("_", " ")), width=32, lines=1)[0]
        shapes += [
            svg.text(_LEFT - 14, y + 16, name, size=12, anchor="end"),
            svg.rect(_LEFT, y + 3, by_rule, 18, fill="accent", stroke="accent"),
            svg.rect(_LEFT + by_rule, y + 3, by_person, 18, fill="paper", stroke="accent"),
            svg.text(_LEFT + by_rule + by_person + 8, y + 16, f"{rule[key]} + {person[key]}", size=11, css="soft"),
        ]
    return svg.chart(
        key="chart-accepted",
        title="Claims by section, and how they were accepted",
        description="; ".join(
            f"{titles.get(key, key)}: {rule[key]} by rule, {person[key]} by a person" for key in keys
        ),
        width=svg.WIDTH,
        height=32 + 28 * len(keys),
        shapes=shapes,
    )


def _accepted_legend() -> Iterator[str]:
    yield svg.rect(_LEFT, 3, 22, 11, fill="accent", stroke="accent")
    yield svg.text(_LEFT + 29, 13, "by rule", size=11, css="soft")
    yield svg.rect(_LEFT + 90, 3, 22, 11, fill="paper", stroke="accent")
    yield svg.text(_LEFT + 119, 13, "by a person", size=11, css="soft")


def _confidence(mrd: Mrd) -> svg.Chart:
    width = 1000 // _BINS
    known = [claim.confidence for claim in mrd.claims if claim.confidence is not None]
    bins = Counter(min(value // width, _BINS - 1) for value in known)
    most = max(bins.values())
    step, bottom, tall = (svg.WIDTH - 60) / _BINS, 150, 110
    shapes = [svg.line(30, bottom, svg.WIDTH - 30, bottom, stroke="soft")]
    for place in range(_BINS):
        height = tall * bins[place] / most
        x = 30 + place * step
        if bins[place]:
            shapes += [
                svg.rect(x + 5, bottom - height, step - 10, height, fill="accent"),
                svg.text(x + step / 2, bottom - height - 6, str(bins[place]), size=11, anchor="middle"),
            ]
        shapes.append(svg.text(x, bottom + 16, f"{place * width // 10} %", size=10, css="soft", anchor="middle"))
    limit = 30 + PASSING_CONFIDENCE / width * step
    shapes += [
        svg.line(limit, 14, limit, bottom, stroke="ink", dash="4 3"),
        svg.text(limit + 6, 12, "passes without a person from here", size=10, css="soft"),
    ]
    unknown = len(mrd.claims) - len(known)
    left_out = f"; {unknown} without a computed confidence" if unknown else ""
    said = ", ".join(f"{place * 10} to {place * 10 + 10} %: {bins[place]}" for place in range(_BINS) if bins[place])
    return svg.chart(
        key="chart-confidence",
        title="Confidence of the claims",
        description=f"{said}{left_out}",
        width=svg.WIDTH,
        height=bottom + 24,
        shapes=shapes,
    )
