"""The JSON export and its published schema."""

import copy
import json
from pathlib import Path

import document_sample as sample
import jsonschema
import pytest

from research.engine.document import json_export
from research.engine.domain.mrd import SignedMrd

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "mrd.schema.json"


@pytest.fixture(scope="module")
def validator():
    schema = json_export.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_signed_and_draft_exports_keep_the_published_schema(validator):
    for signed in (sample.signed(), SignedMrd.of(mrd=sample.mrd())):
        validator.validate(json.loads(json_export.to_json(signed)))


def test_the_schema_refuses_what_is_not_such_a_document(validator):
    good = json.loads(json_export.to_json(sample.signed()))
    for path, wrong in (
        (("digest",), "no digest"),
        (("status",), "approved"),
        (("mrd", "schema_version"), "0"),
        (("mrd", "citations", 0, "page"), 0),
        (("mrd", "claims", 0, "confidence"), 1001),
        (("mrd", "costs", "cost_usd"), "free"),
        (("mrd", "surprise"), 1),
    ):
        bad = copy.deepcopy(good)
        place = bad
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = wrong
        assert list(validator.iter_errors(bad)), path
    del good["mrd"]["citations"]
    assert list(validator.iter_errors(good))


def test_the_bytes_are_the_same_each_time_and_read_back_as_the_same_document():
    data = json_export.to_json(sample.signed())
    assert data == json_export.to_json(sample.signed(sample.mrd(claims=sample.claims()[::-1])))
    assert SignedMrd.model_validate_json(data) == sample.signed()
    assert list(json.loads(data)) == sorted(json.loads(data))


def test_the_published_schema_is_current():
    assert PUBLISHED.read_bytes() == json_export.schema_bytes(), (
        "The schema changed: run `python -m research.engine.document.json_export > docs/reference/mrd.schema.json`, "
        "and raise SCHEMA_VERSION if readers of the old one would break."
    )
    schema = json.loads(PUBLISHED.read_bytes())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:mrd-desk:schema:mrd:2"
