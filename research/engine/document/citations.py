"""Number the quotes a document leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.errors import InvalidInput
from research.engine.domain.evidence import EvidenceItem
from research.engine.domain.mrd import Citation, EvidencePlace


class Numbering:
    """Give each quote one number, from 1, in the order of first use. The same words at the same place are one quote."""

    def __init__(self, places: Mapping[int, EvidencePlace]) -> None:
        self._places = places
        self._numbers: dict[str, int] = {}
        self._items: dict[str, dict[int, EvidenceItem]] = {}

    def cite(self, claims: Iterable[AcceptedClaim]) -> tuple[int, ...]:
        """Return the numbers of the evidence of `claims`, ascending, giving new ones where needed.

        Raises `InvalidInput` for evidence whose place is not known.
        """
        numbers = set()
        for claim in claims:
            for item in sorted(claim.evidence, key=lambda item: item.id):
                self._place(item)
                key = item.quote.key()
                numbers.add(self._numbers.setdefault(key, len(self._numbers) + 1))
                self._items.setdefault(key, {})[item.id] = item
        return tuple(sorted(numbers))

    def citations(self) -> tuple[Citation, ...]:
        """Return the list of citations by number."""
        return tuple(self._citation(key, number) for key, number in self._numbers.items())

    def _place(self, item: EvidenceItem) -> EvidencePlace:
        try:
            return self._places[item.id]
        except KeyError:
            raise InvalidInput(
                f"Evidence {item.id} has no known snapshot: it cannot be cited until its source is archived.",
                field="places",
            ) from None

    def _citation(self, key: str, number: int) -> Citation:
        # The lowest id speaks for all that pin the same words, whichever claim brought it first.
        first, *others = sorted(self._items[key])
        item, place = self._items[key][first], self._places[first]
        return Citation(
            number=number,
            evidence_id=item.id,
            also_evidence_ids=tuple(others),
            source_title=item.source.title,
            publisher=item.source.publisher,
            published_date=item.source.published_date,
            domain=item.source.domain,
            url=place.url,
            snapshot_sha256=place.snapshot_sha256,
            extracted_text_sha256=place.extracted_text_sha256,
            page=item.quote.page,
            start=item.quote.start,
            end=item.quote.end,
            quote=item.quote.exact,
            prefix=item.quote.prefix,
            suffix=item.quote.suffix,
            call_key=place.call_key,
            retrieved_at=place.retrieved_at,
        )
