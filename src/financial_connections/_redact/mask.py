"""Mask secrets in text. Pure.

Two kinds of secrets are masked: everything that looks like a Stripe key or secret, and
the exact values passed by the caller, such as the API key in use. Secrets are
recognized even if they are escaped as in JSON, URLs or HTML, in any combination.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from financial_connections._redact.nested import flatten, restore

# Keys of accounts and organizations, ephemeral keys, and signing secrets. Sources:
# https://docs.stripe.com/keys and https://docs.stripe.com/keys/organization-api-keys
_PREFIXES = (
    "sk_live_",
    "sk_test_",
    "sk_org_",
    "rk_live_",
    "rk_test_",
    "rk_org_",
    "ek_live_",
    "ek_test_",
    "whsec_",
)
_INFIX = "_secret_"  # of client secrets
_KIND = re.compile("|".join(_PREFIXES))
# All repetitions are bounded, so matching time is linear in the length of the text.
_ESCAPE = r"\\{1,8}u[0-9A-Fa-f]{4}|%(?:25){0,4}[0-9A-Fa-f]{2}|&#[xX]?[0-9A-Fa-f]{1,8};"
_TAIL = rf"(?:[A-Za-z0-9_+/=-]|{_ESCAPE})"
# A prefix must not follow a letter or digit, unless that is the end of an escape.
_BOUNDARY = (
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[bfnrt]))"
)
_MIN_LENGTH = 6
"""Exact values shorter than this are masked only as whole words.

They may occur inside other words by chance.
"""
_MAX_ESCAPE_LENGTH = 16
_ESCAPE_CHARACTER = re.compile(r"[\\%&]")
_MARKS = ("k_", "whsec_", _INFIX)


def _character_pattern(character: str) -> str:
    """Return a pattern that matches a character, escaped or not."""
    code = ord(character)
    literal = (
        re.escape(character)
        if character not in '"\\/'
        else rf"\\{{0,8}}{re.escape(character)}"
    )
    html = rf"&#(?:0{{0,6}}{code}|(?i:x0{{0,6}}{code:x}));"
    return (
        rf"(?:{literal}|\\{{1,8}}u(?i:{code:04x})|%(?:25){{0,4}}(?i:{code:02x})|{html})"
    )


def _text_pattern(text: str) -> str:
    return "".join(map(_character_pattern, text))


def _alternatives(texts: Sequence[str]) -> str:
    return "|".join(map(_text_pattern, texts))


@cache
def _secrets() -> re.Pattern[str]:
    # Compiling it takes milliseconds, which most programs never need.
    kinds = f"{_BOUNDARY}(?:{_alternatives(_PREFIXES)})|{_text_pattern(_INFIX)}"
    return re.compile(f"(?P<kind>{kinds}){_TAIL}+")


class Mask:
    """A callable that masks secrets as `***`, keeping the prefix that shows their kind.

    Args:
        secrets: Exact values to mask, in addition to everything that looks like a
            secret.
    """

    __slots__ = ("_pattern", "_secrets")

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        self._secrets = sorted(
            {secret for secret in secrets if secret}, key=len, reverse=True
        )
        self._pattern = (
            re.compile("|".join(map(_secret_pattern, self._secrets)))
            if self._secrets
            else None
        )

    def __repr__(self) -> str:
        return "Mask(***)"

    def __call__(self, text: str) -> str:
        """Return the text with secrets masked."""
        is_escaped = _ESCAPE_CHARACTER.search(text) is not None
        if self._pattern and (
            is_escaped or any(secret in text for secret in self._secrets)
        ):
            text = self._pattern.sub(_replacement, text)
        if is_escaped or any(mark in text for mark in _MARKS):
            text = _secrets().sub(r"\g<kind>***", text)
        return text

    def start_of(self, text: str, size: int) -> str:
        """Return the beginning of the text, with secrets masked.

        An exact value at the end is masked even if `size` would cut it in half.

        Args:
            text: The text, of any length.
            size: Number of characters to return, before masking.
        """
        longest = max(map(len, self._secrets), default=0)
        window = text[: size + _MAX_ESCAPE_LENGTH * longest]
        ends = (
            match.end()
            for match in self._exact_in(window)
            if match.start() < size < match.end()
        )
        return self(window[: next(ends, size)])

    def _exact_in(self, text: str) -> Iterator[re.Match[str]]:
        return self._pattern.finditer(text) if self._pattern else iter(())

    def value(self, value: Any) -> Any:
        """Return a JSON value with secrets masked.

        Strings and keys are masked like text. A number is masked if it equals one of
        the exact values.
        """
        shape, leaves = flatten(value)
        return restore((shape, [self._leaf(leaf) for leaf in leaves]))

    def _leaf(self, leaf: Any) -> Any:
        if isinstance(leaf, str):
            return self(leaf)
        if isinstance(leaf, int) and any(
            secret.isdigit() and leaf == int(secret) for secret in self._secrets
        ):
            return "***"
        return leaf


def _secret_pattern(secret: str) -> str:
    pattern = _text_pattern(secret)
    if len(secret) < _MIN_LENGTH:
        return rf"(?<![A-Za-z0-9_])(?:{pattern})(?![A-Za-z0-9_])"
    return rf"(?:{pattern})[A-Za-z0-9_-]*"


def _replacement(match: re.Match[str]) -> str:
    kind = _KIND.match(match[0])
    return f"{kind[0] if kind else ''}***"
