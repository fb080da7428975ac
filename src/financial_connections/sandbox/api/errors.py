"""Refusals: what the API says no with. https://docs.stripe.com/api/errors

The wire knows four types; authentication, permission and rate limit are told by the
status alone.
"""

from typing import Any, Literal

from attrs import field, frozen

ErrorType = Literal[
    "api_error", "card_error", "idempotency_error", "invalid_request_error"
]


@frozen(kw_only=True)
class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of the sandbox
    """An error answer: a status, the parts of its body, and extra headers."""

    message: str
    status: int = 400
    type: ErrorType = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(factory=dict[str, str])

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON body. Only `type` is always there; `doc_url` needs a code."""
        error = {
            "code": self.code,
            "doc_url": self.code
            and f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}",
            "message": self.message,
            "param": self.param,
            "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}",
            "type": self.type,
        }
        return {
            "error": {key: value for key, value in error.items() if value is not None}
        }


def missing_object(noun: str, wanted: str, *, param: str, status: int = 404) -> Refusal:
    """Return the answer for an id that names nothing here: unknown, or somebody else's."""
    return Refusal(
        status=status,
        code="resource_missing",
        message=f"No such {noun}: '{wanted}'",
        param=param,
    )


def unknown_parameter(key: str) -> Refusal:
    """Return the answer for a parameter that the operation does not have."""
    return Refusal(
        code="parameter_unknown",
        message=f"Received unknown parameter: {key}",
        param=key,
    )


def missing_parameter(key: str) -> Refusal:
    """Return the answer for a required parameter that was not sent."""
    return Refusal(
        code="parameter_missing", message=f"Missing required param: {key}.", param=key
    )


def empty_parameter(key: str) -> Refusal:
    """Return the answer for an empty string where a value is due."""
    return Refusal(
        code="parameter_invalid_empty",
        message=f"You passed an empty string for '{key}'. Give it a value, or leave the parameter out.",
        param=key,
    )
