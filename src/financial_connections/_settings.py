"""Settings of a client, checked before anything is sent. Pure."""

import math
import os
import re
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn, Self
from urllib.parse import urlsplit

from attrs import field, frozen

from financial_connections.errors import ConfigurationError, InvalidArgumentError

DEFAULT_BASE_URL = "https://api.stripe.com"

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_OWN_HEADERS = {
    "accept-encoding": "it is the client's",
    "authorization": "use api_key=",
    "connection": "it is the client's",
    "content-length": "it is the client's",
    "content-type": "it is the client's",
    "host": "use base_url=",
    "idempotency-key": "use idempotency_key=",
    "stripe-account": "use stripe_account=",
    "stripe-context": "use stripe_context=",
    "transfer-encoding": "it is the client's",
}


class Secret:
    """A string that no repr, log line, traceback or pickle shows."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    @classmethod
    def wrapping(cls, value: Any) -> "Secret | None":
        """Return `value` as a secret, whatever it is; None when it is None."""
        return value if value is None or isinstance(value, Secret) else cls(value)

    def reveal(self) -> Any:
        """Return what it holds."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class Settled:
    """A repr that also works half-way through `__init__`, where crash reporters look
    when a setting is refused.
    """

    __slots__ = ()

    __attrs_attrs__: ClassVar[Any]

    def __repr__(self) -> str:
        names = [
            one.name
            for one in self.__attrs_attrs__
            if one.repr and hasattr(self, one.name)
        ]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


@frozen(repr=False)
class Timeout(Settled):
    """Time limits of one attempt, in seconds: `seconds` for the whole attempt,
    `connect` for connecting.
    """

    seconds: float = field(default=30.0)
    connect: float = field(default=5.0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        checked_seconds("timeout", self.seconds)
        checked_seconds("timeout.connect", self.connect)


def positive_number(name: str, value: Any, what: str = "number") -> float:
    """Return `value`, a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{name} must be a {what}, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or number <= 0:
        raise ConfigurationError(
            f"{name} must be a finite {what} above 0, not {number}"
        )
    return number


def checked_seconds(name: str, value: Any) -> float:
    """Return `value`, a finite number of seconds above 0."""
    return positive_number(name, value, "number of seconds")


def timeout_from(value: Any) -> Timeout:
    """Return the `Timeout` that a number of seconds, a `Timeout` or an `httpx.Timeout`
    means.
    """
    if isinstance(value, Timeout):
        return value
    if hasattr(value, "connect") and hasattr(value, "read"):
        return _timeout_of_httpx(value)
    seconds = checked_seconds("timeout", value)
    return Timeout(seconds, connect=min(seconds, 5.0))


def _timeout_of_httpx(value: Any) -> Timeout:
    """Return the `Timeout` with the same meaning. Raises `ConfigurationError` if there
    is none.
    """
    read, connect = (
        checked_seconds("timeout.read", value.read),
        checked_seconds("timeout.connect", value.connect),
    )
    for name in ("write", "pool"):
        if getattr(value, name, read) != read:
            raise ConfigurationError(
                f"timeout.{name} must be the same as timeout.read, which limits the whole attempt"
            )
    if connect > read:
        raise ConfigurationError(
            "timeout.connect must not exceed timeout.read, which limits the whole attempt"
        )
    return Timeout(read, connect=connect)


def deadline_from(value: Any) -> float | None:
    """Return the seconds that a whole call may take; None for no bound."""
    return None if value is None else checked_seconds("deadline", value)


def whole_number(name: str, value: Any, *, at_least: int) -> int:
    """Return `value`, a whole number of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ConfigurationError(
            f"{name} must be a whole number of at least {at_least}"
        )
    return value


def max_retries_from(value: Any) -> int:
    """Return how often an attempt may be repeated."""
    return whole_number("max_retries", value, at_least=0)


def api_key_from(value: "Secret | None") -> "Secret":
    """Return the key, or the one in `STRIPE_API_KEY`, checked as far as a client can."""
    source, key = "api_key", value
    if key is None:
        source, key = "STRIPE_API_KEY", Secret(os.environ.get("STRIPE_API_KEY"))
    if fault := _fault_of_key(key, source):
        raise ConfigurationError(fault)
    return key


def _fault_of_key(key: "Secret", source: str) -> str | None:
    # Returns, not raises: a traceback of this frame would hold the key.
    text = key.reveal()
    if text is None and source == "api_key":
        return "api_key is None; leave it out to use STRIPE_API_KEY"
    if text is None or text == "":
        return "no API key: pass api_key= or set STRIPE_API_KEY"
    if not isinstance(text, str):
        return f"{source} must be a string, not {type(text).__name__}"
    if not text.isascii() or not text.isprintable() or " " in text:
        return f"{source} holds white space, a control or a non-ASCII character: was it copied with a line break?"
    if text.startswith("pk_"):
        return f"{source} is a publishable key (pk_…); a server needs a secret or restricted key"
    return None


def base_url_from(value: Any) -> str:
    """Return the URL under which `/v1/…` lies, without a slash at its end: https, or
    http on loopback.
    """
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.isprintable()
        or " " in value
    ):
        raise ConfigurationError("base_url must be a URL of printable ASCII characters")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError("base_url is not a URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigurationError("base_url must start with https://, and name a host")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise ConfigurationError(
            "base_url must start with https://: over http:// everybody could read the key"
        )
    if parts.username is not None or "?" in value or "#" in value:
        raise ConfigurationError("base_url must have no user, query or fragment")
    # A host has no case; httpx leaves it to IPv6 addresses.
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def header_value(name: str, value: Any) -> str:
    """Return `value`, fit to be a header's."""
    if fault := _fault_of_header_value(value):
        raise InvalidArgumentError(f"{name} {fault}")
    return str(value)


def _fault_of_header_value(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, not {type(value).__name__}"
    if (
        not value
        or not value.isascii()
        or not value.isprintable()
        or value != value.strip()
    ):
        return "must be printable ASCII, not empty, without white space around it"
    return None


def stripe_account_from(value: Any) -> str | None:
    """Return the connected account (`acct_…`) to act for."""
    return None if value is None else header_value("stripe_account", value)


def stripe_context_from(value: Any) -> str | None:
    """Return the context to act in."""
    return None if value is None else header_value("stripe_context", value)


def headers_from(value: Secret) -> dict[str, str]:
    """Return a caller's own headers, which must not replace those of the client."""
    if fault := _fault_of_headers(value):
        raise InvalidArgumentError(f"headers: {fault}")
    return dict(value.reveal() or {})


def _fault_of_headers(headers: Secret) -> str | None:
    # Returns, not raises, as for the key: a caller's header may be a token.
    if not isinstance(headers.reveal() or {}, Mapping):
        return "they must be a mapping"
    for name, text in (headers.reveal() or {}).items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            return "a name is not an HTTP token"
        if name.lower() in _OWN_HEADERS:
            return f"{name} cannot be set here: {_OWN_HEADERS[name.lower()]}"
        if fault := _fault_of_header_value(text):
            return f"{name} {fault}"
    return None


@frozen(kw_only=True, repr=False)
class Settings(Settled):
    """The settings of a client, valid by construction."""

    api_key: Secret = field(converter=api_key_from)
    base_url: str = field(converter=base_url_from)
    stripe_account: str | None = field(converter=stripe_account_from)
    stripe_context: str | None = field(converter=stripe_context_from)
    timeout: Timeout = field(converter=timeout_from)
    deadline: float | None = field(converter=deadline_from)
    max_retries: int = field(converter=max_retries_from)
