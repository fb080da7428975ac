"""Build the contract from an upstream document, stage by stage."""

from collections.abc import Mapping

from attrs import frozen

from codegen.access import JSONObject, Node, SpecError
from codegen.contract.names import Names, parse_names
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
    names: JSONObject


@frozen
class Built:
    """A contract built from an upstream document, and data for the manual steps."""

    contract: JSONObject
    names: Names
    """The pinned names and the new ones."""
    descriptions: list[str]
    """The descriptions to add to prose.yaml, or to remove from it."""
    overlays: list[str]
    """The names of the overlays for other upstreams, which were skipped."""


def build_contract(document: JSONObject, inputs: Inputs) -> Built:
    """Build the contract of an upstream document."""
    upstream = sort_keys(slice_document(document))
    names = parse_names(Node(inputs.names, document="names.yaml"))
    corrected = apply_overlays(upstream, inputs.overlays)
    contract, descriptions = merge_prose(normalise(corrected, names), inputs.prose)
    overlays = skipped_overlays(upstream, inputs.overlays)
    return Built(contract, names, descriptions, overlays)


def load_contract(document: JSONObject, inputs: Inputs, name: str) -> JSONObject:
    """Return the document if it is a contract, or else build a contract from it."""
    info = document.get("info")
    if isinstance(info, dict) and info.get("title") == TITLE:
        return document
    try:
        return build_contract(document, inputs).contract
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
