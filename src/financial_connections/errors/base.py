"""Base class of all errors, and errors raised before anything is sent."""


class FinancialConnectionsError(Exception):
    """Base class of all errors raised by this package."""

    request_id: str | None = None
    """Stripe's ID of the request (`req_…`); None if there was no response."""


class ConfigurationError(FinancialConnectionsError, ValueError):
    """A setting is missing or invalid, so nothing was sent.

    The message does not contain the value.
    """


class InvalidArgumentError(FinancialConnectionsError, ValueError):
    """An argument cannot be sent, so nothing was sent.

    The message names the argument, but does not contain its value.
    """
