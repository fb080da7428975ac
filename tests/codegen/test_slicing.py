import pytest

from codegen.access import SpecError
from codegen.contract.slicing import slice_of
from tests.support.tiny_spec import WIDGETS, ref, spec, widget


def test_a_slice_keeps_the_paths_of_financial_connections_only():
    assert [WIDGETS, f"{WIDGETS}/{{widget}}", f"{WIDGETS}/{{widget}}/spin"] == list(
        slice_of(spec())["paths"]
    )


def test_a_slice_ends_at_resources_of_other_products():
    schemas = slice_of(spec())["components"]["schemas"]
    assert {"type": "object", "x-resourceId": "customer", "x-stub": True} == schemas[
        "customer"
    ]
    assert "far_away" not in schemas
    assert "charge" not in schemas


def test_a_slice_leaves_a_dangling_reference_for_overlays_to_mend():
    document = spec()
    widget(document)["label"] = ref("nowhere")
    assert "nowhere" not in slice_of(document)["components"]["schemas"]


def test_slicing_changes_nothing_in_what_it_was_given():
    document = spec()
    slice_of(document)
    assert spec() == document


def test_slicing_a_slice_changes_nothing():
    once = slice_of(spec())
    assert once == slice_of(once)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it.update(openapi="2.0"), "openapi: this is no OpenAPI 3 document"),
        (lambda it: it.pop("openapi"), "openapi: this is no OpenAPI 3 document"),
        (lambda it: it.update(openapi=3.0), "openapi: should be text, is a number"),
        (
            lambda it: it["info"].update(version="latest"),
            "info.version: 'latest' is no Stripe API version",
        ),
        (lambda it: it.pop("info"), "document: has no 'info'"),
        (
            lambda it: it.update(paths=[]),
            "document.paths: should be a mapping, is a list",
        ),
        (
            lambda it: it.update(paths={"/v1/charges": {}}),
            "paths: none starts with /v1/financial_connections/",
        ),
        (lambda it: it.pop("components"), "document: has no 'components'"),
        (
            lambda it: widget(it).update(label={"$ref": "other.yaml#/x"}),
            "label: $ref 'other.yaml#/x' does not point into",
        ),
        (
            lambda it: it["components"]["schemas"].update(api_errors=7),
            "components.schemas.api_errors: should be a mapping",
        ),
    ],
)
def test_what_cannot_be_sliced_is_refused_with_its_place(change, words):
    document = spec()
    change(document)
    with pytest.raises(SpecError, match=words.replace("$", r"\$")):
        slice_of(document)


def test_a_document_that_is_no_mapping_is_refused():
    with pytest.raises(SpecError, match="document: should be a mapping, is a list"):
        slice_of([])
