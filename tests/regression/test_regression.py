"""The regression set: cases of our own over deterministic properties, at least 95 % of each category must hold.

python -m tests.regression.test_regression        prints the table by category and every case that does not hold
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.regression.build import Case
from tests.regression.checks import CHECKS

CASES = Path(__file__).parent / "cases"
DEMANDED = 0.95
LEAST_CASES = 120


class Result(NamedTuple):
    """What a category gave: how many cases, and what those that do not hold say (with the error, if one rose)."""

    category: str
    cases: int
    lost: tuple[str, ...]

    @property
    def share(self) -> float:
        return 1 - len(self.lost) / self.cases


def cases_of(category: str) -> list[Case]:
    found: list[Case] = json.loads((CASES / f"{category}.json").read_text(encoding="utf-8"))
    return found


def _lost(category: str) -> Iterator[str]:
    for case in cases_of(category):
        try:
            if not CHECKS[category](case):
                yield case["says"]
        except Exception as error:  # noqa: BLE001  # a case that breaks the engine is a case lost, with its reason
            yield f"{case['says']} ({type(error).__name__}: {str(error)[:120]})"


def run(category: str) -> Result:
    return Result(category, len(cases_of(category)), tuple(_lost(category)))


def table(results: list[Result]) -> str:
    """Return the results as a table, a category a line."""
    rows = [f"{each.category:<28}{each.cases:>6}{each.share:>9.1%}" for each in results]
    total, lost = sum(each.cases for each in results), sum(len(each.lost) for each in results)
    head = f"{'category':<28}{'cases':>6}{'hold':>9}"
    return "\n".join([head, *rows, f"{'all':<28}{total:>6}{1 - lost / total:>9.1%}"])


def test_every_category_has_a_check_and_there_are_enough_cases():
    assert {path.stem for path in CASES.glob("*.json")} == set(CHECKS)
    assert sum(len(cases_of(category)) for category in CHECKS) >= LEAST_CASES


@pytest.mark.parametrize("category", CHECKS)
def test_no_two_cases_of_a_category_are_the_same(category):
    cases = cases_of(category)
    assert len({json.dumps(case, sort_keys=True) for case in cases}) == len(cases) >= 8
    assert len({case["says"] for case in cases}) == len(cases)


@pytest.mark.parametrize("category", CHECKS)
def test_the_category_holds(category):
    result = run(category)
    assert result.share >= DEMANDED, "\n".join((table([result]), "These do not hold:", *result.lost))


if __name__ == "__main__":
    everything = [run(category) for category in CHECKS]
    lines = [table(everything)]
    lines += [f"does not hold: {each.category}: {said}" for each in everything for said in each.lost]
    sys.stdout.write("\n".join(lines) + "\n")
