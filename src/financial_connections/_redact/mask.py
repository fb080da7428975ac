"""Mask secrets in text. Pure.

Two kinds are masked: whatever looks like a secret of Stripe's, and the exact values
that the caller names, such as the API key that was sent. A secret is also recognised if
it is written with escapes of JSON, URLs or HTML, in any mixture.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from financial_connections._redact.nested import flatten, restore

# Keys of accounts and of organizations, signing secrets, and client secrets. Sources:
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
_INFIX = "_secret_"
_KIND = re.compile("|".join(_PREFIXES))
# All repetitions are bounded, so the time is linear in the length of the text.
_ESCAPE = r"\\{1,8}u[0-9A-Fa-f]{4}|%(?:25){0,4}[0-9A-Fa-f]{2}|&#[xX]?[0-9A-Fa-f]{1,8};"
_TAIL = rf"(?:[A-Za-z0-9_+/=-]|{_ESCAPE})"
# A prefix may follow anything but a letter or a digit, unless these are the end of an
# escape.
_BOUNDARY = (
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[bfnrt]))"
)
_SHORT = 6
"""A shorter exact value is masked only where it is a whole word: it may occur anywhere
by chance.
"""
_LONGEST_ESCAPE = 16
_ESCAPING = re.compile(r"[\\%&]")
_MARKS = ("k_", "whsec_", _INFIX)


def _spelling(character: str) -> str:
    """Return a pattern for the ways of writing a character."""
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


def _spellings(text: str) -> str:
    return "".join(map(_spelling, text))


def _alternatives(texts: Sequence[str]) -> str:
    return "|".join(map(_spellings, texts))


_SECRETS = re.compile(
    rf"(?P<kind>{_BOUNDARY}(?:{_alternatives(_PREFIXES)})|{_spellings(_INFIX)}){_TAIL}+"
)


class Mask:
    """Replace secrets by `***`, after the prefix that says of which kind they are."""

    __slots__ = ("_pattern", "_secrets")

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        """Take the exact values to mask."""
        self._secrets = sorted(
            {secret for secret in secrets if secret}, key=len, reverse=True
        )
        self._pattern = (
            re.compile("|".join(map(_whole, self._secrets))) if self._secrets else None
        )

    def __repr__(self) -> str:
        return "Mask(***)"

    def __call__(self, text: str) -> str:
        """Return `text` with the secrets in it masked."""
        is_escaped = _ESCAPING.search(text) is not None
        if self._pattern and (
            is_escaped or any(secret in text for secret in self._secrets)
        ):
            text = self._pattern.sub(_stars, text)
        if is_escaped or any(mark in text for mark in _MARKS):
            text = _SECRETS.sub(r"\g<kind>***", text)
        return text

    def start_of(self, text: str, size: int) -> str:
        """Return the first characters of `text`, masked, also where `size` cuts a
        secret off.
        """
        longest = max(map(len, self._secrets), default=0)
        window = text[: size + _LONGEST_ESCAPE * longest]
        ends = (
            match.end()
            for match in self._exact_in(window)
            if match.start() < size < match.end()
        )
        return self(window[: next(ends, size)])

    def _exact_in(self, text: str) -> Iterator[re.Match[str]]:
        return self._pattern.finditer(text) if self._pattern else iter(())

    def value(self, value: Any) -> Any:
        """Return a JSON value with the secrets masked in its texts and keys, and where
        a number is an exact value.
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


def _whole(secret: str) -> str:
    pattern = _spellings(secret)
    if len(secret) < _SHORT:
        return rf"(?<![A-Za-z0-9_])(?:{pattern})(?![A-Za-z0-9_])"
    return rf"(?:{pattern})[A-Za-z0-9_-]*"


def _stars(match: re.Match[str]) -> str:
    kind = _KIND.match(match[0])
    return f"{kind[0] if kind else ''}***"
