"""Async-first SDK for Stripe's Financial Connections API.

List the accounts of a customer:

    from financial_connections import AsyncClient

    async with AsyncClient("sk_test_123") as client:
        holder = {"customer": "cus_123"}
        async for account in client.accounts.list(account_holder=holder):
            print(account.institution_name, account.last4, account.status)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from financial_connections import errors, events, models, params
    from financial_connections._client import AsyncClient
    from financial_connections._generated import API_VERSION
    from financial_connections._request import RequestOptions
    from financial_connections._settings import Timeout
    from financial_connections._transport.response import RawResponse
    from financial_connections._version import __version__
    from financial_connections.accounts import RefreshNotifier
    from financial_connections.errors import (
        AccountDisconnectedError,
        AccountInactiveError,
        APIConnectionError,
        APIResponseError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        ConfigurationError,
        ConflictError,
        CursorExpiredError,
        DeadlineExceededError,
        FinancialConnectionsError,
        IdempotencyError,
        InvalidArgumentError,
        InvalidRequestError,
        NotExpandedError,
        NotFoundError,
        PaginationError,
        PermissionDeniedError,
        RateLimitError,
        RefreshFailedError,
        RefreshNotAvailableError,
        ServerError,
        WebhookSignatureError,
    )
    from financial_connections.expand import expanded, id_of
    from financial_connections.pagination import Page, Pager

__all__ = [
    "APIConnectionError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "API_VERSION",
    "AccountDisconnectedError",
    "AccountInactiveError",
    "AsyncClient",
    "AuthenticationError",
    "ConfigurationError",
    "ConflictError",
    "CursorExpiredError",
    "DeadlineExceededError",
    "FinancialConnectionsError",
    "IdempotencyError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "NotExpandedError",
    "NotFoundError",
    "Page",
    "Pager",
    "PaginationError",
    "PermissionDeniedError",
    "RateLimitError",
    "RawResponse",
    "RefreshFailedError",
    "RefreshNotAvailableError",
    "RefreshNotifier",
    "RequestOptions",
    "ServerError",
    "Timeout",
    "WebhookSignatureError",
    "__version__",
    "errors",
    "events",
    "expanded",
    "id_of",
    "models",
    "params",
]

_HOMES = {
    "API_VERSION": "_generated",
    "AsyncClient": "_client",
    "Page": "pagination",
    "Pager": "pagination",
    "RawResponse": "_transport.response",
    "RefreshNotifier": "accounts",
    "RequestOptions": "_request",
    "Timeout": "_settings",
    "__version__": "_version",
    "expanded": "expand",
    "id_of": "expand",
}
"""Where the names above are defined, unless they are modules, or errors."""

_MODULES = {
    "accounts",
    "errors",
    "events",
    "expand",
    "models",
    "pagination",
    "params",
    "sessions",
    "transactions",
}

if not TYPE_CHECKING:  # or no misspelt name would be an error

    def __getattr__(name: str) -> object:
        """Load what is asked for when it is asked for: a program that starts need not
        wait for what it does not use.
        """
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
