"""Reprs of models, which hide bank data unless you ask for it."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

_NOISE = {"livemode", "object"}
_SECRETS = {"client_secret"}
_INDENT = "    "


class Representation:
    """Base class that gives a model a repr of its IDs, states and times.

    The repr ends with an ellipsis if it hides bank data. If the environment variable
    `FINANCIAL_CONNECTIONS_REPR` is `full`, only secrets are hidden.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        is_full = os.environ.get("FINANCIAL_CONNECTIONS_REPR") == "full"
        fields = [field for field in _fields(self) if field.name not in _NOISE]
        shown = [
            field
            for field in fields
            if field.repr or (is_full and field.name not in _SECRETS)
        ]
        texts = [
            f"{field.name}={_text(getattr(self, field.name), is_full=is_full)}"
            for field in shown
        ]
        if len(shown) < len(fields):
            texts.append("…")
        return f"{type(self).__name__}({', '.join(texts)})"


def show(obj: Any) -> None:
    """Print a model, or each item of a page or list, with all of its data.

    Unlike a repr, the output contains bank data, so do not use it for logs. The secret
    of a session (`client_secret`) is not printed.

    Args:
        obj: The object to print.
    """
    print(_pretty(obj, ""))  # noqa: T201 - its purpose


def _fields(model: Any) -> list[Any]:
    """Return the fields of a model that have a value."""
    return [
        field
        for field in model.__attrs_attrs__
        if getattr(model, field.name, None) is not None
    ]


def _text(value: Any, *, is_full: bool) -> str:
    if isinstance(value, Mapping):
        texts = [
            f"{key!r}: {_text(item, is_full=is_full)}"
            for key, item in value.items()
            if key not in _SECRETS
        ]
        return f"{{{', '.join(texts)}}}"
    if not isinstance(value, list):
        return repr(value)
    if not is_full and any(isinstance(item, Representation) for item in value):
        return "[1 item]" if len(value) == 1 else f"[{len(value)} items]"
    return f"[{', '.join(_text(item, is_full=is_full) for item in value)}]"


def _pretty(value: Any, indent: str) -> str:
    inner = indent + _INDENT
    if isinstance(value, Representation):
        texts = [
            f"{field.name}={_pretty(getattr(value, field.name), inner)}"
            for field in _fields(value)
            if field.name not in _SECRETS
        ]
        start, end = f"{type(value).__name__}(", ")"
    elif isinstance(value, Mapping):
        texts = [
            f"{key!r}: {_pretty(item, inner)}"
            for key, item in value.items()
            if key not in _SECRETS
        ]
        start, end = "{", "}"
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        texts = [_pretty(item, inner) for item in value]
        start, end = "[", "]"
    else:
        return repr(value)
    lines = "".join(f"{inner}{text},\n" for text in texts)
    return f"{start}\n{lines}{indent}{end}" if texts else f"{start}{end}"
