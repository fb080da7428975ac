"""Models of events, one class for each type of Financial Connections.

Like all models, they are lossless: `to_dict()` returns everything that was sent. The
object in an event is shaped by the API version of the webhook endpoint (`api_version`),
not by the client's. Source: https://docs.stripe.com/api/events/types
"""

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from financial_connections._decoding import ContentError, Model, decode
from financial_connections.errors import InvalidArgumentError, WebhookSignatureError
from financial_connections.models import Account
from financial_connections.webhooks.signature import TOLERANCE, fault_of


@define(frozen=True, kw_only=True, eq=False)
class EventRequest(Model):
    """The request that caused an event."""

    id: str | None = None
    """Id of the request (`req_…`); null when Stripe itself was the cause."""
    idempotency_key: str | None = None
    """The idempotency key of that request."""


@define(frozen=True, kw_only=True, eq=False)
class Event(Model):
    """Something that happened. Source: https://docs.stripe.com/api/events/object"""

    id: str | None = None
    """Id of the event (`evt_…`), the same in every delivery of it."""
    object: str | None = None
    """Type of this object: `event`."""
    type: str | None = None
    """Type of the event, such as `financial_connections.account.created`."""
    account: str | None = None
    """The connected account (`acct_…`) that it happened in; null for your own."""
    api_version: str | None = None
    """The API version that shaped the object in `data`."""
    created: int | None = None
    """Time of the event, in seconds since the epoch. Events can arrive in another
    order.
    """
    livemode: bool | None = None
    """False for test data."""
    pending_webhooks: int | None = None
    """Number of endpoints that have not acknowledged the event yet."""
    request: EventRequest | None = None
    """The request that caused the event."""


@define(frozen=True, kw_only=True, eq=False)
class AccountEventData(Model):
    """Data of an event about an account."""

    object: Account | None = None
    """The linked account as it was when the event happened; it may have changed since.
    """
    previous_attributes: dict[str, Any] | None = field(default=None, repr=False)
    """Previous values of the attributes that changed; only events of an update have it.
    """


@define(frozen=True, kw_only=True, eq=False)
class UnknownEventData(Model):
    """Data of an event whose type has no class."""

    object: dict[str, Any] | None = field(default=None, repr=False)
    """The object, as parsed JSON."""
    previous_attributes: dict[str, Any] | None = field(default=None, repr=False)
    """Previous values of the attributes that changed."""


@define(frozen=True, kw_only=True, eq=False)
class UnknownEvent(Event):
    """An event of a type that this version has no class for."""

    data: UnknownEventData | None = None
    """The object that the event is about."""


@define(frozen=True, kw_only=True, eq=False)
class AccountEvent(Event):
    """Any event about a linked account."""

    data: AccountEventData | None = None
    """The account that the event is about."""


class AccountCreated(AccountEvent):
    """An account was linked."""

    __slots__ = ()


class AccountDeactivated(AccountEvent):
    """An account became inactive: its holder has to link it again before anything can
    be refreshed.
    """

    __slots__ = ()


class AccountDisconnected(AccountEvent):
    """The access to an account ended for good."""

    __slots__ = ()


class AccountReactivated(AccountEvent):
    """An inactive account is active again."""

    __slots__ = ()


class AccountRefreshedBalance(AccountEvent):
    """A refresh of the balance ended; `balance_refresh.status` tells how."""

    __slots__ = ()


class AccountRefreshedOwnership(AccountEvent):
    """A refresh of the owners ended; `ownership_refresh.status` tells how."""

    __slots__ = ()


class AccountRefreshedTransactions(AccountEvent):
    """A refresh of the transactions ended; `transaction_refresh.status` tells how. Time
    for a `sync`.
    """

    __slots__ = ()


class AccountNumbersUpdated(AccountEvent):
    """The account numbers changed. Sent to endpoints of API version 2025-11 and later."""

    __slots__ = ()


class UpcomingAccountNumberExpiry(AccountEvent):
    """An account number will soon be of no use. Sent to endpoints of API version
    2025-11 and later.
    """

    __slots__ = ()


_PREFIX = "financial_connections.account."
_CLASSES: dict[str, type[AccountEvent]] = {
    f"{_PREFIX}account_numbers_updated": AccountNumbersUpdated,
    f"{_PREFIX}created": AccountCreated,
    f"{_PREFIX}deactivated": AccountDeactivated,
    f"{_PREFIX}disconnected": AccountDisconnected,
    f"{_PREFIX}reactivated": AccountReactivated,
    f"{_PREFIX}refreshed_balance": AccountRefreshedBalance,
    f"{_PREFIX}refreshed_ownership": AccountRefreshedOwnership,
    f"{_PREFIX}refreshed_transactions": AccountRefreshedTransactions,
    f"{_PREFIX}upcoming_account_number_expiry": UpcomingAccountNumberExpiry,
}


def parse_event(payload: bytes) -> AccountEvent | UnknownEvent:
    """Parse an event without verifying it.

    Args:
        payload: The raw body.

    Returns:
        The event; an `UnknownEvent` if its type has no class in this version.

    Raises:
        InvalidArgumentError: The payload is not UTF-8, or not a JSON object.

    """
    event = _event_or_fault(payload)
    del payload  # no frame of a traceback shows it
    if isinstance(event, str):
        raise InvalidArgumentError(event)
    return event


def construct_event(
    payload: bytes,
    header: str | bytes | None,
    secrets: str | Sequence[str],
    tolerance: float | None = TOLERANCE,
    now: float | None = None,
) -> AccountEvent | UnknownEvent:
    """Verify the signature of a payload and return the event in it.

    Args:
        payload: The raw body.
        header: Value of the `Stripe-Signature` header.
        secrets: Signing secret of the endpoint, or several while one is rotated.
        tolerance: Seconds that the timestamp may differ from now, in either direction. None means any timestamp.
        now: Current time, in seconds since the epoch. Defaults to the clock.

    Returns:
        The event; an `UnknownEvent` if its type has no class in this version.

    Raises:
        WebhookSignatureError: The signature is not valid. See `verify`.
        InvalidArgumentError: The signature holds, but the payload is not UTF-8, or not a JSON object.

    """
    fault = fault_of(payload, header, secrets, tolerance, now)
    event = "" if fault else _event_or_fault(payload)
    del payload, header, secrets
    if fault:
        raise WebhookSignatureError(fault)
    if isinstance(event, str):
        raise InvalidArgumentError(event)
    return event


def _event_or_fault(payload: bytes) -> AccountEvent | UnknownEvent | str:
    content = bytes(payload)
    try:
        content.decode()
    except UnicodeDecodeError:
        return "payload: it is not UTF-8"
    try:
        event = decode(UnknownEvent, content, None)
    except ContentError as error:
        return f"payload: {error}"
    known = _CLASSES.get(event.type or "")
    return event if known is None else decode(known, content, None)
