"""Fit the weights of `research/engine/verification/entail.py` on the fit halves; print them to be pasted there.

    .venv/bin/python bench/evidence/fit.py

Logistic regression by Newton's method with a ridge, in plain Python: the sets are small. Each set and each verdict
weighs the same, so that no set's size decides and one half is the mark for balanced accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import sets

from research.engine.verification import features

# On standardised measures; a set weighs as 300 items. More for the answers: some thirty questions make a half.
RIDGE, RIDGE_ANSWERS = 3.0, 20.0
SET_WEIGHT = 300.0
ROUNDS = 25
CLAIM = (
    "window", "bigrams", "strangers", "dates", "has_figure", "lost", "fit", "negation_added", "negation_dropped",
    "flipped", "hedge_dropped", "hedge_added",
)  # fmt: skip
ANSWER = ("window", "bigrams", "lost_share", "fit", "denies", "reckons", "misreckons")
Rows = list[tuple[list[float], bool, float]]


def measured(items: Sequence[sets.Item], names: Sequence[str]) -> Rows:
    """Return measures, verdict and weight of the items of the fit half."""
    chosen = [item for item in items if item.to_fit]
    true = sum(item.true for item in chosen)
    rows = []
    for item in chosen:
        values = features.measure(item.claim, item.passages, item.question).values
        weight = SET_WEIGHT / 2 / (true if item.true else len(chosen) - true)
        rows.append(([values[name] for name in names], item.true, weight))
    return rows


def fit(rows: Rows, names: Sequence[str], ridge: float = RIDGE) -> Mapping[str, float]:
    """Return the weights by name, "bias" among them, for measures as they come (not standardised)."""
    count = len(names)
    means = [sum(row[0][i] for row in rows) / len(rows) for i in range(count)]
    spreads = [math.sqrt(sum((row[0][i] - means[i]) ** 2 for row in rows) / len(rows)) or 1.0 for i in range(count)]
    points = [([1.0, *((row[0][i] - means[i]) / spreads[i] for i in range(count))], row[1], row[2]) for row in rows]
    weights = [0.0] * (count + 1)
    for _ in range(ROUNDS):
        slope = [0.0 if i == 0 else ridge * weights[i] for i in range(count + 1)]
        bend = [[ridge if i == j and i else 1e-6 * (i == j) for j in range(count + 1)] for i in range(count + 1)]
        for point, true, weight in points:
            share = 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, point, strict=True))))
            pull, stiff = weight * (share - true), weight * share * (1 - share)
            for i, x in enumerate(point):
                slope[i] += pull * x
                for j, y in enumerate(point):
                    bend[i][j] += stiff * x * y
        weights = [w - step for w, step in zip(weights, _solved(bend, slope), strict=True)]
    raw = [weights[i + 1] / spreads[i] for i in range(count)]
    bias = weights[0] - sum(w * mean for w, mean in zip(raw, means, strict=True))
    return {"bias": bias, **dict(zip(names, raw, strict=True))}


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return x with matrix·x = right, by elimination with pivots."""
    size = len(right)
    rows = [[*matrix[i], right[i]] for i in range(size)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(size):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] for i in range(size)]


def main() -> None:
    claims = [row for load in (sets.wice, sets.attribution, sets.findver) for row in measured(load(), CLAIM)]
    for name, weights in (
        ("CLAIM", fit(claims, CLAIM)),
        ("ANSWER", fit(measured(sets.answers(), ANSWER), ANSWER, RIDGE_ANSWERS)),
    ):
        print(f"{name}: Mapping[str, float] = MappingProxyType(\n    {{")
        for key, value in weights.items():
            print(f'        "{key}": {value:.2f},')
        print("    }\n)")


if __name__ == "__main__":
    main()
