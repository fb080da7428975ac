"""Assembly: the stages from an upstream to the contract, and what they leave for a
person.
"""

from collections.abc import Mapping

from attrs import frozen

from codegen.access import Node, SpecError
from codegen.contract.normalise import TITLE, contract_of
from codegen.contract.overlay import applied, left_out
from codegen.contract.prose import described
from codegen.contract.slicing import slice_of
from codegen.facade import gaps
from codegen.python.ir import facts_of
from codegen.reading import plain


@frozen
class Ours:
    """What we lay over an upstream, and what calls the code that comes out of it."""

    overlays: Mapping[str, object]
    prose: Node
    facade: Mapping[str, str]


def assembled(document: Node, ours: Ours) -> tuple[Node, list[str]]:
    """The contract of an upstream, and what is left for a person."""
    upstream = plain(slice_of(document), "document")
    contract, words = described(
        contract_of(applied(upstream, ours.overlays)), ours.prose
    )
    return contract, [
        *gaps(facts_of(contract), ours.facade),
        *words,
        *left_out(upstream, ours.overlays),
    ]


def known(document: Node, ours: Ours, name: str) -> Node:
    """A contract: the document itself, or what it gives if it is an upstream."""
    info = document.get("info")
    if isinstance(info, dict) and info.get("title") == TITLE:
        return document
    try:
        return assembled(document, ours)[0]
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
