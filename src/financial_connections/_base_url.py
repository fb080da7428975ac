"""Base URLs, and which keys may be sent to them."""

import os
from typing import Any
from urllib.parse import urlsplit

from financial_connections._redact import Secret
from financial_connections.errors import ConfigurationError

DEFAULT_BASE_URL = "https://api.stripe.com"

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TEST_KEYS = ("sk_test_", "rk_test_")


class _FromEnvironment:
    def __repr__(self) -> str:
        return "FROM_ENVIRONMENT"


FROM_ENVIRONMENT: Any = _FromEnvironment()
"""The default of `api_key` and `base_url`. It is not None, so that None is rejected."""


class EnvironmentURL(str):
    """A base URL from `STRIPE_BASE_URL`, to which stricter rules apply."""

    __slots__ = ()


def is_loopback(base_url: str) -> bool:
    """Return whether a base URL leads to a server on this machine."""
    return urlsplit(base_url).hostname in _LOOPBACK


def base_url_from(value: Any) -> str:
    """Return a base URL without a trailing slash.

    Raises:
        ConfigurationError: It is not an http or https URL that consists of a host, and
            optionally a port and a path.
    """
    if isinstance(value, EnvironmentURL):
        return value
    if value is not FROM_ENVIRONMENT:
        return _parse("base_url", value)
    text = os.environ.get("STRIPE_BASE_URL", "")
    return EnvironmentURL(_parse("STRIPE_BASE_URL", text)) if text else DEFAULT_BASE_URL


def _parse(name: str, value: Any) -> str:
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.isprintable()
        or " " in value
    ):
        raise ConfigurationError(f"{name} must be a URL in printable ASCII characters")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigurationError(
            f"{name} must start with https:// and contain a host{_suggestion(value)}"
        )
    if parts.username is not None or "?" in value or "#" in value:
        raise ConfigurationError(f"{name} must not contain a user, query or fragment")
    # Hosts are case-insensitive, but httpx does not lower-case IPv6 addresses.
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _suggestion(value: str) -> str:
    """Suggest the URL of a server on this machine, such as `localhost:12111`.

    Other values are not quoted, because they may be keys.
    """
    parts = urlsplit(f"http://{value}")
    try:
        port = parts.port
    except ValueError:
        return ""
    if parts.hostname not in _LOOPBACK or "@" in parts.netloc:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"; did you mean http://{host}{'' if port is None else f':{port}'}?"


def allow_http_from(value: Any) -> bool:
    """Return whether a test key may be sent over plain HTTP to another machine.

    Raises:
        ConfigurationError: The value is not a bool.
    """
    if not isinstance(value, bool):
        raise ConfigurationError("allow_http must be True or False")
    return value or os.environ.get("FINANCIAL_CONNECTIONS_ALLOW_HTTP") == "1"


def check_destination(key: Secret, base_url: str, *, allow_http: bool) -> None:
    """Check that a key may be sent to a base URL.

    Args:
        key: The API key.
        base_url: The base URL, parsed.
        allow_http: Whether a test key may be sent over plain HTTP to another machine.

    Raises:
        ConfigurationError: The key must not be sent there.
    """
    is_test_key = key.reveal().startswith(_TEST_KEYS)
    is_from_environment = isinstance(base_url, EnvironmentURL)
    name = "STRIPE_BASE_URL" if is_from_environment else "base_url"
    parts = urlsplit(base_url)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        if not allow_http:
            raise ConfigurationError(
                f"{name} must start with https://, because http:// would expose the "
                "key; for a sandbox in a private network, set allow_http=True or "
                "FINANCIAL_CONNECTIONS_ALLOW_HTTP=1"
            )
        if not is_test_key:
            raise ConfigurationError(
                f"{name} must start with https://, because http:// would expose the "
                "key: allow_http applies only to test keys (sk_test_…, rk_test_…)"
            )
    is_stripe = f".{parts.hostname}".endswith(".stripe.com")
    if is_from_environment and not (is_test_key or is_stripe):
        raise ConfigurationError(
            "STRIPE_BASE_URL does not lead to Stripe, so it works only with test keys "
            "(sk_test_…, rk_test_…); for another key, pass base_url="
        )
