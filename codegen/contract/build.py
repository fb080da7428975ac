"""Build the contract from an upstream document, stage by stage."""

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
    """The hand-written files used to build the contract."""

    overlays: Mapping[str, object]
    prose: JSONObject


def build_contract(
    document: JSONObject, inputs: Inputs
) -> tuple[JSONObject, list[str]]:
    """Return the contract built from an upstream, and the remaining manual steps."""
    upstream = sort_keys(slice_document(document))
    corrected = apply_overlays(upstream, inputs.overlays)
    contract, missing = merge_prose(normalise(corrected), inputs.prose)
    return contract, [*missing, *skipped_overlays(upstream, inputs.overlays)]


def load_contract(document: JSONObject, inputs: Inputs, name: str) -> JSONObject:
    """Return the document if it is a contract, or else build a contract from it."""
    info = document.get("info")
    if isinstance(info, dict) and info.get("title") == TITLE:
        return document
    try:
        return build_contract(document, inputs)[0]
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
