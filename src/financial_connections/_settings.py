"""Client settings, validated before anything is sent. Pure."""

import os
import re
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import field, frozen

from financial_connections._base_url import (
    FROM_ENVIRONMENT,
    base_url_from,
    check_destination,
)
from financial_connections._checks import header_value, positive_seconds, whole_number
from financial_connections._redact import Secret
from financial_connections.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

# Versions of previews are followed by flags: `2026-10-28.preview; some_beta=v1`.
_VERSION = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.[a-z]+)?(?:; ?[a-z0-9_]+=v[0-9]+)*"
)
_CONNECT_SECONDS = 5.0


@frozen
class Timeout:
    """Time limits for each attempt.

    Raises:
        ConfigurationError: A limit is not a finite number greater than 0.
    """

    seconds: float = field(default=30.0)
    """Seconds for the whole attempt, from connecting to the end of the body."""
    connect: float = field(default=_CONNECT_SECONDS, kw_only=True)
    """Seconds for connecting, including the TLS handshake."""

    def __attrs_post_init__(self) -> None:
        positive_seconds("timeout", self.seconds)
        positive_seconds("timeout.connect", self.connect)


def timeout_from(value: Any) -> Timeout:
    """Return a `Timeout` for seconds, a `Timeout` or an `httpx.Timeout`."""
    if isinstance(value, Timeout):
        return value
    if hasattr(value, "connect") and hasattr(value, "read"):
        return _timeout_from_httpx(value)
    seconds = positive_seconds("timeout", value)
    return Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))


def _timeout_from_httpx(value: Any) -> Timeout:
    read = positive_seconds("timeout.read", value.read)
    connect = positive_seconds("timeout.connect", value.connect)
    for name in ("write", "pool"):
        if getattr(value, name, read) != read:
            raise ConfigurationError(
                f"timeout.{name} must be equal to timeout.read, which limits the whole "
                "attempt"
            )
    if connect > read:
        raise ConfigurationError(
            "timeout.connect must not exceed timeout.read, which limits the whole "
            "attempt"
        )
    return Timeout(read, connect=connect)


def deadline_from(value: Any) -> float | None:
    """Return a deadline in seconds, or None if there is none."""
    return None if value is None else positive_seconds("deadline", value)


def max_retries_from(value: Any) -> int:
    """Return the maximum number of retries."""
    return whole_number("max_retries", value, at_least=0)


def api_key_from(value: Any) -> Secret:
    """Return an API key, validated as far as possible without asking Stripe.

    Raises:
        ConfigurationError: The key is missing or invalid. The message does not contain
            the key.
    """
    if isinstance(value, Secret):
        return value
    name = "api_key"
    if value is FROM_ENVIRONMENT:
        name, value = "STRIPE_API_KEY", os.environ.get("STRIPE_API_KEY", "")
    if value is None:
        raise ConfigurationError(
            "api_key is None; leave it out to use STRIPE_API_KEY from the environment"
        )
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise ConfigurationError("no API key: pass api_key= or set STRIPE_API_KEY")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigurationError(
            f"{name} must not contain white space, control characters or non-ASCII "
            "characters: was it copied with a line break?"
        )
    if value.startswith("pk_"):
        raise ConfigurationError(
            f"{name} is a publishable key (pk_…); use a secret or restricted key"
        )
    return Secret(value)


def stripe_account_from(value: Any) -> str | None:
    """Return the ID of a connected account, or None."""
    return None if value is None else header_value("stripe_account", value)


def stripe_context_from(value: Any) -> str | None:
    """Return a context, or None."""
    return None if value is None else header_value("stripe_context", value)


def stripe_version_from(value: Any) -> str | None:
    """Return a version of Stripe's API, or None.

    Raises:
        ConfigurationError: It is not a date, optionally followed by a name.
    """
    if value is None:
        return None
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    try:
        date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise ConfigurationError(
            "stripe_version must be a date, optionally followed by a name: YYYY-MM-DD "
            "or YYYY-MM-DD.name"
        ) from None
    return str(value)


class ClientSettings(TypedDict, total=False):
    """The settings that `AsyncClient.with_options` can change."""

    api_key: str
    base_url: str
    stripe_account: str | None
    stripe_context: str | None
    stripe_version: str | None
    timeout: "Timeout | httpx.Timeout | float"
    deadline: float | None
    max_retries: int


@frozen(kw_only=True)
class Settings:
    """Client settings, valid by construction."""

    api_key: Secret = field(converter=api_key_from)
    base_url: str = field(converter=base_url_from)
    stripe_account: str | None = field(converter=stripe_account_from)
    stripe_context: str | None = field(converter=stripe_context_from)
    stripe_version: str | None = field(converter=stripe_version_from)
    """Version of Stripe's API; None for that of the contract."""
    timeout: Timeout = field(converter=timeout_from)
    deadline: float | None = field(converter=deadline_from)
    max_retries: int = field(converter=max_retries_from)
    allow_http: bool = False
    """True if a test key may be sent over plain HTTP to another machine."""

    def __attrs_post_init__(self) -> None:
        check_destination(self.api_key, self.base_url, allow_http=self.allow_http)
