"""Parse YAML and JSON files, using JSON's types for both."""

import json
import re
from typing import Any

import yaml

from codegen.access import JSONObject, Node, SpecError

MAX_DEPTH = 1000
MAX_VALUES = 5_000_000
"""Maximum number of values after expanding anchors. Stripe's document has 300,000."""


class Loader(yaml.CSafeLoader):
    """A YAML loader with JSON's types: `2023-10-16` and `no` are strings."""


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


def parse(content: bytes, name: str) -> JSONObject:
    """Parse a YAML or JSON file that contains a mapping.

    Args:
        content: Bytes of the file.
        name: Name of the file, for error messages.

    Raises:
        SpecError: The file is malformed, too large or nested too deeply.
    """
    try:
        return Node(load(content, name), document=name).mapping()
    except yaml.YAMLError as error:
        raise SpecError(f"{name}: invalid YAML: {describe_error(error)}") from error
    except UnicodeError as error:
        raise SpecError(f"{name}: not valid UTF-8: {error}") from error
    except ValueError as error:
        raise SpecError(f"{name}: invalid JSON: {error}") from error


def load(content: bytes, name: str) -> Any:
    """Return the value in a file, if it can be processed in reasonable time."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        document = json.loads(content, parse_constant=reject_constant)
        # JSON can contain lone surrogates, which cannot be written as UTF-8.
        json.dumps(document, ensure_ascii=False).encode()
        return document
    if is_too_deep(content):
        raise SpecError(f"{name}: nested too deeply")
    document = yaml.load(content, Loader)  # noqa: S506 - a subclass of the safe loader
    if expanded_size(document, name, {}) > MAX_VALUES:
        raise SpecError(
            f"{name}: more than {MAX_VALUES} values after expanding anchors"
        )
    return document


def reject_constant(constant: str) -> None:
    """Reject `NaN` and `Infinity`, which Python accepts although they are not JSON."""
    raise ValueError(f"{constant} is not a number")


def expanded_size(value: Any, name: str, sizes: dict[int, int]) -> int:
    """Return the number of values with all anchors expanded, without expanding them."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in sizes:
        sizes[id(value)] = 0
        elements = value.values() if isinstance(value, dict) else value
        sizes[id(value)] = 1 + sum(
            expanded_size(element, name, sizes) for element in elements
        )
    if not sizes[id(value)]:
        raise SpecError(f"{name}: an anchor contains itself")
    return sizes[id(value)]


def is_too_deep(content: bytes) -> bool:
    """Return whether nesting could crash libyaml, which recurses without a limit."""
    depth = deepest = 0
    for bracket in re.finditer(rb"[][{}]", content):
        depth = depth + 1 if bracket[0] in b"[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    nested_blocks = rb"(?:[-?:]\s+){%d}" % MAX_DEPTH
    return deepest > MAX_DEPTH or re.search(nested_blocks, content) is not None


def describe_error(error: yaml.YAMLError) -> str:
    """Describe a YAML error, including its line number."""
    mark = getattr(error, "problem_mark", None)
    line = f" on line {mark.line + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or error}{line}"


def sort_keys(value: Any, location: str = "document") -> Any:
    """Return a copy of a JSON value with its keys sorted and converted to strings."""
    if isinstance(value, dict):
        keys = {
            key if isinstance(key, str) else json.dumps(key): key
            for key in value
            if isinstance(key, str | int)
        }
        if len(keys) < len(value):
            raise SpecError(f"{location}: a key is not a string")
        return {
            sort_keys(key, location): sort_keys(value[keys[key]], f"{location}.{key}")
            for key in sorted(keys)
        }
    if isinstance(value, list):
        return [
            sort_keys(element, f"{location}[{index}]")
            for index, element in enumerate(value)
        ]
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise SpecError(f"{location}: not valid UTF-8: {error.reason}") from error
    elif not isinstance(value, int | float | None):
        raise SpecError(f"{location}: not a JSON type: {type(value).__name__}")
    return value
