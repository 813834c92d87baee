"""What a door hands over: one request for one decision, and the edits it may carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationError

from research.engine.domain.canonical import Frozen, readable
from research.engine.domain.claims import MAX_CLAIM_CHARS
from research.engine.domain.documents import Sentence
from research.engine.domain.errors import InvalidInput
from research.engine.domain.states import Gate, RunState, Verdict
from research.engine.domain.wrong_fields import first_wrong
from research.models.record import SubjectKind
from research.services.claim_edits import ClaimAddition, ClaimEdit

GATE_OF = {
    SubjectKind.PLAN: Gate.PLAN,
    SubjectKind.CLAIM: Gate.CLAIMS,
    SubjectKind.SECTION: Gate.REGULATORY,
    SubjectKind.DOCUMENT: Gate.SIGN_OFF,
}
BACK_TO = (RunState.DRAFTING, RunState.CLAIM_REVIEW)
MAX_WORDS = 4_000


@dataclass(frozen=True, kw_only=True)
class DecisionRequest:
    """One verdict on one subject over the digest of what was shown.

    edit: what JSON gives of the edited plan (a plan), claim (`ClaimEdit`) or section (a list of sentences); None
    where nothing is edited. back_to: where a rejected section goes. password: never stored, never shown.
    """

    run_id: UUID
    subject: SubjectKind
    subject_id: int
    digest: str
    verdict: Verdict
    comment: str = ""
    edit: Any = None
    back_to: RunState = RunState.DRAFTING
    meaning: str = ""
    password: str = field(default="", repr=False)

    @property
    def gate(self) -> Gate:
        return GATE_OF[self.subject]


class _Sentences(Frozen):
    sentences: tuple[Sentence, ...] = Field(max_length=500)


def words(text: str, *, name: str) -> str:
    """Return what a person wrote, without its outer white space. Raises `InvalidInput` where it is too long."""
    cut = text.replace("\x00", "").strip()
    if len(cut) > MAX_WORDS:
        raise InvalidInput(f"The {name} has {len(cut):,} characters and the limit is {MAX_WORDS:,}.", field=name)
    return cut


@dataclass(frozen=True, kw_only=True)
class AdditionRequest:
    """A claim a person adds: what JSON gives of a `ClaimAddition`, and why it is added."""

    run_id: UUID
    addition: Any
    comment: str = ""


def claim_edit(data: Any) -> ClaimEdit:
    """Return the claim edit in `data` (what JSON gives). Raises `InvalidInput` naming the first wrong field."""
    try:
        return ClaimEdit.model_validate(data)
    except ValidationError as error:
        raise _wrong("edited claim", error) from error


def claim_addition(data: Any) -> ClaimAddition:
    """Return the added claim in `data` (what JSON gives). Raises `InvalidInput` naming the first wrong field."""
    try:
        return ClaimAddition.model_validate(data)
    except ValidationError as error:
        raise _wrong("added claim", error) from error


def sentences(data: Any) -> tuple[Sentence, ...]:
    """Return the sentences in `data`: a list, or an object with `sentences`. Raises `InvalidInput`."""
    whole = data if isinstance(data, dict) else {"sentences": data}
    try:
        found = _Sentences.model_validate(whole).sentences
    except ValidationError as error:
        raise _wrong("edited section", error) from error
    return tuple(_sentence(place, sentence) for place, sentence in enumerate(found, start=1))


def _sentence(place: int, sentence: Sentence) -> Sentence:
    """Return the sentence with its outer white space cut. Raises `InvalidInput` for one that cannot be read."""
    try:
        text = readable(sentence.text)
    except ValueError as error:
        raise InvalidInput(f"Sentence {place} cannot be used: {error}.", field="sentences") from error
    if len(text) > MAX_CLAIM_CHARS:
        raise InvalidInput(
            f"Sentence {place} has {len(text):,} characters and the limit is {MAX_CLAIM_CHARS:,}: split it.",
            field="sentences",
        )
    return sentence.model_copy(update={"text": text})


def _wrong(noun: str, error: ValidationError) -> InvalidInput:
    wrong = first_wrong(error)
    return InvalidInput(f"The {noun} is not valid: {wrong.says}.", field=wrong.field or noun.rsplit(maxsplit=1)[-1])
