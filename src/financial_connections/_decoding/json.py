"""Bytes → Python values, whatever the bytes are. Pure."""

import json
from decimal import Decimal
from typing import Any

import msgspec


class ContentError(ValueError):
    """The content is not what was promised; the text says how, and quotes none of it."""


def parse_json(content: bytes) -> Any:
    """
    Return the value that `content` spells.

    More is read than the grammar allows: invalid UTF-8, lone surrogates, a byte order mark, `NaN`, numbers
    of any length (a `Decimal` where Python's `int` refuses). Of duplicate keys the last one counts.
    Raises `ContentError` for what is no JSON, or is nested deeper than a parser can follow.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(content.decode("utf-8-sig", errors="surrogateescape"), parse_int=_number)
    # `from None`: a parser's own error carries the whole document.
    except RecursionError:
        raise ContentError("the JSON is nested too deeply") from None
    except ValueError:
        raise ContentError("it is not JSON") from None


def _number(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return Decimal(digits)
