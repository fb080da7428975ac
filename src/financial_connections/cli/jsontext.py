"""Write values as JSON that every reader accepts. Pure."""

import json
import re
from typing import Any

_STRING_OR_CONSTANT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN')


def json_text(value: Any, *, sort_keys: bool = False) -> str:
    """Return a value as JSON on one line, in ASCII.

    A number that JSON or Python cannot hold is written as a string, so that it stays as
    it is: `"NaN"`, `"Infinity"`, `"1E+999"`, and an integer of more digits than Python
    converts. The SDK reads the last two as a `Decimal`.
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=sort_keys, default=str)
    if "NaN" in text or "Infinity" in text:
        # In the text rather than in the value, which may be nested too deeply for a
        # function of ours.
        text = _STRING_OR_CONSTANT.sub(_quoted, text)
    return text


def _quoted(token: re.Match[str]) -> str:
    return token[0] if token[0].startswith('"') else f'"{token[0]}"'
