"""Base classes of the generated webhook events.

An event is of one of two kinds. A snapshot contains the object as it was at the time of
the event. A thin event, which Stripe calls an event notification, contains only a
reference to the object, and is the same in every API version.

Source: https://docs.stripe.com/event-destinations
"""

from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from attrs import field, frozen

from financial_connections._decoding import REQUIRED, Model
from financial_connections.errors import InvalidArgumentError

if TYPE_CHECKING:
    from financial_connections._request import RequestOptions


@frozen(kw_only=True, eq=False)
class EventRequest(Model):
    """The API request that caused an event."""

    id: str | None = None
    """ID of the request (`req_…`); None if the event was not caused by a request."""
    idempotency_key: str | None = None
    """Idempotency key of the request."""


@frozen(kw_only=True, eq=False)
class Event(Model):
    """Base class of all events, of both kinds."""

    id: str = REQUIRED
    """ID of the event (`evt_…`), the same in every delivery of the event."""
    object: str = REQUIRED
    """Type of this object: `event` for a snapshot, `v2.core.event` for a thin event."""
    type: str = REQUIRED
    """Type of the event, such as `financial_connections.account.created`."""
    context: str | None = None
    """Context to act in when you fetch the object that the event is about."""
    livemode: bool = REQUIRED
    """True in live mode, False in test mode."""

    @property
    def object_id(self) -> str | None:
        """ID of the object that the event is about; None if the event has none."""
        return None


@frozen(kw_only=True, eq=False)
class SnapshotEvent(Event):
    """Base class of events that contain the object as it was at the time of the event.

    The format of the object depends on the API version of the webhook endpoint, not on
    that of the client.

    Source: https://docs.stripe.com/api/events/object
    """

    account: str | None = None
    """Connected account (`acct_…`) of the event; None for your own account."""
    api_version: str | None = None
    """API version that determines the format of the object in `data`."""
    created: int = REQUIRED
    """Time of the event, in seconds since the epoch.

    Events can be delivered in any order.
    """
    pending_webhooks: int = REQUIRED
    """Number of endpoints that have not acknowledged the event yet."""
    request: EventRequest | None = None
    """Request that caused the event."""

    @property
    def object_id(self) -> str | None:
        """ID of the object that the event is about; None if the event has none."""
        return _id_of(getattr(getattr(self, "data", None), "object", None))


@frozen(kw_only=True, eq=False)
class UnknownEventData(Model):
    """Data of an event whose type has no class in this version."""

    object: dict[str, Any] = field(default=REQUIRED, repr=False)
    """The object, as parsed JSON."""
    previous_attributes: dict[str, Any] | None = field(default=None, repr=False)
    """Previous values of the attributes that changed; only set for updates."""


@frozen(kw_only=True, eq=False)
class UnknownEvent(SnapshotEvent):
    """A snapshot event whose type has no class in this version."""

    data: UnknownEventData = REQUIRED
    """Object that the event is about."""


@frozen(kw_only=True, eq=False)
class RelatedObject(Model):
    """A reference to the object that a thin event is about."""

    id: str = REQUIRED
    """ID of the object, such as `fca_…`."""
    type: str = REQUIRED
    """Type of the object, such as `financial_connections.account`."""
    url: str = REQUIRED
    """Path at which the API serves the object."""


@frozen(kw_only=True, eq=False)
class EventReason(Model):
    """The reason for a thin event."""

    type: str = REQUIRED
    """Type of the reason, such as `request`."""
    request: EventRequest | None = None
    """Request that caused the event, if the type is `request`."""


@frozen(kw_only=True, eq=False)
class EventNotification(Event):
    """Base class of thin events, which contain only a reference to the object.

    Source: https://docs.stripe.com/event-destinations#thin-events
    """

    created: str = REQUIRED
    """Time of the event in ISO 8601, such as `2026-01-31T12:00:00.000Z`.

    Events can be delivered in any order.
    """
    reason: EventReason | None = None
    """Reason for the event."""

    @property
    def object_id(self) -> str | None:
        """ID of the object that the event is about; None if the event has none."""
        return _id_of(getattr(self, "related_object", None))


@frozen(kw_only=True, eq=False)
class UnknownEventNotification(EventNotification):
    """A thin event whose type has no class in this version."""

    related_object: dict[str, Any] | None = field(default=None, repr=False)
    """Reference to the object that the event is about, as parsed JSON."""


class EventClient(Protocol):
    """The part of a client that is needed to fetch the object of an event."""

    def with_options(
        self, *, stripe_account: str | None, stripe_context: str | None
    ) -> Self:
        """Return a derived client that acts for another account or in another context.

        Args:
            stripe_account: ID of the connected account (`acct_…`).
            stripe_context: Context, sent as the `Stripe-Context` header.
        """
        ...


ClientT = TypeVar("ClientT", bound=EventClient)


def client_for(
    event: Event, client: ClientT, options: "RequestOptions | None"
) -> ClientT:
    """Return a client that acts in the context or connected account of an event.

    Args:
        event: The event.
        client: The client to derive from. It is returned unchanged if the event names
            neither a context nor an account.
        options: The caller's options, whose account or context takes precedence.
    """
    if options is not None and (options.stripe_account or options.stripe_context):
        return client
    account = getattr(event, "account", None)
    if event.context:
        return client.with_options(stripe_account=None, stripe_context=event.context)
    if account:
        return client.with_options(stripe_account=account, stripe_context=None)
    return client


def require_object_id(event: Event) -> str:
    """Return the ID of the object that an event is about.

    Raises:
        InvalidArgumentError: The event does not contain it.
    """
    object_id = event.object_id
    if not object_id:
        raise InvalidArgumentError(
            f"this {type(event).__name__} does not contain the ID of an object to fetch"
        )
    return object_id


def _id_of(value: Any) -> str | None:
    found = value.get("id") if isinstance(value, dict) else getattr(value, "id", None)
    return found if isinstance(found, str) else None
