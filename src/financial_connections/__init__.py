"""Async-first SDK for Stripe's Financial Connections API.

List a customer's accounts:

    from financial_connections import AsyncClient

    async with AsyncClient("sk_test_123") as client:
        holder = {"customer": "cus_123"}
        async for account in client.accounts.list(account_holder=holder):
            print(account.institution_name, account.last4, account.status)

Names are imported on first use, because importing everything takes ten times as long,
and pytest imports this package on every run for its plugin.
"""

from typing import TYPE_CHECKING

from financial_connections._lazy import lazy_names

if TYPE_CHECKING:
    from financial_connections import errors, events, middleware, models, params
    from financial_connections._client import AsyncClient
    from financial_connections._decoding import show
    from financial_connections._generated import API_VERSION
    from financial_connections._rate_limits import RateLimit, RateRequest
    from financial_connections._request import RequestOptions
    from financial_connections._response import RawResponse, ResponseInfo
    from financial_connections._settings import Timeout
    from financial_connections._version import __version__
    from financial_connections.accounts import RefreshNotifier
    from financial_connections.errors import (
        AccountDisconnectedError,
        AccountInactiveError,
        AccountNumbersPendingError,
        AccountNumbersUnavailableError,
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
        TransactionsNotRefreshedError,
        WebhookSignatureError,
        WebhookVersionError,
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
    "AccountNumbersPendingError",
    "AccountNumbersUnavailableError",
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
    "RateLimit",
    "RateLimitError",
    "RateRequest",
    "RawResponse",
    "RefreshFailedError",
    "RefreshNotAvailableError",
    "RefreshNotifier",
    "RequestOptions",
    "ResponseInfo",
    "ServerError",
    "Timeout",
    "TransactionsNotRefreshedError",
    "WebhookSignatureError",
    "WebhookVersionError",
    "__version__",
    "errors",
    "events",
    "expanded",
    "id_of",
    "middleware",
    "models",
    "params",
    "show",
]

_SOURCES = {
    "APIConnectionError": "errors",
    "APIResponseError": "errors",
    "APIStatusError": "errors",
    "APITimeoutError": "errors",
    "API_VERSION": "_generated",
    "AccountDisconnectedError": "errors",
    "AccountInactiveError": "errors",
    "AccountNumbersPendingError": "errors",
    "AccountNumbersUnavailableError": "errors",
    "AsyncClient": "_client",
    "AuthenticationError": "errors",
    "ConfigurationError": "errors",
    "ConflictError": "errors",
    "CursorExpiredError": "errors",
    "DeadlineExceededError": "errors",
    "FinancialConnectionsError": "errors",
    "IdempotencyError": "errors",
    "InvalidArgumentError": "errors",
    "InvalidRequestError": "errors",
    "NotExpandedError": "errors",
    "NotFoundError": "errors",
    "Page": "pagination",
    "Pager": "pagination",
    "PaginationError": "errors",
    "PermissionDeniedError": "errors",
    "RateLimit": "_rate_limits",
    "RateLimitError": "errors",
    "RateRequest": "_rate_limits",
    "RawResponse": "_response",
    "RefreshFailedError": "errors",
    "RefreshNotAvailableError": "errors",
    "RefreshNotifier": "accounts",
    "RequestOptions": "_request",
    "ResponseInfo": "_response",
    "ServerError": "errors",
    "Timeout": "_settings",
    "TransactionsNotRefreshedError": "errors",
    "WebhookSignatureError": "errors",
    "WebhookVersionError": "errors",
    "__version__": "_version",
    "accounts": "accounts",
    "data": "data",
    "errors": "errors",
    "events": "events",
    "expand": "expand",
    "expanded": "expand",
    "id_of": "expand",
    "middleware": "middleware",
    "models": "models",
    "pagination": "pagination",
    "params": "params",
    "sessions": "sessions",
    "show": "_decoding",
    "sync": "sync",
    "transactions": "transactions",
    "webhooks": "webhooks",
}
"""Module that each name is imported from. A submodule maps to itself."""

# Type checkers would accept any name if they saw `__getattr__`.
if not TYPE_CHECKING:
    __getattr__, _names = lazy_names(
        __name__, {name: f"{__name__}.{module}" for name, module in _SOURCES.items()}
    )

    def __dir__() -> list[str]:
        names = {*_names(), *__all__} - {"TYPE_CHECKING", "lazy_names"}
        return sorted(name for name in names if name.startswith("__") or name[0] != "_")
