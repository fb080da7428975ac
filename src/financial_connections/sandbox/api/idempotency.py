"""Idempotency keys.

For one day, repeating a key returns the endpoint's first response, byte for byte.
Errors for invalid parameters are not stored, and neither are 401, 409 or 429 responses.

Source: https://docs.stripe.com/api/idempotent_requests
"""

from typing import Any

from attrs import define

from financial_connections.sandbox.api.errors import APIError
from financial_connections.sandbox.api.state import DAY
from financial_connections.sandbox.api.wire import Response

_MAX_LENGTH = 255


@define(eq=False)
class Claim:
    """An idempotency key in use. Its request is still running if `response` is None."""

    key: tuple[str, str]
    request: Any
    request_id: str
    created: int
    response: Response | None = None


class IdempotencyKeys:
    """Claims by merchant and key."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, str], Claim] = {}

    def claim(
        self, merchant: str, key: str, request: Any, request_id: str, now: int
    ) -> Claim:
        """Return a new claim, or the existing claim if this request is a repeat."""
        if len(key) > _MAX_LENGTH:
            raise APIError(
                message=f"An idempotency key can have at most {_MAX_LENGTH} characters."
            )
        claim = self._claims.get((merchant, key))
        if claim is None or (claim.response is not None and now - claim.created > DAY):
            claim = Claim((merchant, key), request, request_id, now)
            self._claims[merchant, key] = claim
        elif claim.request != request:
            raise _other_parameters(key)
        elif claim.response is None:
            raise _in_use(key)
        return claim

    def release(self, claim: Claim) -> None:
        """Remove a claim whose response must not be stored."""
        if self._claims.get(claim.key) is claim:
            del self._claims[claim.key]


def replay(claim: Claim, response: Response, request_id: str) -> Response:
    """Return the stored response, with headers for a repeated request."""
    headers = {
        "Idempotent-Replayed": "true",
        "Original-Request": claim.request_id,
        "Request-Id": request_id,
    }
    return Response(response.status, {**response.headers, **headers}, response.body)


def _other_parameters(key: str) -> APIError:
    return APIError(
        type="idempotency_error",
        message="Keys for idempotent requests can only be used with the same parameters"
        f" they were first used with. Try using a key other than '{key}' if you meant"
        " to execute a different request.",
    )


def _in_use(key: str) -> APIError:
    return APIError(
        status=409,
        type="idempotency_error",
        code="idempotency_key_in_use",
        message=f"A request with the idempotency key '{key}' is still running.",
    )
