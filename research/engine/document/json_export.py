"""The document as JSON, and the published schema of that JSON.

Run `python -m research.engine.document.json_export > docs/reference/mrd.schema.json` to write the schema again.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from research.engine.domain.mrd import SCHEMA_VERSION, SignedMrd

SCHEMA_ID = f"urn:mrd-desk:schema:mrd:{SCHEMA_VERSION}"
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _EveryField(GenerateJsonSchema):
    """Ask for every field that `to_json` always writes: those with a default too, those left out when empty not."""

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return field.get("serialization_exclude_if") is None


def to_json(signed: SignedMrd) -> bytes:
    """Return the document as UTF-8 JSON: sorted keys, indented by 2, ending in a newline; the same bytes each time."""
    return _dump(signed.model_dump(mode="json"))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what `to_json` writes."""
    schema = SignedMrd.model_json_schema(mode="serialization", schema_generator=_EveryField)
    return {
        **schema,
        "$schema": SCHEMA_DIALECT,
        "$id": SCHEMA_ID,
        "title": "Market Requirements Document of MRD Desk",
    }


def schema_bytes() -> bytes:
    """Return the schema as it is published in docs/reference/mrd.schema.json."""
    return _dump(json_schema())


def _dump(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


if __name__ == "__main__":
    sys.stdout.buffer.write(schema_bytes())
