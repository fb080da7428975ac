"""Errors raised by this package.

    FinancialConnectionsError
    ├── ConfigurationError(ValueError)           a setting is missing or invalid
    ├── InvalidArgumentError(ValueError)         an argument cannot be sent
    ├── APIConnectionError(ConnectionError)      no response was received
    │   ├── APITimeoutError(TimeoutError)        no response within `timeout`
    │   └── DeadlineExceededError(TimeoutError)  no response within `deadline`
    ├── APIResponseError                         a 2xx response cannot be used
    ├── APIStatusError                           the status of the response is not 2xx
    │   ├── InvalidRequestError                  400, 402 and other 4xx
    │   │   ├── AccountInactiveError             the account must be linked again
    │   │   ├── AccountDisconnectedError         the account was disconnected for good
    │   │   ├── AccountNumbersPendingError       the account numbers are not known yet
    │   │   ├── AccountNumbersUnavailableError   the account has no account numbers
    │   │   ├── TransactionsNotRefreshedError    no refresh has succeeded yet
    │   │   └── IdempotencyError                 the idempotency key was used before
    │   ├── AuthenticationError                  401
    │   ├── PermissionDeniedError                403
    │   ├── NotFoundError                        404
    │   ├── ConflictError                        409
    │   ├── RateLimitError                       429
    │   └── ServerError                          5xx
    ├── CursorExpiredError                       the API no longer recognizes a cursor
    ├── PaginationError                          the next page of a list cannot be found
    ├── NotExpandedError(LookupError)            a field holds an ID, not the object
    ├── RefreshFailedError                       a refresh failed
    ├── RefreshNotAvailableError                 a refresh is not possible yet
    ├── WebhookSignatureError(ValueError)        a webhook signature is invalid
    └── WebhookVersionError(ValueError)          a webhook has another API version

All errors can be pickled and copied, and none of them contains the API key.
"""

from financial_connections.errors.base import (
    ConfigurationError,
    FinancialConnectionsError,
    InvalidArgumentError,
)
from financial_connections.errors.calls import (
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    DeadlineExceededError,
)
from financial_connections.errors.operations import (
    CursorExpiredError,
    NotExpandedError,
    PaginationError,
    RefreshFailedError,
    RefreshNotAvailableError,
    WebhookSignatureError,
    WebhookVersionError,
)
from financial_connections.errors.status import (
    AccountDisconnectedError,
    AccountInactiveError,
    AccountNumbersPendingError,
    AccountNumbersUnavailableError,
    APIStatusError,
    AuthenticationError,
    ConflictError,
    IdempotencyError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransactionsNotRefreshedError,
)

__all__ = [
    "APIConnectionError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AccountDisconnectedError",
    "AccountInactiveError",
    "AccountNumbersPendingError",
    "AccountNumbersUnavailableError",
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
    "PaginationError",
    "PermissionDeniedError",
    "RateLimitError",
    "RefreshFailedError",
    "RefreshNotAvailableError",
    "ServerError",
    "TransactionsNotRefreshedError",
    "WebhookSignatureError",
    "WebhookVersionError",
]

# Tracebacks and pickles name the module that users import.
for _name in __all__:
    globals()[_name].__module__ = __name__
