"""Writing: the contract and the record of its source as text."""

import json
from typing import Any

import yaml

from codegen.checked import Node

HEADER = """\
# The contract: upstream's facts, our corrections, our names, our words. Written by "make bump" from Stripe's
# specification, overlays/ and prose.yaml: change those. openapi/README.md says how.
"""


class Dumper(yaml.CSafeDumper):
    """YAML without anchors: what is equal is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer back."""
        del data
        return True


def contract_text(contract: Node) -> str:
    """The contract as a file."""
    body = yaml.dump(contract, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    return HEADER + body


def source_text(name: str, version: str, sha256: str, generator: str) -> str:
    """Where a contract comes from, as TOML."""
    return (
        '# Written by "make bump".\n'
        "[upstream]\n"
        f"name = {json.dumps(name)}\n"
        f"stripe_version = {json.dumps(version)}\n"
        f"sha256 = {json.dumps(sha256)}\n\n"
        "[generator]\n"
        'name = "openapi-python-client"\n'
        f"version = {json.dumps(generator)}\n"
    )
