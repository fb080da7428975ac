"""Assembly: the stages from an upstream to the contract, and what they leave for a person."""

from collections.abc import Mapping

from attrs import frozen

from codegen.checked import Node, SpecError
from codegen.facade import gaps
from codegen.facts import facts_of
from codegen.normalise import TITLE, contract_of
from codegen.overlay import applied, left_out
from codegen.prose import described
from codegen.reading import plain
from codegen.slicing import slice_of


@frozen
class Ours:
    """What we lay over an upstream, and what calls the code that comes out of it."""

    overlays: Mapping[str, object]
    prose: Node
    facade: Mapping[str, str]


def assembled(document: Node, ours: Ours) -> tuple[Node, list[str]]:
    """The contract of an upstream, and what is left for a person."""
    upstream = plain(slice_of(document), "document")
    contract, words = described(contract_of(applied(upstream, ours.overlays)), ours.prose)
    return contract, [*gaps(facts_of(contract), ours.facade), *words, *left_out(upstream, ours.overlays)]


def known(document: Node, ours: Ours, name: str) -> Node:
    """A contract: the document itself, or what it gives if it is an upstream."""
    info = document.get("info")
    if isinstance(info, dict) and info.get("title") == TITLE:
        return document
    try:
        return assembled(document, ours)[0]
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
