"""Who is calling. https://docs.stripe.com/api/authentication

A key comes as a bearer token, or as the user of Basic with no password. Whatever
belongs to another Stripe account is not there for it.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping

from attrs import frozen

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.records import Merchant

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Sandbox"'}


@frozen
class Key:
    """An API key of the sandbox: `sk_test_…`, or `rk_test_…` when it may only read."""

    secret: str
    merchant: Merchant
    may_write: bool = True


def require_test_key(secret: str) -> None:
    """Refuse, as a caller's mistake, what cannot be a key of the sandbox; a live key
    before all.
    """
    if secret.startswith(("sk_live_", "rk_live_")):
        raise ValueError("the sandbox takes no live keys")
    if (
        not secret.startswith(("sk_test_", "rk_test_"))
        or not secret.isascii()
        or not secret.isprintable()
    ):
        raise ValueError("a key of the sandbox starts with sk_test_ or rk_test_")


def authenticated(headers: Mapping[str, str], keys: Mapping[str, Key]) -> Key:
    """Return the key that a request carries, or refuse with 401."""
    secret = _secret(headers.get("authorization", ""))
    if not secret:
        raise _unauthorized(
            "No API key was sent. Send it as a bearer token, or as the user of Basic."
        )
    if secret.startswith(("sk_live_", "rk_live_")):
        raise _unauthorized(
            "This is a sandbox: it takes no live keys. Treat the key you sent as exposed."
        )
    if secret not in keys:
        raise _unauthorized("Invalid API key: this sandbox has no such key.")
    return keys[secret]


def acting_merchant(key: Key, headers: Mapping[str, str]) -> Merchant:
    """Return the merchant a request is about: that of the key, or one connected to it."""
    wanted = (
        headers.get("stripe-account")
        or headers.get("stripe-context", "").rpartition("/")[2]
    )
    if wanted in {"", key.merchant.id}:
        return key.merchant
    if wanted not in key.merchant.connected:
        raise Refusal(
            status=403,
            code="account_invalid",
            message=f"This key has no access to the account '{wanted}', or there is no such account.",
        )
    return key.merchant.connected[wanted]


def require_scope(key: Key, *, method: str) -> None:
    """Refuse a restricted key what it was not made for."""
    if method != "GET" and not key.may_write:
        raise Refusal(status=403, message="This restricted key may only read.")


def _secret(authorization: str) -> str:
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = (
            b64decode(value.strip(), validate=True).decode().partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return "" if password else user


def _unauthorized(message: str) -> Refusal:
    return Refusal(status=401, message=message, headers=dict(_CHALLENGE))
