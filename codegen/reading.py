"""Reading: bytes → plain data, whether YAML or JSON; and YAML has the types of JSON, no
dates and no `yes`.
"""

import json
import re
from typing import Any

import yaml

from codegen.access import Node, SpecError, mapping

DEEPEST = 1000
HEAVIEST = 5_000_000
"""Values in a document, whatever refers to itself by anchors written out. Stripe's has
300,000.
"""


class Loader(yaml.CSafeLoader):
    """YAML with the types of JSON: `2023-10-16` and `no` are text."""


Loader.yaml_implicit_resolvers = {}

for tag, pattern, starts in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", "-0123456789"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("merge", r"<<", "<"),
):
    Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), list(starts)
    )


def parsed(content: bytes, name: str) -> Node:
    """The document in a file, which has to be a mapping."""
    try:
        return mapping(loaded(content, name), name)
    except yaml.YAMLError as error:
        raise SpecError(f"{name}: no YAML: {reason(error)}") from error
    except UnicodeError as error:
        raise SpecError(f"{name}: no text: {error}") from error
    except ValueError as error:
        raise SpecError(f"{name}: no JSON: {error}") from error


def loaded(content: bytes, name: str) -> Any:
    """What a file holds, if it is of a size that can be walked through."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        document = json.loads(content, parse_constant=refuse)
        json.dumps(
            document, ensure_ascii=False
        ).encode()  # JSON can carry lone surrogates, and files cannot
        return document
    if is_too_deep(content):
        raise SpecError(f"{name}: is nested too deeply")
    document = yaml.load(content, Loader)  # noqa: S506 - it is a safe loader, of ours
    if weight(document, name, {}) > HEAVIEST:
        raise SpecError(
            f"{name}: is more than {HEAVIEST} values with its anchors written out"
        )
    return document


def refuse(constant: str) -> None:
    """No to `NaN` and `Infinity`, which Python would read."""
    raise ValueError(f"{constant} is no number")


def weight(node: Any, name: str, known: dict[int, int]) -> int:
    """How many values a document is once its anchors are written out, without writing
    them out.
    """
    if not isinstance(node, dict | list):
        return 1
    if id(node) not in known:
        known[id(node)] = 0
        below = node.values() if isinstance(node, dict) else node
        known[id(node)] = 1 + sum(weight(inner, name, known) for inner in below)
    if not known[id(node)]:
        raise SpecError(f"{name}: an anchor contains itself")
    return known[id(node)]


def is_too_deep(content: bytes) -> bool:
    """Whether libyaml, which recurses without a limit, would take the whole process
    down.
    """
    depth = deepest = 0
    for bracket in re.finditer(rb"[][{}]", content):
        depth = depth + 1 if bracket[0] in b"[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return (
        deepest > DEEPEST
        or re.search(rb"(?:[-?:]\s+){%d}" % DEEPEST, content) is not None
    )


def reason(error: yaml.YAMLError) -> str:
    """What is wrong with a YAML file, and where."""
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or error}{where}"


def plain(node: Any, place: str) -> Any:
    """A copy of the data with text keys only, in one order whatever the order in the
    file.
    """
    if isinstance(node, dict):
        keys = {
            key if isinstance(key, str) else json.dumps(key): key
            for key in node
            if isinstance(key, str | int)
        }
        if len(keys) < len(node):
            raise SpecError(f"{place}: a key is no text")
        return {
            plain(key, place): plain(node[keys[key]], f"{place}.{key}")
            for key in sorted(keys)
        }
    if isinstance(node, list):
        return [plain(inner, f"{place}[{index}]") for index, inner in enumerate(node)]
    if isinstance(node, str):
        try:
            node.encode()
        except UnicodeEncodeError as error:
            raise SpecError(f"{place}: no text: {error.reason}") from error
    elif not isinstance(node, int | float | None):
        raise SpecError(f"{place}: {type(node).__name__} is nothing that JSON has")
    return node
