"""Idempotency keys. https://docs.stripe.com/api/idempotent_requests

What an endpoint answered the first time is what the key gets from then on, byte for
byte, for a day. Faulty parameters, 401, 409 and 429 leave no trace.
"""

from typing import Any

from attrs import define

from financial_connections.sandbox.api.errors import Refusal
from financial_connections.sandbox.api.state import DAY
from financial_connections.sandbox.api.wire import Answer

_LONGEST = 255


@define(eq=False)
class Claim:
    """One key in use: running until it has an answer."""

    place: tuple[str, str]
    request: Any
    request_id: str
    made_at: int
    answer: Answer | None = None


class IdempotencyKeys:
    """Claims by merchant and key."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, str], Claim] = {}

    def claim(
        self, merchant: str, key: str, request: Any, request_id: str, now: int
    ) -> Claim:
        """Return a new claim, or that of the request this one repeats."""
        if len(key) > _LONGEST:
            raise Refusal(
                message=f"An idempotency key has at most {_LONGEST} characters."
            )
        earlier = self._claims.get((merchant, key))
        if earlier is None or (
            earlier.answer is not None and now - earlier.made_at > DAY
        ):
            earlier = self._claims[merchant, key] = Claim(
                (merchant, key), request, request_id, now
            )
        elif earlier.request != request:
            raise _other_parameters(key)
        elif earlier.answer is None:
            raise _in_use(key)
        return earlier

    def release(self, claim: Claim) -> None:
        """Forget a claim that got no answer worth keeping."""
        if self._claims.get(claim.place) is claim:
            del self._claims[claim.place]


def replayed(claim: Claim, answer: Answer, request_id: str) -> Answer:
    """Return the first answer again, for another request."""
    headers = {
        "Idempotent-Replayed": "true",
        "Original-Request": claim.request_id,
        "Request-Id": request_id,
    }
    return Answer(answer.status, {**answer.headers, **headers}, answer.body)


def _other_parameters(key: str) -> Refusal:
    return Refusal(
        type="idempotency_error",
        message="Keys for idempotent requests can only be used with the same parameters they were first used"
        f" with. Try using a key other than '{key}' if you meant to execute a different request.",
    )


def _in_use(key: str) -> Refusal:
    return Refusal(
        status=409,
        type="idempotency_error",
        code="idempotency_key_in_use",
        message=f"A request with the idempotency key '{key}' is still running.",
    )
