"""Errors of calls that got no usable response."""

from typing import Any

from financial_connections.errors.base import FinancialConnectionsError


class _CallError(FinancialConnectionsError):
    """A call failed after it had been sent."""

    def __init__(
        self,
        message: str,
        *,
        request_id: str | None = None,
        attempts: int = 1,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.attempts = attempts
        """Number of times the request was sent."""
        self.idempotency_key = idempotency_key
        """Idempotency key of a POST, or None for a GET. Repeat the call with this key
        to make sure that it takes effect only once.
        """


class APIConnectionError(_CallError, ConnectionError):
    """No response was received, because connecting, sending or receiving failed.

    A POST may have taken effect. Repeat it with the same `idempotency_key`. `__cause__`
    is the error of the operating system or TLS library, if there is one.

    Args:
        message: Description of the failure.
        retryable: Whether the same request may succeed later.
        reason: Cause in one word.
        hint: Advice on how to avoid the error.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = True,
        reason: str | None = None,
        hint: str | None = None,
        **call: Any,
    ) -> None:
        super().__init__(message, **call)
        self.message = message
        """Description of the failure, without `hint`."""
        self.retryable = retryable
        """True if the same request may succeed later. False, for example, if the
        server's certificate is invalid.
        """
        self.reason = reason
        """Cause in one word: `dns`, `refused`, `tls`, `proxy`, `reset`, `protocol`,
        `network`, `timeout`, `deadline`, or `closed` if the client was closed; or None.
        """
        self.hint = hint
        """Advice of this package on how to avoid the error, such as a setting of the
        client to check.
        """

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class APITimeoutError(APIConnectionError, TimeoutError):
    """The last attempt took longer than `timeout`."""


class DeadlineExceededError(APIConnectionError, TimeoutError):
    """The call took longer than `deadline`, including retries and waits."""

    account: Any = None
    """The account as last seen, set by `refresh_and_wait` and `wait_for_refresh`."""


class APIResponseError(_CallError):
    """A 2xx response is not a JSON object, or is a list without data.

    If the request was a POST, it has taken effect.

    Args:
        message: Description of the failure.
        status: Status of the response, 200 to 299.
        retryable: Whether the same request may get a usable response later.
    """

    def __init__(
        self, message: str, *, status: int = 200, retryable: bool = True, **call: Any
    ) -> None:
        super().__init__(message, **call)
        self.status = status
        """Status of the response, 200 to 299."""
        self.retryable = retryable
        """True if the same request, or a POST with the same `idempotency_key`, may get
        a usable response later.
        """
