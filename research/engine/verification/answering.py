"""Whether an answer says what its question comes to: reckoned, led or written down in it; one verdict, one reason."""

from __future__ import annotations

from collections.abc import Sequence

from . import equations, expected, leading
from .expected import UNKNOWN, Compared


def compare(question: str, answer: str, passages: Sequence[str]) -> Compared:
    """Return how `answer` stands to what `question` comes to by the statements among `passages`.

    Looked at in turn: the figure asked for, the line that leads its table, the reckoning the answer writes down.
    Not known, with an empty reason, when none of them speaks.
    """
    for look in (expected.compare, leading.compare):
        found = look(question, answer, passages)
        if found.fit:
            return found
    wrong = equations.wrong(answer)
    return Compared(-1.0, f"its own reckoning does not come out: {wrong}") if wrong else UNKNOWN
