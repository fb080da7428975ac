"""API keys, and the merchant that a request acts for.

A key is sent as a bearer token, or as the HTTP Basic auth username with an empty
password. Objects of another Stripe account appear not to exist.

Source: https://docs.stripe.com/api/authentication
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping

from attrs import frozen

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.records import Merchant

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Sandbox"'}


@frozen
class Key:
    """An API key: `sk_test_…`, or `rk_test_…` for a restricted, read-only key."""

    secret: str
    merchant: Merchant
    may_write: bool = True


def require_test_key(secret: str) -> None:
    """Raise `ValueError` if a string cannot be a test key."""
    if secret.startswith(("sk_live_", "rk_live_")):
        raise ValueError("the sandbox does not accept live keys")
    if (
        not secret.startswith(("sk_test_", "rk_test_"))
        or not secret.isascii()
        or not secret.isprintable()
    ):
        raise ValueError("a sandbox API key must start with sk_test_ or rk_test_")


def authenticate(headers: Mapping[str, str], keys: Mapping[str, Key]) -> Key:
    """Return the API key of a request, or raise a 401 error."""
    secret = _secret(headers.get("authorization", ""))
    if not secret:
        raise _unauthorized(
            "You did not send an API key. Send it as a bearer token, or as the username"
            " for HTTP Basic auth."
        )
    if secret.startswith(("sk_live_", "rk_live_")):
        raise _unauthorized(
            "The sandbox does not accept live keys. Treat the key you sent as"
            " compromised."
        )
    if secret not in keys:
        raise _unauthorized("Invalid API key: this sandbox does not know the key.")
    return keys[secret]


def acting_merchant(key: Key, headers: Mapping[str, str]) -> Merchant:
    """Return the key's merchant, or the connected account named in the headers."""
    merchant_id = (
        headers.get("stripe-account")
        or headers.get("stripe-context", "").rpartition("/")[2]
    )
    if merchant_id in {"", key.merchant.id}:
        return key.merchant
    if merchant_id not in key.merchant.connected:
        raise APIError(
            status=403,
            code="account_invalid",
            message=f"This key does not have access to account '{merchant_id}',"
            " or the account does not exist.",
        )
    return key.merchant.connected[merchant_id]


def require_scope(key: Key, *, method: str) -> None:
    """Reject writes with a restricted key."""
    if method != "GET" and not key.may_write:
        raise APIError(status=403, message="This restricted key can only read.")


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


def _unauthorized(message: str) -> APIError:
    return APIError(status=401, message=message, headers=dict(_CHALLENGE))
