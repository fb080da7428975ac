"""Models of webhook events, one class for each Financial Connections event type.

Like all models, they are lossless: `to_dict()` returns everything that was sent. The
format of the object in an event depends on the API version of the webhook endpoint
(`api_version`), not of the client.

Source: https://docs.stripe.com/api/events/types
"""

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from financial_connections._decoding import REQUIRED, ContentError, Model, decode
from financial_connections.errors import InvalidArgumentError
from financial_connections.models import Account
from financial_connections.webhooks.signature import TOLERANCE, verify


@define(frozen=True, kw_only=True, eq=False)
class EventRequest(Model):
    """The API request that caused an event."""

    id: str | None = None
    """ID of the request (`req_…`); None if the event was not caused by a request."""
    idempotency_key: str | None = None
    """Idempotency key of the request."""


@define(frozen=True, kw_only=True, eq=False)
class Event(Model):
    """Base class of all events.

    Source: https://docs.stripe.com/api/events/object
    """

    id: str = REQUIRED
    """ID of the event (`evt_…`), the same in every delivery of the event."""
    object: str = REQUIRED
    """Type of this object, always `event`."""
    type: str = REQUIRED
    """Type of the event, such as `financial_connections.account.created`."""
    account: str | None = None
    """Connected account (`acct_…`) of the event; None for your own account."""
    api_version: str | None = None
    """API version that determines the format of the object in `data`."""
    created: int = REQUIRED
    """Time of the event, in seconds since the epoch.

    Events can be delivered in any order.
    """
    livemode: bool = REQUIRED
    """True in live mode, False in test mode."""
    pending_webhooks: int = REQUIRED
    """Number of endpoints that have not acknowledged the event yet."""
    request: EventRequest | None = None
    """Request that caused the event."""


@define(frozen=True, kw_only=True, eq=False)
class AccountEventData(Model):
    """Data of an event about an account."""

    object: Account = REQUIRED
    """The linked account at the time of the event; it may have changed since."""
    previous_attributes: dict[str, Any] | None = field(default=None, repr=False)
    """Previous values of the attributes that changed; only set for updates."""


@define(frozen=True, kw_only=True, eq=False)
class UnknownEventData(Model):
    """Data of an event whose type has no class in this version."""

    object: dict[str, Any] = field(default=REQUIRED, repr=False)
    """The object, as parsed JSON."""
    previous_attributes: dict[str, Any] | None = field(default=None, repr=False)
    """Previous values of the attributes that changed; only set for updates."""


@define(frozen=True, kw_only=True, eq=False)
class UnknownEvent(Event):
    """An event whose type has no class in this version."""

    data: UnknownEventData = REQUIRED
    """Object that the event is about."""


@define(frozen=True, kw_only=True, eq=False)
class AccountEvent(Event):
    """Base class of all events about linked accounts."""

    data: AccountEventData = REQUIRED
    """Account that the event is about."""


class AccountCreated(AccountEvent):
    """An account was linked."""

    __slots__ = ()


class AccountDeactivated(AccountEvent):
    """An account became inactive and cannot be refreshed until it is linked again."""

    __slots__ = ()


class AccountDisconnected(AccountEvent):
    """Access to an account ended permanently."""

    __slots__ = ()


class AccountReactivated(AccountEvent):
    """An inactive account is active again."""

    __slots__ = ()


class AccountRefreshedBalance(AccountEvent):
    """A balance refresh ended; see the account's `balance_refresh.status`."""

    __slots__ = ()


class AccountRefreshedOwnership(AccountEvent):
    """An ownership refresh ended; see the account's `ownership_refresh.status`."""

    __slots__ = ()


class AccountRefreshedTransactions(AccountEvent):
    """A transaction refresh ended, so there may be new transactions to `sync`.

    The account's `transaction_refresh.status` shows whether it succeeded.
    """

    __slots__ = ()


class AccountNumbersUpdated(AccountEvent):
    """The account numbers changed.

    Sent to endpoints whose API version is 2025-11 or later.
    """

    __slots__ = ()


class UpcomingAccountNumberExpiry(AccountEvent):
    """An account number will expire soon.

    Sent to endpoints whose API version is 2025-11 or later.
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
    """Parse an event without verifying its signature.

    Args:
        payload: The raw body.

    Returns:
        The event; an `UnknownEvent` if its type has no class in this version.

    Raises:
        InvalidArgumentError: The payload is not UTF-8 or not a JSON object.
    """
    content = bytes(payload)
    try:
        event = decode(UnknownEvent, content, None)
    except ContentError as error:
        raise InvalidArgumentError(f"payload: {error}") from None
    known = _CLASSES.get(event.type)
    return event if known is None else decode(known, content, None)


def construct_event(
    payload: bytes,
    header: str | bytes | None,
    secrets: str | Sequence[str],
    tolerance: float | None = TOLERANCE,
    now: float | None = None,
) -> AccountEvent | UnknownEvent:
    """Verify the signature of a payload and return the event in it.

    Args:
        payload: The raw body, exactly as it was received.
        header: Value of the `Stripe-Signature` header.
        secrets: Signing secret of the endpoint (`whsec_…`), or several while one is
            being rotated.
        tolerance: Seconds by which the timestamp may differ from now, in either
            direction. None accepts any timestamp.
        now: Current time, in seconds since the epoch. Defaults to the system clock.

    Returns:
        The event; an `UnknownEvent` if its type has no class in this version.

    Raises:
        WebhookSignatureError: The signature is invalid; see `verify`.
        InvalidArgumentError: The signature is valid, but the payload is not UTF-8 or
            not a JSON object.
    """
    verify(payload, header, secrets, tolerance, now)
    return parse_event(payload)
