"""A release that two papers print with small edits is one voice; two reports in words of their own are two."""

from __future__ import annotations

import pytest

from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.verification import independence

RELEASE = "Oakline Gaming said on Tuesday that it had signed up 210,000 players in New Jersey since it opened in March."


def count(*texts: str) -> int:
    return independence.count(
        [
            EvidenceItem(
                id=number,
                quote=Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text),
                source=SourceRef(id=number, kind="web_page", title="Page", publisher=f"Paper {number}"),
                task_key="t",
            )
            for number, text in enumerate(texts, 1)
        ]
    )


@pytest.mark.parametrize(
    "edited",
    [
        RELEASE.replace("said on Tuesday that it had", "said it has"),
        RELEASE.replace("Oakline Gaming", "The operator Oakline Gaming").replace("in March", "this spring"),
        f"{RELEASE} The company is based in Trenton.",
    ],
)
def test_a_release_with_small_edits_is_counted_once(edited: str):
    assert count(RELEASE, edited) == 1


def test_reports_in_other_words_and_short_sentences_alike_are_voices_of_their_own():
    assert count(RELEASE, "New Jersey regulators count 210,000 accounts at the lobby that Oakline Gaming runs.") == 2
    assert count("The tax rate is 15 percent.", "The tax rate is 15 per cent.") == 2
