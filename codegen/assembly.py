"""Assembly: the stages from the bytes of an upstream to the contract, and what they leave for a person."""

from collections.abc import Mapping

from attrs import frozen

from codegen.checked import Node
from codegen.facade import gaps
from codegen.facts import facts_of
from codegen.normalise import TITLE, contract_of
from codegen.overlay import applied, left_out
from codegen.prose import described
from codegen.reading import parsed, plain
from codegen.slicing import slice_of


@frozen
class Ours:
    """What we lay over an upstream, and what calls the code that comes out of it."""

    overlays: Mapping[str, object]
    prose: Node
    facade: Mapping[str, str]


def assembled(content: bytes, name: str, ours: Ours) -> tuple[Node, list[str]]:
    """The contract of an upstream, and what is left for a person."""
    upstream = plain(slice_of(parsed(content, name)), "document")
    contract, words = described(contract_of(applied(upstream, ours.overlays)), ours.prose)
    return contract, [*gaps(facts_of(contract), ours.facade), *words, *left_out(upstream, ours.overlays)]


def known(content: bytes, name: str, ours: Ours) -> Node:
    """A contract: the one in a file, or the one that the upstream in it gives."""
    document = parsed(content, name)
    info = document.get("info")
    is_contract = isinstance(info, dict) and info.get("title") == TITLE
    return document if is_contract else assembled(content, name, ours)[0]
