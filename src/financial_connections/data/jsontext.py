"""Encode values as JSON that any parser accepts."""

import json
import re
from typing import Any

_STRING_OR_CONSTANT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN')


def json_text(value: Any, *, sort_keys: bool = False) -> str:
    """Encode a value as JSON on one line, in ASCII.

    Numbers that JSON or Python cannot represent are encoded as strings, so nothing is
    lost: `"NaN"`, `"Infinity"`, `"1E+999"`, and integers with more digits than Python
    converts. The SDK decodes the last two as `Decimal`.

    Args:
        value: Value to encode, made up of the types that `to_dict()` returns.
        sort_keys: Sort the keys of objects.
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=sort_keys, default=str)
    if "NaN" in text or "Infinity" in text:
        # Replaced in the text because the value may be nested too deeply for a
        # recursive function.
        text = _STRING_OR_CONSTANT.sub(_quote_constant, text)
    return text


def _quote_constant(token: re.Match[str]) -> str:
    return token[0] if token[0].startswith('"') else f'"{token[0]}"'
