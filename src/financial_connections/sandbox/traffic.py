"""Counts of the requests that a sandbox has received."""

from attrs import frozen


@frozen(kw_only=True)
class RequestCounts:
    """Numbers of requests.

    `received` includes the requests that a limit rejected, and `admitted` does not. A
    peak is the most requests in any period of one second by the sandbox's clock. While
    the clock is frozen, all requests are in the same second.
    """

    received: int
    """Number of requests, including those that were rejected with a 429."""
    admitted: int
    """Number of requests that were not rejected with a 429."""
    rejected: dict[str, int]
    """Number of requests that were rejected with a 429, by `RateLimitReason`."""
    peak_received: int
    """Most requests in any second, including those that were rejected with a 429."""
    peak_admitted: int
    """Most requests in any second that were not rejected with a 429."""


@frozen(kw_only=True)
class Traffic:
    """Requests that a sandbox has received, in total, by operation and by account.

    Requests to the control routes and the link page do not count.
    """

    total: RequestCounts
    """All requests, including those with an invalid key or an unknown URL."""
    operations: dict[str, RequestCounts]
    """Requests to each operation, such as `list_transactions`, by operationId."""
    stripe_accounts: dict[str, RequestCounts]
    """Requests for each Stripe account: the platform and its connected accounts."""
