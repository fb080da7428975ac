"""Writing: the contract and the record of its source as text, and lines that stay one."""

import json
import re
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

import yaml

from codegen.access import Node

HEADER = """\
# The contract: upstream's facts, our corrections, our names, our words. Written by "make bump" from Stripe's
# specification, overlays/ and prose.yaml: change those. openapi/README.md says how.
"""


LONGEST_LINE = 500


class Dumper(yaml.CSafeDumper):
    """YAML without anchors: what is equal is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer back."""
        del data
        return True


def contract_text(contract: Node) -> str:
    """The contract as a file."""
    body = yaml.dump(
        contract, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110
    )
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


def is_url(spec: str) -> bool:
    """Whether a specification has to be fetched."""
    return re.match(r"https?://", spec) is not None


def source_name(spec: str) -> str:
    """What an upstream is called in public: no folder of this machine, no credentials
    of a URL.
    """
    if not is_url(spec):
        return PurePath(spec).name or spec
    url = urlsplit(spec)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def one_line(words: str) -> str:
    """The words without line breaks and control characters, and not longer than anybody
    reads.
    """
    line = " ".join(
        "".join(char if char.isprintable() else " " for char in words).split()
    )
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
