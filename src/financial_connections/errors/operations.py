"""Errors of refreshes, lists, cursors and webhooks."""

from collections.abc import Sequence

from financial_connections.errors.base import FinancialConnectionsError


class CursorExpiredError(FinancialConnectionsError):
    """The API no longer has the starting point of a sync or a catch-up.

    For a sync, this is the refresh in its cursor, and the changes since then cannot be
    determined. Sync the account again with `cursor=None`, which reads all of its
    transactions, and overwrite the stored ones. For `WebhookEndpoint.catch_up`, it is
    the event `after`. Catch up from a time instead, with `created=`.
    """


class PaginationError(FinancialConnectionsError):
    """A list has more items, but no usable cursor for the next page."""


class NotExpandedError(FinancialConnectionsError, LookupError):
    """A field holds an ID instead of the object.

    The message says which `expand=` value to add.
    """


class RefreshFailedError(FinancialConnectionsError):
    """A refresh failed.

    Args:
        message: Description of the failure.
        features: Features whose refresh failed.
    """

    def __init__(self, message: str, *, features: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.features = tuple(features)
        """Features whose refresh failed, such as `balance`."""


class RefreshNotAvailableError(FinancialConnectionsError):
    """A refresh is not possible yet.

    Args:
        message: Description of the failure.
        available_at: Earliest time at which a refresh is possible, in seconds since the
            epoch.
    """

    def __init__(self, message: str, *, available_at: int | None = None) -> None:
        super().__init__(message)
        self.available_at = available_at
        """Earliest time at which a refresh is possible, in seconds since the epoch;
        None if the API did not return it.
        """


class WebhookSignatureError(FinancialConnectionsError, ValueError):
    """A webhook has no recent signature made with one of the given secrets."""


class WebhookVersionError(FinancialConnectionsError, ValueError):
    """A snapshot event has an API version that does not match that of the models.

    It is raised only if you pass `on_version_mismatch="raise"`.

    Args:
        message: Description of the error.
        api_version: API version of the event.
    """

    def __init__(self, message: str, *, api_version: str | None = None) -> None:
        super().__init__(message)
        self.api_version = api_version
        """API version of the event."""
