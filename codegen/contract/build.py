"""Run the stages from an upstream document to the contract."""

from collections.abc import Mapping

from attrs import frozen

from codegen.access import JSONObject, SpecError
from codegen.contract.normalise import TITLE, normalise
from codegen.contract.overlay import apply_overlays, skipped_overlays
from codegen.contract.prose import merge_prose
from codegen.contract.slicing import slice_document
from codegen.reading import sort_keys


@frozen
class Inputs:
    """The hand-written files that the contract is built with."""

    overlays: Mapping[str, object]
    prose: JSONObject


def build_contract(
    document: JSONObject, inputs: Inputs
) -> tuple[JSONObject, list[str]]:
    """Return the contract of an upstream, and what is left for a person to do."""
    upstream = sort_keys(slice_document(document))
    corrected = apply_overlays(upstream, inputs.overlays)
    contract, missing = merge_prose(normalise(corrected), inputs.prose)
    return contract, [*missing, *skipped_overlays(upstream, inputs.overlays)]


def load_contract(document: JSONObject, inputs: Inputs, name: str) -> JSONObject:
    """Return the document if it is a contract, or else the contract it results in."""
    info = document.get("info")
    if isinstance(info, dict) and info.get("title") == TITLE:
        return document
    try:
        return build_contract(document, inputs)[0]
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
